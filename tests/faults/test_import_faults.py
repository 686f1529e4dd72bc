"""Faults of models that people bring in: a price of nothing, another's name, another address."""

import httpx
import pytest
from provider import Provider, answer, serving
from pydantic import SecretStr
from served import serve_app
from world import CANARY, WAN

from core import Clock, Settings, open_studio
from core.catalog.document_store import DocumentStore
from core.catalog.service import MOST_OWN
from core.errors import InvalidInput, NotAllowed, NotConfirmed
from ui.server import build_app

NEW = "aimlapi:maker/new"
ORDER = {"prompt": "a fox", "num_frames": 18}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder, provider = tmp_path_factory.mktemp("page") / "data", Provider()
    with serving(provider):
        settings = Settings(
            dailies_data_dir=folder,
            aimlapi_base_url=provider.url,
            aimlapi_api_key=SecretStr(CANARY),
            dailies_dollars_in_all=2.5,
            dailies_confirm_above=0.5,
        )
        provider.scripts = {"creates": [answer(400, {"message": "seed must be whole"})]}
        with (
            open_studio(settings, clock=Clock()) as studio,
            serve_app(build_app(studio)) as address,
        ):
            yield studio, address


def free(studio, **more):
    rules = [{"per": "clip", "usd": 0, "when": {}}]
    told = {"x-dailies-id": "maker/new", "x-dailies-price": {"source": "me", "rules": rules}}
    return studio.export_entry(WAN) | told | {f"x-dailies-{name}": more[name] for name in more}


@pytest.mark.fault(
    240,
    "a visitor brings in a model with the price 0",
    "its price is unknown: confirmed, counted as a dollar, and nobody else's",
)
def test_a_price_that_was_brought_in_passes_no_cap(served):
    studio, address = served
    with httpx.Client(base_url=address, timeout=20) as ann:
        ann.get("/dailies/feed")
        brought = ann.post("/dailies/catalog/import", json=free(studio)).json()
        assert brought["model"] == NEW
        sheets = ann.get(f"/dailies/models/{brought['version']}")
        assert NEW in sheets.json()["models"]
        assert sheets.headers["cache-control"] == "no-store"
        asked = ann.post("/dailies/orders", json={"model": NEW, "params": ORDER, "key": "k"})
        assert "not known" in asked.json()["confirm"]
    with httpx.Client(base_url=address, timeout=20) as ben:
        version = ben.get("/dailies/feed").json()["catalog"]["version"]
        assert version == studio.catalog_version != brought["version"]
        assert NEW not in ben.get(f"/dailies/models/{version}").json()["models"]
        refused = ben.post("/dailies/orders", json={"model": NEW, "params": ORDER, "key": "k"})
        assert "no model called" in refused.json()["error"]
    assert NEW not in studio.catalog()


def test_the_caps_count_it_as_of_unknown_price(tmp_path, provider):
    settings = Settings(
        dailies_data_dir=tmp_path / "data",
        aimlapi_base_url=provider.url,
        aimlapi_api_key=SecretStr(CANARY),
        dailies_dollars_in_all=2.5,
        dailies_confirm_above=0.5,
    )
    with open_studio(settings) as studio:
        studio.import_entry(free(studio), "ann")
        with pytest.raises(NotConfirmed):
            studio.submit(NEW, ORDER, owner="ann")
        for _ in range(2):
            assert studio.submit(NEW, ORDER, owner="ann", confirmed=True).dollars is None
        with pytest.raises(NotAllowed, match="spent"):
            studio.submit(NEW, ORDER, owner="ann", confirmed=True)
        for job in studio.jobs("ann"):
            studio.wait(job.id, timeout=60)


@pytest.mark.fault(
    241,
    "an entry that takes a known name, or leads to another path of the vendor's",
    "refused with a sentence",
)
@pytest.mark.parametrize(
    "more",
    [
        {"id": "krea/krea-wan-14b/text-to-video"},
        {"called": "krea/krea-wan-14b/text-to-video"},
        {"id": "kling/kling-2.5"},
        {"id": "KREA/krea-wan-14b/Text-to-Video"},
        {"called": "krea/krea-wan-14b/text-to-video".upper()},
        {"path": "/v2/billing"},
        {"path": "/v2/video/../billing"},
        {"path": "//evil.example/v2/video/generations"},
    ],
    ids=str,
)
def test_nothing_in_an_entry_shadows_or_steers(served, more):
    studio, _ = served
    with pytest.raises(InvalidInput):
        studio.import_entry(free(studio, **more), "eve")
    assert studio.catalog("eve") == studio.catalog()


@pytest.mark.fault(
    281,
    "an entry with a parameter `model`, by which its orders would name a dearer model",
    "refused with a sentence, as is one that an earlier version took in",
)
@pytest.mark.parametrize("schema", [{"type": "string"}, {"const": "maker/dear"}], ids=str)
def test_an_entry_orders_no_other_model_than_it_names(tmp_path, schema):
    settings = Settings(dailies_data_dir=tmp_path / "data")
    with open_studio(settings) as studio:
        told = free(studio, bound=True)
        told["properties"]["model"] = schema
        del told["x-dailies-params"]
        with pytest.raises(InvalidInput, match="parameter called model"):
            studio.import_entry(told, "eve")
    DocumentStore(tmp_path / "data" / "catalog" / "imported").note("earlier", told)
    with open_studio(settings) as studio:
        studio._parts.catalog._loaded.wait(20)
        assert NEW not in studio.catalog()


@pytest.mark.fault(242, "a visitor brings in models without end", "50 are taken, the 51st refused")
def test_each_visitor_has_so_many_models_of_his_own(served):
    studio, _ = served
    for number in range(MOST_OWN):
        studio.import_entry(free(studio, id=f"maker/{number}"), "eve")
    with pytest.raises(InvalidInput, match="No more than 50"):
        studio.import_entry(free(studio, id="maker/one-more"), "eve")
    studio.import_entry(free(studio, id="maker/7"), "eve")
    studio.import_entry(free(studio), "ben")
    assert len(studio.catalog("eve")) == len(studio.catalog()) + MOST_OWN


def test_an_import_is_its_owner_s_after_a_restart_and_works_in_the_sandbox(tmp_path):
    settings = Settings(dailies_data_dir=tmp_path / "data")
    with open_studio(settings) as studio:
        studio.import_entry(free(studio), "ann")
    with open_studio(settings) as studio:
        job = studio.wait(studio.submit(NEW, ORDER, owner="ann").id, timeout=60)
        assert str(job.state) == "completed", job.error
        with pytest.raises(InvalidInput):
            studio.submit(NEW, ORDER, owner="ben")
        assert studio.spec(NEW, "ann").price is None
