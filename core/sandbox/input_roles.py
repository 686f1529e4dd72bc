"""Gives each file of an order its part in the clip, by its parameter's name and its first bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.sandbox.order_files import family_of

LAST = re.compile(r"(?<![a-z])(tail|end|last|final)", re.IGNORECASE)
FIRST = re.compile(r"(?<![a-z])(start|first|extend|previous)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class InputRoles:
    """The parts: a clip to remake, one to go on from, pictures to show, and the last frame.

    Sound has none: the sandbox's clips are silent.
    """

    source: Path | None = None
    opening: Path | None = None
    stills: tuple[Path, ...] = ()
    last: Path | None = None

    @classmethod
    def of(cls, media: Mapping[str, Path]) -> InputRoles:
        """Return the roles of an order's files, by parameter."""
        clips = {name: path for name, path in media.items() if family_of(path) == "video"}
        pictures = {name: path for name, path in media.items() if family_of(path) == "image"}
        opening = next((path for name, path in clips.items() if FIRST.search(name)), None)
        last = next((path for name, path in pictures.items() if LAST.search(name)), None)
        return cls(
            source=next((path for path in clips.values() if path != opening), None),
            opening=opening,
            stills=tuple(path for path in pictures.values() if path != last),
            last=last,
        )
