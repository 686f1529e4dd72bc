"""Writes docs/faults.md from the marks of the tests themselves; `--check` only compares."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests" / "faults"
DOCUMENT = ROOT / "docs" / "faults.md"

GROUPS = (
    (1, "The paid request"),
    (24, "Asking after a task"),
    (43, "Fetching the clip"),
    (65, "Files, people and other sites"),
    (73, "Found missing from the first list"),
    (100, "What real use broke"),
    (200, "Doors, money and limits"),
)
ROWS = range(1, 73)
"""The rows that were asked for; what the tests add comes after them."""

HEAD = """# What can go wrong, and what happens then

Made by `scripts/fault_table.py` from the marks of the tests in `tests/faults`: each row is a test
against a server that misbehaves over a real socket. After every one of them: no more orders at the
provider than stated, no file, socket, task or process left, and a planted key nowhere in logs at
debug level, rows, database or data folder. The outcome names the job's state, the kind of its
error, and whether it was charged.
"""


@dataclass(frozen=True, order=True)
class Row:
    """One mark: its number, the fault, what the user sees, and the test that shows it."""

    number: int
    fault: str
    outcome: str
    test: str


def rows() -> list[Row]:
    """Return every row that a test is marked with, in order."""
    return sorted(row for path in sorted(TESTS.glob("test_*.py")) for row in _marks(path))


def _marks(path: Path) -> Iterator[Row]:
    tree = ast.parse(path.read_text())
    names = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in map(_fault, node.decorator_list):
                if mark:
                    yield _row(mark, names, node.name)


def _fault(node: ast.expr) -> ast.Call | None:
    is_mark = isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault"
    return node if is_mark and isinstance(node, ast.Call) else None


def _row(mark: ast.Call, names: dict[str, object], test: str) -> Row:
    said = [
        names[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value)
        for value in mark.args
    ]
    return Row(int(str(said[0])), str(said[1]), str(said[2]), test)


def document() -> str:
    """Return the page. Raises ValueError while a row has no test."""
    found = rows()
    if missing := sorted(set(ROWS) - {row.number for row in found}):
        raise ValueError(f"These rows of the fault matrix have no test: {missing}")
    parts = [HEAD]
    for (first, title), (after, _) in zip(GROUPS, [*GROUPS[1:], (10**9, "")], strict=True):
        parts += [
            f"\n## {title}\n",
            "| # | fault | what happens | test |",
            "| --- | --- | --- | --- |",
        ]
        parts += [_line(row) for row in found if first <= row.number < after]
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    cells = [str(row.number), row.fault, row.outcome, f"`{row.test}`"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    """Write the page, or with `--check` say whether it is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    try:
        new = document()
    except ValueError as error:
        print(error)
        return 1
    if parser.parse_args().check:
        same = DOCUMENT.exists() and DOCUMENT.read_text() == new
        if not same:
            print("docs/faults.md is out of date; run scripts/fault_table.py")
        return int(not same)
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
