"""Joins the page's scripts into one and its styles into one, so that a visit asks for two files.

It knows the few forms in which our own modules import and export, and no others. (There is no
bundler among Python's packages, and a build step is more than thirty lines are worth.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)
NOT_JOINED = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def scripts(entry: Path) -> str:
    """Return one module that does what `entry` does with all that it imports, each once.

    Raises ValueError for a module whose imports or exports have another form, or go in a circle.
    """
    joined: dict[str, str] = {}
    _join(entry, joined, ())
    return "\n".join(joined.values())


def styles(files: Iterable[Path]) -> str:
    """Return the styles one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def _join(path: Path, joined: dict[str, str], above: tuple[str, ...]) -> None:
    if path.stem in above:
        raise ValueError(f"{path.name} imports itself by way of {', '.join(above)}")
    text = path.read_text(encoding="utf-8")
    for _, name in IMPORT.findall(text):
        if name not in joined:
            _join(path.with_name(f"{name}.js"), joined, (*above, path.stem))
    names = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(_taken, text))
    if left := NOT_JOINED.search(body):
        raise ValueError(f"{path.name} cannot be joined: {left[0]}")
    joined[path.stem] = (
        f"const {_named(path.stem)} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();"
    )


def _taken(found: re.Match[str]) -> str:
    # `{ a as b }` of an import is `{ a: b }` where an object is taken apart.
    return f"const {found[1].replace(' as ', ': ')} = {_named(found[2])};"


def _named(stem: str) -> str:
    return f"module_{stem}"
