"""Finds the styles that Gradio's scripts would fetch for the page, so that they can come with ours.

Each of Gradio's parts waits for a stylesheet or two of its own, and whenever one comes the whole
page is styled anew. Where they are is read from Gradio's scripts, as its bundler (Vite) wrote them.
Written otherwise they may say nothing: then nothing is found, and Gradio fetches its styles itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ENTRY = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
FILES = re.compile(r"m\.f\|\|\(m\.f=\[(.*?)\]\)")
IMPORT = re.compile(
    r"import\(`\./([\w.-]+\.js)`\)(?:(?!import\().)*?__vite__mapDeps\(\[([\d,]*)\]\)"
)


class Script:
    """One of Gradio's scripts: what it imports when needed, with the styles of that."""

    def __init__(self, path: Path) -> None:
        """Read a script."""
        self._folder = path.parent
        self._text = path.read_text(encoding="utf-8")
        files = FILES.search(self._text)
        self._files = re.findall(r'"\./([^"]+)"', files[1]) if files else []

    def imported(self, start: str) -> list[Script]:
        """Return the scripts that it imports whose names start so."""
        names = [found[1] for found in IMPORT.finditer(self._text) if found[1].startswith(start)]
        return [Script(self._folder / name) for name in names]

    def styles(self, start: str) -> Iterator[Path]:
        """Yield the styles of what it imports whose name starts so."""
        for found in IMPORT.finditer(self._text):
            if found[1].startswith(start):
                yield from self._styles(found)

    def styles_of(self, kind: str) -> Iterator[Path]:
        """Yield the styles of a kind of component, such as `textbox`."""
        listed = re.search(rf"[,{{]{kind}:\{{", self._text)
        place = self._text.find("component:", listed.end()) if listed else -1
        if place >= 0 and (found := IMPORT.search(self._text, place)):
            yield from self._styles(found)

    def _styles(self, found: re.Match[str]) -> Iterator[Path]:
        numbers = [int(number) for number in found[2].split(",") if number]
        for name in (self._files[number] for number in numbers if number < len(self._files)):
            if name.endswith(".css"):
                yield self._folder / name


def styles_of(frontend: Path, kinds: Iterable[str]) -> list[Path]:
    """Return the styles of the page's frame and of the kinds of components, in Gradio's order."""
    document = (frontend / "index.html").read_text(encoding="utf-8")
    if not (entry := ENTRY.search(document)):
        return []
    first = Script(frontend / "assets" / entry[1])
    found = [*first.styles("Index-"), *first.styles("core-")]
    for frame in first.imported("Index-"):
        found += frame.styles("Blocks-")
    for core in first.imported("core-"):
        found += [path for kind in kinds for path in core.styles_of(kind)]
    # What the document links itself is there; what names other files would not find them elsewhere.
    return [path for path in dict.fromkeys(found) if path.name not in document and _moves(path)]


def _moves(path: Path) -> bool:
    return path.is_file() and "url(" not in path.read_text(encoding="utf-8")
