"""From a process's start to its first answer, and its memory: against an empty Gradio app."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from common.running import Process, app, empty_gradio
from common.table import Report, Row, Target, main, middle

ROUNDS = 7


def start(run: Callable[[], AbstractContextManager[Process]]) -> tuple[float, float]:
    """Return the seconds to the first answer, and the megabytes then."""
    with run() as process:
        return process.started, process.megabytes()


def row(name: str, starts: list[tuple[float, float]]) -> Row:
    seconds, megabytes = zip(*starts, strict=True)
    return {
        "what": name,
        "first answer, median s": middle(seconds),
        "fastest s": min(seconds),
        "memory, MB": middle(megabytes),
    }


def measure(*, brief: bool) -> Report:
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "empty Gradio": []}
    for _ in range(1 if brief else ROUNDS):
        with tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder:
            found["ours"].append(start(lambda path=Path(folder): app(path)))
        found["empty Gradio"].append(start(empty_gradio))
    rows = [row(name, starts) for name, starts in found.items()]
    own, empty = rows
    goals = [
        Target(
            what="start, median",
            figure=own["first answer, median s"] / empty["first answer, median s"],
            limit=1.35,
            unit="×",
            against=f"empty Gradio: {empty['first answer, median s']:.2f} s",
        ),
        Target(
            what="memory after the start",
            figure=own["memory, MB"],
            limit=200.0,
            unit="MB",
            against=f"empty Gradio: {empty['memory, MB']:.0f} MB",
        ),
    ]
    return Report(title="The start", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("The start", measure)
