"""Orders for any model of a catalog that changes: addresses, strictness, files, sound, lists."""

import base64
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_sandbox import KEY, KLING_25, SHORT, UNIVERSAL, Clock, ended, job, poll, sandbox
from test_sandbox_krea import png, upload

from core.models import KLING_25 as KLING
from core.models import MODELS, ModelSpec, PerClip, Price, Withdrawal
from core.params import AnyFile, Audio, Choice, Image, Images, Json, Text, Video

pytestmark = pytest.mark.anyio

OTHER = "/v2/video/others"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def wire(required: tuple[str, ...] = ("prompt",), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"prompt": {"type": "string"}, **properties},
        "required": list(required),
        "additionalProperties": False,
    }


def model(name: str, *params: Any, **facts: Any) -> ModelSpec:
    usual: dict[str, Any] = {
        "id": name,
        "provider": "aimlapi",
        "name": name,
        "task": "text-to-video",
        "path": UNIVERSAL,
        "built_in": False,
        "wire": wire(),
        "params": (Text(name="prompt", label="Prompt", required=True), *params),
    }
    return ModelSpec(**usual | facts)


FRESH = model(
    "maker/fresh",
    Choice(name="duration", label="Duration", choices=("5s", "8s"), default="5s"),
    Choice(name="aspect_ratio", label="Shape", choices=("9:16", "1:1"), default="9:16"),
    Json(name="camera", label="Camera", shape={"type": "object"}),
    aliases=("fresh",),
    price=Price(rules=(PerClip(usd=0.3),), source="a test"),
    wire=wire(
        duration={"type": "string", "enum": ["5s", "8s"]},
        aspect_ratio={"enum": ["9:16", "1:1"]},
        steps={"type": ["integer", "null"], "maximum": 50},
        camera={
            "type": "object",
            "properties": {"pan": {"type": "number"}},
            "required": ["pan"],
            "additionalProperties": False,
        },
    ),
)
ELSEWHERE = model("maker/elsewhere", path=OTHER)
GONE = model("maker/gone", withdrawn=Withdrawal(since="2026-01-01", replaced_by="maker/fresh"))
DRAWN = model(
    "maker/drawn",
    Image(name="image_url", label="Image", required=True),
    Images(name="image_urls", label="Images"),
    Audio(name="audio_url", label="Sound"),
    AnyFile(name="reference", label="Reference"),
    wire=wire(
        ("image_url",),
        image_url={"type": "string", "format": "uri"},
        image_urls={"type": "array", "items": {"type": "string"}, "maxItems": 3},
        audio_url={"type": "string"},
        reference={"type": "string"},
    ),
)
LOOSE = model("maker/loose", wire={"type": "object"})
KREAS = model(
    "maker/new",
    Images(name="images", label="Images"),
    Video(name="video", label="Video"),
    provider="krea",
    path="/generate/video/maker/new",
    wire=wire(
        images={"type": "array", "items": {"type": "string"}},
        video={"type": ["string", "null"]},
        seed={"type": "integer"},
    ),
)


def table(*specs: ModelSpec) -> dict[str, ModelSpec]:
    return {spec.key: spec for spec in specs}


def uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


async def ordered(client: httpx.AsyncClient, name: str, path: str = UNIVERSAL, **body: Any) -> Any:
    return await client.post(path, headers=KEY, json={"model": name, **body})


async def test_a_model_can_be_ordered_from_the_moment_it_is_in_the_catalog(tmp_path: Path) -> None:
    now: dict[str, ModelSpec] = dict(MODELS)
    async with sandbox(tmp_path, models=lambda: now) as client:
        assert (await ordered(client, FRESH.id, prompt="sea [stuck]")).status_code == 400
        assert (await ordered(client, ELSEWHERE.id, OTHER, prompt="[stuck]")).status_code == 404
        assert (await client.post(KREAS.path, headers=KEY, json={})).status_code == 404
        now |= table(FRESH, ELSEWHERE, KREAS)
        assert (await ordered(client, FRESH.id, prompt="sea [stuck]")).status_code == 200
        assert (await ordered(client, "fresh", prompt="sea [stuck]")).status_code == 200
        reply = await ordered(client, ELSEWHERE.id, OTHER, prompt="sea [stuck]")
        assert (await poll(client, reply.json()["id"], OTHER))["status"] == "queued"
        reply = await client.post(KREAS.path, headers=KEY, json={"prompt": "[stuck]"})
        assert reply.status_code == 200
        assert (await client.delete(OTHER, headers=KEY)).status_code == 405
        del now[ELSEWHERE.key]
        assert (await ordered(client, ELSEWHERE.id, OTHER, prompt="[stuck]")).status_code == 404


async def test_polls_at_every_address_of_the_catalog_are_counted(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: table(ELSEWHERE)) as client:
        await client.get(OTHER, params={"generation_id": "none"}, headers=KEY)
        assert (await client.get("/sandbox/stats")).json()["polls"] == 1


async def test_a_model_is_only_at_its_own_address(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: table(FRESH, ELSEWHERE)) as client:
        reply = await ordered(client, FRESH.id, OTHER, prompt="sea")
        assert reply.status_code == 400
        assert "'maker/elsewhere'" in reply.json()["message"][1]
        assert FRESH.id not in reply.json()["message"][1]


async def test_a_withdrawn_model_is_answered_404_with_its_successor(tmp_path: Path) -> None:
    kreas = model("m/old", provider="krea", path="/generate/video/m/old", withdrawn=GONE.withdrawn)
    async with sandbox(tmp_path, models=lambda: table(GONE, kreas)) as client:
        reply = await ordered(client, GONE.id, prompt="sea")
        assert (reply.status_code, "maker/fresh" in reply.json()["message"]) == (404, True)
        reply = await client.post(kreas.path, headers=KEY, json={"prompt": "sea"})
        assert (reply.status_code, reply.headers["content-type"][:9]) == (404, "text/html")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration": 5}, "duration"),
        ({"duration": "7s"}, "duration"),
        ({"aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"steps": 51}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"camera": {"pan": "left"}}, "camera"),
        ({"camera": {}}, "camera"),
        ({"camera": {"pan": 1, "tilt": 2}}, "camera"),
        ({"camera": [1]}, "camera"),
        ({"width": 640}, "width"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 3}, "prompt"),
    ],
)
async def test_whatever_the_vendors_schema_forbids_is_refused_and_named(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    async with sandbox(tmp_path, models=lambda: table(FRESH)) as client:
        reply = await ordered(client, FRESH.id, **{"prompt": "sea [stuck]"} | change)
        assert reply.status_code == 400
        assert reply.json()["message"][0] == "Body validation error!"
        assert reply.json()["message"][1].startswith(f"{field}: ")
        assert not list((tmp_path / "tasks").iterdir())


@pytest.mark.parametrize(
    "change", [{}, {"steps": None}, {"steps": 50}, {"camera": {"pan": 1.5}}, {"duration": "8s"}]
)
async def test_whatever_the_vendors_schema_permits_is_taken(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async with sandbox(tmp_path, models=lambda: table(FRESH)) as client:
        reply = await ordered(client, FRESH.id, prompt="sea [stuck]", **change)
        assert (reply.status_code, reply.json()["meta"]["usage"]["usd_spent"]) == (200, 0.3)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"prompt": "sea", "fps": 24}, 400),
        ({"prompt": 5}, 422),
        ({"prompt": "sea", "seed": "1"}, 422),
        ({"prompt": "sea", "seed": None}, 422),
        ({"prompt": "sea", "images": "https://x.test/a.png"}, 422),
        ({"prompt": "sea", "images": [4]}, 422),
        ({"prompt": "sea", "images": ["not an address"]}, 422),
        ({"prompt": "sea", "images": ["https://elsewhere.test/a.png"]}, 422),
        ({"prompt": "sea [stuck]", "video": None}, 200),
    ],
)
async def test_krea_is_as_strict_in_its_own_way(
    tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    async with sandbox(tmp_path, models=lambda: table(KREAS)) as client:
        reply = await client.post(KREAS.path, headers=KEY, json=body)
        assert reply.status_code == status, reply.text
        if status == 422:
            assert reply.json()["detail"][0]["loc"][0] == "body"


async def test_numbers_that_are_no_json_and_bodies_without_end_are_refused(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=lambda: table(LOOSE)) as client:
        for value, status in (
            ("NaN", 400),
            ("[-Infinity]", 400),
            ("[" * 60 + "]" * 60, 400),
            ("[" * 9 + "]" * 9, 200),
        ):
            content = f'{{"model": "{LOOSE.id}", "prompt": "[stuck]", "camera": {value}}}'
            reply = await client.post(UNIVERSAL, headers=KEY, content=content)
            assert reply.status_code == status, value


async def test_a_built_in_model_takes_both_its_own_face_and_the_vendors_present_one(
    tmp_path: Path,
) -> None:
    live = wire(duration={"enum": [5, 10]}, cfg={"type": "number"})
    overlaid = replace(KLING, wire=live, live_params=(Text(name="prompt", label="Prompt"),))
    async with sandbox(tmp_path, models=lambda: table(overlaid)) as client:
        for body, status in (
            ({"fps": 12, "width": 320, "height": 256, "duration": 3}, 200),
            ({"cfg": 0.5, "duration": 10}, 200),
            ({"cfg": 0.5, "fps": 12}, 400),
            ({"cfg": "x"}, 422),
        ):
            sent = {"prompt": "[stuck]", **body}
            reply = await client.post(KLING_25, headers=KEY, json=sent)
            assert reply.status_code == status, body


async def test_words_go_wrong_under_whatever_name_a_model_has_for_them(tmp_path: Path) -> None:
    shots = model(
        "maker/shots",
        params=(Json(name="multi_prompt", label="Shots", shape={"type": "array"}),),
        wire={"type": "object", "required": ["multi_prompt"]},
    )
    async with sandbox(tmp_path, models=lambda: table(shots)) as client:
        said = [{"prompt": "a calm sea"}, {"prompt": "a storm [busy]"}]
        reply = await ordered(client, shots.id, multi_prompt=said)
        assert reply.status_code == 429
        reply = await ordered(client, shots.id, multi_prompt=[], negative_prompt="[busy]")
        assert reply.status_code == 200


def wav() -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    sound = struct.pack("<4sI", b"data", 800) + bytes(800)
    return struct.pack("<4sI4s", b"RIFF", 836, b"WAVE") + form + sound


SOUNDS: Mapping[str, bytes] = {
    "wav": wav(),
    "mp3 with tags": b"ID3\x04" + bytes(60),
    "mp3": b"\xff\xfb\x90\x64" + bytes(60),
    "mp3 of MPEG 2": b"\xff\xf3\x40\xc4" + bytes(60),
    "m4a": b"\0\0\0\x1cftypM4A \0\0\0\0" + bytes(60),
    "m4a of a careless writer": b"\0\0\0\x1cftypmp42\0\0\0\0" + bytes(60),
    "aac": b"\xff\xf1\x50\x80" + bytes(60),
    "ogg": b"OggS" + bytes(60),
    "flac": b"fLaC" + bytes(60),
}


@pytest.mark.parametrize("name", SOUNDS)
async def test_sound_is_taken_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock, models=lambda: table(DRAWN)) as client:
        body = {"image_url": uri(png()), "prompt": "sea [fail]"}
        body["audio_url"] = uri(SOUNDS[name], "audio/x")
        task = (await ordered(client, DRAWN.id, **body)).json()["id"]
        clock.now += 9
        # Had the sound been refused, the error would name it.
        assert set((await poll(client, task))["error"]) == {"name", "message"}


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("audio_url", uri(png()), ["body", "audio_url"]),
        ("image_url", uri(wav()), ["body", "image_url"]),
        ("reference", uri(b"plain words, no file"), ["body", "reference"]),
        ("image_urls", [uri(png()), uri(wav())], ["body", "image_urls", "1"]),
        ("image_url", "https://elsewhere.test/none.png", ["body", "image_url"]),
    ],
)
async def test_a_file_of_the_wrong_kind_fails_the_task_and_says_which(
    tmp_path: Path, field: str, value: Any, place: list[str]
) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock, models=lambda: table(DRAWN)) as client:
        body = {"image_url": uri(png()), "prompt": "sea"} | {field: value}
        task = (await ordered(client, DRAWN.id, **body)).json()["id"]
        clock.now += 9
        answer = await poll(client, task)
        assert (answer["status"], answer["error"]["detail"][0]["loc"]) == ("error", place)


async def test_a_list_of_files_takes_each_kind_of_address(tmp_path: Path) -> None:
    async def fetch(url: str) -> bytes:
        assert url == "https://elsewhere.test/b.png"
        return png("blue")

    async with sandbox(tmp_path, models=lambda: table(DRAWN, KREAS), fetch=fetch) as client:
        own = (await upload(client, png("green"))).json()["image_url"]
        several = [uri(png("red")), "https://elsewhere.test/b.png", own]
        body = {"image_url": several[0], "image_urls": several, "prompt": "[stuck]"}
        assert (await ordered(client, DRAWN.id, **body)).status_code == 200
        kept = [path.read_bytes() for path in (tmp_path / "sources").glob("*image_urls*")]
        assert sorted(kept) == sorted([png("red"), png("blue"), png("green")])
        body = {"prompt": "[stuck]", "images": [own, uri(png())]}
        assert (await client.post(KREAS.path, headers=KEY, json=body)).status_code == 200
        too_many = {"prompt": "sea", "images": [own] * 25}
        assert (await client.post(KREAS.path, headers=KEY, json=too_many)).status_code == 422


async def test_names_from_a_document_do_not_reach_the_file_system(tmp_path: Path) -> None:
    odd = model(
        "maker/odd",
        Image(name="../../../evil", label="Image"),
        wire={"type": "object"},
    )
    async with sandbox(tmp_path / "box", models=lambda: table(odd)) as client:
        body = {"prompt": "[stuck]", "../../../evil": uri(png())}
        assert (await ordered(client, odd.id, **body)).status_code == 200
        found = [path.parent.name for path in tmp_path.rglob("*evil*")]  # noqa: ASYNC240
        assert found == ["sources"]


async def test_a_clip_is_finished_after_its_model_has_left_the_catalog(tmp_path: Path) -> None:
    clock, now = Clock(), table(LOOSE)
    async with sandbox(tmp_path, clock, models=lambda: now) as client:
        small = {"width": 160, "height": 160, "duration": "1s"}
        task = (await ordered(client, LOOSE.id, prompt="silk", **small)).json()["id"]
        now.clear()
        for clip in (tmp_path / "clips").iterdir():
            clip.unlink()
        clock.now += 9
        assert (await ended(poll, client, task))["status"] == "completed"
        rows = (await client.get("/v2/logs?period=1d", headers=KEY)).json()["data"]
        assert rows[0]["model"] == LOOSE.id


async def test_an_empty_catalog_leaves_the_sandbox_standing(tmp_path: Path) -> None:
    async with sandbox(tmp_path, models=dict) as client:
        assert (await client.post(UNIVERSAL, headers=KEY, json=SHORT)).status_code == 400
        assert (await client.get("/v1/models")).json()["data"] == []
        assert (await client.get("/openapi.json")).status_code == 200


@pytest.mark.parametrize("name", ["wav", "mp3", "mp3 with tags"])
async def test_krea_keeps_sound_among_its_assets(tmp_path: Path, name: str) -> None:
    async with sandbox(tmp_path) as client:
        asset = (await upload(client, SOUNDS[name], "sound")).json()
        assert asset["mime_type"].startswith("audio/")
        assert asset["width"] is asset["height"] is None
        assert (await client.get(asset["image_url"])).content == SOUNDS[name]


@pytest.mark.parametrize("name", ["flac", "ogg", "m4a"])
async def test_krea_takes_no_other_sound(tmp_path: Path, name: str) -> None:
    async with sandbox(tmp_path) as client:
        assert (await upload(client, SOUNDS[name], "sound")).status_code == 400


async def test_an_upright_photograph_makes_an_upright_clip(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock, models=lambda: table(KREAS)) as client:
        body = {"prompt": "[fail]", "images": [uri(png("red", (300, 500)))]}
        reply = await client.post(KREAS.path, headers=KEY, json=body)
        clock.now += 9
        assert (await job(client, reply.json()["job_id"]))["status"] == "failed"
        kept = next((tmp_path / "tasks").iterdir()).read_text()
        assert '"width": 720, "height": 1200' in kept
