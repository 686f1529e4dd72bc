"""From the press, the page's order or a call of the public API, to the paid POST on the wire."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from common.provider import StandIn, standing_in
from common.running import WAN, app
from common.table import Report, Row, Target, main, middle, p95

ORDERS, FEW, WARM = 60, 5, 3
PAUSE = 0.25
"""Seconds between two orders: the app takes ten calls a second from one caller."""

CALLS: dict[str, Callable[[int], tuple[str, dict[str, Any]]]] = {
    "the page's": lambda number: (
        "/dailies/orders",
        {"model": WAN, "params": {"prompt": f"order {number}"}, "key": f"key {number}"},
    ),
    "the API's, with a session": lambda number: api(number, "bench"),
    "the API's, bare": lambda number: api(number, None),
}
"""For a caller that names no session, Gradio builds one for each call, of every widget."""


def api(number: int, session: str | None) -> tuple[str, dict[str, Any]]:
    """Return the address and the body of a call as Gradio's own clients make it."""
    order = {"data": [WAN, {"prompt": f"order {number}"}], "session_hash": session}
    return "/gradio_api/run/submit", order


def press(
    http: httpx.Client, provider: StandIn, address: str, body: dict[str, Any]
) -> tuple[float, float]:
    """Return the milliseconds from the press to the POST's arrival, and to the answer."""
    began, known = time.time(), len(provider.tasks)
    http.post(address, json=body).raise_for_status()
    answered = time.time()
    while len(provider.tasks) == known:
        time.sleep(0.001)
    return 1000 * (provider.latest.came - began), 1000 * (answered - began)


def row(name: str, times: list[tuple[float, float]]) -> Row:
    """Return the figures of one kind of call, without those that warm it up."""
    posts, answers = zip(*times[WARM:], strict=True)
    return {
        "call": name,
        "first POST, ms": times[0][0],
        "POST, median ms": middle(posts),
        "POST, p95 ms": p95(posts),
        "answer, median ms": middle(answers),
        "answer, p95 ms": p95(answers),
    }


def measure(*, brief: bool) -> Report:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in CALLS}
    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder,
        standing_in() as (provider, settings),
        app(Path(folder), **settings) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http,
    ):
        for number in range(WARM + (FEW if brief else ORDERS)):
            for name, call in CALLS.items():
                times[name].append(press(http, provider, *call(number)))
                time.sleep(PAUSE)
    rows = [row(name, found) for name, found in times.items()]
    goals = [
        Target(
            what=f"submit to POST, {one['call']}, median",
            figure=one["POST, median ms"],
            limit=60.0,
            unit="ms",
        )
        for one in rows
    ]
    return Report(title="Submit to POST", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("Submit to POST", measure)
