"""From "the provider finished" to "we noticed": our schedule against the documents' fixed loop.

A simulation: the clock is a number, the waits are those of the poll schedule, and a request
takes 0.25 s, half of it on the way there. Each job's past is what we noticed of the 50 before it.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common.table import Report, Target, main, p95

from core.jobs.poll_schedule import REMEMBERED, Schedule

TRIP = 0.25
JOBS, FEW = 6000, 400
CASES = {"11.5 s job": (11.5, 0.10), "186 s job": (186.0, 0.15), "250 s job": (250.0, 0.15)}
HEARSAY = {"11.5 s job": 12.0, "186 s job": 186.0, "250 s job": 240.0}
"""Seconds that the built-in entries say of these models: what is known before the first take."""

LOOPS = (10.0, 15.0)

Wait = Callable[[float], float]
"""From the seconds since the order to those to wait before the next request."""


@dataclass(frozen=True)
class Noticed:
    """How one job's end was seen: seconds late, after so many requests."""

    late: float
    requests: int


def watch(duration: float, wait: Wait) -> Noticed:
    """Ask after one job until its end is seen."""
    clock, requests = 0.0, 0
    while True:
        clock += wait(clock)
        requests += 1
        seen = clock + TRIP / 2
        clock += TRIP
        if seen >= duration:
            return Noticed(clock - duration, requests)


def durations(case: str, jobs: int) -> Iterator[float]:
    """Yield log-normal durations, the same ones for everybody."""
    typical, spread = CASES[case]
    chance = random.Random(case)
    sigma = math.sqrt(math.log(1 + spread**2))
    for _ in range(jobs):
        yield chance.lognormvariate(math.log(typical) - sigma**2 / 2, sigma)


def fixed(case: str, jobs: int, gap: float) -> list[Noticed]:
    return [watch(duration, lambda _: gap) for duration in durations(case, jobs)]


def cold(case: str, jobs: int) -> list[Noticed]:
    wait = Schedule.guessed(HEARSAY[case]).wait
    return [watch(duration, wait) for duration in durations(case, jobs)]


def unheard(case: str, jobs: int) -> list[Noticed]:
    return [watch(duration, Schedule.learned(()).wait) for duration in durations(case, jobs)]


def learned(case: str, jobs: int) -> list[Noticed]:
    past = deque(durations(f"{case}", REMEMBERED), maxlen=REMEMBERED)
    noticed = []
    for duration in durations(case, jobs + REMEMBERED):
        one = watch(duration, Schedule.learned(past).wait)
        past.append(duration + one.late)
        noticed.append(one)
    return noticed[REMEMBERED:]


def row(case: str, method: str, noticed: list[Noticed]) -> dict[str, object]:
    late, requests = [one.late for one in noticed], [one.requests for one in noticed]
    return {
        "job": case,
        "method": method,
        "late, mean s": statistics.fmean(late),
        "late, p95 s": p95(late),
        "late, % of the job": 100 * statistics.fmean(late) / CASES[case][0],
        "requests, mean": statistics.fmean(requests),
        "requests, p95": p95(requests),
    }


def targets(case: str, rows: dict[str, dict[str, object]]) -> Iterator[Target]:
    """Yield what each schedule of ours has to reach."""
    loop = rows["loop of 10 s"]
    theirs = f"loop of 10 s: {loop['late, mean s']:.1f} s, {loop['requests, mean']:.1f} requests"
    for method in ("ours, learned", "ours, cold"):
        own, name = rows[method], f"{case}, {method.split()[1]}"
        if CASES[case][0] < 60:
            late, requests = float(own["late, mean s"]), float(own["requests, p95"])
            yield Target(what=f"{name}: late", figure=late, limit=0.5, unit="s", against=theirs)
            yield Target(what=f"{name}: requests, p95", figure=requests, limit=12, against=theirs)
        else:
            share = float(own["late, % of the job"])
            ratio = float(own["requests, mean"]) / float(loop["requests, mean"])
            yield Target(what=f"{name}: late", figure=share, limit=1.2, unit="%", against=theirs)
            yield Target(
                what=f"{name}: requests", figure=ratio, limit=1.5, unit="×", against=theirs
            )


def measure(*, brief: bool) -> Report:
    jobs = FEW if brief else JOBS
    rows, goals = [], []
    for case in CASES:
        own = {
            **{f"loop of {gap:g} s": fixed(case, jobs, gap) for gap in LOOPS},
            "ours, learned": learned(case, jobs),
            "ours, cold": cold(case, jobs),
            "ours, model unheard of": unheard(case, jobs),
        }
        told = {method: row(case, method, noticed) for method, noticed in own.items()}
        rows += told.values()
        goals += targets(case, told)
    return Report(title="Noticing the end", rows=rows, targets=goals, brief=brief)


if __name__ == "__main__":
    main("Noticing the end", measure)
