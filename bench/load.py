"""Many jobs in flight and many pages open in one process: latency, memory a job, nothing lost.

    python bench/load.py [--jobs 1 50 500] [--pages 50] [--json FILE] [--brief]

The provider is a stand-in on loopback whose tasks take as long as the measurement does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from served import serve_app  # noqa: E402

MODEL = "aimlapi:krea/krea-wan-14b/text-to-video"
LOOK_SECONDS = 15.0


class Endless:
    """A provider whose tasks run until they are told to fail."""

    def __init__(self) -> None:
        self.orders = 0
        self.ended = False
        path = "/v2/video/generations"
        self.app = Starlette(
            routes=[
                Route(path, self.create, methods=["POST"]),
                Route(path, self.poll, methods=["GET"]),
            ]
        )

    async def taken(self, jobs: int, seconds: float) -> None:
        """Wait until so many orders have come, at most so long."""
        for _ in range(int(seconds / 0.05)):
            if self.orders >= jobs:
                return
            await asyncio.sleep(0.05)

    async def create(self, _request: Request) -> JSONResponse:
        """Take an order."""
        self.orders += 1
        return JSONResponse({"id": f"task-{self.orders}", "status": "queued"}, 201)

    async def poll(self, request: Request) -> JSONResponse:
        """Tell how a task stands."""
        status = "error" if self.ended else "generating"
        body = {"id": request.query_params["generation_id"], "status": status, "error": None}
        return JSONResponse(body)


@contextmanager
def running_app(folder: Path, provider: str) -> Iterator[tuple[str, int]]:
    """Start the real app; gives its address and process id."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = os.environ | {
        "DAILIES_DATA_DIR": str(folder),
        "AIMLAPI_API_KEY": "bench",
        "AIMLAPI_BASE_URL": provider,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    with subprocess.Popen([sys.executable, str(ROOT / "app.py")], env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_up(url)
            yield url, process.pid
        finally:
            process.terminate()


def _wait_until_up(url: str) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            if httpx.get(f"{url}/config", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("the app did not start")


async def measure(jobs: int, pages: int, folder: Path) -> dict[str, Any]:
    """Return the figures for so many jobs and pages."""
    provider = Endless()
    with serve_app(provider.app) as address, running_app(folder, address) as (url, pid):
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            idle = await _latencies(http, pages, LOOK_SECONDS / 3)
            before = _memory(pid)
            submits = [await _submit(http, number) for number in range(jobs)]
            await provider.taken(jobs, 120.0)
            spent = _cpu(pid)
            busy = await _latencies(http, pages, LOOK_SECONDS)
            share = (_cpu(pid) - spent) / LOOK_SECONDS
            after = _memory(pid)
            listed = (await _call(http, "jobs", 500, None)) if jobs else []
    return {
        "jobs": jobs,
        "pages": pages,
        "submit median ms": _ms(statistics.median(submits)) if submits else 0.0,
        "idle p95 ms": _ms(_p95(idle)),
        "busy p95 ms": _ms(_p95(busy)),
        "kB a job": round((after - before) / jobs, 1) if jobs else 0.0,
        "MB in all": round(after / 1024),
        "share of a core": round(share, 2),
        "orders": provider.orders,
        "still running": sum(job["state"] == "running" for job in listed),
    }


async def _submit(http: httpx.AsyncClient, number: int) -> float:
    begun = time.perf_counter()
    job = await _call(http, "submit", MODEL, {"prompt": f"load {number}"})
    assert job["state"] in ("queued", "submitting", "running"), job
    await asyncio.sleep(0.02)
    return time.perf_counter() - begun - 0.02


async def _latencies(http: httpx.AsyncClient, pages: int, seconds: float) -> list[float]:
    """Let each page ask for its feed once a second, as the real page does."""
    ends, found = time.monotonic() + seconds, list[float]()

    async def page(number: int) -> None:
        await asyncio.sleep(number / pages)
        since = 0
        while time.monotonic() < ends:
            begun = time.perf_counter()
            answer = await http.get("/dailies/feed", params={"since": since})
            since = answer.json()["revision"]
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(1.0)

    await asyncio.gather(*map(page, range(pages)))
    return found


async def _call(http: httpx.AsyncClient, name: str, *data: Any) -> Any:
    while True:
        answer = await http.post(f"/gradio_api/run/{name}", json={"data": list(data)})
        if answer.status_code != 429:
            return answer.json()["data"][0]
        await asyncio.sleep(0.2)


def _memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no such process")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def main() -> None:
    """Measure each number of jobs in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 50, 500])
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--brief", action="store_true")
    arguments = parser.parse_args()
    counts = [5] if arguments.brief else arguments.jobs
    rows = []
    for jobs in counts:
        with tempfile.TemporaryDirectory(prefix="dailies-load-") as folder:
            rows.append(asyncio.run(measure(jobs, arguments.pages, Path(folder))))
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + " --- |" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
