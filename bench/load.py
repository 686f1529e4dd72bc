"""One process with many jobs in flight and 50 open pages: latency, memory a job, processor time.

    python bench/load.py [--jobs 1 50 500] [--pages 50] [--json FILE] [--brief]

The provider is a stand-in on loopback whose tasks take longer than the measurement does. Idle is
the same process with the same pages, before the first job.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from common.provider import standing_in
from common.running import WAN, Process, app
from common.table import Report, Row, Target, finish, middle, options, p95

JOBS, PAGES, LOOK = (1, 50, 500), 50, 20.0
FEW_JOBS, FEW_PAGES, SHORT_LOOK = (5,), 5, 2.0


async def measure_one(jobs: int, pages: int, look: float) -> Row:
    """Return the figures for so many jobs and pages."""
    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder,
        standing_in() as (provider, settings),
        app(Path(folder), **settings) as process,
    ):
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=process.url, timeout=60, trust_env=False, limits=limits
        ) as http:
            # The first look also fills what is filled once only.
            await latencies(http, pages, look / 4)
            idle = await latencies(http, pages, look / 2)
            # What the first job loads, stays for all the others.
            bare = process.megabytes()
            await submit(http, 0)
            await latencies(http, pages, look / 4)
            before = process.megabytes()
            submits = [await submit(http, number) for number in range(jobs)]
            await provider.taken(1 + jobs, 120.0)
            busy, share = await watched(http, process, pages, look)
            running = [job["state"] for job in await call(http, "jobs", 500, None)]
            after = process.megabytes()
    return {
        "jobs": jobs,
        "pages": pages,
        "submit median ms": 1000 * middle(submits),
        "idle median ms": 1000 * middle(idle),
        "busy median ms": 1000 * middle(busy),
        "idle p95 ms": 1000 * p95(idle),
        "busy p95 ms": 1000 * p95(busy),
        "first job, MB": before - bare,
        "MB a job": (after - before) / jobs,
        "MB in all": after,
        "share of a core": share,
        "orders": len(provider.tasks) - 1,
        "still running": min(jobs, running.count("running")),
    }


async def watched(
    http: httpx.AsyncClient, process: Process, pages: int, look: float
) -> tuple[list[float], float]:
    """Return the pages' latencies in seconds, and the share of a core that all of it took."""
    spent, began = process.cpu_seconds(), time.monotonic()
    found = await latencies(http, pages, look)
    return found, (process.cpu_seconds() - spent) / (time.monotonic() - began)


async def submit(http: httpx.AsyncClient, number: int) -> float:
    """Order a clip; returns the seconds to the answer, without the waits that the app asked for."""
    while True:
        began = time.perf_counter()
        order = {"data": [WAN, {"prompt": f"load {number}"}]}
        answer = await http.post("/gradio_api/run/submit", json=order)
        took = time.perf_counter() - began
        if answer.status_code != 429:
            answer.raise_for_status()
            return took
        await asyncio.sleep(0.2)


async def latencies(http: httpx.AsyncClient, pages: int, seconds: float) -> list[float]:
    """Let each page ask for its feed once a second, as the real page does while a take is made."""
    ends, found = time.monotonic() + seconds, list[float]()

    async def page(number: int) -> None:
        await asyncio.sleep(number / pages)
        since = -1
        while time.monotonic() < ends:
            began = time.perf_counter()
            answer = await http.get("/dailies/feed", params={"since": since})
            since = answer.json()["revision"]
            found.append(time.perf_counter() - began)
            await asyncio.sleep(1.0)

    await asyncio.gather(*map(page, range(pages)))
    return found


async def call(http: httpx.AsyncClient, name: str, *data: Any) -> Any:
    """Call the public API."""
    while True:
        answer = await http.post(f"/gradio_api/run/{name}", json={"data": list(data)})
        if answer.status_code != 429:
            return answer.json()["data"][0]
        await asyncio.sleep(0.2)


def targets(rows: Sequence[Row]) -> Iterator[Target]:
    """Yield what issue 5 asks of one process, for each number of jobs."""
    for row in rows:
        jobs = f"{row['jobs']} jobs, {row['pages']} pages"
        for name in ("median", "p95"):
            idle = float(row[f"idle {name} ms"])
            yield Target(
                what=f"{jobs}: the page's latency, {name}",
                figure=float(row[f"busy {name} ms"]) / idle,
                limit=1.5,
                unit="×",
                against=f"idle: {idle:.1f} ms",
            )
        # What a single job adds cannot be told from what a process adds by itself.
        if int(row["jobs"]) >= 50:
            figure = float(row["MB a job"])
            yield Target(what=f"{jobs}: memory a job", figure=figure, limit=0.2, unit="MB")
        lost = int(row["jobs"]) - int(row["still running"])
        yield Target(what=f"{jobs}: lost jobs", figure=lost, limit=0)


def measure(*, brief: bool, jobs: Sequence[int], pages: int) -> Report:
    look = SHORT_LOOK if brief else LOOK
    rows = [asyncio.run(measure_one(count, pages, look)) for count in jobs]
    return Report(title="One process", rows=rows, targets=list(targets(rows)), brief=brief)


if __name__ == "__main__":
    parser = options("One process")
    parser.add_argument("--jobs", type=int, nargs="+", help="how many, one row each")
    parser.add_argument("--pages", type=int, help="pages that are open all the while")
    wanted = parser.parse_args()
    usual = (FEW_JOBS, FEW_PAGES) if wanted.brief else (JOBS, PAGES)
    finish(
        measure(brief=wanted.brief, jobs=wanted.jobs or usual[0], pages=wanted.pages or usual[1])
    )
