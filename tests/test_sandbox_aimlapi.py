"""AI/ML API as the sandbox plays it, held against docs/contract.md."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_sandbox import KEY, SHORT, TEXT, UNIVERSAL, Clock, ended, order, poll, sandbox

pytestmark = pytest.mark.anyio

ALIBABA = "/v2/generate/video/alibaba/generation"
KLING = "/v2/generate/video/kling/generation"
WAN = {"model": "wan/v2.1/1.3b/text-to-video", "prompt": "sea [fail]"}
KLING_16 = {"model": "kling-video/v1.6/standard/text-to-video", "prompt": "sea [stuck]"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def create(client: httpx.AsyncClient, body: Any, path: str = UNIVERSAL) -> httpx.Response:
    return await client.post(path, headers=KEY, json=body)


async def test_an_order_goes_from_queued_over_generating_to_completed(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        reply = await create(client, SHORT)
        assert reply.status_code == 200
        task = reply.json()["id"]
        assert re.fullmatch(rf"[0-9a-f-]{{36}}:{re.escape(TEXT)}", task)
        assert reply.json()["status"] == "queued"
        assert reply.headers["x-inference-id"] == task
        clock.now += 0.5
        assert (await poll(client, task))["status"] == "generating"
        clock.now += 2
        answer = await ended(poll, client, task)
        assert answer["video"]["url"].startswith("https://sandbox.test/files/")


async def test_usage_is_as_documented_for_ninety_frames(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        body = SHORT | {"num_frames": 90, "prompt": "[stuck]"}
        sent = KEY | {"X-Client-Request-Id": "take:7"}
        reply = await client.post(UNIVERSAL, headers=sent, json=body)
        assert reply.json()["meta"]["usage"] == {"credits_used": 315000, "usd_spent": 0.1575}
        assert reply.headers["x-aimlapi-credits-used"] == "315000"
        assert reply.headers["x-aimlapi-usd-spent"] == "0.157500000"
        assert reply.headers["x-client-request-id"] == "take:7"


async def test_a_malformed_client_request_id_is_dropped_and_the_order_taken(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        sent = KEY | {"X-Client-Request-Id": "no spaces"}
        reply = await client.post(UNIVERSAL, headers=sent, json=SHORT | {"prompt": "[stuck]"})
        assert reply.status_code == 200
        assert "x-client-request-id" not in reply.headers


async def test_a_legacy_order_is_answered_201_and_its_video_has_a_size(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        reply = await create(client, WAN | {"prompt": "silk", "aspect_ratio": "9:16"}, ALIBABA)
        assert reply.status_code == 201
        task = reply.json()["id"]
        assert task.endswith(":wan/v2.1/1.3b/text-to-video")
        assert set(reply.json()["meta"]["usage"]) == {"tokens_used"}
        clock.now += 9
        video = (await ended(poll, client, task, ALIBABA))["video"]
        assert set(video) == {"url", "content_type", "file_name", "file_size"}
        assert len((await client.get(video["url"])).content) == video["file_size"]


async def test_kling_has_short_ids_of_which_some_begin_with_a_hyphen(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        ids = [(await create(client, KLING_16)).json()["id"] for _ in range(60)]
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{21}", task) for task in ids)
        dashed = [task for task in ids if task.startswith("-")]
        assert dashed
        assert (await poll(client, dashed[0]))["id"] == dashed[0]


@pytest.mark.parametrize("body", [KLING_16 | {"duration": "5"}, KLING_16 | {"provider": "FAL"}])
async def test_kling_takes_what_the_vendors_own_sample_sends(tmp_path: Path, body: Any) -> None:
    async with sandbox(tmp_path) as client:
        assert (await create(client, body)).status_code == 200


async def test_kling_takes_the_old_ratio_on_its_old_address_only(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        body = KLING_16 | {"ratio": "9:16"}
        assert (await create(client, body, KLING)).status_code == 201
        assert (await create(client, body)).status_code == 400


async def test_a_model_can_be_ordered_by_its_alias(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        reply = await create(
            client, SHORT | {"model": "krea-wan-14b/text-to-video", "prompt": "[stuck]"}
        )
        assert reply.json()["id"].endswith(f":{TEXT}")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"num_frames": 80}, "num_frames"),
        ({"num_frames": "78"}, "num_frames"),
        ({"num_frames": 174}, "num_frames"),
        ({"num_frames": float("nan")}, "num_frames"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"seed": 1.5}, "seed"),
        ({"enable_prompt_expansion": "yes"}, "enable_prompt_expansion"),
        ({"aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"model": "no/such-model"}, "model"),
        ({"model": 7}, "model"),
    ],
)
async def test_a_wrong_field_is_refused_and_named(
    tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    async with sandbox(tmp_path) as client:
        reply = await client.post(UNIVERSAL, headers=KEY, content=json.dumps(SHORT | change))
        assert reply.status_code == 400
        assert reply.headers["content-type"] == "application/problem+json; charset=utf-8"
        assert reply.json()["title"] == "Bad Request"
        assert reply.json()["message"][0] == "Body validation error!"
        assert reply.json()["message"][1].startswith(f"{word}: ")
        assert reply.json()["error"]["name"] == "BadRequestException"


async def test_a_missing_prompt_is_named_in_the_flat_envelope_of_a_legacy_address(
    tmp_path: Path,
) -> None:
    async with sandbox(tmp_path) as client:
        reply = await create(client, {"model": WAN["model"]}, ALIBABA)
        assert reply.status_code == 400
        assert set(reply.json()) == {"requestId", "statusCode", "timestamp", "path", "message"}
        assert reply.json()["statusCode"] == 400
        assert "prompt: is required" in reply.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"nonsense", b"[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(tmp_path: Path, body: bytes) -> None:
    async with sandbox(tmp_path) as client:
        reply = await client.post(UNIVERSAL, headers=KEY, content=body)
        assert reply.status_code == 400


async def test_the_withdrawn_model_is_only_on_its_old_address(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        reply = await create(client, WAN)
        assert reply.status_code == 404
        assert "withdrawn" in reply.json()["message"]
        assert (await create(client, SHORT, ALIBABA)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({}, 401, "UnauthorizedException"),
        ({"Authorization": "Bearer "}, 401, "UnauthorizedException"),
        ({"Authorization": "Key abc"}, 401, "UnauthorizedException"),
        ({"Authorization": "Bearer refused"}, 401, "UnauthorizedException"),
        ({"Authorization": "Bearer poor"}, 403, "ForbiddenException"),
    ],
)
async def test_a_key_that_will_not_do_is_refused(
    tmp_path: Path, headers: dict[str, str], status: int, name: str
) -> None:
    async with sandbox(tmp_path) as client:
        reply = await client.post(UNIVERSAL, headers=headers, json=SHORT)
        assert reply.status_code == status
        assert reply.json()["error"]["name"] == name
        if status == 403:
            assert reply.json()["error"]["data"] == {"kind": "err_insufficent_credits"}
        legacy = await client.post(ALIBABA, headers=headers, json=WAN)
        assert (legacy.status_code, legacy.json()["statusCode"]) == (status, status)


async def test_every_address_but_the_list_of_models_wants_a_key(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        for path in (UNIVERSAL, ALIBABA, KLING, "/v2/logs", "/v2/billing"):
            assert (await client.get(path)).status_code == 401, path
        for path in ("/v1/models", "/models", "/v1/models/deprecations", f"/model/{TEXT}"):
            assert (await client.get(path)).status_code == 200, path


async def test_a_poll_for_an_unknown_or_empty_id_says_so(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        reply = await client.get(UNIVERSAL, params={"generation_id": "x:y"}, headers=KEY)
        assert (reply.status_code, reply.json()["message"]) == (404, "Inference not found")
        assert "x-inference-id" not in reply.headers
        reply = await client.get(UNIVERSAL, params={"generation_id": ""}, headers=KEY)
        assert (reply.status_code, reply.json()["status"]) == (200, "unknown")
        assert (await client.get(UNIVERSAL, headers=KEY)).status_code == 400


@pytest.mark.parametrize("word", ["[fail]", "[nsfw]"])
async def test_a_failed_task_is_an_answer_of_200_and_costs_nothing(
    tmp_path: Path, word: str
) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        before = (await client.get("/v2/billing", headers=KEY)).json()
        task = await order(client, prompt=f"sea {word}")
        clock.now += 9
        answer = await poll(client, task)
        assert answer["status"] == "error"
        assert set(answer["error"]) == {"name", "message"}
        assert (await client.get("/v2/billing", headers=KEY)).json() == before
        row = (await client.get("/v2/logs?period=1h", headers=KEY)).json()["data"][0]
        assert (row["status"], row["cost"]) == ("failed", {"usd": 0, "credits": 0})


@pytest.mark.parametrize(("word", "status"), [("[refuse]", 400), ("[busy]", 429)])
async def test_a_refused_order_makes_no_task(tmp_path: Path, word: str, status: int) -> None:
    async with sandbox(tmp_path) as client:
        assert (await create(client, SHORT | {"prompt": f"sea {word}"})).status_code == status
        assert not list((tmp_path / "tasks").iterdir())


async def test_the_balance_goes_down_by_what_was_ordered(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        before = (await client.get("/v2/billing", headers=KEY)).json()
        await order(client, num_frames=90, prompt="[stuck]")
        after = (await client.get("/v2/billing", headers=KEY)).json()
        assert before["current_balance"] - after["current_balance"] == pytest.approx(0.1575)
        assert after["currency"] == "USD"


async def test_the_log_has_the_newest_first_in_pages(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        ids = []
        for index in range(5):
            sent = KEY | {"X-Client-Request-Id": f"take-{index}"}
            body = SHORT | {"prompt": "[stuck]"}
            ids.append((await client.post(UNIVERSAL, headers=sent, json=body)).json()["id"])
            clock.now += 1
        page = (await client.get("/v2/logs?period=7d&limit=2&offset=1", headers=KEY)).json()
        assert [row["inference_id"] for row in page["data"]] == [ids[3], ids[2]]
        assert [row["client_request_id"] for row in page["data"]] == ["take-3", "take-2"]
        assert page["pagination"] == {"limit": 2, "offset": 1, "total": 5, "has_more": True}
        assert set(page["data"][0]) == {
            *("created", "status", "origin", "model", "cost", "tokens"),
            *("request_id", "inference_id", "client_request_id"),
        }
        clock.now += 7200
        recent = await client.get("/v2/logs?period=1h", headers=KEY)
        assert recent.json()["data"] == []
        none = await client.get("/v2/logs?period=7d&status=failed", headers=KEY)
        assert none.json()["pagination"]["total"] == 0
        other = await client.get("/v2/logs?period=7d&model=some/other", headers=KEY)
        assert other.json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "period=soon",
        "period=93d",
        "period=7d&limit=0",
        "period=7d&limit=101",
        "period=7d&offset=-1",
        "period=7d&status=queued",
        "start=2026-01-01T00:00:00Z",
        "start=2026-02-01T00:00:00Z&end=2026-01-01T00:00:00Z",
        "period=7d&start=x&end=y",
    ],
)
async def test_a_wrong_query_of_the_log_is_refused(tmp_path: Path, query: str) -> None:
    async with sandbox(tmp_path) as client:
        assert (await client.get(f"/v2/logs?{query}", headers=KEY)).status_code == 400


async def test_the_models_that_can_be_ordered_are_listed_and_the_withdrawn_one_apart(
    tmp_path: Path,
) -> None:
    async with sandbox(tmp_path) as client:
        listed = (await client.get("/v1/models?include=pricing")).json()["data"]
        by_id = {entry["id"]: entry for entry in listed}
        assert WAN["model"] not in by_id
        assert by_id[TEXT]["aliases"] == ["krea-wan-14b/text-to-video"]
        assert by_id[TEXT]["pricing"]["units"][0]["price"] == 0.02625
        one = (await client.get("/v1/models", params={"id": "krea-wan-14b/text-to-video"})).json()
        assert [entry["id"] for entry in one["data"]] == [TEXT]
        gone = (await client.get("/v1/models/deprecations")).json()["data"]
        assert [(entry["id"], entry["status"]) for entry in gone] == [(WAN["model"], "withdrawn")]
        assert (await client.get(f"/model/{WAN['model']}")).status_code == 404


async def test_wrong_addresses_and_methods_are_refused_in_the_envelope(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        missing = await client.post("/v2/generate/video/krea/generation", headers=KEY, json=SHORT)
        assert (missing.status_code, missing.json()["statusCode"]) == (404, 404)
        wrong = await client.delete(UNIVERSAL, headers=KEY)
        assert (wrong.status_code, wrong.json()["status"]) == (405, 405)
