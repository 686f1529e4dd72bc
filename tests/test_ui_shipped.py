"""The page's scripts and styles: from memory, compressed once, kept by browsers for good."""

import asyncio
import gzip

import httpx
import pytest
from served_page import served_page

from ui.head import SCRIPT, address
from ui.server import ASSETS, GRADIO, assets_version
from ui.shipped import StaticCache

FOR_GOOD = "public, max-age=31536000, immutable"
LARGEST = max((GRADIO / "assets").glob("index-*.js"), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    with (
        served_page(folder, dailies_visitors="apart") as (_, place),
        httpx.Client(base_url=place, timeout=30) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def at(client):
    """Where the page's own files are."""
    return client.get("/").text.partition(f"/{SCRIPT}")[0].rpartition('"')[2]


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_script_of_gradio_s_is_given_packed_and_for_good(client, time):
    del time
    with client.stream("GET", f"/assets/{LARGEST.name}") as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == FOR_GOOD
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert gzip.decompress(packed) == LARGEST.read_bytes()


def test_who_cannot_unpack_gets_it_plain(client):
    answer = client.get(f"/assets/{LARGEST.name}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == LARGEST.read_bytes()


def test_a_font_is_packed_already(client, at):
    font = next((ASSETS / "fonts").glob("*.woff2"))
    answer = client.get(f"{at}/fonts/{font.name}")
    assert "content-encoding" not in answer.headers
    assert answer.content == font.read_bytes()


def test_the_joined_script_is_given_at_its_address(client, at):
    answer = client.get(f"{at}/{SCRIPT}")
    assert answer.headers["cache-control"] == FOR_GOOD
    assert "class Stage" in answer.text


def test_another_gradio_has_other_addresses_since_its_styles_are_among_ours(at):
    assert at + "/" != address(assets_version(ASSETS))


def test_what_caches_may_hand_to_others_introduces_nobody(client, at):
    for path in (f"/assets/{LARGEST.name}", f"{at}/{SCRIPT}"):
        assert "set-cookie" not in client.get(path).headers


BESIDE = next((GRADIO / "static" / "js").glob("*.js"))


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/",
        "/assets/..%2F..%2Fapp.py",
        f"/assets/..%2Fstatic%2Fjs%2F{BESIDE.name}",
        f"/assets/{BESIDE}",
        f"{{at}}/{BESIDE}",
        f"{{at}}/..%2Fassets%2F..%2F..%2F{BESIDE.name}",
        "/assets/a%00b.js",
    ],
)
def test_there_is_nothing_beside_the_folder(client, at, path):
    # What is no file of ours is left to Gradio, which refuses it in its own ways.
    assert client.get(path.replace("{at}", at)).status_code in (400, 403, 404)


def test_a_page_that_is_older_than_its_files_keeps_none_of_them_for_good(client):
    answer = client.get(address("0" * 12, "page.js"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_the_answers_carry_the_security_headers_of_all_others(client):
    answer = client.get(f"/assets/{LARGEST.name}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("name", ["a" * 5000 + ".js", "a\0b.js", "none.js", "page.py"])
def test_what_can_be_no_file_is_left_to_the_app(name):
    asked = []

    async def app(scope, _receive, _send):
        asked.append(scope["path"])

    shipped = StaticCache(app, folders={"/assets/": ASSETS}, made={})
    scope = {"type": "http", "method": "GET", "path": f"/assets/{name}"}
    asyncio.run(shipped(scope, None, None))
    assert asked == [f"/assets/{name}"]
