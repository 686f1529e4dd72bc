"""The sandbox as a whole: its folder, its files, its counts, its faults, and a real socket."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from core.sandbox import create_sandbox
from core.sandbox.workshop import Workshop

pytestmark = pytest.mark.anyio

KEY = {"Authorization": "Bearer any-key"}
UNIVERSAL = "/v2/video/generations"
KLING_25 = "/generate/video/kling/kling-2.5"
TEXT = "krea/krea-wan-14b/text-to-video"
SHORT = {"model": TEXT, "prompt": "calm sea", "num_frames": 18, "seed": 1}
SMALL = {"prompt": "calm sea", "duration": 3, "width": 256, "height": 256, "fps": 12, "seed": 1}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def sandbox(
    folder: Path, clock: Callable[[], float] = time.time, **options: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_sandbox(folder, clock=clock, **options)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://sandbox.test") as client:
        yield client


async def order(client: httpx.AsyncClient, **changes: Any) -> str:
    reply = await client.post(UNIVERSAL, headers=KEY, json=SHORT | changes)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


async def order_krea(client: httpx.AsyncClient, **changes: Any) -> str:
    reply = await client.post(KLING_25, headers=KEY, json=SMALL | changes)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["job_id"])


async def poll(client: httpx.AsyncClient, task: str, path: str = UNIVERSAL) -> dict[str, Any]:
    reply = await client.get(path, params={"generation_id": task}, headers=KEY)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def job(client: httpx.AsyncClient, task: str) -> dict[str, Any]:
    reply = await client.get(f"/jobs/{task}", headers=KEY)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def ended(
    ask: Callable[..., Any], client: httpx.AsyncClient, task: str, *more: str
) -> dict[str, Any]:
    """Return a task's last answer, once its clip is rendered; the clock must already be late."""
    for _ in range(1500):
        answer: dict[str, Any] = await ask(client, task, *more)
        if answer["status"] in ("completed", "error", "failed", "cancelled"):
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(answer)


async def stats(client: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await client.get("/sandbox/stats")).json())


async def test_a_task_outlives_a_restart_in_the_middle_of_its_work(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        task, kling = await order(client), await order_krea(client)
    for clip in (tmp_path / "clips").iterdir():
        clip.unlink()
    clock.now += 5
    async with sandbox(tmp_path, clock) as client:
        url = (await ended(poll, client, task))["video"]["url"]
        assert (await client.get(url)).content[4:8] == b"ftyp"
        assert (await ended(job, client, kling))["status"] == "completed"
        assert (await stats(client))["creates"] == {"aimlapi": 1, "krea": 1}


async def test_two_processes_on_one_folder_see_the_same_tasks(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as one, sandbox(tmp_path) as other:
        task = await order_krea(one, prompt="sea [stuck]")
        assert (await job(other, task))["status"] == "queued"
        assert (await other.delete(f"/jobs/{task}", headers=KEY)).status_code == 200
        assert (await job(one, task))["status"] == "cancelled"


async def test_a_task_is_never_completed_before_its_clip_is_there(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        tasks = [await order(client, seed=seed, num_frames=42) for seed in range(4)]
        clock.now += 100
        first = (await poll(client, tasks[-1]))["status"]
        assert first == "generating"
        for task in tasks:
            answer = await ended(poll, client, task)
            assert (await client.get(answer["video"]["url"])).status_code == 200


async def test_a_file_is_given_in_ranges(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        task = await order(client)
        clock.now += 9
        url = (await ended(poll, client, task))["video"]["url"]
        whole = await client.get(url)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["accept-ranges"] == "bytes"
        part = await client.get(url, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, whole.content[100:200])
        assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
        rest = await client.get(url, headers={"Range": "bytes=500-"})
        assert rest.content == whole.content[500:]
        beyond = await client.get(url, headers={"Range": f"bytes={10**9}-"})
        assert beyond.status_code == 416
        assert (await client.head(url)).headers["content-length"] == str(len(whole.content))


async def test_a_key_sent_to_a_file_is_answered_400_and_counted(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        assert (await client.get("/files/some.mp4", headers=KEY)).status_code == 400
        assert (await client.get("/files/some.mp4")).status_code == 404
        assert (await stats(client))["keyed_file_requests"] == 1


@pytest.mark.parametrize(
    "name",
    ["../tasks/x.json", "..%2Ftasks%2Fx.json", "x.json", "x.broken", ".hidden", "%2Fetc%2Fpasswd"],
)
async def test_only_clips_and_assets_are_served(tmp_path: Path, name: str) -> None:
    async with sandbox(tmp_path) as client:
        (tmp_path / "clips" / "x.json").write_text("{}")
        (tmp_path / "clips" / "x.broken").write_text("why")
        assert (await client.get(f"/files/{name}")).status_code == 404


async def test_orders_and_polls_are_counted(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as client:
        mine = {"X-Client-Request-Id": "take-1"}
        for _ in range(2):
            body = SHORT | {"prompt": "sea [fail]"}
            await client.post(UNIVERSAL, headers=KEY | mine, json=body)
        kling = SMALL | {"prompt": "sea [fail]"}
        task = (await client.post(KLING_25, headers=KEY | mine, json=kling)).json()["job_id"]
        await job(client, task)
        await client.get(UNIVERSAL, params={"generation_id": "none"}, headers=KEY)
        assert await stats(client) == {
            "creates": {"aimlapi": 2, "krea": 1},
            "creates_by_client_request_id": {"take-1": 3},
            "polls": 2,
            "keyed_file_requests": 0,
        }


async def test_a_slow_task_takes_a_minute_and_a_stuck_one_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        slow, stuck = (
            await order(client, prompt="sea [slow]"),
            await order(client, prompt="[stuck]"),
        )
        clock.now += 59
        assert (await poll(client, slow))["status"] == "generating"
        clock.now += 2
        assert (await ended(poll, client, slow))["status"] == "completed"
        clock.now += 10**6
        assert (await poll(client, stuck))["status"] == "queued"


async def test_a_lost_order_is_answered_with_a_page_and_is_there_all_the_same(
    tmp_path: Path,
) -> None:
    async with sandbox(tmp_path) as client:
        body = SHORT | {"prompt": "sea [lost]"}
        reply = await client.post(UNIVERSAL, headers=KEY | {"X-Client-Request-Id": "t"}, json=body)
        assert (reply.status_code, reply.headers["content-type"][:9]) == (502, "text/html")
        rows = (await client.get("/v2/logs?period=1d", headers=KEY)).json()["data"]
        assert rows[0]["client_request_id"] == "t"
        reply = await client.post(KLING_25, headers=KEY, json=SMALL | {"prompt": "sea [lost]"})
        assert reply.status_code == 502
        assert len((await client.get("/jobs", headers=KEY)).json()["items"]) == 1


async def test_at_the_real_pace_a_clip_takes_as_long_as_at_the_vendor(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock, pace="real") as client:
        task = await order(client)
        clock.now += 11
        assert (await poll(client, task))["status"] == "generating"
        clock.now += 1
        assert (await ended(poll, client, task))["status"] == "completed"
        kling = await order_krea(client, prompt="[fail]")
        clock.now += 93
        assert (await job(client, kling))["status"] == "intermediate-complete"
        clock.now += 2
        assert (await job(client, kling))["status"] == "failed"


async def test_a_task_that_cannot_be_rendered_fails_and_says_why(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        broken = b"\0\0\0\x18ftypmp42" + bytes(400)
        asset = await client.post("/assets", headers=KEY, files={"file": ("a.mp4", broken)})
        body = {"prompt": "sea", "start_video": asset.json()["image_url"]}
        reply = await client.post(KLING_25, headers=KEY, json=body)
        clock.now += 9
        answer = await ended(job, client, reply.json()["job_id"])
        assert answer["status"] == "failed"
        assert "damaged" in answer["result"]["error"]


def test_it_is_served_on_a_socket_with_addresses_of_its_own(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(create_sandbox(tmp_path), log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=KEY) as client:
            task = client.post(UNIVERSAL, json=SHORT).json()["id"]
            seen = []
            for _ in range(400):
                answer = client.get(UNIVERSAL, params={"generation_id": task}).json()
                seen.append(answer["status"])
                if seen[-1] == "completed":
                    break
                time.sleep(0.05)
        assert list(dict.fromkeys(seen)) == ["queued", "generating", "completed"]
        url = answer["video"]["url"]
        assert url.startswith(f"http://127.0.0.1:{port}/files/")
        assert httpx.get(url).content[4:8] == b"ftyp"
        server.should_exit = True
        thread.join(5)


def test_the_command_line_names_its_options() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "core.sandbox", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(option in said for option in ("--port", "--folder", "--pace"))


def test_a_closed_workshop_begins_nothing_more() -> None:
    workshop, done, gate = Workshop(benches=1), [], threading.Event()
    workshop.ensure("one", gate.wait)
    workshop.ensure("two", lambda: done.append("two"))
    workshop.close()
    gate.set()
    workshop.ensure("three", lambda: done.append("three"))
    time.sleep(0.1)
    assert done == []
