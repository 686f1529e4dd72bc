"""What the page's own document asks for, and what is left as it was."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from served_page import served_page

from core import MODELS
from ui.document import Document
from ui.head import Head

HEAD = '<script id="early"></script>'
AROUND = "<header>ours</header><main>", "<footer>ours</footer></main>"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("document")) as (_, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def answered(status, kind, *pieces, path="/", method="GET"):
    """Return what a caller gets of an app that answers so: the status, the headers, the body."""
    sent = []

    async def app(_scope, _receive, send):
        headers = [(b"content-type", kind.encode()), (b"content-length", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.debug", "info": {}})
        for place, piece in enumerate(pieces, start=1):
            more = place < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "scheme": "http", "headers": []}
    asyncio.run(Document(app, head=HEAD, around=AROUND)(scope, None, send))
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent)
    return start["status"], dict(start["headers"]), body.decode()


def test_the_document_itself_has_the_table_and_the_script(client):
    head = client.get("/").text.partition("</head>")[0]
    table = head.split('id="dailies-table">')[1].split("</script>")[0]
    assert set(json.loads(table)["models"]) == set(MODELS)
    script = head.split('<script type="module" fetchpriority="low" src="')[1].partition('"')[0]
    assert "class Form" in client.get(script).text


def test_no_markup_of_a_model_ends_the_table_early():
    table = {"models": {"a": "</script><script>alert(1)</script><!--"}}
    text = Head(Path(), "v", []).markup(table).split('id="dailies-table">')[1].split("</script>")[0]
    assert json.loads(text) == table


def test_the_document_grows_by_what_is_ours_and_the_length_is_told_anew():
    app = '<gradio-app eager="true">\n</gradio-app>'
    page = f"<html><head><meta charset=x></head><body>{app}<p></p></body></html>"
    half = page.index("gradio")
    pieces = page[:half].encode(), page[half:].encode()
    _, headers, body = answered(200, "text/html; charset=utf-8", *pieces)
    wanted = page.replace("</head>", f"{HEAD}</head>", 1).replace(app, app.join(AROUND))
    assert body == wanted
    assert headers[b"content-length"] == str(len(body)).encode()


def test_the_page_s_frame_stands_in_the_document_around_gradio_s_part(client):
    before, _, rest = client.get("/").text.partition("<gradio-app")
    after = rest.partition("</gradio-app>")[2]
    assert 'id="header"' in before
    assert '<section id="form"' in before
    for part in ("generate", "model-facts", "more", "stage", "takes"):
        assert f'id="{part}"' in after
    assert '<button id="generate" type="button" disabled>' in after


def test_the_theme_is_chosen_before_anything_is_seen(client):
    body = client.get("/").text.partition("<body")[2]
    assert body.index("prefers-color-scheme: dark") < body.index('id="header"')


@pytest.mark.parametrize(
    ("status", "kind", "path", "method"),
    [
        (200, "application/json", "/", "GET"),
        (500, "text/html", "/", "GET"),
        (200, "text/html", "/elsewhere", "GET"),
        (200, "text/html", "/", "POST"),
    ],
)
def test_all_else_stays_as_it_was(status, kind, path, method):
    page = b"<head></head><gradio-app></gradio-app>"
    assert answered(status, kind, page, path=path, method=method)[2] == page.decode()
