"""Faults of who is asking: no cookie holds, a key comes twice, a site would choose who one is."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from gradio_client import Client
from provider import Provider, answer, serving
from served import serve_app
from test_page_faults import studio_on, until
from world import WAN, task

from core.accounts.users import hashed
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
@pytest.mark.parametrize("key", ["order-1", "3f2a9c1e8b7d4605a1c3e5f708192b4d"])
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


HERS, HIS = "hers-9b1c44e2a0-never-shown", "his-11f0d7c35a-never-shown"


@contextmanager
def typing_page(tmp_path_factory, **settings):
    """A page whose operator has no key; gives the provider and the address."""
    folder, provider = tmp_path_factory.mktemp("page"), Provider()
    provider.scripts = {
        "creates": [answer(200, {"id": f"task-{n}", "status": "queued"}) for n in range(99)],
        "polls": [task("error", error={"message": "too dark"})],
    }
    bare = {"aimlapi_api_key": None, "krea_api_key": None}
    with (
        serving(provider),
        studio_on(folder, provider, **bare, **settings) as studio,
        serve_app(build_app(studio)) as address,
    ):
        yield provider, address, studio


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    with typing_page(tmp_path_factory, dailies_visitors="together") as world:
        yield world


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    users = tmp_path_factory.mktemp("users") / "users"
    users.write_text("".join(f"{name}:{hashed('correct horse')}\n" for name in ("ann", "ben")))
    with typing_page(tmp_path_factory, dailies_users=users) as world:
        yield world


def browser_of(address, *, name=None, cookies=True):
    """A browser: it keeps cookies, or only its own secret; `name` logs in."""
    browser = httpx.Client(base_url=address, headers={HEADER: secrets.token_hex(16)}, timeout=30)
    if name:
        form = {"name": name, "password": "correct horse"}
        browser.post("/login", data=form, follow_redirects=True)
    elif not cookies:
        browser.event_hooks["response"] = [lambda _: browser.cookies.clear()]
    return browser


def use_key(browser, key):
    browser.post("/dailies/keys", json={"provider": "aimlapi", "key": key}).raise_for_status()


def is_live(browser):
    providers = browser.get("/dailies/feed").json()["providers"]
    told = [one["live"] for one in providers if one["name"] == "aimlapi"]
    call = browser.post("/gradio_api/run/models", json={"data": []})
    assert call.status_code == 200
    return told == [True]


def ordered_with(browser, studio, provider):
    """Return whether an order of this browser's is live, and by which key it went out."""
    before = len(provider.seen["creates"])
    job = browser.post("/dailies/orders", json=BODY).json()["job"]
    until(lambda: not studio._store.unfinished(studio._parts.runner.id))
    sent = provider.seen["creates"][before:]
    return job["live"], [request.headers["authorization"].split()[-1] for request in sent]


@pytest.mark.fault(
    200, "visitors are together, and one types a key", "it is bound to the browser that typed it"
)
@pytest.mark.parametrize("cookies", [True, False])
def test_a_typed_key_serves_nobody_else_s_order(together, cookies):
    provider, address, studio = together
    she, he = (browser_of(address, cookies=cookies) for _ in range(2))
    use_key(she, HERS)
    assert is_live(she)
    assert not is_live(he)
    assert ordered_with(he, studio, provider) == (False, [])
    assert ordered_with(httpx.Client(base_url=address), studio, provider) == (False, [])
    use_key(he, HIS)
    assert ordered_with(he, studio, provider) == (True, [HIS])
    assert ordered_with(she, studio, provider) == (True, [HERS])
    use_key(he, "")
    assert (is_live(she), is_live(he)) == (True, False)


@pytest.mark.fault(200, "one person at two machines, two at one", "as above: person and browser")
def test_a_key_is_bound_to_person_and_browser(team):
    _, address, _ = team
    desk, couch = browser_of(address, name="ann"), browser_of(address, name="ann")
    use_key(desk, HERS)
    assert is_live(desk)
    assert not is_live(couch)
    desk.post("/logout")
    desk.get("/logout")
    desk.post("/login", data={"name": "ben", "password": "correct horse"}, follow_redirects=True)
    assert not is_live(desk)
