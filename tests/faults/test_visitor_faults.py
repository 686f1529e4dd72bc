"""Faults of who is asking: no cookie holds, a key comes twice, a site would choose who one is."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gradio_client import Client
from provider import Provider, answer, serving
from served import serve_app
from test_page_faults import studio_on, until
from world import WAN, task

from ui.server import build_app
from ui.visitor import HEADER

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BODY = {"model": WAN, "params": {"prompt": "a fox", "num_frames": 18}}


# One page for all: Gradio leaves event loops behind, which `conftest.py` would count.
@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder, provider = tmp_path_factory.mktemp("page"), Provider()
    answers = [answer(200, {"id": f"task-{n}", "status": "queued"}) for n in range(99)]
    provider.scripts = {"creates": answers, "polls": [task("error", error={"message": "too dark"})]}
    with (
        serving(provider),
        studio_on(folder, provider) as studio,
        serve_app(build_app(studio)) as address,
    ):
        yield provider, address, studio


@pytest.fixture
def page(world):
    yield world[1]
    studio = world[2]
    # What still runs would have connections, which `conftest.py` counts.
    until(lambda: not studio._store.unfinished(studio._parts.runner.id))


@pytest.fixture
def orders(world):
    """How many orders went out in this test."""
    before = world[0].orders
    return lambda: world[0].orders - before


def ask(address, method, path, **options):
    """One call of a caller that keeps nothing, as behind a proxy that strips cookies."""
    return httpx.request(method, address + path, timeout=30, **options)


def order(address, headers=None, **more):
    return ask(address, "POST", "/dailies/orders", json={**BODY, **more}, headers=headers).json()


def strip(address, **headers):
    said = ask(address, "GET", "/dailies/feed", headers=headers).json()
    return [job["id"] for job in said["jobs"]]


@pytest.mark.fault(
    100, "cookies are refused, or stripped on the way", "known by the tab's own secret; one history"
)
def test_an_order_without_a_cookie_is_found_again(page, orders):
    mine = {HEADER: secrets.token_hex(16)}
    told = order(page, headers=mine)
    assert strip(page, **mine) == [told["job"]["id"]]
    assert strip(page, **{HEADER: secrets.token_hex(16)}) == []
    assert strip(page) == []
    until(lambda: orders() == 1)


@pytest.mark.fault(
    100, "another site would send or read such a secret", "403, to its preflight too"
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
@pytest.mark.parametrize("path", ["/dailies/feed", "/dailies/orders", "/gradio_api/upload"])
def test_another_site_can_neither_send_nor_read_a_secret(page, method, path):
    headers = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": HEADER,
        HEADER: secrets.token_hex(16),
    }
    said = ask(page, method, path, headers=headers)
    assert said.status_code == 403
    assert not [name for name in said.headers if name.startswith("access-control-")]
    assert "set-cookie" not in said.headers


@pytest.mark.fault(100, "an address that would say who its visitor is", "it says nothing")
def test_no_address_fixes_who_somebody_is(page):
    secret = secrets.token_hex(16)
    mine = order(page, headers={HEADER: secret})["job"]["id"]
    for query in (f"?{HEADER}={secret}", f"?dailies={secret}", f"?visitor={secret}"):
        assert mine not in [
            job["id"] for job in ask(page, "GET", f"/dailies/feed{query}").json()["jobs"]
        ]
        opened = ask(page, "GET", f"/{query}", headers={"accept": "text/html"})
        assert "set-cookie" not in opened.headers
        assert secret not in opened.text


@pytest.mark.fault(
    103, "the same Idempotency-Key twice from callers without a cookie", "one job, one order"
)
@pytest.mark.parametrize("key", ["order-1", secrets.token_hex(16)])
def test_a_key_that_comes_again_is_the_same_job(page, orders, key):
    def call(number):
        way = ({"key": key}, None) if number % 2 else ({}, {"Idempotency-Key": key})
        return order(page, way[1], **way[0])["job"]["id"]

    with ThreadPoolExecutor(8) as callers:
        jobs = set(callers.map(call, range(8)))
    assert len(jobs) == 1
    until(lambda: orders() == 1)


@pytest.mark.fault(
    103, "the same through the API, each time in a new session", "one job, one order"
)
def test_a_key_that_comes_again_through_the_api_is_the_same_job(page, orders):
    given = (WAN, BODY["params"], secrets.token_hex(16), False)
    jobs = {
        Client(page, verbose=False).predict(*given, api_name="/submit_once")["id"] for _ in range(2)
    }
    call = {"data": [WAN, BODY["params"]]}
    for _ in range(2):
        headers = {"Idempotency-Key": given[2]}
        said = ask(page, "POST", "/gradio_api/run/submit", json=call, headers=headers).json()
        jobs.add(said["data"][0]["id"])
    assert len(jobs) == 1
    until(lambda: orders() == 1)


@pytest.mark.fault(103, "a stranger guesses a short key", "another job: it counts with the address")
def test_a_guessed_key_gives_nobody_s_job(page):
    mine = order(page, key="order-7")["job"]["id"]
    known = order(page, headers={HEADER: secrets.token_hex(16)}, key="order-7")["job"]["id"]
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=transport) as stranger:
        said = stranger.post(f"{page}/dailies/orders", json={**BODY, "key": "order-7"}).json()
    assert len({mine, known, said["job"]["id"]}) == 3
