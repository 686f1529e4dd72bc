"""A clip is fetched whole or not at all, from public places only, and never with a key."""

import socket

import httpcore
import pytest
from pydantic import SecretStr
from raw_server import CLOSE, RESET, http, raw_server

from core.client import Route, connect
from core.client.patience import Expired
from core.client.public_addresses import is_public
from core.client.public_network import PublicOnly, check_address
from core.errors import DownloadFailed, StorageError
from core.providers import PROVIDERS

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * 4000
TAG = 'ETag: "one"'


async def whole(path):
    return path.read_bytes() == BODY


@pytest.fixture
def fetch(clock, tmp_path):
    async def fetch(server, verify=whole, path="/clip.mp4"):
        route = Route(provider=PROVIDERS["krea"], key=SecretStr("secret"), base_url=server.url)
        async with connect(route, clock=clock.as_clock) as line:
            await line.downloader.fetch(server.url + path, tmp_path / "clip.mp4", verify)

    yield fetch
    assert not list(tmp_path.glob(".*.part")), "a part was left behind"


@pytest.fixture
def fetch_to(clock):
    async def fetch_to(server, path, take):
        async def where(failed):
            return server.url + "/clip.mp4"

        route = Route(provider=PROVIDERS["krea"], key=SecretStr("secret"), base_url=server.url)
        async with connect(route, clock=clock.as_clock) as line:
            await line.downloader.hand_over(where, path, take)

    return fetch_to


def ranged(request):
    lines = dict(line.split(": ", 1) for line in request.decode().split("\r\n") if ": " in line)
    return {name.lower(): value for name, value in lines.items()}


async def test_a_clip_arrives_without_the_key_having_been_shown(fetch, tmp_path):
    with raw_server(http("200 OK", BODY, "Content-Type: application/octet-stream")) as server:
        await fetch(server)
    assert (tmp_path / "clip.mp4").read_bytes() == BODY
    head = server.requests[0].lower()
    assert b"authorization" not in head
    assert b"secret" not in head
    assert b"accept-encoding: identity" in head


async def test_a_broken_transfer_is_resumed_where_it_broke(fetch, tmp_path):
    first = http("200 OK", BODY, TAG)[:300_000]
    sent = 300_000 - http("200 OK", BODY, TAG).index(b"\r\n\r\n") - 4
    told = f"Content-Range: bytes {sent}-{len(BODY) - 1}/{len(BODY)}"
    with raw_server(first, http("206 Partial Content", BODY[sent:], TAG, told)) as server:
        await fetch(server)
    assert (tmp_path / "clip.mp4").read_bytes() == BODY
    again = ranged(server.requests[1])
    assert again["range"] == f"bytes={sent}-"
    assert again["if-range"] == '"one"'


async def test_a_server_that_ignores_the_range_is_read_from_the_start(fetch, tmp_path):
    answer = http("200 OK", BODY, TAG)
    with raw_server(answer[:300_000], answer) as server:
        await fetch(server)
    assert (tmp_path / "clip.mp4").read_bytes() == BODY


async def test_two_versions_of_a_file_are_never_mixed(fetch, tmp_path):
    sent = 100_000
    old = http("200 OK", bytes(len(BODY)), 'ETag: "old"')[:sent]
    told = f"Content-Range: bytes {sent}-{len(BODY) - 1}/{len(BODY)}"
    other = http("206 Partial Content", BODY[sent:], TAG, told)
    with raw_server(old, other, http("200 OK", BODY, TAG)) as server:
        await fetch(server)
    assert (tmp_path / "clip.mp4").read_bytes() == BODY


CUT = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:5000]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + BODY[:5000]
HTML = http("200 OK", b"<html>not yet</html>", "Content-Type: video/mp4")
BAD_GATEWAY = http("520 Unknown", b"<html></html>")


@pytest.mark.parametrize(
    "broken", [RESET, CLOSE, CUT, CHUNKED, HTML, BAD_GATEWAY], ids=lambda b: str(b)[:30]
)
async def test_what_breaks_in_passing_is_tried_again(fetch, tmp_path, broken):
    with raw_server(broken, broken, http("200 OK", BODY)) as server:
        await fetch(server)
    assert (tmp_path / "clip.mp4").read_bytes() == BODY


async def test_what_stays_broken_is_given_up_after_five_attempts(fetch, tmp_path):
    failed = pytest.raises(DownloadFailed, match="not a whole clip")
    with raw_server(HTML) as server, failed as caught:
        await fetch(server)
    assert len(server.requests) == 5
    assert caught.value.charged == "yes"
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
async def test_an_expired_address_is_called_so_at_once(fetch, status):
    with raw_server(http(status)) as server, pytest.raises(Expired):
        await fetch(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n", "two gigabytes"),
        (http("200 OK", b"x", "Content-Encoding: gzip"), "packed"),
        (http("302 Found", b"", "Location: /again"), "in circles"),
        (http("302 Found", b"", "Location: https://127.0.0.1:1/x"), "private network"),
        (http("302 Found", b"", "Location: http://example.com/x"), "https"),
        (http("302 Found", b"", "Location: https://a:b@example.com/x"), "not one that is safe"),
        (http("302 Found", b"", "Location: file:///etc/passwd"), "safe|https"),
        (http("204 No Content"), "did not send"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_is_dangerous_is_refused_before_it_is_read(fetch, answer, why):
    with raw_server(answer) as server, pytest.raises(DownloadFailed, match=why):
        await fetch(server)


async def test_a_full_disk_is_called_what_it_is(fetch, tmp_path):
    async def breaks(path):
        raise OSError(28, "No space left on device")

    full = pytest.raises(StorageError, match="No space left")
    with raw_server(http("200 OK", BODY)) as server, full:
        await fetch(server, verify=breaks)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.8",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "2001:0:53aa:64c:0:0:0:1",
        "64:ff9b::7f00:1",
        "fe80::1%eth0",
        "fd00::1",
        "nonsense",
    ],
)
def test_an_address_that_is_not_public_is_known_as_such(address):
    assert not is_public(address)


def test_a_public_address_is_known_as_such():
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


@pytest.mark.parametrize(
    "url", ["http://example.com", "ftp://example.com", "https://", "https://a@b.c", "https://b:x"]
)
def test_an_address_that_cannot_be_trusted_is_refused(url):
    with pytest.raises(DownloadFailed):
        check_address(url, "http://127.0.0.1:80")


async def test_a_name_with_one_private_address_is_refused_and_not_connected_to():
    async def lookup(host, port):
        return ["93.184.215.14", "127.0.0.1"]

    sockets = Sockets()
    with pytest.raises(DownloadFailed, match="private network"):
        await PublicOnly(None, lookup, sockets).connect_tcp("cdn.test", 443)
    assert sockets.hosts == []


class Sockets(httpcore.AsyncMockBackend):
    """Connects to nothing, and notes where to."""

    def __init__(self):
        super().__init__([])
        self.hosts = []

    async def connect_tcp(self, host, port, *rest, **more):
        self.hosts.append(host)
        return await super().connect_tcp(host, port, *rest, **more)


async def test_the_connection_goes_to_the_address_that_was_checked():
    """A name that changes between the check and the connection finds nobody asking again."""
    asked, sockets = [], Sockets()

    async def lookup(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["93.184.215.14"]

    await PublicOnly(None, lookup, sockets).connect_tcp("cdn.test", 443)
    assert (asked, sockets.hosts) == (["cdn.test"], ["93.184.215.14"])


async def test_an_unknown_name_is_a_broken_connection_and_no_crash():
    async def lookup(host, port):
        raise socket.gaierror(-2, "unknown name")

    with pytest.raises(httpcore.ConnectError):
        await PublicOnly(None, lookup).connect_tcp("cdn.test", 443)


@pytest.mark.parametrize(
    ("base_url", "trusted"),
    [
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("https://api.krea.ai", None),
        ("http://10.0.0.1", None),
    ],
)
def test_only_a_loopback_address_of_the_operator_is_trusted_for_clips(base_url, trusted):
    route = Route(provider=PROVIDERS["krea"], key=SecretStr("k"), base_url=base_url)
    assert route.trusted == trusted


async def test_what_is_handed_over_is_whole_and_may_be_carried_off(fetch_to, tmp_path):
    async def take(part):
        taken.append(part.name)
        if part.read_bytes() == BODY:
            part.replace(tmp_path / "kept.mp4")
            return True
        return False

    taken = []
    with raw_server(http("200 OK", b"<html>soon</html>"), http("200 OK", BODY)) as server:
        await fetch_to(server, tmp_path / ".passing", take)
    assert taken == [".passing", ".passing"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept.mp4"]
