"""From the press, a call of the API's submit, to the paid POST on the wire at a stand-in."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import httpx
from common.provider import StandIn, standing_in
from common.running import WAN, app
from common.table import Report, Row, Target, main, middle, p95

ORDERS, FEW, WARM = 60, 5, 3
PAUSE = 0.25
"""Seconds between two orders: the app takes ten calls a second from one caller."""

SESSIONS = {"with its session, as the page's": "bench", "bare": None}
"""For a caller that names no session, Gradio builds one for each call, of every widget."""


def press(
    http: httpx.Client, provider: StandIn, number: int, session: str | None
) -> tuple[float, float]:
    """Return the milliseconds from the press to the POST's arrival, and to the answer."""
    began, known = time.time(), len(provider.tasks)
    order = {"data": [WAN, {"prompt": f"order {number}"}], "session_hash": session}
    http.post("/gradio_api/run/submit", json=order).raise_for_status()
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
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in SESSIONS}
    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder,
        standing_in() as (provider, settings),
        app(Path(folder), **settings) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http,
    ):
        for number in range(WARM + (FEW if brief else ORDERS)):
            for name, session in SESSIONS.items():
                times[name].append(press(http, provider, number, session))
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
