"""Tells figures: rows as a Markdown table, targets as met or missed, all of it as JSON."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One figure against what it has to reach; `at_least` turns the limit round.

    `against` says what was measured beside it, and how that fared.
    """

    what: str
    figure: float
    limit: float
    unit: str = ""
    against: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is good enough."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def as_json(self) -> dict[str, Any]:
        """Return the target with its verdict."""
        return {
            "what": self.what,
            "against": self.against,
            "target": f"{'≥' if self.at_least else '≤'} {told(self.limit)}{_unit(self.unit)}",
            "figure": f"{told(self.figure)}{_unit(self.unit)}",
            "met": self.met,
        }


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one script found. `brief` figures show that it runs, and nothing else."""

    title: str
    rows: Sequence[Row]
    targets: Sequence[Target] = ()
    brief: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "title": self.title,
            "brief": self.brief,
            "rows": [dict(row) for row in self.rows],
            "targets": [target.as_json() for target in self.targets],
        }


def told(value: Any) -> str:
    """Return a number with three figures that count, and anything else as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    size = abs(value)
    return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3}f}"


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table; a column that a row lacks stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---"] * len(names)]
    lines += [[told(row.get(name, "")) for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(title: str, measure: Callable[..., Report]) -> None:
    """Read `--brief` and `--json FILE`, call `measure(brief=…)`, and tell."""
    finish(measure(brief=options(title).parse_args().brief))


def options(title: str) -> argparse.ArgumentParser:
    """Return a parser that knows what all the scripts take."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--brief", action="store_true", help="seconds only, to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def finish(report: Report) -> None:
    """Print the report, and write it where `--json` says."""
    print(f"## {report.title}\n\n{markdown(report.rows)}\n", flush=True)
    if report.targets:
        verdicts = [target.as_json() for target in report.targets]
        print(f"{markdown(verdicts)}\n", flush=True)
    if report.brief:
        print("Measured briefly: the figures only show that the script works.\n", flush=True)
    if file := options(report.title).parse_known_args()[0].json:
        file.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n")


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return float(statistics.median(values))


def middle_of(rows: Sequence[Row], column: str) -> float:
    """Return the median of a column of figures."""
    return middle([float(row[column]) for row in rows])


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
