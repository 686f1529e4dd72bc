"""Krea as the sandbox plays it, held against docs/contract.md."""

import io
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from test_sandbox import KEY, KLING_25, SMALL, Clock, ended, job, order_krea, sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def png(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


async def create(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post(KLING_25, headers=KEY, json=body)


async def upload(client: httpx.AsyncClient, data: bytes, name: str = "a.png") -> httpx.Response:
    return await client.post("/assets", headers=KEY, files={"file": (name, data)})


async def test_a_job_goes_through_the_documented_statuses(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        reply = await create(client, **SMALL)
        assert reply.status_code == 200
        assert set(reply.json()) == {"job_id", "status", "created_at", "completed_at", "result"}
        assert reply.json()["completed_at"] is reply.json()["result"] is None
        task = reply.json()["job_id"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", task)
        seen = []
        for _ in range(32):
            seen.append((await job(client, task))["status"])
            clock.now += 0.05
        clock.now += 1
        answer = await ended(job, client, task)
        assert list(dict.fromkeys([*seen, answer["status"]])) == [
            *("queued", "scheduled", "processing", "sampling"),
            *("intermediate-complete", "completed"),
        ]
        assert answer["result"]["urls"][0].startswith("https://sandbox.test/files/")
        assert answer["completed_at"] > answer["created_at"]


async def test_a_job_behind_many_others_is_backlogged_first(tmp_path: Path) -> None:
    async with sandbox(tmp_path, Clock()) as client:
        for _ in range(4):
            await order_krea(client, prompt="[stuck]")
        reply = await create(client, prompt="[stuck]")
        assert reply.json()["status"] == "backlogged"


@pytest.mark.parametrize(
    "body",
    [
        {"duration": 10, "aspect_ratio": "9:16", "mode": "pro"},
        {"duration": 3.5, "width": 640, "height": 360, "fps": 30, "seed": 3},
        {"duration": 5},
        {"start_video": None},
    ],
)
async def test_both_generations_of_the_page_are_understood(
    tmp_path: Path, body: dict[str, Any]
) -> None:
    async with sandbox(tmp_path) as client:
        assert (await create(client, prompt="sea [stuck]", **body)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"prompt": "sea", "fps": 24, "aspect_ratio": "1:1"}, 400),
        ({"prompt": "sea", "negative_prompt": "rain"}, 400),
        ({"prompt": "sea", "aspectRatio": "1:1"}, 400),
        ({"prompt": "sea", "duration": 7, "aspect_ratio": "1:1"}, 422),
        ({"prompt": "sea", "duration": "5"}, 422),
        ({"prompt": "sea", "width": 100}, 422),
        ({"prompt": "sea", "fps": 25}, 422),
        ({"prompt": 5}, 422),
        ({"prompt": "sea [refuse]"}, 422),
        ({"prompt": "sea [busy]"}, 429),
    ],
)
async def test_a_wrong_body_is_refused_and_makes_no_job(
    tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    async with sandbox(tmp_path) as client:
        reply = await create(client, **body)
        assert reply.status_code == status
        if status == 422:
            assert set(reply.json()["detail"][0]) == {"loc", "msg"}
        else:
            assert isinstance(reply.json()["error"], str)
        assert not list((tmp_path / "tasks").iterdir())


async def test_keys_that_will_not_do_are_refused(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        for method, path in (
            *(("POST", KLING_25), ("GET", "/jobs"), ("GET", "/jobs/x"), ("DELETE", "/jobs/x")),
            *(
                ("POST", "/assets"),
                ("GET", "/assets"),
                ("GET", "/assets/x"),
                ("DELETE", "/assets/x"),
            ),
        ):
            for headers in ({}, {"Authorization": "Bearer refused"}):
                reply = await client.request(method, path, headers=headers)
                assert (reply.status_code, list(reply.json())) == (401, ["error"]), path
        poor = {"Authorization": "Bearer poor"}
        reply = await client.post(KLING_25, headers=poor, json=SMALL)
        assert (reply.status_code, reply.json()) == (402, {"message": "INSUFFICIENT_BALANCE"})
        assert (await client.get("/jobs", headers=poor)).status_code == 200


async def test_a_failed_job_says_why_and_a_filtered_one_says_nothing(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        failed = await order_krea(client, prompt="[fail]")
        filtered = await order_krea(client, prompt="[NSFW]")
        clock.now += 9
        assert (await job(client, failed))["status"] == "failed"
        assert (await job(client, failed))["result"]["error"]
        assert (await job(client, filtered))["status"] == "completed"
        assert (await job(client, filtered))["result"] == {}


async def test_deleting_stops_a_running_job_and_forgets_an_ended_one(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        task = await order_krea(client, prompt="[slow]")
        assert (await client.delete(f"/jobs/{task}", headers=KEY)).status_code == 200
        assert (await job(client, task))["status"] == "cancelled"
        assert (await client.delete(f"/jobs/{task}", headers=KEY)).status_code == 200
        for method in ("GET", "DELETE"):
            reply = await client.request(method, f"/jobs/{task}", headers=KEY)
            assert (reply.status_code, list(reply.json())) == (404, ["error"])
        assert (await client.get("/sandbox/stats")).json()["creates"]["krea"] == 1


async def test_jobs_are_listed_newest_first_in_pages(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        ids = [await order_krea(client, prompt="[stuck]") for _ in range(5)]
        found: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await client.get("/jobs", params=query, headers=KEY)).json()
            found += [item["job_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert found == ids[::-1]
        await client.delete(f"/jobs/{ids[2]}", headers=KEY)
        page = (await client.get("/jobs?status=cancelled", headers=KEY)).json()
        assert [item["job_id"] for item in page["items"]] == [ids[2]]
        for wrong in ("limit=0", "limit=1001", "cursor=yesterday", "status=running"):
            assert (await client.get(f"/jobs?{wrong}", headers=KEY)).status_code == 400


async def test_an_unknown_address_is_answered_with_a_page(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        for path in ("/v1/jobs/x", "/generate/video/kling/kling-9"):
            reply = await client.get(path, headers=KEY)
            assert (reply.status_code, reply.headers["content-type"][:9]) == (404, "text/html")


async def test_an_asset_is_kept_listed_served_and_deleted(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        reply = await client.post(
            "/assets", headers=KEY, files={"file": ("a.png", png())}, data={"description": "mine"}
        )
        asset = reply.json()
        assert (asset["width"], asset["height"], asset["mime_type"]) == (64, 48, "image/png")
        assert (asset["size_bytes"], asset["description"]) == (len(png()), "mine")
        assert (await client.get(asset["image_url"])).content == png()
        assert (await client.get(f"/assets/{asset['id']}", headers=KEY)).json() == asset
        other = (await upload(client, png("blue"))).json()
        first = (await client.get("/assets?limit=1", headers=KEY)).json()
        second = await client.get(f"/assets?limit=1&cursor={first['next_cursor']}", headers=KEY)
        pages = first["items"] + second.json()["items"]
        assert {item["id"] for item in pages} == {asset["id"], other["id"]}
        assert second.json()["next_cursor"] is None
        gone = await client.delete(f"/assets/{asset['id']}", headers=KEY)
        assert gone.json()["success"] is True
        for path in (f"/assets/{asset['id']}", "/assets/..%2f..%2ftasks", "/assets/x"):
            assert (await client.get(path, headers=KEY)).status_code == 404
        assert (await client.get(asset["image_url"])).status_code == 404


@pytest.mark.parametrize(
    "data", [b"", b"plain text", b"<svg/>", b"%PDF-1.7", b"GIF89a" + bytes(20)]
)
async def test_a_file_of_another_type_is_refused(tmp_path: Path, data: bytes) -> None:
    async with sandbox(tmp_path) as client:
        reply = await upload(client, data, "looks-like.png")
        assert (reply.status_code, list(reply.json())) == (400, ["error"])


async def test_an_upload_that_is_too_large_or_no_form_is_refused(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        reply = await upload(client, png() + bytes(75 * 2**20))
        assert reply.status_code == 400
        reply = await client.post("/assets", headers=KEY, data={"file": "words"})
        assert reply.status_code == 400
        broken = KEY | {"Content-Type": "multipart/form-data; boundary=x"}
        reply = await client.post("/assets", headers=broken, content=b"--y nonsense")
        assert reply.status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.test/a.png",
        "https://sandbox.test/files/none.png",
        "ftp://x/a.png",
        "data:image/png;base64,????",
        "data:image/png,plain",
        "data:image/png;base64,aGVsbG8=",
    ],
)
async def test_an_image_that_krea_cannot_have_is_refused(tmp_path: Path, address: str) -> None:
    async with sandbox(tmp_path) as client:
        reply = await create(client, prompt="sea", start_image=address)
        assert reply.status_code == 422
        assert reply.json()["detail"][0]["loc"] == ["body", "start_image"]
