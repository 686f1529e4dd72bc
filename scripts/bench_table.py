"""Writes the README's table of figures from bench/results.json; `--check` only compares."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "bench/results.json"
MARKS = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.DOTALL)


def table(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the machine in a sentence, and one row for each target."""
    yield sentence(results["machine"])
    yield ""
    yield "| what | against | to reach | reached | |"
    yield "| --- | --- | --- | --- | --- |"
    for report in results["reports"].values():
        for one in report["targets"]:
            said = "met" if one["met"] else "**missed**"
            what = f"{report['title']}: {one['what']}"
            yield f"| {what} | {one['against']} | {one['target']} | {one['figure']} | {said} |"


def sentence(machine: Mapping[str, Any]) -> str:
    """Return what the figures were measured on."""
    packages = machine["packages"]
    return (
        f"Measured on {machine['date']} on {machine['cores']} cores ({machine['processor']}, "
        f"{machine['memory_gb']:g} GB), Python {machine['python']}, Gradio {packages['gradio']}, "
        f"at a load of {machine['load_average'][0]:g} before it began."
    )


def written(readme: str, results: Mapping[str, Any]) -> str:
    """Return the README with the table between its marks made anew.

    Raises ValueError where it has no marks.
    """
    if not MARKS.search(readme):
        raise ValueError("README.md has no place for the figures: <!-- bench --> … <!-- /bench -->")
    body = "\n".join(table(results))
    return MARKS.sub(lambda found: f"{found[1]}{body}\n{found[2]}", readme)


def run(readme: Path, results: Path, *, check: bool) -> int:
    """Write the table, or compare it; returns what the process ends with."""
    if not results.exists():
        print(f"{results.name} is not there: run scripts/bench")
        return 1
    old = readme.read_text()
    try:
        new = written(old, json.loads(results.read_text()))
    except ValueError as error:
        print(error)
        return 1
    if check and old != new:
        print("README.md: its figures are out of date; run scripts/bench_table.py")
    if not check:
        readme.write_text(new)
    return int(check and old != new)


def main() -> int:
    """Write the table, or with `--check` say whether it is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    return run(README, RESULTS, check=parser.parse_args().check)


if __name__ == "__main__":
    sys.exit(main())
