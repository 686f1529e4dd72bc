"""Opening the page in Chromium with 0, 100 and 1000 takes, against an empty Gradio page.

Times are the page's own, from its start: to the first widget, and until it can be used. The
server's time is that of `/` alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
from common.chromium import READY, chromium, page_of, seen
from common.clips import make_clips
from common.past import write_past
from common.running import WAN, app, empty_gradio
from common.table import Report, Row, Target, main, middle
from playwright.sync_api import Browser

from core.media import make_previews

TAKES, ROUNDS, REQUESTS = (0, 100, 1000), 15, 50
FEW = (3,)
EMPTY = "empty Gradio"
FIRST = {EMPTY: "#only textarea", "ours": "#fields textarea"}
USABLE = {EMPTY: "#only textarea:enabled", "ours": READY}


def a_take(folder: Path, *, brief: bool) -> Path:
    """Return a folder with the files of one take."""
    made = folder / "take"
    made.mkdir()
    clip = made / "clip.mp4"
    make_clips(folder, ["textured"], brief=brief)["textured"].replace(clip)
    make_previews(clip, made)
    return made


def opened(browser: Browser, name: str, url: str) -> dict[str, float]:
    """Return what one cold visit took, in milliseconds."""
    kind = EMPTY if name == EMPTY else "ours"
    with page_of(browser) as page:
        page.goto(url, wait_until="commit")
        page.wait_for_load_state("domcontentloaded")
        first, usable = seen(page, FIRST[kind], USABLE[kind])
        page.wait_for_load_state("networkidle")
        count = page.evaluate("performance.getEntriesByType('resource').length")
        script = (
            "performance.getEntriesByType('resource').reduce((n, e) => n + e.encodedBodySize, 0)"
        )
        kilobytes = page.evaluate(script) / 1000
    return {"first widget, ms": first, "usable, ms": usable, "requests": count, "kB": kilobytes}


def served(url: str, requests: int) -> dict[str, float]:
    """Return the server's milliseconds for the page itself, and its kB."""
    times = []
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        for _ in range(requests):
            began = time.perf_counter()
            answer = http.get("/").raise_for_status()
            times.append(1000 * (time.perf_counter() - began))
    return {"server's /, ms": middle(times), "/, kB": len(answer.content) / 1000}


def rows_of(folder: Path, takes: tuple[int, ...], rounds: int) -> Iterator[Row]:
    """Yield a row for each page; all are served at once and visited in turn."""
    made, found = a_take(folder, brief=rounds == 1), dict[str, list[dict[str, float]]]()
    with ExitStack() as stack:
        urls = {EMPTY: stack.enter_context(empty_gradio()).url}
        for count in takes:
            data = folder / f"data-{count}"
            write_past(data, WAN, [11.5] * count, made=made)
            urls[f"ours, {count} takes"] = stack.enter_context(app(data)).url
        browser = stack.enter_context(chromium())
        for name, url in urls.items():
            opened(browser, name, url)
        for number in range(rounds):
            # To and fro: what one page leaves for the machine to do falls to both its neighbours.
            for name, url in sorted(urls.items(), reverse=bool(number % 2)):
                found.setdefault(name, []).append(opened(browser, name, url))
        for name, url in urls.items():
            medians = {key: middle([one[key] for one in found[name]]) for key in found[name][0]}
            yield {"page": name, **medians, **served(url, REQUESTS)}


def targets(rows: list[Row]) -> Iterator[Target]:
    """Yield ours without takes against Gradio's, and each number of takes against none."""
    empty, bare, *others = rows
    for column in ("first widget, ms", "usable, ms"):
        what, theirs = column.removesuffix(", ms"), f"empty Gradio: {empty[column]:.0f} ms"
        ratio = float(bare[column]) / float(empty[column])
        yield Target(
            what=f"{what}, {_takes(bare)}", figure=ratio, limit=1.3, unit="×", against=theirs
        )
    for row in others:
        ratio = float(row["usable, ms"]) / float(bare["usable, ms"])
        theirs = f"{_takes(bare)}: {bare['usable, ms']:.0f} ms"
        # What counts as flat: less than the visits of one page differ among themselves.
        yield Target(
            what=f"usable, {_takes(row)}", figure=ratio, limit=1.1, unit="×", against=theirs
        )


def _takes(row: Row) -> str:
    return str(row["page"]).removeprefix("ours, ")


def measure(*, brief: bool) -> Report:
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder:
        sizes, rounds = (FEW, 1) if brief else (TAKES, ROUNDS)
        rows = list(rows_of(Path(folder), sizes, rounds))
    return Report(title="Opening the page", rows=rows, targets=list(targets(rows)), brief=brief)


if __name__ == "__main__":
    main("Opening the page", measure)
