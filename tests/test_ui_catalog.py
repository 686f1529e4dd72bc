"""What the page is told of every model, and the routes that tell it."""

import gzip
import json
from dataclasses import replace

import gradio as gr
import httpx
import pytest
from served_page import served_page

from core import MODELS
from core.params import Number, Text
from ui.catalog import ModelForms
from ui.form import Form

WAN = next(iter(MODELS.values()))


# Nothing listens there, so nothing is fetched, and no test asks the real vendors.
NOWHERE = {"aimlapi_base_url": "http://127.0.0.1:9", "krea_base_url": "http://127.0.0.1:9"}


class Books:
    """A studio as far as the sheets need one."""

    def __init__(self, *specs):
        self.models = {spec.key: spec for spec in specs}
        self.catalog_version = "one"

    def catalog(self):
        return self.models


@pytest.fixture(scope="module")
def form():
    with gr.Blocks(analytics_enabled=False):
        made = Form([WAN], WAN)
        made.draw()
    return made


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("page"), **NOWHERE) as (_, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def unpacked(sheets):
    return json.loads(gzip.decompress(sheets.packed()[1]))


def test_a_model_with_one_face_is_told_once(form):
    other = replace(WAN, id="maker/other", built_in=False)
    told = ModelForms(Books(other), form).of([other])
    assert list(told[other.key]) == ["both"]


def test_a_model_with_two_faces_is_told_with_both(form):
    other = replace(WAN, live_params=(Text(name="words", label="Words"),))
    told = ModelForms(Books(other), form).of([other])[other.key]
    assert [field["name"] for field in told["live"]["fields"]] == ["words"]
    assert len(told["sandbox"]["fields"]) == len(WAN.params)


def test_sheets_are_made_anew_for_another_version_only(form):
    books = Books(WAN)
    sheets = ModelForms(books, form)
    first = sheets.packed()
    books.models = {}
    assert sheets.packed() is first
    books.catalog_version = "two"
    assert unpacked(sheets) == {"version": "two", "models": {}}


def test_a_sheet_tells_what_goes_in_and_what_it_costs_as_set_at_first(form):
    told = ModelForms(Books(WAN), form).of([WAN])[WAN.key]["both"]
    assert told["inputs"] == ["text"]
    assert told["price"] == pytest.approx(5 * 0.02625, abs=1e-4)


def test_an_unknown_price_is_not_nought(form):
    dear = replace(WAN, price=None)
    assert ModelForms(Books(dear), form).of([dear])[WAN.key]["both"]["price"] is None


def test_two_hundred_models_are_told_in_a_moment(form):
    many = [
        replace(
            WAN,
            id=f"maker/model-{number}",
            params=(*WAN.params, *(Number(name=f"n{n}", label=f"N {n}") for n in range(12))),
        )
        for number in range(200)
    ]
    _, body = ModelForms(Books(*many), form).packed()
    assert len(body) < 200_000


def test_the_sheets_are_kept_for_good_at_their_own_address_only(client):
    version = client.get("/dailies/feed?since=-1").json()["catalog"]["version"]
    kept = client.get(f"/dailies/models/{version}")
    assert "immutable" in kept.headers["cache-control"]
    assert set(kept.json()["models"]) == set(MODELS)
    other = client.get("/dailies/models/older")
    assert other.headers["cache-control"] == "no-store"
    assert other.json() == kept.json()


def test_an_entry_leaves_and_comes_back_as_a_file(client):
    left = client.get("/dailies/catalog/export", params={"model": WAN.key})
    assert left.headers["content-disposition"].startswith("attachment")
    entry = json.loads(left.text.replace(WAN.id, "maker/brought-in"))
    back = client.post("/dailies/catalog/import", content=json.dumps(entry))
    assert back.json()["model"] == "aimlapi:maker/brought-in"
    told = client.get(f"/dailies/models/{back.json()['version']}").json()["models"]
    names = [field["name"] for field in told["aimlapi:maker/brought-in"]["both"]["fields"]]
    assert names == [param.name for param in WAN.params]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"type": "object"}', "nonsense", "[" * 5000])
def test_a_file_that_is_no_entry_is_refused_with_a_sentence(client, body):
    answer = client.post("/dailies/catalog/import", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_a_file_that_is_too_large_is_not_even_read(client):
    assert client.post("/dailies/catalog/import", content=b" " * 1_100_000).status_code == 400


def test_an_unknown_model_cannot_be_exported(client):
    assert client.get("/dailies/catalog/export", params={"model": "no/such"}).status_code == 404


def test_a_stranger_on_a_space_brings_nothing_in(tmp_path):
    with (
        served_page(tmp_path, space_id="team/dailies", **NOWHERE) as (studio, address),
        httpx.Client(base_url=address, timeout=30) as stranger,
    ):
        answer = stranger.post("/dailies/catalog/import", json=studio.export_entry(WAN.key))
        assert answer.status_code == 403
        assert "log-in" in answer.json()["error"]
        assert set(studio.catalog()) == set(MODELS)


def test_the_lists_are_fetched_anew_on_request(client):
    told = client.post("/dailies/catalog/refresh", json={})
    assert set(told.json()["catalog"]) == {"aimlapi", "krea"}
