"""Faults while the clip is fetched: it is paid for, so it is saved whole or stays there."""

import itertools
import re
import shutil
import socket
import ssl
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpcore
import pytest
from provider import Provider, Trickle, answer, serving
from raw_server import CLOSE, RESET
from world import CANARY, KLING, assert_completed, assert_ended, pictures, task

from core.client import Connection, Downloader, connect
from core.client.connection import keyless
from core.client.public_network import PublicOnly
from core.client.transports import public_transport
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

ONE, TWO = 'ETag: "one"', 'ETag: "two"'


def body_at(answered):
    return answered.index(b"\r\n\r\n") + 4


def cut(clip, tag=ONE, after=300_000):
    """The beginning of the clip, and then a torn connection."""
    whole = answer(200, clip, tag)
    return (whole[: body_at(whole) + after], RESET)


def rest(clip, tag=ONE):
    """Answers a request for a range as it should be answered."""

    def rest(request):
        if "range" not in request.headers:
            return answer(200, clip, tag)
        start = int(re.match(r"bytes=(\d+)-", request.headers["range"])[1])
        told = f"Content-Range: bytes {start}-{len(clip) - 1}/{len(clip)}"
        return answer(206, clip[start:], tag, told)

    return rest


def assert_same_pictures(world, job, clip, tmp_path):
    assert_completed(world, job)
    expected = tmp_path / "expected.mp4"
    expected.write_bytes(clip)
    assert pictures(world.job_files.clip(job)) == pictures(expected)


def assert_not_fetched(world, job, says):
    then = "Fetch it again: the provider still has the clip."
    assert_ended(world, job, State.FAILED, "download_failed", charged="yes", says=says, then=then)
    assert job.generation_id == "task-1"


async def assert_can_be_fetched_later(world, job, clip):
    """What `Studio.look_again` does: the same task, and no order."""
    world.script(files=[answer(200, clip)], polls=[world.done])
    world.store.change(job.id, state=State.RUNNING, error=None)
    assert_completed(world, await world.carry(job))


@pytest.mark.fault(43, "RST at 300 kB, with an ETag", "completed; resumed by Range and If-Range")
async def test_a_broken_transfer_goes_on_where_it_broke(world, carry, big_clip, tmp_path):
    world.script(files=[cut(big_clip), rest(big_clip)])
    job = await carry()
    again = world.provider.seen["files"][1].headers
    assert 0 < int(again["range"].removeprefix("bytes=").rstrip("-")) <= 300_000
    assert again["if-range"] == '"one"'
    assert_same_pictures(world, job, big_clip, tmp_path)


@pytest.mark.fault(44, "the server ignores the range", "completed; from the start")
async def test_a_server_without_ranges_is_read_from_the_start(world, carry, big_clip, tmp_path):
    world.script(files=[cut(big_clip), answer(200, big_clip, ONE)])
    assert_same_pictures(world, await carry(), big_clip, tmp_path)


@pytest.mark.fault(45, "the file changed between two tries", "completed; never two files mixed")
@pytest.mark.parametrize("tag", [TWO, 'ETag: W/"one"', "X-No: tag"])
async def test_two_versions_are_never_mixed(world, carry, big_clip, tmp_path, tag):
    # The same boxes around other pictures: only the tag tells the two apart.
    start, end = big_clip.index(b"mdat") + 4, big_clip.index(b"moov") - 4
    other = big_clip[:start] + bytes(end - start) + big_clip[end:]
    world.script(files=[cut(other), rest(big_clip, tag), rest(big_clip, tag)])
    assert_same_pictures(world, await carry(), big_clip, tmp_path)


BARE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.fault(46, "no length, and the connection ends early", "completed; the boxes tell")
async def test_a_clip_that_just_ends_is_noticed(world, carry, big_clip, tmp_path):
    world.script(files=[BARE + big_clip[:300_000], BARE + big_clip])
    assert_same_pictures(world, await carry(), big_clip, tmp_path)


@pytest.mark.fault(47, "chunks that break off", "completed")
async def test_chunks_that_break_off_are_fetched_again(world, carry, big_clip, tmp_path):
    torn = CHUNKED + b"%x\r\n" % len(big_clip) + big_clip[:300_000]
    world.script(files=[torn, torn, answer(200, big_clip)])
    assert_same_pictures(world, await carry(), big_clip, tmp_path)


@pytest.mark.fault(48, "a length of one tebibyte", "failed · download_failed · charged; not read")
async def test_a_clip_that_says_it_is_too_large_is_not_read(world, carry, clip_bytes):
    world.script(files=[b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n" + bytes(9)])
    job = await carry()
    assert_not_fetched(world, job, "larger than two gigabytes")
    assert len(world.provider.seen["files"]) == 1
    await assert_can_be_fetched_later(world, job, clip_bytes)


@pytest.mark.fault(49, "a clip without an end", "failed · download_failed · charged; nothing kept")
async def test_a_clip_without_an_end_is_stopped_at_the_cap(world, carry):
    world.limits = {"clip_bytes": 2**20}
    world.script(files=[lambda request: itertools.chain([BARE], itertools.repeat(bytes(2**16)))])
    assert_not_fetched(world, await carry(), "does not end")
    assert len(world.provider.seen["files"]) == 1


@pytest.mark.fault(50, "a clip drop by drop", "failed · download_failed · charged; by a deadline")
async def test_a_clip_that_trickles_is_given_up_at_its_deadline(world, carry, clip_bytes):
    world.limits = {"clip": 0.4}
    world.script(files=[Trickle(answer(200, clip_bytes), 0.05)])
    job = await carry()
    assert_not_fetched(world, job, "too slowly")
    world.limits = {}
    await assert_can_be_fetched_later(world, job, clip_bytes)


@pytest.mark.fault(51, "a packed clip, which may be a bomb", "failed · download_failed · charged")
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate, gzip"])
async def test_a_packed_clip_is_not_opened(world, carry, coding):
    world.script(files=[answer(200, b"\x1f\x8b" + bytes(99), f"Content-Encoding: {coding}")])
    assert_not_fetched(world, await carry(), "packed")
    assert world.provider.seen["files"][0].headers["accept-encoding"] == "identity"


@pytest.mark.fault(52, "520 twice, then the clip", "completed in three")
async def test_a_gateway_that_fails_twice_is_asked_thrice(world, carry, clip_bytes):
    world.script(files=[answer(520), answer(429, "", "Retry-After: 9"), answer(200, clip_bytes)])
    assert_completed(world, await carry())
    assert len(world.provider.seen["files"]) == 3
    assert 9.0 in world.clock.slept


@pytest.mark.fault(53, "the signed address has expired", "completed with a fresh one")
@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_address_is_asked_for_anew(world, carry, clip_bytes, status):
    world.script(files=[answer(status), answer(status), answer(200, clip_bytes)])
    assert_completed(world, await carry())
    assert len(world.provider.seen["polls"]) == 4


@pytest.mark.fault(53, "every fresh address has expired", "failed · download_failed · charged")
async def test_an_address_that_is_never_good_is_given_up(world, carry):
    world.script(files=[answer(403)])
    assert_not_fetched(world, await carry(), "not good (HTTP 403)")
    files, polls = world.provider.seen["files"], world.provider.seen["polls"]
    assert len(polls) == len(files) + 1, "a fresh address for each attempt"


PUBLIC = "93.184.215.14"


class Rerouted(httpcore.AsyncNetworkBackend):
    """Connects to loopback for a public address, and notes every address that was asked for."""

    def __init__(self, port):
        self.port, self.hosts, self.real = port, [], httpcore.AnyIOBackend()

    async def connect_tcp(self, host, port, *rest, **more):
        self.hosts.append(host)
        there = ("127.0.0.1", self.port) if host == PUBLIC else (host, port)
        return await self.real.connect_tcp(*there, *rest, **more)

    async def sleep(self, seconds):
        await self.real.sleep(seconds)


@contextmanager
def content_network(world, certificate, answers):
    """`https://cdn.test` on loopback, reached as a public host is; gives it and the connections."""
    cdn, names = Provider(scripts={"files": answers}), {"cdn.test": [[PUBLIC]]}
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    believed = ssl.create_default_context(cafile=str(certificate[0]))
    with serving(cdn, tls=served):
        sockets = Rerouted(cdn.port)

        async def lookup(host, port):
            if host not in names:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                return [entry[4][0] for entry in found]
            answers = names[host]
            return answers.pop(0) if len(answers) > 1 else answers[0]

        @asynccontextmanager
        async def line_of(job, clock):
            route = world.route(job)
            transport = public_transport(
                PublicOnly(route.trusted, lookup, sockets), believed=believed
            )
            async with (
                connect(route, clock=clock) as line,
                keyless(transport, clock) as clips,
            ):
                downloader = Downloader(clips, trusted=route.trusted, clock=clock)
                yield Connection(client=line.client, downloader=downloader)

        world.line_of = line_of
        yield cdn, sockets, names


def carries_nothing(request):
    shown = {"authorization", "x-api-key", "cookie", "proxy-authorization", "referer"}
    return not shown & request.headers.keys() and CANARY not in request.head


@pytest.mark.fault(54, "the clip lies on another host", "completed; no key goes there")
async def test_another_host_sees_no_key(world, carry, certificate, clip_bytes):
    with content_network(world, certificate, [answer(200, clip_bytes)]) as (cdn, sockets, _):
        world.script(polls=[task("completed", video={"url": "https://cdn.test/files/a.mp4?sig=1"})])
        assert_completed(world, await carry())
    assert sockets.hosts == [PUBLIC]
    assert [request.headers["host"] for request in cdn.seen["files"]] == ["cdn.test"]
    assert all(map(carries_nothing, cdn.seen["files"]))


@pytest.mark.fault(
    55, "a redirect to another host", "completed; each hop is checked, no key goes along"
)
async def test_a_redirect_to_another_host_carries_nothing_along(
    world, carry, certificate, clip_bytes
):
    hop = answer(302, "", "Location: https://cdn.test/files/a.mp4", "Set-Cookie: a=b")
    again = answer(307, "", "Location: /files/b.mp4", "Set-Cookie: c=d")
    with content_network(world, certificate, [again, answer(200, clip_bytes)]) as (cdn, *_):
        world.script(files=[hop])
        assert_completed(world, await carry())
    assert len(cdn.seen["files"]) == 2
    assert all(map(carries_nothing, [*cdn.seen["files"], *world.provider.seen["files"]]))


PRIVATE = [
    "127.0.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "[::ffff:127.0.0.1]",
    "[2002:7f00:1::]",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "10.0.0.1",
    "localhost",
    "[64:ff9b::7f00:1]",
]


@pytest.mark.fault(
    56, "a redirect into a private network", "failed · download_failed · charged; no connection"
)
@pytest.mark.parametrize("host", PRIVATE)
async def test_no_connection_is_made_into_a_private_network(world, carry, host, certificate):
    with content_network(world, certificate, [CLOSE]) as (spy, sockets, _):
        world.script(files=[answer(302, "", f"Location: https://{host}:{spy.port}/files/x")])
        assert_not_fetched(world, await carry(), "private network")
        assert spy.connections == 0
    assert sockets.hosts == ["127.0.0.1"], "only the operator's own address was connected to"


@pytest.mark.fault(
    57, "a name with a public and a private address", "failed · download_failed · charged"
)
async def test_every_address_of_a_name_must_be_public(world, carry, certificate):
    with content_network(world, certificate, [CLOSE]) as (cdn, sockets, names):
        names["cdn.test"] = [[PUBLIC, "127.0.0.1"]]
        world.script(polls=[task("completed", video={"url": "https://cdn.test/files/a.mp4"})])
        assert_not_fetched(world, await carry(), "private network")
    assert (cdn.connections, sockets.hosts) == (0, [])


@pytest.mark.fault(
    58, "a name that turns private after the check", "completed; from the address that was checked"
)
async def test_the_address_that_was_checked_is_the_one_connected_to(
    world, carry, certificate, clip_bytes
):
    with content_network(world, certificate, [answer(200, clip_bytes)]) as (_, sockets, names):
        names["cdn.test"] = [[PUBLIC], ["127.0.0.1"]]
        world.script(polls=[task("completed", video={"url": "https://cdn.test/files/a.mp4"})])
        assert_completed(world, await carry())
    assert sockets.hosts == [PUBLIC]


@pytest.mark.fault(
    59, "file:, ftp:, http:, a password in the address", "failed · download_failed · charged"
)
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/a.mp4",
        "http://example.com/a.mp4",
        "https://user:pw@example.com/a.mp4",
        "https://",
        "//example.com/a.mp4",
        "https://exa mple.com:port/a.mp4",
    ],
)
async def test_an_address_that_is_not_plain_https_is_not_opened(world, carry, url):
    world.script(polls=[task("completed", video={"url": url})])
    assert_not_fetched(world, await carry(), "clip")
    assert world.provider.seen["files"] == []


@pytest.mark.fault(
    60, "a redirect that leads back to itself", "failed · download_failed · charged; three hops"
)
async def test_a_redirect_in_circles_ends_after_three_hops(world, carry):
    world.script(files=[answer(302, "", "Location: /files/clip.mp4")])
    assert_not_fetched(world, await carry(), "in circles")
    assert len(world.provider.seen["files"]) == 4


@pytest.mark.fault(
    61,
    "a web page that calls itself video/mp4",
    "failed · download_failed · charged after three minutes of tries",
)
async def test_a_page_that_is_called_a_video_is_none(world, carry, clip_bytes):
    world.script(files=[answer(200, "<html>soon</html>", "Content-Type: video/mp4")])
    job = await carry()
    assert_not_fetched(world, job, "not a whole clip")
    assert len(world.provider.seen["files"]) > 5
    await assert_can_be_fetched_later(world, job, clip_bytes)


@pytest.mark.fault(62, "the disk is full", "failed · storage · charged; resumable, other jobs live")
async def test_a_full_disk_loses_nothing_that_was_paid_for(
    world, carry, new_job, disk_of, big_clip, clip_bytes
):
    world.orders = 2
    world.script(files=[answer(200, big_clip * 4), answer(200, clip_bytes)])
    disk_of(1_500_000)
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "storage", charged="yes", says="could not be saved", then="room"
    )
    world.provider.seen["polls"].clear()
    assert_completed(world, await carry())
    await assert_can_be_fetched_later(world, job, clip_bytes)


def fill(world, job, name):
    """Leave no room for one file: /dev/full takes a name, and then not one byte."""
    path = world.job_files.folder(job) / name
    path.symlink_to("/dev/full")
    return path


@pytest.mark.fault(
    62,
    "no space left (ENOSPC of /dev/full) for the clip's first byte",
    "failed · storage · charged; fetched when there is room",
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
async def test_a_disk_without_a_byte_left_loses_nothing_that_was_paid_for(
    world, new_job, clip_bytes
):
    # A first answer of 206 goes on with what is there, so the link is not written over.
    begun = answer(206, clip_bytes, f"Content-Range: bytes 0-{len(clip_bytes) - 1}/*")
    world.script(files=[begun])
    job = new_job()
    full = fill(world, job, ".received.mp4.part")
    job = await world.carry(job)
    says, then = "could not be saved (No space left on device)", "Make room in the data directory"
    assert_ended(world, job, State.FAILED, "storage", charged="yes", says=says, then=then)
    assert (job.generation_id, job.files) == ("task-1", {})
    assert not full.is_symlink()
    assert len(world.provider.seen["files"]) == 1, "a full disk does not empty by asking again"
    await assert_can_be_fetched_later(world, job, clip_bytes)


@pytest.mark.fault(62, "no space left for the GIF", "completed; all but the GIF, and a note")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
async def test_without_room_for_a_gif_there_is_still_the_clip(world, new_job, nothing_is_left):
    job = new_job()
    fill(world, job, ".preview.gif.part")
    job = await world.carry(job)
    assert (job.state, set(job.files)) == (State.COMPLETED, {"video", "poster", "preview"})
    assert job.note == "Some previews could not be made; the clip is whole."
    assert world.files(job) == {"clip.mp4", "poster.jpg", "preview.webp"}
    said = [line for line in nothing_is_left.lines if f"{job.id} has no gif" in line]
    assert "No space left on device" in said[0]


@pytest.mark.fault(
    62,
    "no space left for the copy with its settings",
    "completed; the clip as it came, without its settings",
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
async def test_without_room_for_the_settings_the_clip_is_kept_as_it_came(
    world, new_job, clip_bytes, nothing_is_left
):
    job = new_job()
    fill(world, job, ".clip.mp4.part")
    job = await world.carry(job)
    assert (job.state, job.error) == (State.COMPLETED, None)
    assert (world.job_files.folder(job) / "clip.mp4").read_bytes() == clip_bytes
    assert any("settings stand beside" in line for line in nothing_is_left.lines)


@pytest.mark.fault(
    63, "the folder vanishes while the clip comes", "failed · storage · charged; resumable"
)
async def test_a_folder_that_is_cleared_away_is_made_again_later(world, carry, big_clip):
    def clear(request):
        shutil.rmtree(world.folder / "takes")
        return answer(200, big_clip)

    world.script(files=[clear])
    job = await carry()
    assert_ended(
        world, job, State.FAILED, "storage", charged="yes", says="could not be saved", then="room"
    )
    await assert_can_be_fetched_later(world, job, big_clip)


@pytest.mark.fault(
    63, "the data folder cannot be written", "failed · storage · free; nothing is ordered"
)
async def test_a_folder_that_takes_nothing_is_noticed_before_money_is_spent(world, carry):
    world.orders = 0
    (world.folder / "takes").write_text("a file where the folder should be")
    job = world.store.recent("", limit=1)
    assert job == []
    job = await carry()
    assert (job.state, job.error.kind, job.error.charged) == (State.FAILED, "storage", "no")
    assert "cannot be written" in job.error.message


ODD = "..%2F..%2Fetc%2Fpasswd%00" + "x" * 300 + "%E2%80%AEgpj.exe"


@pytest.mark.fault(
    64, "names with ../, NUL, 300 letters, right-to-left", "completed; every name is ours"
)
async def test_a_name_from_outside_names_no_file(world, carry, clip_bytes):
    told = 'Content-Disposition: attachment; filename="../../evil\u202e.mp4"'.encode().decode(
        "latin-1"
    )
    world.script(
        polls=[task("completed", video={"url": f"{world.provider.url}/files/{ODD}"})],
        files=[
            answer(200, clip_bytes).replace(b"\r\n", b"\r\n" + told.encode("latin-1") + b"\r\n", 1)
        ],
    )
    before = {path for path in world.folder.rglob("*") if "takes" not in path.parts}
    assert_completed(world, await carry())
    assert {path for path in world.folder.rglob("*") if "takes" not in path.parts} == before


@pytest.mark.fault(
    54, "Krea's clips, and its list of addresses", "completed; no key goes with the download"
)
async def test_krea_s_clip_is_fetched_without_the_key(world, carry):
    done = {"job_id": "j", "status": "completed", "result": {"urls": [world.provider.clip_url]}}
    world.script(
        creates=[answer(200, {"job_id": "j", "status": "queued"})], polls=[answer(200, done)]
    )
    job = await carry(KLING, params={"prompt": "a fox"})
    assert_completed(world, job)
    assert all(map(carries_nothing, world.provider.seen["files"]))
    assert "authorization" in world.provider.seen["creates"][0].headers
