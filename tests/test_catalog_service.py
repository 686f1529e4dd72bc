"""The vendors' models: fetched in the background, kept on disk, and never at the price of a start.

Each over a real socket, from a server that publishes small documents and misbehaves on demand.
"""

import asyncio
import gzip
import json
import logging
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import catalogs
import pytest
from published import (
    GONE,
    LIST,
    OPENAPI,
    Answer,
    deprecation,
    document,
    entry,
    krea_document,
    published,
)
from pydantic import SecretStr
from served import served_sandbox

from core import MODELS, Clock, InvalidInput, Settings, State, open_studio
from core.catalog import fetcher
from core.catalog.fetcher import Source
from core.catalog.service import Catalog
from core.providers import PROVIDERS
from core.providers.model_source import DISCOVERIES
from core.system.loop_thread import Background

KEY = "an-operator-s-key"
BUILT_IN = len(MODELS)


async def no_sleep(_seconds):
    await asyncio.sleep(0)


CLOCK = Clock(sleep=no_sleep, now=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))


@pytest.fixture
def vendor():
    with published() as app:
        app.publish([entry("maker/one"), entry("maker/two")])
        app.at["maker/one"] = document("maker/one")
        app.at["maker/two"] = document("maker/two")
        app.at[OPENAPI] = krea_document("maker/three")
        yield app


@contextmanager
def catalog_of(vendor, folder, *, key=None, by_itself=("aimlapi", "krea"), **more):
    """A catalog whose both providers are the vendor's server."""
    sources = [
        Source(
            provider=PROVIDERS[name],
            discovery=discovery,
            base_url=vendor if isinstance(vendor, str) else vendor.url,
            key=SecretStr(key) if key else None,
            by_itself=name in by_itself,
        )
        for name, discovery in DISCOVERIES.items()
    ]
    background = Background("test-catalog")
    catalog = Catalog(folder, sources, background=background, **{"clock": CLOCK, **more})
    background.start()
    catalog.start()
    try:
        yield catalog
    finally:
        background.stop()


def wait_for(condition, seconds=60.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)


def is_idle(catalog):
    return catalog.is_loaded and not any(row["busy"] for row in catalog.status().values())


def fetched(catalog):
    """Wait until both providers have been fetched."""
    wait_for(lambda: all(row["fetched_at"] for row in catalog.status().values()))
    wait_for(lambda: is_idle(catalog))


def renewed(catalog, vendor, providers=None):
    """Fetch once more, to the end."""
    before = len(vendor.seen)
    catalog.refresh(providers)
    wait_for(lambda: len(vendor.seen) > before and is_idle(catalog))


def others(catalog):
    return [key for key in catalog.models() if key not in MODELS]


def test_every_model_of_both_vendors_is_there_after_the_built_in_ones(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert list(catalog.models())[:BUILT_IN] == list(MODELS)
        assert others(catalog) == ["aimlapi:maker/one", "aimlapi:maker/two", "krea:maker/three"]
        status = catalog.status()
        assert (status["aimlapi"]["note"], status["krea"]["note"]) == ("", "")
        assert status["aimlapi"]["fetched_at"] == "2026-11-20T12:00:00Z"
        assert status["aimlapi"]["models"] == 4 + 2
        assert not catalog.find("maker/one").built_in


def test_what_has_not_changed_is_not_sent_again(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        version = catalog.version
        vendor.seen.clear()
        renewed(catalog, vendor)
        assert len(vendor.seen) == 5
        assert all("if-none-match" in request["headers"] for request in vendor.seen)
        assert catalog.version == version
        vendor.at["maker/two"] = document("maker/two", seconds={"type": "integer"})
        renewed(catalog, vendor)
        assert catalog.version != version
        assert catalog.find("maker/two").param("seconds")


def test_a_start_without_network_works_from_the_copies(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        known, version = list(catalog.models()), catalog.version
    for what in (LIST, GONE, OPENAPI, "maker/one", "maker/two"):
        vendor.at[what] = Answer(status=503)
    with catalog_of(vendor, tmp_path) as catalog:
        wait_for(lambda: catalog.is_loaded)
        assert (list(catalog.models()), catalog.version) == (known, version)
        wait_for(lambda: all(row["note"] for row in catalog.status().values()))
        assert list(catalog.models()) == known
        assert "HTTP 503" in catalog.status()["krea"]["note"]
        assert catalog.status()["krea"]["fetched_at"] == "2026-11-20T12:00:00Z"


def test_a_model_is_found_in_the_first_moment_of_a_start(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
    with catalog_of(vendor, tmp_path) as catalog:
        assert catalog.find("maker/one").key == "aimlapi:maker/one"


def test_the_app_starts_while_the_vendor_takes_its_time(vendor, tmp_path):
    vendor.at[LIST] = Answer(b"{}", delay=60)
    began = time.monotonic()
    with catalog_of(vendor, tmp_path) as catalog:
        assert list(catalog.models()) == list(MODELS)
        wait_for(lambda: vendor.asked(LIST))
    assert time.monotonic() - began < 25


LONG = json.dumps(document("maker/one", note={"type": "string"})).encode() + b" " * 3000
BROKEN = {
    "no JSON": b"<html>Bad gateway</html>",
    "no document": b"[]",
    "nothing in it": b'{"openapi": "3.0.0", "paths": {}}',
    "too deep": b'{"paths":' * 5000 + b"1" + b"}" * 5000,
    "cut": json.dumps(document("maker/one")).encode()[:-40],
    "an error": Answer(status=500),
    "a refusal": Answer(status=403),
    "gone": Answer(status=404),
    "elsewhere": Answer(status=302, headers={"location": "https://example.com/x"}),
    "a round": Answer(status=302, headers={"location": "/docs-json?model=maker%2Fone"}),
    "packed": Answer(gzip.compress(b"{}"), headers={"content-encoding": "gzip"}),
    "too long": Answer(LONG),
    "endless": Answer(LONG, headers={"content-length": "", "transfer-encoding": "chunked"}),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_leaves_the_old_entry_and_a_note(
    vendor, tmp_path, broken, caplog, monkeypatch
):
    monkeypatch.setattr(fetcher, "LONGEST_DOCUMENT", 2500)
    with catalog_of(vendor, tmp_path, key=KEY) as catalog:
        fetched(catalog)
        known, version = dict(catalog.models()), catalog.version
        vendor.at["maker/one"] = broken
        with caplog.at_level(logging.DEBUG):
            renewed(catalog, vendor)
        assert dict(catalog.models()) == known
        assert catalog.version == version
        assert "1 of 3 documents" in catalog.status()["aimlapi"]["note"]
        assert "maker%2Fone" in caplog.text or "AI/ML API" in caplog.text
        assert KEY not in caplog.text
    with catalog_of(vendor, tmp_path, by_itself=()) as catalog:
        assert catalog.find("maker/one") == known["aimlapi:maker/one"]


@pytest.mark.parametrize("what", [LIST, OPENAPI])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_list_takes_no_model_away(vendor, tmp_path, what, broken, monkeypatch):
    monkeypatch.setattr(fetcher, "LONGEST_DOCUMENT", 2500)
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        known = dict(catalog.models())
        vendor.at[what] = broken
        renewed(catalog, vendor)
        assert dict(catalog.models()) == known
        assert catalog.status()["krea" if what == OPENAPI else "aimlapi"]["note"]


def test_an_empty_list_takes_no_model_away(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        known = dict(catalog.models())
        vendor.publish([])
        renewed(catalog, vendor)
        assert dict(catalog.models()) == known
        assert "no video model" in catalog.status()["aimlapi"]["note"]


def test_a_broken_document_does_not_keep_the_others_away(vendor, tmp_path):
    vendor.at["maker/one"] = b"broken"
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert others(catalog) == ["aimlapi:maker/two", "krea:maker/three"]
        vendor.at["maker/one"] = document("maker/one")
        renewed(catalog, vendor)
        assert "aimlapi:maker/one" in catalog.models()
        assert catalog.status()["aimlapi"]["note"] == ""


def test_a_server_error_that_passes_is_not_noticed(vendor, tmp_path):
    answers = iter([Answer(status=500), Answer(status=429, headers={"retry-after": "1"})])
    good = document("maker/one")
    vendor.at["maker/one"] = lambda _: next(answers, None) or Answer(json.dumps(good).encode())
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.status()["aimlapi"]["note"] == ""
        assert "aimlapi:maker/one" in catalog.models()
        assert len(vendor.asked("maker/one")) == 3


def test_a_model_that_leaves_the_list_stays_known_and_is_marked(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        version = catalog.version
        vendor.publish([entry("maker/two")])
        vendor.at[OPENAPI] = krea_document("maker/four")
        renewed(catalog, vendor)
        for key in ("aimlapi:maker/one", "krea:maker/three"):
            assert catalog.models()[key].withdrawn.since == "2026-11-20"
            assert catalog.models()[key].path
        assert catalog.models()["aimlapi:maker/two"].withdrawn is None
        assert catalog.version != version
        gone = catalog.models()["aimlapi:maker/one"]
        version = catalog.version
    later = replace(CLOCK, now=lambda: datetime(2026, 12, 24, tzinfo=UTC))
    with catalog_of(vendor, tmp_path, clock=later) as catalog:
        wait_for(lambda: catalog.is_loaded)
        assert catalog.version == version
        assert [param.name for param in catalog.find("maker/one").params] == [
            param.name for param in gone.params
        ]
        wait_for(lambda: catalog.status()["aimlapi"]["fetched_at"].startswith("2026-12-24"))
        assert catalog.find("maker/one").withdrawn.since == "2026-11-20"
        vendor.publish([entry("maker/two"), entry("maker/one")])
        renewed(catalog, vendor)
        assert catalog.find("maker/one").withdrawn is None


def test_a_listed_model_whose_document_is_lost_is_not_called_withdrawn(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        vendor.publish([entry("maker/one", docs=f"{vendor.url}/elsewhere"), entry("maker/two")])
        vendor.at["maker/one"] = Answer(status=500)
        vendor.at["/elsewhere"] = Answer(status=500)
        renewed(catalog, vendor)
        assert catalog.find("maker/one").withdrawn is None


def test_the_vendor_s_list_of_those_given_up_marks_them_with_the_replacement(vendor, tmp_path):
    kling = "kling-video/v1.6/standard/text-to-video"
    vendor.publish(
        [entry("maker/one"), entry("maker/two")],
        deprecated=[
            deprecation("maker/one", replaced_by="maker/two"),
            deprecation("other/name", aliases=[kling], replaced_by="maker/one"),
        ],
    )
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.find("maker/one").withdrawn.replaced_by == "maker/two"
        assert catalog.find("maker/two").withdrawn is None
        assert catalog.find(kling).withdrawn.replaced_by == "maker/one"


def test_a_vendor_without_a_list_of_those_given_up_is_no_trouble(vendor, tmp_path):
    vendor.at[GONE] = Answer(status=404)
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.status()["aimlapi"]["note"] == ""


def test_a_built_in_model_that_the_whole_list_lacks_is_marked(vendor, tmp_path):
    wan = "krea/krea-wan-14b/text-to-video"
    vendor.publish([entry("maker/one"), entry(wan)])
    vendor.at[wan] = document(wan, num_frames={"type": "integer", "default": 78})
    with catalog_of(vendor, tmp_path) as catalog:
        assert catalog.find("kling/kling-2.5").withdrawn is None
        fetched(catalog)
        assert catalog.find(wan).withdrawn is None
        assert catalog.find(wan).built_in
        assert catalog.find(wan).updated
        assert catalog.find("kling/kling-2.5").withdrawn
        # What was known by hand is known better.
        assert catalog.find("wan/v2.1/1.3b/text-to-video").withdrawn.since == "2025-08-05"


def test_one_id_at_both_vendors_is_refused_with_both_keys_named(vendor, tmp_path):
    vendor.at[OPENAPI] = krea_document("maker/one")
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        with pytest.raises(InvalidInput, match="aimlapi:maker/one or krea:maker/one"):
            catalog.find("maker/one")
        assert catalog.find("krea:maker/one").provider == "krea"


def test_a_model_is_found_by_its_alias(vendor, tmp_path):
    rows = [entry("maker/one", aliases=["one"]), entry("maker/two", aliases=["two", "maker/one"])]
    vendor.publish(rows)
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.find("one").key == "aimlapi:maker/one"
        assert catalog.find("aimlapi:two").key == "aimlapi:maker/two"
        # An id is an id, whatever else is also called so.
        assert catalog.find("maker/one").key == "aimlapi:maker/one"
        vendor.publish([entry("maker/one", aliases=["x"]), entry("maker/two", aliases=["x"])])
        renewed(catalog, vendor)
        with pytest.raises(InvalidInput, match="aimlapi:maker/one or aimlapi:maker/two"):
            catalog.find("x")


@pytest.mark.parametrize(
    ("docs", "path", "query"),
    [
        ("https://api.aimlapi.com/docs-json?model=maker%2Fone&x=1", "/docs-json", "x=1"),
        ("{url}/docs-json?model=maker%2Fone&x=2", "/docs-json", "x=2"),
        ("/docs-json?model=maker%2Fone&x=3", "/docs-json", "x=3"),
        ("https://evil.example/docs-json?model=maker%2Fone&x=4", "/docs-json", "endpoint="),
        ("//evil.example/docs-json?model=maker%2Fone&x=5", "/docs-json", "endpoint="),
        ("file:///etc/passwd", "/docs-json", "endpoint="),
        ("https://api.aimlapi.com:bad/x", "/docs-json", "endpoint="),
        ("https://api.aimlapi.com/missing", "/docs-json", "endpoint="),
        ("", "/docs-json", "endpoint="),
    ],
)
def test_a_document_is_read_at_the_provider_s_own_address_only(vendor, tmp_path, docs, path, query):
    row = entry("maker/one")
    row["info"]["docsJson"] = docs.format(url=vendor.url)
    vendor.publish([row])
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.find("maker/one")
        [request] = vendor.asked("maker/one")
        assert request["path"] == path
        assert query in request["query"]


def test_a_provider_may_live_under_a_path(vendor, tmp_path):
    for what in (LIST, GONE, OPENAPI):
        vendor.at[f"/proxy{what}"] = vendor.at.pop(what)
    rows = [entry("maker/one", docs=f"{vendor.url}/proxy/docs-json?model=maker%2Fone")]
    vendor.at[f"/proxy{LIST}"] = {"object": "list", "data": [*rows, entry("maker/two")]}
    with catalog_of(f"{vendor.url}/proxy", tmp_path) as catalog:
        fetched(catalog)
        assert {"aimlapi:maker/one", "aimlapi:maker/two"} < set(catalog.models())
        assert {request["path"].split("/")[1] for request in vendor.seen} == {"proxy"}
        assert not any("/proxy/proxy" in request["path"] for request in vendor.seen)


def test_a_document_that_several_models_share_is_fetched_once(vendor, tmp_path):
    shared = f"{vendor.url}/shared.json"
    vendor.publish([entry("maker/one", docs=shared), entry("maker/two", docs=shared)])
    vendor.at["/shared.json"] = document("maker/one", "maker/two")
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert {"aimlapi:maker/one", "aimlapi:maker/two"} < set(catalog.models())
        assert len(vendor.asked("/shared.json")) == 1


def test_the_key_goes_to_the_provider_and_never_further(vendor, tmp_path):
    with published() as foreign:
        foreign.at["/x"] = document("maker/one")
        away = {"location": f"{foreign.url}/x"}
        vendor.at["maker/one"] = Answer(status=307, headers=away)
        vendor.publish([entry("maker/one"), entry("maker/two", docs=f"{foreign.url}/x")])
        with catalog_of(vendor, tmp_path, key=KEY) as catalog:
            fetched(catalog)
            assert "leads away" in catalog.status()["aimlapi"]["note"]
        assert foreign.seen == []
    assert {request["headers"]["authorization"] for request in vendor.seen} == {f"Bearer {KEY}"}


def test_without_a_key_none_is_sent(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
    assert not any("authorization" in request["headers"] for request in vendor.seen)


def test_a_redirect_within_the_provider_s_address_is_followed(vendor, tmp_path):
    vendor.at["maker/one"] = Answer(status=301, headers={"location": "/moved.json"})
    vendor.at["/moved.json"] = document("maker/one")
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert "aimlapi:maker/one" in catalog.models()


def test_a_key_that_a_server_repeats_is_not_kept(vendor, tmp_path):
    vendor.at["maker/one"] = document("maker/one") | {"info": {"title": f"for {KEY}"}}
    with catalog_of(vendor, tmp_path, key=KEY) as catalog:
        fetched(catalog)
        assert "aimlapi:maker/one" in catalog.models()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_no_more_than_six_documents_are_asked_for_at_once(vendor, tmp_path):
    names = [f"maker/{n}" for n in range(40)]
    vendor.publish([entry(name) for name in names])
    for name in names:
        vendor.at[name] = Answer(json.dumps(document(name)).encode(), delay=0.02)
    with catalog_of(vendor, tmp_path, by_itself=["aimlapi"]) as catalog:
        wait_for(lambda: catalog.status()["aimlapi"]["fetched_at"])
        assert len(others(catalog)) == 40
        assert 1 < vendor.most_active <= 6


def test_documents_are_asked_for_at_a_rate(vendor, tmp_path):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.sleep(0)

    names = [f"maker/{n}" for n in range(30)]
    vendor.publish([entry(name) for name in names])
    vendor.at |= {name: document(name) for name in names}
    clock = replace(CLOCK, sleep=sleep, monotonic=lambda: sum(slept))
    with catalog_of(vendor, tmp_path, clock=clock, by_itself=["aimlapi"]) as catalog:
        wait_for(lambda: catalog.status()["aimlapi"]["fetched_at"])
    assert sum(slept) == pytest.approx((32 - 12) / 25)


def test_the_documents_together_are_bounded(vendor, tmp_path, monkeypatch):
    monkeypatch.setattr(fetcher, "LONGEST_SUM", 4000)
    names = [f"maker/{n}" for n in range(12)]
    vendor.publish([entry(name) for name in names])
    vendor.at |= {name: document(name) for name in names}
    with catalog_of(vendor, tmp_path) as catalog:
        wait_for(lambda: "too long in sum" in catalog.status()["aimlapi"]["note"])
        assert len(others(catalog)) < 12


def test_the_number_of_documents_is_bounded(vendor, tmp_path, monkeypatch):
    from core.providers import model_source as discovery

    monkeypatch.setattr(discovery, "MOST_LEAVES", 1)
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert others(catalog) == ["aimlapi:maker/one", "krea:maker/three"]


def test_a_fetch_that_takes_too_long_keeps_what_has_come(vendor, tmp_path, monkeypatch):
    monkeypatch.setattr(fetcher, "LONGEST_FETCH", 0.5)
    vendor.at["maker/two"] = Answer(b"{}", delay=60)
    with catalog_of(vendor, tmp_path, by_itself=["aimlapi"]) as catalog:
        wait_for(lambda: "too slowly" in catalog.status()["aimlapi"]["note"])
        wait_for(lambda: "aimlapi:maker/one" in catalog.models())
        assert catalog.status()["aimlapi"]["fetched_at"] is None


def test_it_is_fetched_once_a_day(vendor, tmp_path):
    with catalog_of(vendor, tmp_path, every=0.2, by_itself=["krea"]):
        wait_for(lambda: len(vendor.asked(OPENAPI)) >= 3)
    with catalog_of(vendor, tmp_path, by_itself=["krea"]) as catalog:
        fetched_before = len(vendor.seen)
        wait_for(lambda: is_idle(catalog) and len(vendor.seen) > fetched_before)
        time.sleep(0.3)
        assert len(vendor.seen) == fetched_before + 1


def test_many_presses_of_the_button_are_one_fetch(vendor, tmp_path):
    vendor.at[OPENAPI] = Answer(json.dumps(krea_document("maker/three")).encode(), delay=0.3)
    with catalog_of(vendor, tmp_path, by_itself=()) as catalog:
        for _ in range(20):
            catalog.refresh(["krea"])
        wait_for(lambda: catalog.status()["krea"]["fetched_at"])
        assert len(vendor.seen) == 1


def test_a_copy_that_was_cut_on_disk_is_fetched_anew(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
    for path in tmp_path.rglob("*.copy"):
        path.write_bytes(path.read_bytes()[:-20])
    for path in tmp_path.rglob("*.json"):
        path.write_bytes(b"{broken")
    vendor.seen.clear()
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert len(others(catalog)) == 3
    assert not any("if-none-match" in request["headers"] for request in vendor.seen)


def test_old_copies_are_cleared_away(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        before = len(list(tmp_path.rglob("*.copy")))
        vendor.publish([entry("maker/two")])
        renewed(catalog, vendor)
        assert len(list(tmp_path.rglob("*.copy"))) == before - 1
        assert not list(tmp_path.rglob("*.part"))


def test_a_disk_that_takes_nothing_costs_only_the_next_start(vendor, tmp_path):
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    with catalog_of(vendor, folder) as catalog:
        fetched(catalog)
        assert len(others(catalog)) == 3
        renewed(catalog, vendor)
        assert len(others(catalog)) == 3


def test_the_copies_of_one_address_are_not_another_s(vendor, tmp_path):
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
    with catalog_of("http://127.0.0.1:9", tmp_path, by_itself=()) as catalog:
        wait_for(lambda: catalog.is_loaded)
        assert others(catalog) == []


def test_a_price_says_whose_list_it_is_from_and_of_which_day(vendor, tmp_path):
    vendor.publish([entry("maker/one", price=0.1), entry("maker/two")])
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        spec = catalog.find("maker/one")
        assert spec.price.source == "the provider's price list of 20 November 2026"
        assert spec.price.of({"duration": 5}, 5.0) == 0.5
        assert catalog.find("maker/two").price is None
    [request, *_] = vendor.asked(LIST)
    assert request["query"] == "include=pricing"


def test_an_exported_model_can_be_imported_and_stays(vendor, tmp_path):
    from core.catalog.export import as_schema

    with catalog_of(vendor, tmp_path / "a") as catalog:
        fetched(catalog)
        exported = json.loads(json.dumps(as_schema(catalog.find("maker/one"))))
    with catalog_of(vendor, tmp_path / "b", by_itself=()) as catalog:
        wait_for(lambda: catalog.is_loaded)
        version = catalog.version
        assert catalog.import_entry(exported).key == "aimlapi:maker/one"
        assert catalog.version != version
        assert catalog.import_entry(exported).key == "aimlapi:maker/one"
        version = catalog.version
    with catalog_of(vendor, tmp_path / "b", by_itself=()) as catalog:
        assert catalog.find("maker/one").params
        assert catalog.version == version
        with pytest.raises(InvalidInput, match="is here already"):
            catalog.import_entry(exported | as_schema(next(iter(MODELS.values()))))
        with pytest.raises(InvalidInput):
            catalog.import_entry({"no": "entry"})


def test_an_import_cannot_lead_an_order_elsewhere(vendor, tmp_path):
    from core.catalog.export import as_schema

    exported = as_schema(next(iter(MODELS.values()))) | {"x-dailies-id": "maker/new"}
    with catalog_of(vendor, tmp_path, by_itself=()) as catalog:
        wait_for(lambda: catalog.is_loaded)
        for path in ("/v1/keys", "/v2/video/../../v1/keys", "https://evil.example/video/x"):
            with pytest.raises(InvalidInput, match="path"):
                catalog.import_entry(exported | {"x-dailies-path": path})
        assert catalog.import_entry(exported).key == "aimlapi:maker/new"


def test_whole_catalogs_are_read_and_read_again_without_holding_up_the_start(vendor, tmp_path):
    vendor.at |= {name: catalogs.aimlapi_document(name) for name in catalogs.video_ids()}
    vendor.at |= {
        LIST: catalogs.aimlapi_list("https://api.aimlapi.com"),
        GONE: catalogs.deprecations(),
        OPENAPI: catalogs.krea_document(),
    }
    with catalog_of(vendor, tmp_path) as catalog:
        fetched(catalog)
        assert catalog.status()["aimlapi"]["note"] == ""
        assert catalog.status()["krea"]["note"] == ""
        assert {f"aimlapi:{name}" for name in catalogs.video_ids()} <= set(catalog.models())
        assert {f"krea:{name}" for name in catalogs.krea_ids()} <= set(catalog.models())
        heir = catalog.find("lumen-1/text-to-video").withdrawn.replaced_by
        assert heir == "lumen/lumen-2/text-to-video"
        version, known = catalog.version, dict(catalog.models())
    with catalog_of(vendor, tmp_path, by_itself=()) as catalog:
        # All of it takes half a second to read, which nobody has waited for.
        assert not catalog.is_loaded
        assert list(catalog.models())[:BUILT_IN] == list(MODELS)
        wait_for(lambda: catalog.is_loaded)
        assert catalog.version == version
        assert dict(catalog.models()) == known


def test_nothing_of_a_closed_catalog_goes_on(vendor, tmp_path):
    vendor.at[OPENAPI] = Answer(b"{}", delay=60)
    with catalog_of(vendor, tmp_path) as catalog:
        wait_for(lambda: vendor.asked(OPENAPI))
    assert not any(thread.name == "test-catalog" for thread in threading.enumerate())
    catalog.refresh()


# The whole app.


def settings_for(folder, **more):
    return Settings(dailies_data_dir=folder, _env_file=None, **more)


class Reached:
    """The places that anything in this process tries to reach while `is_on`."""

    def __init__(self):
        self.is_on, self.places = False, []
        sys.addaudithook(self.hear)

    def hear(self, event, args):
        if self.is_on and event in ("socket.connect", "socket.getaddrinfo"):
            self.places.append(args)


REACHED = Reached()


def test_without_a_key_and_an_address_nothing_is_asked_of_anybody(tmp_path):
    # A key that is there and not shared, as on a Space, is no reason to ask either.
    settings = settings_for(tmp_path, krea_api_key=SecretStr(KEY), dailies_share_keys=False)
    with open_studio(settings, clock=CLOCK) as studio:
        REACHED.is_on = True
        wait_for(lambda: studio._parts.catalog.is_loaded)
        time.sleep(0.5)
        assert studio.balances() == {"aimlapi": None, "krea": None}
        assert [spec.key for spec in studio.models()] == list(MODELS)
        REACHED.is_on = False
        assert not any(row["busy"] for row in studio.catalog_status().values())
    assert REACHED.places == []


def test_a_provider_with_an_address_is_asked_at_the_start_and_the_other_is_not(vendor, tmp_path):
    with open_studio(settings_for(tmp_path / "silent"), clock=CLOCK) as studio:
        version = studio.catalog_version
    settings = settings_for(tmp_path, krea_base_url=vendor.url)
    with open_studio(settings, clock=CLOCK) as studio:
        wait_for(lambda: studio.catalog_status()["krea"]["fetched_at"])
        assert studio.spec("maker/three").provider == "krea"
        assert studio.catalog_version != version
        assert studio.catalog_status()["aimlapi"]["fetched_at"] is None
    assert {request["path"] for request in vendor.seen} == {OPENAPI}


def test_the_button_and_a_visitor_s_key_fetch_and_the_visitor_s_key_stays_here(vendor, tmp_path):
    settings = settings_for(tmp_path, krea_base_url=vendor.url, aimlapi_base_url=vendor.url)
    with open_studio(settings, clock=CLOCK) as studio:
        wait_for(lambda: all(row["fetched_at"] for row in studio.catalog_status().values()))
        wait_for(lambda: is_idle(studio._parts.catalog))
        vendor.seen.clear()
        studio.set_key("ann", "krea", "a-visitor-s-key")
        time.sleep(0.1)
        assert vendor.seen == []  # it was fetched a moment ago
        studio.refresh_catalog("ann")
        wait_for(lambda: len(vendor.seen) == 5)
    assert not any("authorization" in request["headers"] for request in vendor.seen)


def test_a_visitor_s_key_fetches_what_was_never_fetched(vendor, tmp_path, monkeypatch):
    monkeypatch.setattr(type(PROVIDERS["krea"]), "base_url", vendor.url, raising=False)
    krea = replace(PROVIDERS["krea"], base_url=vendor.url)
    monkeypatch.setattr("core.PROVIDERS", {**PROVIDERS, "krea": krea})
    with open_studio(settings_for(tmp_path), clock=CLOCK) as studio:
        time.sleep(0.1)
        assert vendor.seen == []
        studio.set_key("ann", "krea", "a-visitor-s-key")
        wait_for(lambda: studio.catalog_status()["krea"]["fetched_at"])
        assert studio.spec("maker/three").provider == "krea"


def test_the_sandbox_publishes_what_the_catalog_reads(tmp_path):
    with served_sandbox(tmp_path / "provider") as (gate, url):
        settings = settings_for(tmp_path / "data", krea_base_url=url, aimlapi_base_url=url)
        with open_studio(settings, clock=CLOCK) as studio:
            wait_for(lambda: all(row["fetched_at"] for row in studio.catalog_status().values()))
            status = studio.catalog_status()
            assert (status["aimlapi"]["note"], status["krea"]["note"]) == ("", "")
            assert [spec.key for spec in studio.models()] == list(MODELS)
            gone = [spec.name for spec in studio.models() if spec.withdrawn]
            assert gone == ["Wan 2.1 1.3B"]
            assert gate.tally["catalog"]


def test_a_job_whose_model_is_not_known_any_more_is_watched_to_its_end(tmp_path):
    from core.catalog.export import as_schema

    with served_sandbox(tmp_path / "provider") as (gate, url):
        settings = settings_for(
            tmp_path / "data", krea_base_url=url, krea_api_key=SecretStr("a-key-for-krea")
        )
        gate.closed.add("before poll")
        hurried = Clock(sleep=lambda seconds: asyncio.sleep(seconds * 0.1))
        with open_studio(settings, clock=hurried) as studio:
            kling = as_schema(studio.spec("kling/kling-2.5"))
            studio.import_entry(kling | {"x-dailies-id": "kling/kling-3"})
            job = studio.submit("krea:kling/kling-3", {"prompt": "x"})
            wait_for(lambda: gate.tally["held before poll"])
        shutil.rmtree(tmp_path / "data" / "catalog")
        gate.closed.clear()
        with open_studio(settings, clock=hurried) as studio:
            wait_for(lambda: studio._parts.catalog.is_loaded)
            with pytest.raises(InvalidInput):
                studio.spec("kling/kling-3")
            assert studio.wait(job.id, timeout=60).state is State.COMPLETED
            assert studio.describe(studio.job(job.id))["name"] == "kling/kling-3"
        assert gate.tally["create"] == 1


def test_the_balance_is_asked_for_again_when_a_take_has_ended(tmp_path):
    with served_sandbox(tmp_path / "provider") as (_, url):
        settings = settings_for(
            tmp_path / "data", aimlapi_base_url=url, aimlapi_api_key=SecretStr(KEY)
        )
        with open_studio(settings, clock=Clock(sleep=no_sleep)) as studio:
            wait_for(lambda: studio.balances()["aimlapi"])
            before = studio.balances()["aimlapi"]["amount"]
            wan = "krea/krea-wan-14b/text-to-video"
            job = studio.submit(wan, {"prompt": "x", "num_frames": 18})
            assert studio.wait(job.id, timeout=60).state is State.COMPLETED
            wait_for(lambda: studio.balances()["aimlapi"]["amount"] < before)


def test_the_balance_is_the_payer_s_and_is_asked_for_once_a_minute(vendor, tmp_path):
    vendor.at["/v2/billing"] = {"current_balance": 10.07, "currency": "USD"}
    settings = settings_for(tmp_path, aimlapi_base_url=vendor.url, aimlapi_api_key=SecretStr(KEY))
    with open_studio(settings, clock=replace(CLOCK, monotonic=lambda: clock[0])) as studio:
        clock = [100.0]
        known = {"amount": 10.07, "currency": "USD"}
        assert studio.balances("ann") == {"aimlapi": None, "krea": None}
        wait_for(lambda: studio.balances("ann")["aimlapi"] == known)
        assert len(vendor.asked("/v2/billing")) == 1
        studio.set_key("ben", "aimlapi", "a-visitor-s-key")
        assert studio.balances("ben")["aimlapi"] is None
        wait_for(lambda: studio.balances("ben")["aimlapi"] == known)
        vendor.at["/v2/billing"] = Answer(status=401)
        clock[0] += 61
        assert studio.balances("ann")["aimlapi"] == known
        wait_for(lambda: len(vendor.asked("/v2/billing")) == 3)
        time.sleep(0.05)
        assert studio.balances("ann")["aimlapi"] == known
    asked = [request["headers"]["authorization"] for request in vendor.asked("/v2/billing")]
    assert asked == [f"Bearer {KEY}", "Bearer a-visitor-s-key", f"Bearer {KEY}"]
