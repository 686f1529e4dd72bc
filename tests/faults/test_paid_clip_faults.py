"""A clip that was paid for is not given up: only what tells of the task's own end ends the job."""

import gzip
import json
import zlib

import brotli
import pytest
from provider import answer
from world import CANARY, KLING, assert_completed, assert_ended, task

from core.providers.protocol import State

pytestmark = pytest.mark.anyio


def until_done(world, *answers):
    """Script the polls: these, and then the end."""
    world.script(polls=[*answers, world.done])


def for_seconds(world, seconds, given, done=None):
    """Script the polls: an answer for so long by the clock, and then the end; returns the notes."""
    notes, done = [], done or world.done

    def poll(request):
        notes.append(world.store.recent("", limit=1)[0].note)
        return given if world.clock.passed < seconds else done

    world.script(polls=[poll])
    return notes


STATUSES = [201, 202, 204, 205, 206, 300, 301, 302, 303, 304, 305, 307, 308]
STATUSES += [400, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 418, 421, 422, 423, 424, 425]
STATUSES += [426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507, 511, 520, 524, 529, 599]


@pytest.mark.fault(120, "any status but 200 on the polls of half a minute", "completed")
@pytest.mark.parametrize("status", STATUSES)
async def test_no_status_of_a_poll_ends_a_job(world, carry, status):
    for_seconds(world, 30, answer(status, {"message": "still in progress"}))
    assert_completed(world, await carry())


@pytest.mark.fault(
    121, "400, 402, 403, 408, 422, 425 on a poll", "running, and its note says what came"
)
@pytest.mark.parametrize("status", [400, 402, 403, 408, 422, 425])
async def test_a_missed_poll_is_told(world, carry, status):
    notes = for_seconds(world, 30, answer(status, {"message": f"not now {CANARY}"}))
    assert_completed(world, await carry())
    assert f'HTTP {status} ("not now ***")' in notes[-1]
    assert "till watching." in notes[-1]
    assert "refused the key" not in notes[-1]


@pytest.mark.fault(121, "400 or 403 for ever", "running; asked once a minute")
@pytest.mark.parametrize("status", [400, 403, 422])
async def test_a_question_that_is_always_refused_is_asked_more_slowly(world, carry, status):
    for_seconds(world, 5000, answer(status, {"message": "no"}))
    assert_completed(world, await carry())
    assert 60.0 in world.clock.slept
    assert 80 < len(world.provider.seen["polls"]) < 140


@pytest.mark.fault(121, "404 for nine minutes, then found", "completed")
async def test_a_task_that_is_unknown_for_minutes_is_not_given_up(world, carry):
    notes = for_seconds(world, 540, answer(404, {"message": "no such task"}))
    assert_completed(world, await carry())
    assert 'HTTP 404 ("no such task"), as if it did not know the task' in notes[-1]


@pytest.mark.fault(
    121, "a refusal that names our task and its end", "failed · generation_failed · free"
)
@pytest.mark.parametrize("status", [400, 404, 422, 500])
async def test_an_end_is_an_end_under_every_status(world, carry, status):
    body = {"id": "task-1", "status": "error", "error": {"message": "no face"}}
    world.script(polls=[answer(status, body)])
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "generation_failed", charged="no", says="no face", then="Change"
    )


@pytest.mark.fault(121, "an error in a 200 that names no task, for half an hour", "completed")
@pytest.mark.parametrize(
    "body",
    [
        {"error": "rate limited"},
        {"statusCode": 502, "message": "bad gateway"},
        {"status": 429, "error": "slow down"},
    ],
    ids=str,
)
async def test_an_error_that_speaks_of_no_task_is_a_missed_poll(world, carry, body):
    notes = for_seconds(world, 1800, answer(200, body))
    assert_completed(world, await carry())
    assert "till watching." in notes[-1]


HINTS = [
    ("Retry-After: 86400", "24 hours"),
    ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", "days"),
    ("retry-after-ms: 86400000", "24 hours"),
    ("x-ratelimit-reset: 86400", "24 hours"),
    ("x-ratelimit-reset: 1795305600", "hours"),
    ("x-ratelimit-reset: 253402300799000", "days"),
    ("ratelimit-reset: 24h0m0s", "24 hours"),
]


@pytest.mark.fault(122, "Retry-After of a day, or the year 9999, on one poll", "completed in time")
@pytest.mark.parametrize("status", [429, 503, 425])
@pytest.mark.parametrize("header", [header for header, _ in HINTS])
async def test_no_hint_keeps_us_longer_than_the_schedule_would(world, carry, header, status):
    until_done(world, answer(status, {"message": "later"}, header))
    assert_completed(world, await carry())
    assert len(world.provider.seen["polls"]) == 2
    assert max(world.clock.slept) == 60.0


@pytest.mark.fault(122, "the same", "its note says what the provider asks for, as it is")
@pytest.mark.parametrize(("header", "says"), HINTS)
async def test_what_a_provider_asks_for_is_said_as_it_is(world, carry, header, says):
    notes = for_seconds(world, 100, answer(429, {"message": "later"}, header))
    assert_completed(world, await carry())
    assert "AI/ML API wants fewer questions: it asks to wait" in notes[-1]
    assert says in notes[-1]
    assert "takes no more orders" not in " ".join(notes)


@pytest.mark.fault(124, "a word nobody knows, with an error", "failed · unknown, after six looks")
@pytest.mark.parametrize("word", ["exploded", "unknown", "Content Policy", ""])
async def test_an_unknown_word_with_an_error_is_an_end(world, carry, word):
    world.script(polls=[task(word, error={"message": "no"})])
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "generation_failed", charged="unknown", says="no", then="Look"
    )
    assert len(world.provider.seen["polls"]) == 6
    assert 30 <= world.clock.passed < 60


@pytest.mark.fault(124, "a word nobody knows, with a clip's address", "completed, after six looks")
@pytest.mark.parametrize("word", ["rendered", "", "200", None])
async def test_an_unknown_word_with_a_clip_is_an_end(world, carry, word):
    world.script(polls=[task(word, video={"url": world.provider.clip_url})])
    assert_completed(world, await carry())
    assert len(world.provider.seen["polls"]) == 6


@pytest.mark.fault(124, "the same for a while, then work goes on", "completed")
async def test_a_doubtful_end_is_forgotten_when_work_goes_on(world, carry):
    odd = task("exploded", error="no")
    until_done(world, *[odd] * 5, task("processing"), *[odd] * 5, task("processing"))
    assert_completed(world, await carry())


@pytest.mark.fault(124, "a word for work, with an error or a first picture", "completed")
async def test_what_comes_along_with_work_is_no_end(world, carry):
    early = task("intermediate-complete", video={"url": f"{world.provider.url}/files/early.mp4"})
    until_done(world, *[task("processing", error="a warning")] * 10, *[early] * 10)
    assert_completed(world, await carry())
    assert not [came for came in world.provider.seen["files"] if "early" in came.path]


def utf16(body):
    return json.dumps(body).encode("utf-16")


DONE = {"id": "task-1", "status": "completed"}
ODD_BODIES = {
    "a mark before it": lambda body: (b"\xef\xbb\xbf" + json.dumps(body).encode(),),
    "UTF-16": lambda body: (utf16(body),),
    "UTF-16, no mark": lambda body: (json.dumps(body).encode("utf-16-le"),),
    "UTF-32": lambda body: (json.dumps(body).encode("utf-32"),),
    "Latin-1": lambda body: (
        json.dumps(body | {"note": "é"}, ensure_ascii=False).encode("latin-1"),
        "Content-Type: application/json; charset=iso-8859-1",
    ),
    "a charset of no such name": lambda body: (
        json.dumps(body | {"note": "é"}, ensure_ascii=False).encode("latin-1"),
        "Content-Type: application/json; charset=klingon",
    ),
    "gzip": lambda body: (gzip.compress(json.dumps(body).encode()), "Content-Encoding: gzip"),
    "gzip, unsaid": lambda body: (gzip.compress(json.dumps(body).encode()),),
    "GZIP over plain": lambda body: (json.dumps(body).encode(), "Content-Encoding: GZIP"),
    "deflate": lambda body: (zlib.compress(json.dumps(body).encode()), "Content-Encoding: deflate"),
    "raw deflate": lambda body: (
        zlib.compress(json.dumps(body).encode())[2:-4],
        "Content-Encoding: deflate",
    ),
    "br": lambda body: (brotli.compress(json.dumps(body).encode()), "Content-Encoding: br"),
    "br over gzip": lambda body: (
        brotli.compress(gzip.compress(json.dumps(body).encode())),
        "Content-Encoding: gzip, br",
    ),
    "aws-chunked": lambda body: (json.dumps(body).encode(), "Content-Encoding: aws-chunked"),
    "twice": lambda body: (json.dumps(body).encode() * 2,),
    "a line for each state": lambda body: (
        "\n".join(
            json.dumps({**body, "status": word}) for word in ("queued", "completed")
        ).encode(),
    ),
    "server-sent events": lambda body: (
        f"event: state\ndata: {json.dumps(body)}\n\ndata: [DONE]\n\n".encode(),
    ),
    "text before it": lambda body: (b")]}',\n" + json.dumps(body).encode(),),
    "a warning before it": lambda body: (
        b"<br />\n<b>Warning</b>: mkdir() in /x.php\n" + json.dumps(body).encode(),
    ),
    "text after it": lambda body: (json.dumps(body).encode() + b"\n<!-- served by 7 -->",),
    "a list of one": lambda body: (json.dumps([body]).encode(),),
    "encoded twice": lambda body: (json.dumps(json.dumps(body)).encode(),),
    "wrapped": lambda body: (json.dumps({"code": 0, "data": body}).encode(),),
    "not finite": lambda body: (
        json.dumps(body)[:-1].encode() + b', "progress": NaN, "x": 1e999}',
    ),
}


@pytest.mark.fault(125, "JSON in an odd wrapping, at the order and at each poll", "completed")
@pytest.mark.parametrize("name", ODD_BODIES)
async def test_an_answer_is_read_however_it_is_wrapped(world, carry, name):
    wrap = ODD_BODIES[name]
    done = DONE | {"video": {"url": world.provider.clip_url}}
    world.script(
        creates=[answer(200, *wrap({"id": "task-1", "status": "queued"}))],
        polls=[answer(200, *wrap(done))],
    )
    job = await carry()
    assert_completed(world, job)
    assert job.generation_id == "task-1"
    assert len(world.provider.seen["polls"]) == 1


@pytest.mark.fault(125, "half an answer, with whole parts in it", "not trusted; completed")
@pytest.mark.parametrize(
    "half",
    [
        '{"id": "task-1", "status": "completed", "video": {"url": "https://a.test/x.mp4"}',
        '[{"id": "task-1", "status": "error"}',
        '<html><script>var a = {"status": "error"}</script></html>',
        gzip.compress(b'{"id": "task-1", "status": "error"}' + b" " * 400)[:-20],
        brotli.compress(bytes(2 * 2**20)),
    ],
    ids=["object", "list", "page", "gzip", "bomb"],
)
async def test_half_an_answer_is_none(world, carry, half):
    head = ["Content-Encoding: br"] if half == brotli.compress(bytes(2 * 2**20)) else []
    until_done(world, answer(200, half, *head), answer(200, half, *head))
    assert_completed(world, await carry())


@pytest.mark.fault(126, "301 to 308 on a poll, to the same place", "followed there; completed")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("absolute", [True, False])
async def test_a_poll_is_followed_at_home(world, carry, status, absolute):
    base = world.provider.url if absolute else ""
    first = answer(status, "", f"Location: {base}/v3/moved?generation_id=task-1")
    until_done(world, first)
    assert_completed(world, await carry())
    moved = [came for came in world.provider.seen["polls"] if came.path.startswith("/v3/")]
    assert [came.headers["authorization"] for came in moved] == [f"Bearer {CANARY}"]


@pytest.mark.fault(
    126, "a redirect to another host, and round in circles", "the key stays; completed"
)
@pytest.mark.parametrize("circle", [True, False])
async def test_the_key_goes_nowhere_else(world, carry, provider, circle):
    there = "/v3/again?generation_id=1" if circle else f"http://localhost:{provider.port}/jobs/x"
    for_seconds(world, 3, answer(307, "", f"Location: {there}"))
    assert_completed(world, await carry())
    assert not [came for came in provider.seen["polls"] if "localhost" in came.headers["host"]]
    assert len(provider.seen["polls"]) < 30


@pytest.mark.fault(127, "a redirect at the order", "never sent again; failed, or looked for")
@pytest.mark.parametrize(
    ("status", "state"), [(307, "failed"), (308, "failed"), (303, "unconfirmed")]
)
async def test_an_order_is_never_followed(world, carry, status, state):
    world.script(creates=[answer(status, "", "Location: /v2/elsewhere")])
    job = await carry()
    assert (job.state, job.error.charged) == (state, "no" if state == "failed" else "unknown")


UNREADABLE = {
    "a page": answer(200, "<html>ok</html>", "x-inference-id: task-1"),
    "nothing": answer(201, "", "X-Inference-Id: task-1"),
    "half": answer(200, '{"id": "other', "x-inference-id: task-1"),
    "502": answer(502, "<html>bad gateway</html>", "x-inference-id: task-1"),
    "no id": answer(200, {"status": "queued"}, "x-inference-id: task-1"),
    "cut": b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nx-inference-id: task-1\r\n\r\n{"id": "no',
    "location": answer(201, "", "Location: /v2/video/generations?generation_id=task-1"),
    "303": answer(303, "", "Location: /v2/video/generations/task-1"),
}


@pytest.mark.fault(128, "an unreadable answer to the order, its id in the head", "used; completed")
@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_id_in_the_head_is_used(world, carry, name):
    world.script(creates=[UNREADABLE[name]])
    job = await carry()
    assert_completed(world, job)
    assert job.generation_id == "task-1"


@pytest.mark.fault(128, "the same at Krea, by Location", "used; completed")
async def test_krea_s_new_job_is_known_by_its_address(world, carry):
    done = {
        "job_id": "task-1",
        "status": "completed",
        "result": {"urls": [world.provider.clip_url]},
    }
    world.script(creates=[answer(201, "", "Location: /jobs/task-1")], polls=[answer(200, done)])
    job = await carry(KLING, params={"prompt": "a fox"})
    assert_completed(world, job)
    assert job.generation_id == "task-1"


ENDS = [
    {"status": {"state": "failed"}},
    {"status": {"status": {"code": "FAILED", "message": "no"}}},
    {"data": {"status": {"code": "failed"}}},
    {"data": {"task": {"status": "failed"}}},
    {"status": "success", "data": {"task_status": "failed"}},
    {"results": {"status": "error"}},
    {"status": "TASK_STATUS_FAILED"},
    {"status": "jobFailed"},
    {"status": "failed: nsfw"},
    {"status": 4, "status_text": "failed"},
    {"status": "4", "state": "failed"},
]


@pytest.mark.fault(163, "a failed end in another spelling, place or depth", "failed; not polled on")
@pytest.mark.parametrize("told", ENDS, ids=range(len(ENDS)))
async def test_an_end_is_known_wherever_its_word_stands(world, carry, told):
    world.script(polls=[answer(200, {"id": "task-1", **told})])
    job = await carry()
    assert (job.state, job.error.kind) in [
        (State.FAILED, kind) for kind in ("generation_failed", "moderated")
    ]
    assert len(world.provider.seen["polls"]) == 1


@pytest.mark.fault(163, "a question that succeeded, around a task that still runs", "completed")
async def test_the_success_of_a_question_is_none_of_the_task(world, carry):
    still = answer(200, {"status": "success", "data": {"id": "task-1", "status": "processing"}})
    world.script(polls=[*[still] * 12, world.done])
    assert_completed(world, await carry())
    assert len(world.provider.seen["polls"]) == 13
