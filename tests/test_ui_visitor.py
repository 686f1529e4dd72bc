"""Who is calling: a cookie's number, a name that logged in, or everybody as one."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.visitor import COOKIE, Visitors, owner_of

pytestmark = pytest.mark.anyio


def client(**options):
    async def who(request):
        return PlainTextResponse(owner_of(request))

    app = Visitors(Starlette(routes=[Route("/{path:path}", who)]), **options)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")


async def test_together_everybody_is_the_same_and_gets_no_cookie():
    async with client(shared=True) as browser:
        browser.cookies.set(COOKIE, "a" * 32)
        answer = await browser.get("/")
        assert answer.text == ""
        assert "set-cookie" not in answer.headers


async def test_apart_a_visitor_gets_a_number_and_keeps_it():
    async with client(shared=False) as browser:
        first = await browser.get("/")
        again = await browser.get("/")
        assert len(first.text) == 32
        assert again.text == first.text
        assert "set-cookie" not in again.headers


async def test_what_a_cache_may_hand_to_others_carries_no_cookie():
    async with client(shared=False) as browser:
        for path in ("/takes/x/clip.mp4", "/dailies/assets/1/page.js"):
            assert "set-cookie" not in (await browser.get(path)).headers


async def test_two_visitors_are_two():
    async with client(shared=False) as one, client(shared=False) as other:
        assert (await one.get("/")).text != (await other.get("/")).text


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
        answer = await browser.get("/", headers={"Cookie": f"{COOKIE}={forged}"})
        assert answer.text != forged
        assert len(answer.text) == 32


async def test_somebody_who_logged_in_is_known_by_name():
    async def who(scope, receive, send):
        await PlainTextResponse(scope["dailies.owner"])(scope, receive, send)

    async def logged_in(scope, receive, send):
        await Visitors(who, shared=False)({**scope, "user_name": "ann"}, receive, send)

    transport = httpx.ASGITransport(logged_in)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
        answer = await browser.get("/")
    assert answer.text == "user:ann"
    assert "set-cookie" not in answer.headers


def test_a_script_without_cookies_is_known_by_its_session():
    class Request:
        def __init__(self, session):
            self.session_hash = session
            self.request = self
            self.scope = {"dailies.owner": "a" * 32, "dailies.new": True}

    assert owner_of(Request("one")) == owner_of(Request("one"))
    assert owner_of(Request("one")) != owner_of(Request("two"))
    assert owner_of(Request(None)) == "a" * 32
