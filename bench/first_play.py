"""From "the provider finished" to "the clip plays" in Chromium: ours, and the documents' loop.

The provider is a stand-in on loopback whose tasks take 11.5 s, give or take a tenth. The documents'
loop orders, asks every 10 s, and opens the address it is given in a `<video>`. Ours is the real app
with a page open; it has seen such takes before. The server's own part, from the last byte of the
clip to its address in the feed, is measured apart, on short tasks and without a page.
"""

from __future__ import annotations

import math
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from common.chromium import chromium, page_of, ready
from common.clips import make_clips
from common.past import database, write_past
from common.provider import PATH, StandIn, Task, standing_in
from common.running import WAN, app
from common.table import Report, Row, Target, main, middle
from playwright.sync_api import Page

from core.jobs.store import JobStore

TYPICAL, SPREAD, LOOP, TAKES, PARTS = 11.5, 0.10, 10.0, 8, 20
BRIEF = (2.3, 2.0, 1, 2)
"""Seconds of a task, of the documents' loop, takes, and takes of the server's own part."""

# Notes the moment at which any clip in the page begins to load, and to move.
NOTING = """
window.moments = {};
for (const name of ["loadstart", "playing"])
  addEventListener(name, ({ target }) => {
    const src = target.currentSrc || target.src;
    if (src) window.moments[`${name} ${src}`] ??= Date.now() / 1000;
  }, true);
"""
PLAYING = "(known) => Object.keys(moments).filter((m) => m.startsWith('playing')).length > known"


def durations(typical: float, takes: int) -> list[float]:
    """Return the same tasks for both sides."""
    chance, sigma = random.Random(5), math.sqrt(math.log(1 + SPREAD**2))
    return [chance.lognormvariate(math.log(typical) - sigma**2 / 2, sigma) for _ in range(takes)]


def ours(page: Page, provider: StandIn, number: int) -> Row:
    """Press Generate, and wait until the new clip plays."""
    before = page.evaluate("Object.keys(moments).filter((m) => m.startsWith('playing')).length")
    page.fill("#field-prompt-text textarea", f"Take {number} of a fox in the snow")
    page.click("#generate")
    page.wait_for_function(PLAYING, arg=before, timeout=90_000)
    return steps("ours", provider.latest, page)


def theirs(page: Page, provider: StandIn, address: str, loop: float) -> Row:
    """Order, ask at the documents' pace, and open what there is."""
    with httpx.Client(base_url=address, trust_env=False) as http:
        order = http.post(PATH, json={"model": WAN, "prompt": "a fox"}).json()
        answer: dict[str, Any] = {}
        while answer.get("status") != "completed":
            time.sleep(loop)
            answer = http.get(PATH, params={"generation_id": order["id"]}).json()
    page.goto(f"{address}/player/{order['id']}")
    page.wait_for_function(PLAYING, arg=0, timeout=30_000)
    return steps("documents' loop", provider.latest, page)


def steps(who: str, task: Task, page: Page) -> Row:
    """Return the seconds since the task's end at which each step was done."""
    moments = page.evaluate("moments")
    loading, playing = (
        max(at for name, at in moments.items() if name.startswith(step))
        for step in ("loadstart", "playing")
    )
    return {
        "who": who,
        "task, s": task.done - task.came,
        "told, s": task.told - task.done,
        "clip sent, s": task.sent - task.done,
        "page loads it, s": loading - task.done,
        "plays, s": playing - task.done,
        "requests": task.polls,
    }


def own_part(url: str, provider: StandIn, folder: Path, takes: int) -> list[float]:
    """Return the milliseconds from a clip's last byte to the feed's answer with its address.

    The row is watched from outside, so that the app does nothing but its own work; the feed is
    then asked as the page does, for what changed since.
    """
    found, store = [], JobStore(database(folder))
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
        for number in range(takes):
            order = {"data": [WAN, {"prompt": f"part {number}"}]}
            job = http.post("/gradio_api/run/submit", json=order).json()["data"][0]
            known = http.get("/dailies/feed", params={"since": "-1"}).json()["revision"]
            while "video" not in store.get(job["id"]).files:
                time.sleep(0.001)
            jobs = http.get("/dailies/feed", params={"since": known}).json()["jobs"]
            found.append(1000 * (time.time() - provider.latest.sent))
            assert any(one["id"] == job["id"] and one["files"]["video"] for one in jobs)
            # The previews keep the cores busy, and are not what is measured.
            while not store.get(job["id"]).state.is_final:
                time.sleep(0.05)
    store.close()
    return found


def turns(folder: Path, clip: Path, sizes: tuple[float, float, int, int]) -> Iterator[Row]:
    """Yield a row for each take of each side, then those of the server's own part."""
    typical, loop, takes, parts = sizes
    with standing_in(clip) as (provider, settings):
        write_past(folder, WAN, durations(typical, 30))
        with app(folder, **settings) as running, chromium() as browser:
            with page_of(browser, scripts=NOTING) as page, page_of(browser, scripts=NOTING) as bare:
                ready(page, running.url)
                for number, lasting in enumerate(durations(typical, takes)):
                    provider.lasting = lasting
                    yield ours(page, provider, number)
                    yield theirs(bare, provider, settings["AIMLAPI_BASE_URL"], loop)
            provider.lasting = 1.0
            for part in own_part(running.url, provider, folder, parts):
                yield {"who": "our server", "own part, ms": part}


def measure(*, brief: bool) -> Report:
    sizes = BRIEF if brief else (TYPICAL, LOOP, TAKES, PARTS)
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as name:
        folder = Path(name)
        (clip,) = make_clips(folder, ["textured"], brief=brief).values()
        rows = list(turns(folder / "data", clip, sizes))

    def median(who: str, column: str) -> float:
        return middle([float(row[column]) for row in rows if row["who"] == who])

    own, loop = median("ours", "plays, s"), median("documents' loop", "plays, s")
    goals = [
        Target(
            what="sooner on the screen, median",
            figure=loop / own,
            limit=8.0,
            unit="×",
            at_least=True,
            against=f"documents' loop: {loop:.2f} s, ours {own:.2f} s",
        ),
        Target(
            what="server's own part, median",
            figure=median("our server", "own part, ms"),
            limit=15.0,
            unit="ms",
        ),
    ]
    return Report(title="To the first picture", rows=medians(rows), targets=goals, brief=brief)


def medians(rows: list[Row]) -> list[Row]:
    """Return one row a side, with the median of each column."""
    sides: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for name, value in row.items():
            if name != "who":
                sides.setdefault(row["who"], {}).setdefault(name, []).append(value)
    return [
        {"who": who, "takes": len(next(iter(columns.values())))}
        | {name: middle(values) for name, values in columns.items()}
        for who, columns in sides.items()
    ]


if __name__ == "__main__":
    main("To the first picture", measure)
