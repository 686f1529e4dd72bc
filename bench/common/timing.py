"""Times several ways to do one thing, in turn, so that a busy moment hits them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Ways = Mapping[str, Callable[[], object]]


def in_turn(ways: Ways, rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each way took, by its name, one figure a round."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            spent[name].append(time.perf_counter() - began)
    return spent
