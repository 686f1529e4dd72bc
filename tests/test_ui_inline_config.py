"""What of Gradio's configuration the page's own document needs."""

import json

import httpx
import pytest
from served_page import served_page

from ui.inline_config import START, only_drawn


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("inline")) as (_, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def inline(document):
    return json.JSONDecoder().raw_decode(document.partition(START)[2])[0]


def ids_in(layout):
    return {child["id"] for child in layout["children"]}.union(
        *(ids_in(child) for child in layout["children"] if "children" in child)
    )


def test_the_document_has_the_form_and_no_part_of_the_public_api(client):
    whole, mine = client.get("/config").json(), inline(client.get("/").text)
    kinds = {part["type"] for part in whole["components"]}
    assert "api" in kinds
    assert {part["type"] for part in mine["components"]} == kinds - {"api"}
    assert {event["api_visibility"] for event in mine["dependencies"]} == {"private"}


def test_whatever_is_left_fits_together(client):
    mine = inline(client.get("/").text)
    parts = {part["id"] for part in mine["components"]}
    events = {event["id"] for event in mine["dependencies"]}
    for page in mine["page"].values():
        assert set(page["components"]) <= parts
        assert set(page["dependencies"]) == events
        assert ids_in(page["layout"]) <= parts
    assert ids_in(mine["layout"]) <= parts
    for event in mine["dependencies"]:
        assert {*event["inputs"], *event["outputs"]} <= parts


def test_callers_of_the_api_are_told_of_all_of_it(client):
    public = [fn for fn in client.get("/config").json()["dependencies"] if fn["api_name"] == "job"]
    assert len(public) == 1


CONFIG = {
    "components": [{"id": 1, "type": "textbox", "props": {"value": "</script>"}}],
    "dependencies": [],
    "layout": {"id": 0, "children": [{"id": 1}]},
    "page": {},
}


def test_no_text_in_it_ends_the_script():
    words = json.dumps(CONFIG).replace("<", "\\u003c")
    document = f"<script>{START}{words};</script><p>"
    made = only_drawn(document)
    assert made.count("</script>") == 1
    assert made.endswith(";</script><p>")
    assert inline(made) == CONFIG


@pytest.mark.parametrize(
    "document",
    ["<p>no configuration</p>", f"{START}undefined;", f"{START}{{}};", f'{START}{{"a": [}};'],
)
def test_a_document_that_is_written_otherwise_stays_as_it_is(document):
    assert only_drawn(document) == document
