"""Faults while a task is asked after: none of them fails the job, and none costs a second order."""

import asyncio
import json
import time
from datetime import timedelta

import pytest
from provider import Trickle, answer
from raw_server import CLOSE, RESET
from world import CANARY, KLING, assert_completed, assert_ended, task

from core.client import Clock
from core.jobs.finalizer import FIRST_LOOK
from core.providers.protocol import State

pytestmark = pytest.mark.anyio


def until_done(world, *answers):
    """Script the polls: these, and then the end."""
    world.script(polls=[*answers, world.done])


def notes_seen(world, answers):
    """Script the polls, and return the notes that stood in the row when each came."""
    notes = []

    def noting(given):
        def note(request):
            notes.append(world.store.recent("", limit=1)[0].note)
            return given

        return note

    until_done(world, *map(noting, answers))
    return notes


@pytest.mark.fault(24, "5 × 500, then an answer", "completed; each wait within its bounds")
async def test_a_broken_api_is_asked_again_with_growing_pauses(world, carry):
    until_done(world, *[answer(500)] * 5)
    assert_completed(world, await carry())
    waits = world.clock.slept[1:6]
    assert all(wait <= 8.0 for wait in waits)
    assert len(world.provider.seen["polls"]) == 6


@pytest.mark.fault(25, "a web page with 200, thrice", "completed")
async def test_a_page_instead_of_data_is_no_end(world, carry):
    notes = notes_seen(world, [answer(200, "<html>busy</html>")] * 3 + [task("generating")])
    assert_completed(world, await carry())
    assert "AI/ML API answered with a page instead of data. Still watching." in notes


@pytest.mark.fault(26, "broken, cut, and ten megabytes of JSON", "completed; one megabyte is read")
@pytest.mark.parametrize(
    "broken",
    [
        answer(200, '{"id": "task-1", "status": completed}'),
        answer(200, '{"id": "task-1", "sta'),
        answer(200, '{"id": "task-1", "status": "error", "x": "' + "x" * 10 * 2**20 + '"}'),
        answer(200, "[" * 200_000),
        answer(200, b"\xff\xfe\x00"),
        answer(200, [1, 2]),
        RESET,
        CLOSE,
        b"garbage\r\n\r\n",
    ],
    ids=["json", "cut", "long", "deep", "bytes", "list", "reset", "close", "garbage"],
)
async def test_an_answer_that_cannot_be_read_is_asked_for_again(world, carry, broken):
    until_done(world, broken, broken)
    assert_completed(world, await carry())


@pytest.mark.fault(
    27, "a status nobody knows, then completed", "completed; shown as running; logged once a word"
)
async def test_an_unknown_word_means_that_the_task_runs(world, carry):
    seen = []

    def look(request):
        job = world.store.recent("", limit=1)[0]
        seen.append((job.state, job.provider_status))
        return task("generating")

    until_done(world, task("paused"), task("P" * 500), look)
    assert_completed(world, await carry())
    assert seen == [(State.RUNNING, "P" * 80)]


ODD_WORDS = ("paused", "on hold\nWARNING forged", f"held by {CANARY}", "paused", "P" * 500)
KNOWN_WORDS = ("Generating", "in-progress", "in progress", "intermediate-complete", "", None)


def unheard(kept, job):
    """What the log says of the words of a job."""
    return [line for line in kept.lines if "no known word" in line and job.id in line]


@pytest.mark.fault(
    27, "the same word at every look, and a key in it", "one line in the log for a job and word"
)
async def test_an_unknown_word_is_logged_once_for_a_job(world, new_job, nothing_is_left):
    world.orders = 2
    workflow, jobs = world.workflow(), [new_job(), new_job()]
    for job in jobs:
        world.provider.seen["polls"].clear()
        until_done(world, *map(task, [*ODD_WORDS, *KNOWN_WORDS, *ODD_WORDS]))
        await workflow.carry(job.id)
        # It is taken up anew, as after `look_again`: the same words are no news.
        world.store.change(job.id, state=State.RUNNING)
        world.provider.seen["polls"].clear()
        await workflow.carry(job.id)
    for job in jobs:
        logged = unheard(nothing_is_left, job)
        told = ["'paused'", r"'on hold\nWARNING forged'", "'held by ***'", f"'{'P' * 80}'"]
        assert [word in line for word, line in zip(told, logged, strict=True)] == [True] * 4
        assert all(line.startswith("core.jobs.poller ") for line in logged)


@pytest.mark.fault(
    27, "a provider that counts in its status", "completed; ten lines in the log, not a thousand"
)
async def test_a_provider_that_counts_in_its_status_does_not_fill_the_log(
    world, carry, nothing_is_left
):
    until_done(world, *[task(f"sampling {share} %") for share in range(30)])
    job = await carry()
    assert_completed(world, job)
    assert len(unheard(nothing_is_left, job)) == 10


ENDS = {
    "aborted": (State.FAILED, "generation_failed"),
    "expired": (State.FAILED, "generation_failed"),
    "moderated": (State.FAILED, "moderated"),
    "timed-out": (State.FAILED, "generation_failed"),
    "CANCELLED": (State.CANCELLED, "cancelled"),
    "canceled": (State.CANCELLED, "cancelled"),
}


@pytest.mark.fault(
    28, "aborted, CANCELLED, canceled, expired, moderated", "failed or cancelled · free"
)
@pytest.mark.parametrize("word", ENDS)
async def test_every_word_for_an_end_is_one(world, carry, word):
    state, kind = ENDS[word]
    world.script(polls=[task(word, error={"message": f"because of {CANARY} <b>"})])
    job = await carry()
    says = "because of *** <b>" if state is State.FAILED else "cancelled at the provider"
    assert_ended(world, job, state, kind, charged="no", says=says, then="enerate again")
    assert job.generation_id == "task-1"


@pytest.mark.fault(29, "for ever processing", "running with a note; asked more slowly; completes")
async def test_a_task_that_seems_endless_is_watched_more_slowly(world, carry):
    notes = notes_seen(world, [task("processing")] * 220)
    job = await carry()
    assert_completed(world, job)
    assert notes[-1] == "This takes longer than usual; still watching."
    assert world.clock.slept[-2:] == [60.0, FIRST_LOOK]


@pytest.mark.fault(
    30,
    "completed, and no address for six looks",
    "failed · generation_failed · unknown; body logged; look again",
)
@pytest.mark.parametrize("video", [None, "", [], {}, {"url": ""}, [{}], 7], ids=str)
async def test_an_end_without_a_clip_is_looked_at_six_times(world, carry, video, nothing_is_left):
    world.script(polls=[task("completed", video=video, why=f"{CANARY} https://a.test/b?sig=1")])
    job = await carry()
    assert_ended(
        world,
        job,
        State.FAILED,
        "generation_failed",
        charged="unknown",
        says="without a clip",
        then="Look again",
    )
    assert len(world.provider.seen["polls"]) == 6
    assert world.clock.passed >= 30
    logged = [line for line in nothing_is_left.lines if "ended a task without a clip" in line]
    assert len(logged) == 6
    assert "*** https://a.test/b?***" in logged[0]


@pytest.mark.fault(31, "completed without an address, processing, completed", "completed")
async def test_the_first_end_counts_only_with_an_address(world, carry):
    until_done(world, task("completed"), task("processing"), task("completed", video={}))
    assert_completed(world, await carry())


@pytest.mark.fault(32, "404 right after the order, then found", "completed")
async def test_a_task_that_is_not_known_yet_is_given_time(world, carry):
    until_done(world, *[answer(404, {"message": "Inference not found"})] * 3)
    assert_completed(world, await carry())


@pytest.mark.fault(
    33, "404 or 410 for ever", "failed · not_found · unknown; after 10 min; look again"
)
@pytest.mark.parametrize("status", [404, 410])
async def test_a_task_that_is_forgotten_is_given_up(world, carry, status):
    world.script(polls=[answer(status, {"message": "gone"})])
    job = await carry()
    assert_ended(
        world,
        job,
        State.FAILED,
        "not_found",
        charged="unknown",
        says="gone",
        then="Look again",
    )
    assert job.generation_id == "task-1"
    assert world.clock.passed >= 600
    assert 10 < len(world.provider.seen["polls"]) < 60


@pytest.mark.fault(34, "401 while the task runs", "running with a note; goes on with the same id")
async def test_a_key_that_is_refused_later_pauses_the_job(world, carry):
    notes = notes_seen(world, [answer(401, {"message": f"no {CANARY}"})] * 3)
    assert_completed(world, await carry())
    assert notes[-1].startswith("AI/ML API refused the key. Check the key under Keys")
    assert world.clock.slept[-3:] == [60.0, 60.0, FIRST_LOOK]


class Hurried:
    """Time that runs so many times faster, for jobs that run beside each other."""

    def __init__(self, factor):
        self.factor, self.began, self.noon = factor, time.monotonic(), None

    def monotonic(self):
        return (time.monotonic() - self.began) * self.factor

    def as_clock(self, noon):
        async def sleep(seconds):
            await asyncio.sleep(seconds / self.factor)

        return Clock(
            sleep=sleep,
            random=lambda: 0.5,
            now=lambda: noon + timedelta(seconds=self.monotonic()),
            monotonic=self.monotonic,
        )


class Watch:
    """A clock's face for `World`."""

    def __init__(self, clock, factor):
        self.now = clock.now
        self.as_clock = Hurried(factor).as_clock(clock.now)


def failing(request):
    return task("error", error={"message": "enough"})


async def carry_all(world, jobs):
    workflow = world.workflow()
    await asyncio.gather(*(workflow.carry(job.id) for job in jobs))
    return [world.store.get(job.id) for job in jobs]


@pytest.mark.fault(
    35, "429 on a poll, Retry-After: 60", "all jobs with that key keep quiet so long"
)
async def test_what_one_job_is_told_holds_for_all_with_its_key(world, new_job, clock):
    world.clock, world.orders = Watch(clock, 100), 5
    told = []

    def poll(request):
        if len(world.provider.seen["polls"]) == 1:
            told.append(time.monotonic())
            return answer(429, {"message": "slow down"}, "Retry-After: 60")
        return failing(request)

    world.script(polls=[poll])
    workflow, jobs = world.workflow(), [new_job() for _ in range(5)]
    first = asyncio.create_task(workflow.carry(jobs[0].id))
    while not told:  # noqa: ASYNC110  it is another thread that is told
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    await asyncio.gather(first, *(workflow.carry(job.id) for job in jobs[1:]))
    assert {world.store.get(job.id).state for job in jobs} == {State.FAILED}
    after = [request.at - told[0] for request in world.provider.seen["polls"][1:]]
    assert len(after) == 5
    assert min(after) > 0.55


@pytest.mark.fault(
    36, "a poll's answer drop by drop", "completed; the question ends at its deadline"
)
async def test_an_answer_that_trickles_is_cut_off_and_asked_for_again(world, carry):
    world.limits = {"question": 0.3}
    until_done(world, Trickle(answer(200, {"id": "task-1", "status": "x" * 1000}), 0.05))
    began = time.monotonic()
    assert_completed(world, await carry())
    assert time.monotonic() - began < 40


@pytest.mark.fault(
    37, "the clock jumps an hour back or a day ahead", "completed; neither late nor early"
)
@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)], ids=str)
async def test_a_clock_that_is_set_anew_changes_no_wait(world, carry, clock, jump):
    def leap(request):
        clock.now += jump
        return task("generating")

    notes = notes_seen(world, [task("generating")] * 3)
    script = world.provider.scripts["polls"]
    dated = answer(
        503,
        "",
        "Date: Fri, 20 Nov 2026 18:00:00 GMT",
        "Retry-After: Fri, 20 Nov 2026 18:00:30 GMT",
    )
    world.script(polls=[leap, dated, *script])
    assert_completed(world, await carry())
    assert not any("longer than usual" in note for note in notes)
    assert 30.0 in clock.slept
    assert max(clock.slept) == 30.0


@pytest.mark.fault(42, "200 jobs on one key", "all asked after, within the key's rate")
async def test_many_jobs_share_one_rate_and_none_starves(world, new_job, clock):
    world.clock, world.orders = Watch(clock, 20), 200
    world.script(polls=[failing])
    jobs = [
        new_job(state=State.RUNNING, generation_id=f"t-{n}", submitted_at=clock.now)
        for n in range(200)
    ]
    world.orders = 0
    ended = await carry_all(world, jobs)
    assert {job.state for job in ended} == {State.FAILED}
    came = sorted(request.at for request in world.provider.seen["polls"])
    assert len(came) == 200
    # Ten a second after a burst of ten, on a clock twenty times as fast: 190 take 0.95 s.
    assert came[-1] - came[0] > 0.85


@pytest.mark.fault(
    76,
    "the provider is down while a finished clip's address is asked for again",
    "completed; a passing trouble fails nothing",
)
async def test_trouble_in_asking_for_the_address_anew_fails_nothing(world, carry, clock):
    world.orders = 0
    until_done(world, answer(500), answer(401), RESET, answer(404), task("processing"))
    job = await carry(state=State.SAVING, generation_id="task-1", submitted_at=clock.now)
    assert_completed(world, job)


@pytest.mark.fault(28, "Krea's own words for an end", "failed · generation_failed · free")
async def test_krea_s_reason_is_kept(world, carry):
    body = {"job_id": "task-1", "status": "failed", "result": {"error": "nsfw"}}
    world.script(
        creates=[answer(200, {"job_id": "task-1", "status": "queued"})], polls=[answer(200, body)]
    )
    job = await carry(KLING, params={"prompt": "a fox"})
    assert_ended(world, job, State.FAILED, "moderated", charged="no", says="nsfw", then="Change")
    assert json.dumps(world.shown(job))
