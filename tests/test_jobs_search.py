"""Searching takes: every one of an owner's, by their words, models and ids, at the database."""

import json
from datetime import timedelta

import pytest
from postgres import running_postgres

from core import MODELS, Settings, open_studio
from core.jobs.search_words import MOST_WORDS, Sought, fold, read_question, words_of
from core.jobs.store import JobStore
from ui.feed import NEWEST, Feed

WAN = next(iter(MODELS))


@pytest.fixture(scope="module")
def server():
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def takes(request, tmp_path, server):
    """A store of either kind, with nothing in it."""
    if request.param == "postgresql" and server is None:
        pytest.skip("there is no PostgreSQL here")
    url = server if request.param == "postgresql" else f"sqlite:///{tmp_path / 'jobs.db'}"
    store = JobStore(url)
    yield store
    store.close()


def found(store, question, owner="ann", names=None):
    sought = read_question(question, names or {})
    return [job.id for job in store.recent(owner, limit=500, sought=sought)]


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("Ein  GROẞER\nStraßenzug", "ein grosser strassenzug"),
        ("Café ÀÉÎÕÜ İstanbul", "cafe aeiou istanbul"),
        ("ΣΊΣΥΦΟΣ Ёлка", "σισυφοσ елка"),
        ("ﬁlm ①", "film 1"),
        ("雨 が 降る", "雨 か 降る"),
    ],
)
def test_case_and_accents_are_folded(said, folded):
    assert fold(said) == folded
    assert fold(folded) == folded


def test_a_take_is_found_by_its_words_its_numbers_its_model_and_its_ids(takes, make_job):
    params = {"prompt": "A Café in the rain", "seed": 424242, "style": {"tags": ["noir"]}}
    job = takes.add(make_job(owner="ann", params=params))
    takes.change(job.id, generation_id="Gen:ABC-1")
    takes.add(make_job(owner="ann", params={"prompt": "a hen"}))
    names = {job.model: fold("Krea Wan 14B"), "krea:other": "other"}
    for question in (
        "CAFE rain",
        "424242",
        "noir",
        "krea-wan",
        job.id[:12],
        "gen:abc",
        '"the rain"',
    ):
        assert job.id in found(takes, question), question
    assert found(takes, "café hen") == []
    assert len(found(takes, "wan 14b", names=names)) == 2
    assert found(takes, "cafe", owner="ben") == []


@pytest.mark.parametrize("wild", ["%", "_", "100%", "a_b", "\\", "a/b", "'; DROP TABLE jobs; --"])
def test_signs_that_mean_something_to_a_database_mean_themselves(takes, make_job, wild):
    job = takes.add(make_job(owner=wild, params={"prompt": f"the sign {wild} itself"}))
    takes.add(make_job(owner=wild, params={"prompt": "100 axb"}))
    quoted = f'"{fold(wild)}"' if wild[0] != "'" else wild
    assert found(takes, quoted, owner=wild) == [job.id]


def test_addresses_and_switches_are_no_words():
    params = {"image_url": "https://example.com/fox.png", "loop": True, "none": None}
    assert words_of("m", params) == "m"


def test_a_question_without_end_is_cut():
    assert len(read_question("a " * 1000, {})) == MOST_WORDS
    assert read_question('  "" ', {}) == []
    assert read_question("fox", {"k": "a fox", "j": "hen"}) == [Sought(word="fox", models=("k",))]


def test_all_takes_are_searched_page_by_page_and_not_those_that_are_loaded(
    tmp_path, make_job, clock
):
    with open_studio(Settings(dailies_data_dir=tmp_path)) as studio:
        store = studio._parts.store
        for number in range(3 * NEWEST):
            made = clock.now - timedelta(minutes=number)
            words = f"a {'fox' if number % 2 else 'hen'}, {number}"
            ended = {"state": "completed", "live": False}
            store.add(make_job(owner="ann", params={"prompt": words}, created_at=made, **ended))
        feed = Feed(studio)
        first = json.loads(feed.news("ann", {"search": "FOX"}))
        before = first["jobs"][-1]["created_at"]
        second = json.loads(feed.news("ann", {"search": "FOX", "before": before}))
        assert (len(first["jobs"]), first["more"]) == (NEWEST, True)
        assert (len(second["jobs"]), second["more"]) == (NEWEST // 2, False)
        told = [job["params"]["prompt"] for job in first["jobs"] + second["jobs"]]
        assert len(set(told)) == 3 * NEWEST // 2
        assert all("fox" in words for words in told)
        oldest = json.loads(feed.news("ann", {"search": f"hen {3 * NEWEST - 2}"}))
        assert [job["params"]["prompt"] for job in oldest["jobs"]] == [f"a hen, {3 * NEWEST - 2}"]
        everything = json.loads(feed.news("ann", {"search": "krea wan 14b"}))
        assert everything["more"], "a model's name finds its takes"
