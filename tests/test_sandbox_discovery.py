"""The sandbox's own catalogs: lists, documents and withdrawals, as strangers would read them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jsonschema import Draft202012Validator
from test_sandbox import KEY, Clock, sandbox
from test_sandbox_models import DRAWN, ELSEWHERE, FRESH, GONE, KREAS, model, table, wire

from core.models import KLING_25, MODELS, ModelSpec, PerClip, PerSecond, Price
from core.providers.aimlapi import catalog as aimlapi
from core.providers.krea import catalog as krea
from core.schema.openapi import read_document

pytestmark = pytest.mark.anyio

CATALOG = MODELS | table(FRESH, ELSEWHERE, GONE, DRAWN, KREAS)

BRANCHED = model(
    "maker/branched",
    wire={
        "type": "object",
        "properties": {"prompt": {"type": "string"}, "look": {"$ref": "#/$defs/look"}},
        "oneOf": [
            {
                "properties": {"prompt": {}, "look": {}, "image_url": {"type": "string"}},
                "required": ["image_url"],
                "additionalProperties": False,
            },
            {
                "properties": {"prompt": {}, "look": {}, "seed": {"type": "integer"}},
                "required": ["seed"],
                "additionalProperties": False,
            },
        ],
        "$defs": {"look": {"type": "object", "properties": {"like": {"$ref": "#/$defs/look"}}}},
    },
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def listing(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    return list((await client.get("/v1/models", params=query)).json()["data"])


def ids(entries: list[dict[str, Any]]) -> set[str]:
    return {entry["id"] for entry in entries}


async def test_the_list_grows_with_the_catalog_and_names_each_document(tmp_path: Path) -> None:
    now = dict(MODELS)
    async with sandbox(tmp_path, models=lambda: now) as client:
        assert FRESH.id not in ids(await listing(client))
        now |= table(FRESH, GONE, KREAS)
        entries = {entry["id"]: entry for entry in await listing(client)}
        assert FRESH.id in entries
        assert not {GONE.id, KREAS.id} & set(entries)
        assert entries[FRESH.id]["aliases"] == ["fresh"]
        docs = urlsplit(entries[FRESH.id]["info"]["docsJson"])
        assert (docs.netloc, docs.path) == ("sandbox.test", "/docs-json")
        assert parse_qs(docs.query)["model"] == [FRESH.id]
        assert (await client.get(entries[FRESH.id]["info"]["docsJson"])).status_code == 200


async def test_the_list_is_filtered_as_documented(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: CATALOG) as client:
        assert ids(await listing(client, id="fresh,maker/drawn")) == {FRESH.id, DRAWN.id}
        assert ids(await listing(client, id=["fresh", DRAWN.id])) == {FRESH.id, DRAWN.id}
        assert ids(await listing(client, input_modalities="audio")) == {DRAWN.id}
        everything = ids(await listing(client))
        assert ids(await listing(client, output_modalities="video")) == everything
        assert ids(await listing(client, tags="playground:video,other")) == everything
        assert ids(await listing(client, type="internal/video-generations/submit")) == everything
        assert await listing(client, output_modalities="text") == []
        assert await listing(client, type="chat-completion") == []
        assert ids(await listing(client, capabilities="video_to_video")) == {
            "krea/krea-wan-14b/video-to-video"
        }
        assert await listing(client, id="fresh", input_modalities="audio") == []
        assert ids(await listing(client, modalities="audio")) == {DRAWN.id}


@pytest.mark.parametrize(
    ("query", "sections"),
    [
        ({}, set()),
        ({"include": "pricing"}, {"pricing"}),
        ({"include": "modalities,capabilities"}, {"modalities", "capabilities"}),
        ({"include": "all"}, {"pricing", "modalities", "capabilities"}),
        ({"details": "true"}, {"pricing", "modalities", "capabilities"}),
        ({"include": "nonsense"}, set()),
    ],
)
async def test_sections_are_there_when_they_are_asked_for(
    tmp_path: Path, query: dict[str, str], sections: set[str]
) -> None:
    async with sandbox(tmp_path, models=lambda: table(FRESH)) as client:
        entry = (await listing(client, **query))[0]
        assert set(entry) - {"id", "aliases", "type", "info", "tags"} == sections


@pytest.mark.parametrize(
    "path",
    ["/v1/models", "/v1/models/deprecations", "/docs-json?model=fresh", "/openapi.json"],
)
async def test_a_catalog_that_has_not_changed_is_answered_304(tmp_path: Path, path: str) -> None:
    clock, now = Clock(), dict(CATALOG)
    async with sandbox(tmp_path, clock, models=lambda: now) as client:
        first = await client.get(path)
        tag = first.headers["etag"]
        assert "max-age" in first.headers["cache-control"]
        clock.now += 3600
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
        now[FRESH.key] = replace(FRESH, about="New words.", wire=wire(), withdrawn=GONE.withdrawn)
        now[KREAS.key] = replace(KREAS, about="New words.")
        changed = await client.get(path, headers={"If-None-Match": tag})
        assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


async def test_one_model_is_described_by_id_or_alias(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: CATALOG) as client:
        for name in (FRESH.id, "fresh"):
            found = (await client.get(f"/model/{name}")).json()
            assert (found["object"], found["data"]["id"]) == ("model", FRESH.id)
        for name in (GONE.id, "no/such"):
            assert (await client.get(f"/model/{name}")).status_code == 404
            assert (await client.get("/docs-json", params={"model": "no/such"})).status_code == 404
        assert (await client.get("/docs-json")).status_code == 400


async def test_withdrawn_models_are_listed_apart_with_their_successors(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: table(FRESH, GONE)) as client:
        rows = (await client.get("/v1/models/deprecations")).json()["data"]
        assert [(row["id"], row["status"], row["replaced_by"]) for row in rows] == [
            (GONE.id, "withdrawn", "maker/fresh")
        ]
        for query, count in (
            ("status=withdrawn", 1),
            ("status=deprecated", 0),
            ("since=2026-01-01", 1),
            ("since=2026-01-02", 0),
        ):
            reply = await client.get(f"/v1/models/deprecations?{query}")
            assert len(reply.json()["data"]) == count, query
        assert (await client.get("/v1/models/deprecations?since=soon")).status_code == 400


def bodies(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        path: item["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, item in document["paths"].items()
        if "application/json" in item.get("post", {}).get("requestBody", {}).get("content", {})
    }


@pytest.mark.parametrize("spec", [spec for spec in CATALOG.values() if spec.provider == "aimlapi"])
async def test_a_document_says_where_to_order_and_what(tmp_path: Path, spec: ModelSpec) -> None:
    async with sandbox(tmp_path, models=lambda: CATALOG) as client:
        document = (await client.get("/docs-json", params={"model": spec.id})).json()
        schema = bodies(document)[spec.path]
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["model"]["enum"] == [spec.id]
        assert set(schema["properties"]) - {"model"} == set(spec.schema()["properties"])
        poll = document["paths"][spec.path]["get"]
        assert poll["parameters"][0]["name"] == "generation_id"
        assert document["openapi"].startswith("3.")
        assert {"info", "paths", "components"} <= set(document)
        assert "$defs" not in json.dumps(document)


async def test_a_document_with_branches_and_references_still_holds_together(
    tmp_path: Path,
) -> None:
    async with sandbox(tmp_path, models=lambda: table(BRANCHED)) as client:
        document = (await client.get("/docs-json", params={"model": BRANCHED.id})).json()
    whole = {**document, **bodies(document)[BRANCHED.path]}
    check = Draft202012Validator(whole).is_valid
    named = {"model": BRANCHED.id, "prompt": "sea"}
    assert check(named | {"seed": 1, "look": {"like": {}}})
    assert check(named | {"image_url": "https://x.test/a.png"})
    assert not check(named | {"look": {"like": 3}, "seed": 1})
    assert not check(named)
    assert not check(named | {"seed": 1, "model": "other"})


async def test_kreas_document_has_every_model_the_jobs_and_the_assets(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: CATALOG) as client:
        document = (await client.get("/openapi.json")).json()
    assert {KLING_25.path, KREAS.path, "/jobs", "/jobs/{id}", "/assets", "/assets/{id}"} == set(
        document["paths"]
    )
    kling = bodies(document)[KLING_25.path]
    assert set(kling["properties"]) == {param.name for param in KLING_25.when(live=True).params}, (
        "what the vendor takes now, not what the project began with"
    )


def form(spec: ModelSpec) -> dict[str, tuple[str, bool, Any]]:
    return {param.name: (param.kind, param.required, param.default) for param in spec.params}


async def read_back(folder: Path, spec: ModelSpec) -> ModelSpec:
    """Return the model as its document says it is, over HTTP and through the catalog's readers."""
    async with sandbox(folder, models=lambda: table(spec)) as client:
        if spec.provider == "krea":
            read = krea.specs(read_document((await client.get("/openapi.json")).content))
        else:
            listed = aimlapi.listed((await client.get("/v1/models?include=all")).content)
            document = await client.get("/docs-json", params={"model": spec.id})
            read = aimlapi.specs(read_document(document.content), listed)
    assert [(found.key, found.path) for found in read] == [(spec.key, spec.path)]
    return read[0]


@pytest.mark.parametrize("spec", MODELS.values(), ids=lambda spec: spec.key)
async def test_a_built_in_model_reads_back_as_the_form_it_has(
    tmp_path: Path, spec: ModelSpec
) -> None:
    expected, read = spec.when(live=True), await read_back(tmp_path, spec)
    assert set(form(read)) == set(form(expected))
    for param in expected.params:
        # A grid is published as the list of its points, and so becomes a choice.
        if not getattr(param, "step", None):
            assert form(read)[param.name] == (param.kind, param.required, param.default)


@pytest.mark.parametrize("spec", [*CATALOG.values(), BRANCHED], ids=lambda spec: spec.key)
async def test_what_was_read_once_reads_back_as_the_same_form(
    tmp_path: Path, spec: ModelSpec
) -> None:
    read = await read_back(tmp_path / "once", replace(spec, withdrawn=None))
    again = await read_back(tmp_path / "twice", read)
    assert form(again) == form(read)
    assert again.wire == read.wire


@pytest.mark.parametrize(
    "price",
    [
        Price(rules=(PerSecond(usd=0.02625),), source=""),
        Price(rules=(PerClip(usd=0.3),), source=""),
        Price(
            rules=(PerClip(usd=0.2, when={"duration": 5}), PerClip(usd=0.4, when={"duration": 10})),
            source="",
        ),
        Price(rules=(PerSecond(usd=0.1, when={"mode": "pro", "fps": 24}),), source=""),
    ],
)
async def test_a_price_reads_back_as_it_was(tmp_path: Path, price: Price) -> None:
    mine, theirs = replace(FRESH, price=price), replace(KREAS, price=price)
    async with sandbox(tmp_path, models=lambda: table(mine, theirs)) as client:
        listed = aimlapi.listed((await client.get("/v1/models?include=pricing")).content)
        read = krea.specs(read_document((await client.get("/openapi.json")).content))
    for told in (listed[0].price, read[0].price):
        assert told is not None
        assert told.rules == price.rules


async def test_withdrawals_read_back(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: CATALOG) as client:
        told = aimlapi.withdrawals((await client.get("/v1/models/deprecations")).content)
    assert told[GONE.id] == GONE.withdrawn


async def test_the_log_is_asked_for_two_hundred_times_a_minute_and_no_more(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        for _ in range(200):
            assert (await client.get("/v2/logs?period=1h", headers=KEY)).status_code == 200
        refused = await client.get("/v2/logs?period=1h", headers=KEY)
        assert (refused.status_code, refused.json()["title"]) == (429, "Too Many Requests")
        other = {"Authorization": "Bearer another-key"}
        assert (await client.get("/v2/logs?period=1h", headers=other)).status_code == 200
        clock.now += 61
        assert (await client.get("/v2/logs?period=1h", headers=KEY)).status_code == 200
