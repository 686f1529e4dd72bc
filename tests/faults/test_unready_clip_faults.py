"""Faults of a storage server that has the clip late, or calls it what it is not."""

import gzip
import itertools
import zlib

import pytest
from provider import answer
from raw_server import CLOSE, RESET
from world import WHOLE, assert_completed, assert_ended, pictures, task

from core.providers.protocol import State

pytestmark = pytest.mark.anyio


def fresh_addresses(world):
    """Each poll that says `completed` names an address of its own."""
    numbers = itertools.count(1)
    return [lambda request: done_at(world, f"/files/{next(numbers)}.mp4?signed=1")]


def done_at(world, path):
    return task("completed", video={"url": world.provider.url + path})


def late(world, before, then, seconds):
    """The storage answers `before` for so many seconds by the clock, and `then` ever after."""
    began = []

    def reply(request):
        began.append(world.clock.passed)
        return then if world.clock.passed - began[0] >= seconds else before

    return [reply]


S3_ERROR = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
NOT_YET = {
    "404": answer(404, S3_ERROR),
    "403": answer(403, S3_ERROR),
    "410": answer(410),
    "401": answer(401),
    "400": answer(400, S3_ERROR),
    "409": answer(409),
    "423": answer(423),
    "425": answer(425),
    "429": answer(429, "", "Retry-After: 2"),
    "429 for a day": answer(429, "", "Retry-After: 86400"),
    "202": answer(202, "soon"),
    "204": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "203": answer(203, "soon"),
    "304": b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
    "500": answer(500),
    "503": answer(503, "<html>down</html>"),
    "520": answer(520),
    "a page": answer(200, "<html>not yet</html>", "Content-Type: text/html"),
    "an S3 error with 200": answer(200, S3_ERROR, "Content-Type: application/xml"),
    "nothing at all": answer(200, b"", "Content-Type: video/mp4"),
    "RST": RESET,
    "FIN": CLOSE,
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
}


@pytest.mark.fault(
    140,
    "the storage has the clip a minute after `completed`: 404, 403, 202, 500, a page, nothing",
    "completed; asked again all the while, each time at a fresh address",
)
@pytest.mark.parametrize("before", NOT_YET)
async def test_a_clip_that_comes_a_minute_late_is_waited_for(world, carry, clip_bytes, before):
    files = late(world, NOT_YET[before], answer(200, clip_bytes), 60.0)
    world.script(polls=fresh_addresses(world), files=files)
    assert_completed(world, await carry())
    asked = [request.path for request in world.provider.seen["files"]]
    assert len(set(asked)) == len(asked) > 1, "each attempt had an address of its own"


@pytest.mark.fault(
    140, "while the storage has the clip not yet", "saving; the job says why it waits"
)
async def test_a_job_says_what_it_waits_for(world, new_job, clip_bytes):
    notes = []

    def reply(request):
        notes.append(world.store.get(job.id).note)
        return answer(200, clip_bytes) if len(notes) == 3 else answer(404)

    world.script(files=[reply])
    job = new_job()
    assert_completed(world, await world.carry(job))
    assert notes[0] == ""
    assert "HTTP 404" in notes[2]
    assert "it is asked for again" in notes[2]


@pytest.mark.fault(
    141,
    "the storage has the clip after minutes, or never",
    "failed · download_failed · charged; *look again* fetches it, and orders nothing",
)
@pytest.mark.parametrize("before", ["404", "500", "a page", "nothing at all", "202"])
async def test_a_clip_that_is_given_up_can_still_be_looked_for(world, carry, clip_bytes, before):
    world.script(files=[NOT_YET[before]])
    began = world.clock.passed
    job = await carry()
    assert 60 <= world.clock.passed - began <= 600
    assert_ended(
        world,
        job,
        State.FAILED,
        "download_failed",
        charged="yes",
        says="clip",
        then="Fetch it again",
    )
    world.script(files=late(world, NOT_YET[before], answer(200, clip_bytes), 30.0))
    world.store.change(job.id, state=State.RUNNING, error=None)
    assert_completed(world, await world.carry(job))


@pytest.mark.fault(
    141,
    "the task is forgotten while the storage is down",
    "completed; from the last address that was told",
)
async def test_a_forgotten_task_does_not_lose_a_clip_that_comes(world, carry, clip_bytes):
    done = task("completed", video={"url": world.provider.clip_url})
    world.script(
        polls=[done, answer(404, {"message": "no such task"})],
        files=late(world, answer(503), answer(200, clip_bytes), 90.0),
    )
    assert_completed(world, await carry())


CODINGS = ["", "aws-chunked", "Identity", "IDENTITY", "binary", "utf-8", "gzip", "br", "none, x"]


@pytest.mark.fault(
    142,
    "Content-Encoding empty, aws-chunked, unknown, in other case or plainly wrong over plain bytes",
    "completed; the bytes decide",
)
@pytest.mark.parametrize("coding", CODINGS)
async def test_plain_bytes_are_plain_whatever_they_are_called(
    world, carry, clip_bytes, coding, tmp_path
):
    world.script(files=[answer(200, clip_bytes, f"Content-Encoding: {coding}")])
    job = await carry()
    assert_completed(world, job)
    assert_shows(world, job, clip_bytes, tmp_path)
    assert len(world.provider.seen["files"]) == 1


def assert_shows(world, job, clip, tmp_path):
    expected = tmp_path / "expected.mp4"
    expected.write_bytes(clip)
    assert pictures(world.job_files.clip(job)) == pictures(expected)


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.fault(
    143, "a clip that is truly packed, called so or not", "completed; unpacked within a bound"
)
@pytest.mark.parametrize("said", ["Content-Encoding: gzip", "Content-Encoding: X-GZIP", "X-No: x"])
@pytest.mark.parametrize("coding", PACKED)
async def test_a_packed_clip_is_unpacked(world, carry, clip_bytes, coding, said, tmp_path):
    world.script(files=[answer(200, PACKED[coding](clip_bytes), said)])
    job = await carry()
    assert_completed(world, job)
    assert_shows(world, job, clip_bytes, tmp_path)


@pytest.mark.fault(
    143,
    "200 kB of gzip that unpack to 200 MB",
    "failed · download_failed · charged; no more than 16 times is written",
)
async def test_a_packed_bomb_is_not_unpacked(world, carry, clip_bytes, disk_of):
    bomb = gzip.compress(clip_bytes + bytes(200 * 2**20), compresslevel=9)
    disk_of(len(bomb) * 17)
    world.script(files=[answer(200, bomb, "Content-Encoding: gzip")])
    job = await carry()
    says = "packed (gzip)"
    assert_ended(
        world,
        job,
        State.FAILED,
        "download_failed",
        charged="yes",
        says=says,
        then="Fetch it again",
    )


@pytest.mark.fault(
    143, "a packed clip that breaks off", "completed at the next attempt; nothing half is kept"
)
async def test_a_packed_clip_that_breaks_off_is_fetched_again(world, carry, clip_bytes):
    half = gzip.compress(clip_bytes)[:-2000]
    world.script(files=[answer(200, half), answer(200, gzip.compress(clip_bytes))])
    job = await carry()
    assert_completed(world, job)
    assert world.files(job) == WHOLE


@pytest.mark.fault(
    142,
    "the order's answer and the polls are called packed and are plain, or the other way about",
    "completed; one order",
)
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "aws-chunked", "x, y"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_an_answer_is_read_whatever_it_is_called(world, carry, coding, pack):
    def called(plain):
        body = pack(plain.partition(b"\r\n\r\n")[2])
        return answer(200, body, f"Content-Encoding: {coding}")

    taken = world.provider.scripts["creates"][0]
    world.script(creates=[called(taken)], polls=[called(world.done)])
    assert_completed(world, await carry())


UNREADABLE = [
    *("https://cdn.test/\x01.mp4", "https://cdn.test/\x7f.mp4", "https://\ud7ff.test/x.mp4"),
    *("https://xn--zzzz99999.test/x.mp4", f"https://cdn.test/{'x' * 70_000}.mp4"),
    *("https://cdn.test:99999/x.mp4", "https://cdn.test:port/x.mp4", "https:///x.mp4"),
    *("https://me:word@cdn.test/x.mp4", "https://@:443/x.mp4", "https://[::1/x.mp4"),
]


@pytest.mark.fault(277, "an address of the clip that cannot be read, and then one", "completed")
@pytest.mark.parametrize("url", UNREADABLE, ids=range(len(UNREADABLE)))
async def test_an_address_that_cannot_be_read_is_asked_for_anew(world, carry, url):
    world.script(polls=[task("completed", video={"url": url}), world.done])
    assert_completed(world, await carry())


@pytest.mark.fault(277, "a redirect to what is no address, at a poll or a clip", "completed")
@pytest.mark.parametrize("kind", ["polls", "files"])
@pytest.mark.parametrize("to", ["mailto:x", "data:video/mp4;base64,AAAA", "http://[bad/x"])
async def test_a_redirect_that_cannot_be_read_ends_no_job(world, carry, kind, to):
    good = world.provider.scripts["files"][0] if kind == "files" else world.done
    world.script(**{kind: [answer(302, "", f"Location: {to}"), good]})
    assert_completed(world, await carry())
