"""The feed's words: the same for all who ask, and never older than a change or a second."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import MODELS, Settings, State, open_studio
from ui.feed import MOST, SERVES, Feed

WAN = next(iter(MODELS))


@pytest.fixture
def studio(tmp_path: Path):
    settings = Settings(dailies_data_dir=tmp_path)
    with open_studio(settings) as studio:
        yield studio


@pytest.fixture
def asked(studio, monkeypatch):
    """How often the takes were read for the feed."""
    calls, jobs = [], studio.jobs

    def counted(owner, **more):
        calls.append(owner)
        return jobs(owner, **more)

    monkeypatch.setattr(studio, "jobs", counted)
    return calls


class Hand:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def told(feed, owner="ann", **query):
    return json.loads(feed.news(owner, query))


def ordered(studio, owner="ann"):
    job = studio.submit(WAN, {"prompt": "a fox"}, owner=owner)
    while studio.job(job.id, owner).state in (State.QUEUED, State.SUBMITTING):
        time.sleep(0.01)
    return studio.cancel(job.id, owner)


def test_many_who_ask_at_once_have_the_takes_worded_once(studio, asked):
    job, feed = ordered(studio), Feed(studio)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: told(feed), range(50)))
    assert {answer["jobs"][0]["id"] for answer in answers} == {job.id}
    assert len(asked) == 1


def test_a_change_is_told_at_once(studio):
    feed, hand = Feed(studio, Hand()), ordered(studio)
    before = told(feed)
    other = ordered(studio)
    after = told(feed)
    assert [job["id"] for job in before["jobs"]] == [hand.id]
    assert [job["id"] for job in after["jobs"]] == [other.id, hand.id]
    assert after["revision"] > before["revision"]


def test_words_are_written_anew_after_a_second(studio, asked):
    ordered(studio)
    hand = Hand()
    feed = Feed(studio, hand)
    told(feed)
    hand.now = SERVES
    told(feed)
    assert len(asked) == 1
    hand.now = SERVES * 1.01
    told(feed)
    assert len(asked) == 2


def test_nobody_is_told_another_person_s_takes(studio):
    job, feed = ordered(studio), Feed(studio)
    assert [one["id"] for one in told(feed)["jobs"]] == [job.id]
    assert told(feed, "ben")["jobs"] == []


def test_who_has_the_newest_is_not_told_again(studio, asked):
    ordered(studio)
    feed = Feed(studio)
    answer = told(feed, since=str(studio.revision("ann")))
    assert "jobs" not in answer
    assert set(answer) == {"revision", "now", "providers", "catalog"}
    assert asked == []


def test_only_what_changed_is_told_to_who_has_the_rest(studio):
    feed, first = Feed(studio), ordered(studio)
    since = told(feed)["revision"]
    second = ordered(studio)
    after = told(feed, since=str(since))
    assert [job["id"] for job in after["jobs"]] == [second.id]
    # What a page has of another database is none of ours, so it is told all.
    later = told(feed, since=str(after["revision"] + 1))
    assert [job["id"] for job in later["jobs"]] == [second.id, first.id]


def test_who_has_no_takes_is_told_so_once(studio):
    feed = Feed(studio)
    assert told(feed, since="-1")["jobs"] == []
    assert "jobs" not in told(feed, since="0")


def test_earlier_takes_and_the_newest_are_two_answers(studio):
    first, second, feed = ordered(studio), ordered(studio), Feed(studio)
    assert len(told(feed)["jobs"]) == 2
    earlier = told(feed, before=second.created_at.isoformat(), day="2026-01-01T00:00:00Z")
    assert [job["id"] for job in earlier["jobs"]] == [first.id]
    assert earlier["more"] is False
    assert earlier["spent"] == {"day": 0.0}


def test_only_so_many_answers_are_remembered(studio):
    feed = Feed(studio)
    for number in range(MOST + 5):
        told(feed, str(number))
    assert len(feed._worded) == MOST
