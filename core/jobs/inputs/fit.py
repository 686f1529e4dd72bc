"""Makes one file fit for a model and for the way that it travels; it sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core import media
from core.jobs.inputs.file_types import Kind
from core.models import ModelSpec

LONGEST = 10.125
"""Seconds: 162 frames of 16 a second, the longest clip that Krea's Wan makes (AI/ML: models)."""

WIDEST, FASTEST = (1280, 1280), 30
"""Pixels and frames a second of a source for a built-in model that names none."""

LARGEST = media.Room(size=(1920, 1920), fps=60, seconds=60, sound=True)
"""For a model of which only its vendor's schema is known: what may be opened here at all."""

LARGEST_IMAGE = 10_000_000

TAKEN_EVERYWHERE = frozenset({"wav", "mp3", "mov"})
TAKEN_AS_UPLOAD = frozenset({"wav", "mp3"})
"""Kinds of sound that need no conversion; Krea's uploads list no other (Krea: uploads)."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A file that is fit to travel; `done` says in a sentence what was changed, if anything."""

    path: Path
    mime: str
    done: str = ""


def fit(label: str, path: Path, *, kind: Kind, spec: ModelSpec, room: Allotment) -> Fit:
    """Return the file as it shall travel, written beside the given one.

    Doing it again writes the same. Raises `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    target = path.with_name(f"{path.stem}_fitted{path.suffix}")
    match kind.media:
        case "image":
            most = min(room.size_bytes, LARGEST_IMAGE)
            made = media.fit_image(path, target, max_bytes=most)
        case "audio":
            keeps = TAKEN_AS_UPLOAD if room.uploaded else TAKEN_EVERYWHERE
            made = media.fit_sound(path, target, size_bytes=room.size_bytes, keeps=keeps)
        case "video":
            target = target.with_suffix(".mp4")
            made = media.fit_source(path, target, _room(spec, room.size_bytes))
    return Fit(path=made.path, mime=made.mime, done=_told(label, path, made))


@dataclass(frozen=True, kw_only=True)
class Allotment:
    """How many bytes a file may have, and whether it is uploaded to the provider."""

    size_bytes: int
    uploaded: bool = False


def shares(sizes: list[int], total: int) -> list[int]:
    """Divide `total` bytes among files of such sizes; what the small ones leave, the others get."""
    given = [0] * len(sizes)
    left = total
    for done, at in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        even = left // (len(sizes) - done)
        # A small file may grow while it is converted.
        given[at] = min(even, max(2 * sizes[at], total // (4 * len(sizes))))
        left -= given[at]
    return given


def _room(spec: ModelSpec, size_bytes: int) -> media.Room:
    most = min(size_bytes, LARGEST.size_bytes)
    if not spec.built_in:
        return replace(LARGEST, size_bytes=most)
    return media.Room(
        size=next(iter(spec.sizes.values()), WIDEST),
        fps=spec.fps or FASTEST,
        seconds=LONGEST,
        size_bytes=most,
    )


def _told(label: str, path: Path, made: media.Fitted) -> str:
    if not made.changes:
        return ""
    before, after = path.stat().st_size, made.path.stat().st_size
    return f"{label}: {made.changes}, {_amount(before)} to {_amount(after)}."


def _amount(size: int) -> str:
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1e6:.1f} MB" if size < 10_000_000 else f"{size / 1e6:.0f} MB"
