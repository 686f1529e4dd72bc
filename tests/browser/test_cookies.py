"""The page knows its visitor without a cookie: refused by the browser, or stripped on the way."""

import json
from contextlib import contextmanager

import pytest
from chromium import FLAGS, PROGRAM
from playwright.sync_api import expect
from proxy import HOST, running_proxy
from running import running_app
from screening import Screening
from served import serve_app
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

pytestmark = pytest.mark.browser

NONE_AT_ALL, NONE_IN_FRAMES = (
    {"default_content_setting_values": {"cookies": 2}},
    {
        "block_third_party_cookies": True,
        "cookie_controls_mode": 1,
    },
)


def stripping(address):
    """A proxy's rule that lets no cookie through, either way."""
    return f"""location / {{
        proxy_pass {address}; {HOST} proxy_set_header Cookie ""; proxy_hide_header Set-Cookie;
    }}"""


@contextmanager
def refusing(chromium, folder, refused, *flags):
    """A browser of its own, whose settings refuse cookies; gives an empty page of it."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Preferences").write_text(json.dumps({"profile": refused}))
    context = chromium.browser_type.launch_persistent_context(
        folder,
        executable_path=PROGRAM,
        args=[*FLAGS, *flags],
        viewport={"width": 1280, "height": 800},
        ignore_https_errors=True,
    )
    yield context.new_page()
    context.close()


def takes(room):
    return room.locator("#takes-list .take")


def is_known(room, words):
    """Order, open the page again, and order once more: one history of both."""
    assert room.make(words) == "completed"
    room.reload()
    expect(takes(room.page)).to_have_count(1)
    assert room.make(f"{words}, again") == "completed"
    expect(takes(room.page)).to_have_count(2)
    assert room.complaints == []


def test_behind_a_proxy_that_strips_cookies_a_visitor_has_one_history(chromium, address):
    with running_proxy(stripping(address)) as proxy:
        contexts = [chromium.new_context() for _ in range(2)]
        one, other = (Screening(context.new_page(), proxy).open() for context in contexts)
        is_known(one, "A fox")
        assert contexts[0].cookies() == []
        other.reload()
        expect(takes(other.page)).to_have_count(0)
        for context in contexts:
            context.close()


@pytest.mark.parametrize("settings", [{}, {"SPACE_ID": "me/studio", "SPACE_HOST": "127.0.0.1"}])
def test_a_browser_that_refuses_all_cookies_and_storage_has_one_history(
    chromium, tmp_path, settings
):
    with (
        running_app(tmp_path / "data", **settings) as address,
        refusing(chromium, tmp_path / "browser", NONE_AT_ALL) as page,
    ):
        room = Screening(page, address).open()
        assert page.evaluate("try { localStorage; 1 } catch { 0 }") == 0
        is_known(room, "A fox")
        assert page.context.cookies() == []


def test_a_browser_that_takes_cookies_again_keeps_its_history(chromium, address):
    context = chromium.new_context()
    room = Screening(context.new_page(), address)
    context.route(
        "**/*",
        lambda route: route.continue_(
            headers={k: v for k, v in route.request.headers.items() if k != "cookie"}
        ),
    )
    room.open()
    assert room.make("A fox") == "completed"
    context.unroute_all()
    room.reload()
    expect(takes(room.page)).to_have_count(1)
    room.page.evaluate("localStorage.clear()")
    room.reload()
    expect(takes(room.page)).to_have_count(1)
    context.close()


def framing(address):
    """A site that shows the app in a frame."""

    async def page(_request):
        return HTMLResponse(f'<iframe id="app" src="{address}" width="1280" height="800"></iframe>')

    return Starlette(routes=[Route("/", page)])


@contextmanager
def framed(chromium, folder, app, *, host):
    """The app in a frame of a site at `host`, in a browser that gives frames no cookies."""
    with (
        serve_app(framing(app)) as site,
        running_proxy(f"location / {{ proxy_pass {site}; }}", tls=True) as outer,
    ):
        port = outer.rpartition(":")[2]
        rules = f"--host-resolver-rules=MAP {host}:443 127.0.0.1:{port}"
        with refusing(chromium, folder, NONE_IN_FRAMES, rules) as page:
            page.goto(f"https://{host}/")
            yield page


def test_in_a_space_s_frame_without_partitioned_cookies_the_visitor_is_known(chromium, tmp_path):
    own = {"SPACE_ID": "me/studio", "SPACE_HOST": "127.0.0.1"}
    with (
        running_app(tmp_path / "data", **own) as address,
        running_proxy(stripping(address), tls=True) as proxy,
        framed(chromium, tmp_path / "browser", proxy, host="huggingface.co") as page,
    ):
        frame = page.frame_locator("#app")
        frame.locator("#generate .price:not(:empty)").wait_for()
        page.wait_for_timeout(300)
        frame.locator("#field-prompt-text textarea").fill("A fox")
        frame.locator("#generate").click()
        frame.locator('#screen[data-state="completed"]').wait_for(timeout=45_000)
        expect(takes(frame)).to_have_count(1)
        assert page.context.cookies() == []


def test_another_site_s_frame_shows_nothing(chromium, tmp_path, address):
    with framed(chromium, tmp_path / "browser", address, host="other.example") as page:
        page.wait_for_timeout(500)
        assert page.frame_locator("#app").locator("#generate").count() == 0
