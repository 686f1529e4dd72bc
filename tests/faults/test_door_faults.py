"""What an outsider tries at the door: other names, made-up origins, over raw sockets."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from provider import Provider, answer, serving
from pydantic import SecretStr
from served_page import served_page
from world import CANARY, WAN

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ORDER = {"prompt": "a fox", "num_frames": 18}


@contextmanager
def page_in(folder, **settings):
    """The page with the operator's key, over a provider on a raw socket that takes no order."""
    provider = Provider()
    provider.folder = folder / "data"
    provider.scripts = {"creates": [answer(402)], "polls": [answer(404)], "logs": [answer(404)]}
    with serving(provider):
        key = {"aimlapi_api_key": SecretStr(CANARY), "aimlapi_base_url": provider.url}
        with served_page(provider.folder, **key | settings) as (studio, address):
            yield studio, provider, int(address.rpartition(":")[2])


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with page_in(tmp_path_factory.mktemp("page")) as opened:
        yield opened


THREE = {"dailies_takes_per_person": 3, "dailies_visitors": "apart"}


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    with page_in(tmp_path_factory.mktemp("page"), **THREE) as opened:
        yield opened


@pytest.fixture(scope="module")
def capped(tmp_path_factory):
    with page_in(tmp_path_factory.mktemp("page"), dailies_takes_in_all=4, **THREE) as opened:
        yield opened


def until(condition, seconds=15.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
    return value


def say(port, head, body=b"", *, source="127.0.0.1"):
    """Send what is written; gives the status and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port), 10, (source, 0)) as wire:
        lines = [*head, f"Content-Length: {len(body)}", "Connection: close"]
        wire.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]), rest.decode()


def order(port, *headers, path="/dailies/orders", source="127.0.0.1"):
    data = {"model": WAN, "params": ORDER}
    body = json.dumps(data if path == "/dailies/orders" else {"data": [WAN, ORDER]}).encode()
    head = [f"POST {path} HTTP/1.1", "Content-Type: application/json", *headers]
    return say(port, head, body, source=source)


REBOUND = "a website lets its own name lead here, and its script orders (DNS rebinding)"


@pytest.mark.fault(205, REBOUND, "421 with what to set; nothing is ordered")
def test_a_page_of_another_name_orders_nothing(page):
    studio, provider, port = page
    names = ["evil.example", f"evil.example:{port}", "EVIL.example.", "localhost.evil.example"]
    for name in [
        *names,
        "127.0.0.1.nip.io",
        f"192.0.2.1:{port}",
        f"0.0.0.0:{port}",
        "[::2]",
        "a b",
    ]:
        for path in ("/dailies/orders", "/gradio_api/run/submit", "/gradio_api/call/submit"):
            status, said = order(port, f"Host: {name}", f"Origin: http://{name}", path=path)
            assert status in (400, 421), (name, path)
            assert status == 400 or "DAILIES_HOSTS" in said
    pretending = [
        "Host: evil.example",
        "Origin: http://evil.example",
        "X-Forwarded-Host: localhost",
    ]
    assert order(port, *pretending)[0] == 421
    masked = ["Host: localhost", "Origin: http://evil.example", "X-Forwarded-Host: evil.example"]
    assert order(port, *masked)[0] == 403
    for path in ("/", "/config", "/dailies/feed", "/gradio_api/info", "/takes/x/clip.mp4"):
        assert say(port, [f"GET {path} HTTP/1.1", "Host: evil.example"])[0] == 421
    two = ["GET / HTTP/1.1", "Host: localhost", "Host: evil.example"]
    assert say(port, two)[0] == 400
    assert say(port, ["GET / HTTP/1.1"])[0] == 400
    assert say(port, ["GET / HTTP/1.0"])[0] == 400
    assert studio.jobs() == []
    assert provider.orders == 0
    for name in ("localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "a.localhost", "127.8.9.1"):
        assert say(port, ["GET /dailies/feed HTTP/1.1", f"Host: {name}:{port}"])[0] == 200


@pytest.mark.fault(206, "an Origin that cannot be read, as `http://[`", "403, never 500")
def test_an_origin_that_cannot_be_read_is_another_site_s(page):
    *_, port = page
    host = f"Host: 127.0.0.1:{port}"
    for origin in (
        "http://[",
        "http://[::1",
        "null",
        "",
        "http://",
        "x" * 4000,
        "http://127.0.0.1:p",
    ):
        assert order(port, host, f"Origin: {origin}")[0] == 403, origin
        assert say(port, ["GET /config HTTP/1.1", host, f"Origin: {origin}"])[0] == 403
    assert order(port, host, f"Origin: http://127.0.0.1:{port}")[0] == 200


@pytest.mark.fault(
    207, "a caller makes up X-Forwarded-For, and X-Gradio-Server", "counted by its own address"
)
def test_a_made_up_hop_brings_no_new_patience(page):
    *_, port = page
    host = f"Host: 127.0.0.1:{port}"
    statuses = [
        say(
            port,
            ["POST /dailies/code HTTP/1.1", host, f"X-Forwarded-For: 198.51.100.{n}, 10.0.0.{n}"],
            b"{}",
            source="127.0.0.7",
        )[0]
        for n in range(120)
    ]
    assert 429 in statuses
    names = ["X-Gradio-Server: https://evil.example", "X-Forwarded-Host: evil.example"]
    assert "evil.example" not in say(port, ["GET /config HTTP/1.1", host, *names])[1]


def taken(statuses):
    return sum('"job":{' in said or '"state":' in said for _, said in statuses)


@pytest.mark.fault(
    208,
    "with a limit of 3 takes a person, each call without a cookie, or with a fresh one",
    "3 are taken from one address; another address has its own 3",
)
def test_whoever_throws_his_cookie_away_gains_nothing(limited):
    *_, port = limited
    host = f"Host: 127.0.0.1:{port}"
    paths = ["/dailies/orders", "/gradio_api/run/submit"]
    bare = [order(port, host, path=path, source="127.0.0.2") for path in paths * 3]
    fresh = [
        order(port, host, f"Cookie: dailies={n:032x}", path=path, source="127.0.0.2")
        for n in range(3)
        for path in paths
    ]
    assert taken(bare) + taken(fresh) == 3
    assert "everybody at your address" in fresh[0][1]
    assert taken([order(port, host, source="127.0.0.3") for _ in range(4)]) == 3


@pytest.mark.fault(
    208, "40 such calls at once", "3 are taken; the sums are made where the order is written"
)
def test_calls_at_once_do_not_slip_past_together(limited):
    _, provider, port = limited
    host = f"Host: 127.0.0.1:{port}"
    with ThreadPoolExecutor(20) as callers:
        said = list(callers.map(lambda _: order(port, host, source="127.0.0.5"), range(40)))
    assert taken(said) == 3
    written = b"".join(path.read_bytes() for path in provider.folder.glob("dailies.db*"))
    assert b"127.0.0.5" not in written


@pytest.mark.fault(
    209, "orders from many addresses, with a cap on takes in all", "no more than the cap are sent"
)
def test_callers_from_many_addresses_meet_the_cap_on_all(capped):
    _, provider, port = capped
    said = [
        order(port, f"Host: 127.0.0.1:{port}", source=f"127.0.1.{number // 2 + 1}")
        for number in range(12)
    ]
    assert taken(said) == 4
    assert "has made its 4 takes" in said[-1][1]
    until(lambda: provider.orders == 4)
