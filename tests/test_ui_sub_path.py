"""Under which path the app is shown: known by the end of an address, by a setting, or a header."""

import asyncio

import pytest

from ui.proxies import PREFIX, prefix_of
from ui.sub_path import SubPath, path_of, relative

TOKEN = "0123456789abcdef" * 2
OURS = [
    "/",
    "/config",
    "/login",
    "/theme.css",
    "/favicon.ico",
    "/dailies/feed",
    "/dailies/jobs/abc/cancel",
    "/dailies/assets/0123456789ab/fonts/inter.woff2",
    f"/takes/{TOKEN}/clip.mp4",
    f"/sources/{TOKEN}/source.png",
    "/gradio_api/upload",
    "/gradio_api/file=/tmp/gradio/x/a.png",
    "/gradio_api/call/submit/0123",
    "/assets/index-DphvyggB.js",
    "/static/js/iframeResizer.contentWindow.min.js",
]
PREFIXES = [
    "/studio",
    "/any/path",
    "/a/b/c/d/e",
    "/dailies",
    "/~me/v1.2",
    "/スタジオ",
    "/a b",
]


def seen(path, *, root="", method="GET", told=""):
    """The scope that the app behind gets."""
    found = {}

    async def app(scope, _receive, _send):
        found.update(scope)

    scope = {"type": "http", "path": path, "method": method, PREFIX: told}
    asyncio.run(SubPath(app, root=root, routes=["feed", "jobs", "assets"])(scope, None, None))
    return found["path"], prefix_of(found)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", OURS)
def test_an_address_of_ours_is_known_under_any_path(prefix, path):
    assert seen(path) == (path, "")
    assert seen(prefix + path) == (path, prefix)


@pytest.mark.parametrize("prefix", [*PREFIXES, "/takes"])
@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("way", ["root", "told"])
def test_where_it_is_told_the_proxy_may_have_taken_it_away_or_left_it(prefix, path, way):
    assert seen(path, **{way: prefix}) == (path, prefix)
    assert seen(prefix + path, **{way: prefix}) == (path, prefix)


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "/gradio_api/proxy=http://10.0.0.1/",
        "//evil.example/",
        "/x//",
        "/monitoring",
        "/assets/",
        "/assets/../static/js/x.js",
        "/takes/x/",
        "/x/../gradio_api/upload",
        "/./config",
        "/studio",
    ],
)
def test_what_is_none_of_ours_stays_as_it_is(path):
    assert seen(path) == (path, "")


def test_a_page_is_looked_at_only():
    assert seen("/studio/", method="POST") == ("/studio/", "")


def test_what_is_told_is_taken_off_whatever_stands_behind_it():
    assert seen("/studio/nonsense", root="/studio") == ("/nonsense", "/studio")
    assert seen("/studious/nonsense", root="/studio")[0] == "/studious/nonsense"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("/", ""),
        ("studio", "/studio"),
        ("/studio/", "/studio"),
        ("https://x.example/a/b/", "/a/b"),
        ("https://x.example", ""),
    ],
)
def test_a_root_may_be_a_path_or_an_address(text, path):
    assert path_of(text) == path


@pytest.mark.parametrize(
    ("path", "wanted"), [("/", "./login"), ("/config", "./login"), ("/takes/a/b", "../../login")]
)
def test_the_way_to_another_address_goes_up_as_far_as_it_must(path, wanted):
    assert relative({"path": path}, "login") == wanted
