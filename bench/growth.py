"""How cost grows: with takes, with models, with jobs in flight, with replicas on one PostgreSQL.

    python bench/growth.py [--brief] [--json FILE] [--plots FOLDER]

Each is drawn as a picture with the slope of a straight line through it. Briefly, nothing is kept.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from common.catalog import vendor
from common.past import write_past
from common.plot import Curve, draw
from common.provider import StandIn, standing_in
from common.running import WAN, app
from common.table import Report, Row, finish, middle, options
from load import submit, watched
from postgres import running_postgres
from switching import wait_for_models

ROOT = Path(__file__).resolve().parents[1]
TAKES, MODELS, JOBS, REPLICAS = (
    (0, 100, 300, 1000, 3000),
    (5, 50, 100, 200, 400),
    (0, 50, 100, 200, 400),
    (1, 2, 3, 4),
)
FEW_TAKES, FEW_MODELS, FEW_JOBS, FEW_REPLICAS = (20,), (15,), (0, 3), (2,)
ORDERS, FEW_ORDERS = 150, 4
ROUNDS, PAGES, LOOK = 40, 10, 10.0


def takes(counts: Sequence[int]) -> Iterator[Row]:
    """Yield what the feed costs a page that has so many takes."""
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
            write_past(Path(name), WAN, [11.5] * count)
            with app(Path(name)) as process, httpx.Client(base_url=process.url, timeout=30) as http:
                news = http.get("/dailies/feed?since=-1").json()
                paths = {
                    "whole feed, ms": "/dailies/feed?since=-1",
                    "no news, ms": f"/dailies/feed?since={news['revision']}",
                    "page, ms": "/",
                }
                times = {column: asked(http, path) for column, path in paths.items()}
                size = len(http.get("/").content) / 1000
                kilobytes = len(http.get("/dailies/feed?since=-1").content) / 1000
                yield {"takes": count, **times, "page, kB": size, "feed, kB": kilobytes}


def asked(http: httpx.Client, path: str) -> float:
    """Return the median milliseconds of an answer."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        http.get(path).raise_for_status()
        times.append(1000 * (time.perf_counter() - began))
    return middle(times)


def models(counts: Sequence[int]) -> Iterator[Row]:
    """Yield what so many models cost: the page, their table, the list of the public API."""
    for count in counts:
        with (
            tempfile.TemporaryDirectory(prefix="dailies-bench-") as name,
            vendor(max(0, count - 5)) as settings,
            app(Path(name), **(settings if count > 5 else {})) as process,
            httpx.Client(base_url=process.url, timeout=60, trust_env=False) as http,
        ):
            wait_for_models(process.url, count)
            version = http.get("/dailies/feed").json()["catalog"]["version"]
            began = time.perf_counter()
            http.get(f"/dailies/models/{version}").raise_for_status()
            built = 1000 * (time.perf_counter() - began)
            yield {
                "models": count,
                "table made, ms": built,
                "table again, ms": asked(http, f"/dailies/models/{version}"),
                "/models, ms": middle([listed(http) for _ in range(5)]),
                "table gzipped, kB": sent(http, f"/dailies/models/{version}"),
                "page, kB": len(http.get("/").content) / 1000,
                "memory, MB": process.megabytes(),
            }


def listed(http: httpx.Client) -> float:
    """Return the milliseconds of the public API's list."""
    began = time.perf_counter()
    http.post("/gradio_api/run/models", json={"data": []}).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def sent(http: httpx.Client, path: str) -> float:
    """Return an answer's kB as they travel."""
    with http.stream("GET", path) as answer:
        return sum(len(part) for part in answer.iter_raw()) / 1000


def jobs(counts: Sequence[int], look: float) -> Iterator[Row]:
    """Yield what so many jobs in flight cost one process with ten open pages."""

    async def grow() -> list[Row]:
        rows: list[Row] = []
        async with httpx.AsyncClient(base_url=process.url, timeout=60, trust_env=False) as http:
            for count in counts:
                while len(provider.tasks) < count:
                    wanted = count - len(provider.tasks)
                    for number in range(wanted):
                        await submit(http, number)
                    await provider.taken(count, 60.0)
                found, share = await watched(http, process, PAGES, look)
                rows.append(
                    {
                        "jobs": count,
                        "share of a core": share,
                        "feed, median ms": 1000 * middle(found),
                        "memory, MB": process.megabytes(),
                    }
                )
        return rows

    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as name,
        standing_in() as (provider, settings),
        app(Path(name), **settings) as process,
    ):
        yield from asyncio.run(grow())


def replicas(counts: Sequence[int], orders: int) -> Iterator[Row]:
    """Yield how many orders a second go out of so many replicas, all told at once to order."""
    with running_postgres() as address:
        for count in counts if address else ():
            with (
                tempfile.TemporaryDirectory(prefix="dailies-bench-") as name,
                standing_in() as (provider, settings),
            ):
                settings |= {"DAILIES_DATA_DIR": name, "DAILIES_DATABASE_URL": str(address)}
                seconds = ordered(provider, settings, count, orders)
            rate = count * orders / seconds
            yield {
                "replicas": count,
                "orders": count * orders,
                "s": seconds,
                "orders a second": rate,
            }


def ordered(provider: StandIn, settings: dict[str, str], count: int, orders: int) -> float:
    """Return the seconds until every order of every replica was at the provider."""
    with ExitStack() as stack:
        replicas = [stack.enter_context(replica(settings, orders)) for _ in range(count)]
        for process in replicas:
            assert process.stdout.readline() == "ready\n"
        began = time.time()
        for process in replicas:
            process.stdin.write("go\n")
            process.stdin.flush()
        while len(provider.tasks) < count * orders:
            assert all(process.poll() is None for process in replicas), "a replica has ended"
            time.sleep(0.01)
        return max(task.came for task in provider.tasks.values()) - began


@contextmanager
def replica(settings: dict[str, str], orders: int) -> Iterator[subprocess.Popen[str]]:
    """Run a studio without a page."""
    program = [sys.executable, str(ROOT / "bench/common/replica.py"), str(orders)]
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        program,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=settings["DAILIES_DATA_DIR"],
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def plots(grown: dict[str, list[Row]], folder: Path) -> None:
    """Draw each study."""
    for name, columns in (
        ("takes", ("whole feed, ms", "no news, ms", "page, ms")),
        ("models", ("table made, ms", "/models, ms", "table gzipped, kB", "page, kB")),
        ("jobs", ("share of a core", "feed, median ms")),
        ("replicas", ("orders a second",)),
    ):
        if rows := grown[name]:
            counts = [float(row[name]) for row in rows]
            curves = [
                Curve(column, counts, [float(row[column]) for row in rows]) for column in columns
            ]
            draw(folder / f"{name}.png", name, curves)


def slopes(grown: dict[str, list[Row]]) -> Iterator[Row]:
    """Yield every study's rows, each with what it is of."""
    for name, rows in grown.items():
        for row in rows:
            yield {"grows": f"{row[name]} {name}", **{key: row[key] for key in row if key != name}}


def measure(*, brief: bool, folder: Path) -> Report:
    sizes = (
        (FEW_TAKES, FEW_MODELS, FEW_JOBS, FEW_REPLICAS)
        if brief
        else (TAKES, MODELS, JOBS, REPLICAS)
    )
    grown = {
        "takes": list(takes(sizes[0])),
        "models": list(models(sizes[1])),
        "jobs": list(jobs(sizes[2], 1.0 if brief else LOOK)),
        "replicas": list(replicas(sizes[3], FEW_ORDERS if brief else ORDERS)),
    }
    plots(grown, folder)
    return Report(title="How cost grows", rows=list(slopes(grown)), brief=brief)


if __name__ == "__main__":
    parser = options("How cost grows")
    parser.add_argument("--plots", type=Path, default=ROOT / "docs/plots", metavar="FOLDER")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as nowhere:
        kept = Path(nowhere) if wanted.brief else wanted.plots
        finish(measure(brief=wanted.brief, folder=kept))
