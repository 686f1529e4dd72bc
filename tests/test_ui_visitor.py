"""Who is calling: a cookie, a browser's own secret, a name that logged in, or everybody as one."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from ui.visitor import COOKIE, HEADER, Visitor, Visitors, visitor_of

pytestmark = pytest.mark.anyio

TAB, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def client(name=None, **options):
    async def who(request):
        caller = visitor_of(request)
        return JSONResponse({"owner": caller.owner, "browser": caller.browser})

    visitors = Visitors(Starlette(routes=[Route("/{path:path}", who)]), **options)

    async def app(scope, receive, send):
        await visitors({**scope, "user_name": name} if name else scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")


async def owner(browser, path="/", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await browser.get(path, headers=named)).json()["owner"]


async def test_together_everybody_is_the_same():
    async with client(shared=True) as browser:
        assert await owner(browser) == ""
        assert await owner(browser, x_dailies_visitor=TAB) == ""


@pytest.mark.parametrize("options", [{"shared": True}, {"shared": False, "name": "ann"}])
async def test_where_takes_are_shared_each_browser_is_still_one(options):
    async with client(**options) as one, client(**options) as other:
        first, second = await one.get("/dailies/feed"), await other.get("/dailies/feed")
        again = await one.get("/dailies/feed")
    assert first.json() == again.json()
    assert first.json()["owner"] == second.json()["owner"]
    assert first.json()["browser"] != second.json()["browser"]


async def test_apart_a_visitor_gets_a_number_and_keeps_it():
    async with client(shared=False) as browser:
        first = await browser.get("/")
        again = await browser.get("/")
        assert len(first.json()["owner"]) == 32
        assert again.json() == first.json()
        assert "set-cookie" not in again.headers


@pytest.mark.parametrize("path", ["/takes/x/clip.mp4", "/dailies/assets/1/page.js"])
@pytest.mark.parametrize("headers", [{}, {HEADER: TAB}])
async def test_what_a_cache_may_hand_to_others_carries_no_cookie(path, headers):
    async with client(shared=False) as browser:
        assert "set-cookie" not in (await browser.get(path, headers=headers)).headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("/gradio_api/heartbeat/x", "text/event-stream"),
        ("/favicon.ico", "image/avif,image/webp,*/*;q=0.8"),
        ("/theme.css", "text/css,*/*;q=0.1"),
        ("/static/js/iframeResizer.js", "*/*"),
    ],
)
async def test_what_a_browser_asks_for_without_its_secret_gives_it_no_other_number(path, accept):
    async with client(shared=False) as browser:
        await browser.get(path, headers={"accept": accept})
        assert dict(browser.cookies) == {}
        first = await owner(browser, "/dailies/feed", x_dailies_visitor=TAB)
        assert await owner(browser, "/dailies/feed") == first


async def test_two_visitors_are_two():
    async with client(shared=False) as one, client(shared=False) as other:
        assert await owner(one) != await owner(other)


async def test_a_script_on_the_page_cannot_read_the_number():
    async with client(shared=False) as browser:
        cookie = (await browser.get("/")).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


async def test_inside_another_site_s_frame_the_cookie_is_marked_for_it():
    async with client(shared=False, embedded=True) as browser:
        cookie = (await browser.get("/")).headers["set-cookie"]
        assert "SameSite=None; Secure; Partitioned" in cookie


@pytest.mark.parametrize("forged", ["", "x", "A" * 32, "../etc", "0" * 31])
async def test_a_number_that_is_not_ours_is_replaced(forged):
    async with client(shared=False) as browser:
        known = await owner(browser, cookie=f"{COOKIE}={forged}")
        assert known != forged
        assert len(known) == 32


async def test_without_a_cookie_a_secret_is_enough_and_is_not_what_is_kept():
    async with client(shared=False) as one, client(shared=False) as other:
        first = await owner(one, x_dailies_visitor=TAB)
        assert await owner(other, x_dailies_visitor=TAB) == first
        assert await owner(other, cookie="x=1", x_dailies_visitor=OTHER) != first
        assert TAB not in first


@pytest.mark.parametrize("short", ["", "1", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "a b"])
async def test_a_secret_of_another_shape_is_nobody_s(short):
    async with client(shared=False) as one, client(shared=False) as other:
        assert await owner(one, x_dailies_visitor=short) != await owner(
            other, x_dailies_visitor=short
        )


async def test_a_browser_that_takes_the_cookie_of_its_secret_has_one_history():
    async with client(shared=False) as browser:
        first = await owner(browser, x_dailies_visitor=TAB)
        assert browser.cookies[COOKIE] == first
        assert await owner(browser) == first


async def test_of_both_the_cookie_counts():
    async with client(shared=False) as browser:
        browser.cookies.set(COOKIE, "a" * 32)
        answer = await browser.get("/", headers={HEADER: TAB})
        assert answer.json()["owner"] == "a" * 32
        assert "set-cookie" not in answer.headers


async def test_somebody_who_logged_in_is_known_by_name():
    async with client(shared=False, name="ann") as browser:
        assert await owner(browser) == "user:ann"
        assert await owner(browser, x_dailies_visitor=TAB) == "user:ann"


async def test_a_page_that_is_opened_gets_no_cookie_of_chance():
    app = Visitors(PlainTextResponse("page"), shared=False)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://app"
    ) as browser:
        assert "set-cookie" not in (await browser.get("/", headers={"accept": "text/html"})).headers


class Request:
    """A request of Gradio's, from a script that brought neither a cookie nor a secret."""

    def __init__(self, session=None, *, address="10.0.0.1", known=False, owner=None):
        self.session_hash = session
        self.request = self
        name = "a" * 32
        self.scope = {
            "dailies.visitor": Visitor(
                owner=name if owner is None else owner, browser=name, address=address, known=known
            )
        }


def test_a_script_without_cookies_is_known_by_its_session():
    assert visitor_of(Request("one")) == visitor_of(Request("one"))
    assert visitor_of(Request("one")) != visitor_of(Request("two"))
    assert visitor_of(Request()).owner == "a" * 32


def test_an_order_of_such_a_script_is_known_by_its_key_in_whatever_session():
    assert visitor_of(Request("one"), "key-1") == visitor_of(Request("two"), "key-1")
    assert visitor_of(Request(), "key-1").owner != visitor_of(Request(), "key-2").owner


GUESSED = ["order-1", "1", "0" * 32, "ab" * 16, "x" * 64, "2026-11-25", "abcdef", "é" * 32]
RANDOM = [
    "3f2a9c1e8b7d4605a1c3e5f708192b4d",
    "3F2A9C1E8B7D4605A1C3E5F708192B4D" * 2,
    "9b2f7c1e-4d3a-4f6b-8e5d-0a1c2b3d4e5f",
]


@pytest.mark.parametrize("key", GUESSED)
def test_a_key_that_can_be_guessed_counts_with_the_address_that_it_comes_from(key):
    mine, theirs = Request(address="10.0.0.1"), Request(address="10.0.0.2")
    assert visitor_of(mine, key).owner != visitor_of(theirs, key).owner


@pytest.mark.parametrize("key", RANDOM)
def test_a_key_of_128_random_bits_is_known_from_everywhere(key):
    mine, theirs = Request(address="10.0.0.1"), Request(address="10.0.0.2")
    assert visitor_of(mine, key).owner == visitor_of(theirs, key).owner


@pytest.mark.parametrize("owner", ["", "user:ann"])
def test_a_key_changes_no_owner_who_is_known_otherwise(owner):
    assert visitor_of(Request(owner=owner), "key-1").owner == owner
    assert visitor_of(Request(known=True), "key-1").owner == "a" * 32
