"""Draws how figures grow with a number, each with the slope of a straight line through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt

INK, LINE, GRID = "#1f2328", "#b3541e", "#d8d8d4"


@dataclass(frozen=True)
class Curve:
    """One figure, `name` with its unit, at each of `counts`."""

    name: str
    counts: Sequence[float]
    figures: Sequence[float]

    @property
    def slope(self) -> tuple[float, float]:
        """What one more costs, and what none would cost."""
        if len(self.counts) < 2:
            return 0.0, self.figures[0]
        rise, level = np.polyfit(self.counts, self.figures, 1)
        return float(rise), float(level)


def draw(target: Path, what: str, curves: Sequence[Curve]) -> None:
    """Write a PNG with one small plot for each curve; `what` is counted from left to right."""
    figure, places = plt.subplots(
        1, len(curves), figsize=(3.2 * len(curves) + 0.4, 2.9), squeeze=False, layout="constrained"
    )
    for place, curve in zip(places[0], curves, strict=True):
        rise, level = curve.slope
        ends = np.array([min(curve.counts), max(curve.counts)])
        place.plot(ends, level + rise * ends, color=LINE, linewidth=1)
        place.plot(curve.counts, curve.figures, "o", color=INK, markersize=4)
        step = 1 if ends[1] < 20 else 100
        slope = f"{step * rise:+.3g} for {step} more {what}"
        place.set_title(f"{curve.name}\n{slope}", fontsize=9, color=INK)
        place.set_xlabel(what, fontsize=9)
        place.set_ylim(bottom=0, top=1.25 * max(*curve.figures, 1e-9))
        place.tick_params(labelsize=8)
        place.grid(color=GRID, linewidth=0.6)
        place.spines[["top", "right"]].set_visible(False)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})
    plt.close(figure)
