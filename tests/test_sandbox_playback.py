"""Vendors' catalogs from disk: told by what is in them, played back, and held to the letter."""

import base64
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_sandbox import KEY, UNIVERSAL, sandbox
from test_sandbox_krea import png

from core.sandbox.playback import read_recorded
from core.sandbox.strictness import contract_of, forbidden
from core.schema.openapi import BrokenDocument

pytestmark = pytest.mark.anyio

LEGACY = "/v2/generate/video/maker/generation"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def posting(path: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    order = {"requestBody": body, "responses": {"200": {"description": ""}}}
    info = {"title": "A vendor", "version": "1"}
    return {"openapi": "3.0.0", "info": info, "paths": {path: {"post": order}}, **more}


SLOW = posting(
    UNIVERSAL,
    {
        "type": "object",
        "properties": {
            "model": {"type": "string", "enum": ["maker/slow", "maker/slower"]},
            "prompt": {"$ref": "#/components/schemas/Prompt"},
            "last_image": {"type": "string", "nullable": True},
            "weight": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1},
            "duration": {"type": "integer", "enum": [5, 10], "default": "5"},
        },
        "required": ["model", "prompt"],
    },
    components={"schemas": {"Prompt": {"type": "string", "maxLength": 40}}},
)
QUICK = posting(
    LEGACY,
    {
        "type": "object",
        "properties": {
            "model": {"enum": ["maker/quick"]},
            "image_url": {"type": "string", "pattern": "^https://(img|cdn)[.]"},
        },
        "required": ["model", "image_url"],
        "additionalProperties": False,
    },
)
KREAS = posting(
    "/generate/video/maker/new",
    {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "duration": {"anyOf": [{"const": 5}]},
            "start_image": {"type": "string", "pattern": "^https://img[.]"},
        },
        "required": ["prompt"],
        "additionalProperties": False,
    },
)
MORE_KREAS = posting("/generate/video/maker/more", {"type": "object", "properties": {"a": {}}})


def entry(name: str, kind: str = "internal/video-generations/submit") -> dict[str, Any]:
    docs = f"https://api.vendor.test/docs-json?model={name}&endpoint={kind}"
    info = {"name": name.title(), "developer": "Maker", "docsJson": docs}
    return {"id": name, "aliases": [f"{name}-alias"], "type": kind, "info": info, "tags": []}


LIST = {
    "object": "list",
    "data": [entry("maker/slow"), entry("maker/quick"), entry("maker/chat", "chat-completion")],
}
LEAVING = {
    "object": "list",
    "generated_at": "2026-11-01T00:00:00Z",
    "data": [
        {"id": "maker/quick", "aliases": [], "status": "withdrawn", "shutdown_at": "2026-01-01",
         "deprecated_at": "2025-12-01", "replaced_by": "maker/slow"},
        {"id": "maker/slow", "aliases": [], "status": "deprecated", "shutdown_at": "2027-01-01",
         "deprecated_at": "2026-12-01", "replaced_by": None},
    ],
}  # fmt: skip


def written(folder: Path, **files: Any) -> Path:
    for index, (name, body) in enumerate(files.items()):
        place = folder / f"depth{index}" / f"{name}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(body if isinstance(body, str) else json.dumps(body))
    return folder


async def test_files_are_told_by_what_is_in_them_at_any_depth(tmp_path: Path) -> None:
    files = {"a": LIST, "b": SLOW, "c": QUICK, "d": KREAS, "e": MORE_KREAS, "f": LEAVING}
    found = read_recorded([written(tmp_path, **files, g="nonsense", h={"other": 1}, i="[]")])
    assert set(found.models) == {
        "aimlapi:maker/slow",
        "aimlapi:maker/quick",
        "krea:maker/new",
        "krea:maker/more",
    }
    assert found.models["aimlapi:maker/slow"].aliases[0] == "maker/slow-alias"
    assert set(found.contracts) == set(found.models)


def test_single_files_will_do_and_a_list_is_not_needed(tmp_path: Path) -> None:
    written(tmp_path, slow=SLOW)
    found = read_recorded([tmp_path / "depth0" / "slow.json"])
    assert set(found.models) == {"aimlapi:maker/slow", "aimlapi:maker/slower"}


def test_a_folder_without_models_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenDocument, match="no video model"):
        read_recorded([written(tmp_path, a=LIST, b="{")])


async def test_what_was_recorded_is_played_back_from_this_address(tmp_path: Path) -> None:
    found = read_recorded([written(tmp_path / "in", a=LIST, b=SLOW, c=KREAS, d=MORE_KREAS)])
    async with sandbox(tmp_path / "out", models=found) as client:
        entries = (await client.get("/v1/models")).json()["data"]
        assert [one["id"] for one in entries] == ["maker/slow", "maker/quick", "maker/chat"]
        assert entries[0]["info"]["developer"] == "Maker"
        docs = entries[0]["info"]["docsJson"]
        assert docs.startswith("https://sandbox.test/docs-json?")
        assert "video-generations" in docs
        assert (await client.get(docs)).json() == SLOW
        assert (await client.get("/docs-json?model=maker/slow-alias")).json() == SLOW
        assert (await client.get("/docs-json?model=maker/chat")).status_code == 404
        assert set((await client.get("/openapi.json")).json()["paths"]) == {
            "/generate/video/maker/new",
            "/generate/video/maker/more",
        }


async def order(client: httpx.AsyncClient, path: str, **body: Any) -> int:
    return (await client.post(path, headers=KEY, json=body)).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ({"model": "maker/slow-alias"}, 400),  # the document does not name it
        ({"duration": 10, "weight": 1, "last_image": None}, 200),
        ({"duration": "5"}, 400),
        ({"weight": 0}, 400),
        ({"weight": "1"}, 400),
        ({"prompt": "x" * 41}, 400),
        ({"prompt": None}, 400),
        ({"unheard_of": 1}, 200),  # the document does not forbid it
    ],
)
async def test_orders_are_held_to_the_document_itself(
    tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    found = read_recorded([written(tmp_path / "in", a=LIST, b=SLOW)])
    async with sandbox(tmp_path / "out", models=found) as client:
        sent = {"model": "maker/slow", "prompt": "sea [stuck]"} | body
        assert await order(client, UNIVERSAL, **sent) == status


async def test_a_rule_that_no_form_can_keep_still_binds_orders(tmp_path: Path) -> None:
    found = read_recorded([written(tmp_path / "in", b=QUICK, c=KREAS)])
    async with sandbox(tmp_path / "out", models=found) as client:
        good, bad = "https://cdn.x.test/a.png", "https://other.test/a.png"
        assert await order(client, LEGACY, model="maker/quick", image_url=good) == 201
        assert await order(client, LEGACY, model="maker/quick", image_url=bad) == 400
        new = "/generate/video/maker/new"
        assert await order(client, new, prompt="[stuck]", duration=5) == 200
        inline = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
        assert await order(client, new, prompt="[stuck]", start_image=inline) == 422
        assert await order(client, new, prompt="[stuck]", duration=6) == 422
        assert await order(client, new, prompt="[stuck]", seed=1) == 400


async def test_withdrawn_ids_of_a_recorded_catalog_answer_404(tmp_path: Path) -> None:
    found = read_recorded([written(tmp_path / "in", a=LIST, b=SLOW, c=QUICK, d=LEAVING)])
    async with sandbox(tmp_path / "out", models=found) as client:
        body = {"model": "maker/quick", "image_url": "https://cdn.x.test/a.png"}
        assert await order(client, LEGACY, **body) == 404
        assert await order(client, UNIVERSAL, model="maker/slow", prompt="[stuck]") == 200
        rows = (await client.get("/v1/models/deprecations")).json()["data"]
        assert rows == LEAVING["data"]


def test_the_words_of_openapi_3_0_become_those_of_json_schema() -> None:
    root = {"components": {"schemas": {"A": {"type": "string", "nullable": True}}}}
    body = {
        "properties": {
            "a": {"$ref": "#/components/schemas/A"},
            "b": {"type": "number", "maximum": 3, "exclusiveMaximum": True},
            "c": {"type": "number", "minimum": 3, "exclusiveMinimum": False},
            "nullable": {"type": "string", "enum": ["x"], "nullable": True},
        }
    }
    contract = contract_of(root, body)
    assert forbidden(contract, {"a": None, "b": 2.9, "c": 3, "nullable": None}) == {}
    assert set(forbidden(contract, {"a": 1, "b": 3, "c": 2, "nullable": "y"})) == {
        *("a", "b", "c", "nullable")
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_the_command_line_plays_a_catalog_back_on_a_socket(tmp_path: Path) -> None:
    catalog = written(tmp_path / "in", a=LIST, b=SLOW)
    port = free_port()
    command = [sys.executable, "-m", "core.sandbox", "--port", str(port), "--folder"]
    process = subprocess.Popen(
        [*command, str(tmp_path / "out"), "--catalog", str(catalog)], stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=KEY) as client:
            for _ in range(200):
                try:
                    listed = client.get("/v1/models").json()["data"]
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            assert client.get(listed[0]["info"]["docsJson"]).json() == SLOW
            body = {"model": "maker/slow", "prompt": "sea [fail]"}
            assert client.post(UNIVERSAL, json=body).status_code == 200
            assert client.post(UNIVERSAL, json=body | {"duration": 6}).status_code == 400
    finally:
        process.terminate()
        process.wait(10)


def test_a_catalog_that_holds_nothing_ends_the_command_with_a_sentence(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "core.sandbox", "--catalog", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "no video model" in said.stderr


def test_the_help_says_how_to_lay_a_catalog_out() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "core.sandbox", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--catalog" in said
    assert "aimlapi/deprecations.json" in said
