"""What other sites show of a link: our title, text and picture, where they can fetch it."""

import re

import httpx
import pytest
from PIL import Image
from served_page import served_page

from ui.link_preview import HEIGHT, TEXT, WIDTH, markup, site_of, without_previews
from ui.server import ASSETS


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served_page(tmp_path_factory.mktemp("preview")) as (_, address):
        yield address


def told(document):
    found = re.findall(r'<meta (?:property|name)="([^"]+)"\s+content="([^"]*)"', document)
    names = [name for name, _ in found if name.startswith(("og:", "twitter:", "description"))]
    assert len(names) == len(set(names)), "told twice"
    return dict(found)


def test_the_page_tells_of_itself_and_not_of_gradio(address):
    document = httpx.get(address).text
    head = document.partition("</head>")[0]
    said = told(document)
    assert said["og:title"] == said["twitter:title"] == "Dailies"
    assert said["og:description"] == said["description"] == TEXT
    assert said["og:url"] == f"{address}/"
    assert head.count("<title>") == 1
    assert not re.search(r"<meta[^>]*gradio", document, re.IGNORECASE)


def test_the_picture_can_be_fetched_where_the_page_says(address):
    said = told(httpx.get(address).text)
    for name in ("og:image", "twitter:image"):
        picture = httpx.get(said[name])
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.content == (ASSETS / "preview.jpg").read_bytes()
    assert Image.open(ASSETS / "preview.jpg").size == (WIDTH, HEIGHT)


def test_the_public_address_counts_and_else_the_one_that_was_asked_for():
    scope = {"scheme": "https", "headers": [(b"host", b"x.example")], "dailies.prefix": "/a/b"}
    assert site_of(scope, "") == "https://x.example/a/b"
    assert site_of(scope, "https://studio.example/s/") == "https://studio.example/s"


def test_no_name_of_a_host_becomes_markup():
    assert "<script>" not in markup('http://x"><script>', "/p.jpg")


def test_only_what_is_told_of_the_page_is_taken_out():
    kept = '<meta charset="utf-8" /><meta name="viewport" content="og:" />'
    theirs = '<meta\n property="og:image"\n content="x"\n/><meta name="twitter:card" content="y" />'
    body = '</head><body><meta name="twitter:card" content="z"></body>'
    assert without_previews(kept + theirs + body) == kept + body
