"""Plans what has to be done to a user's video for a model: pixels, rate, length, bits, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import UnsafeMedia
from core.media.decode import Bounds
from core.media.fit.film import Film
from core.media.fit.film_input import MOST_PIXELS
from core.media.gif.raw_frames import fitted

SOURCE_BOUNDS = Bounds(seconds=3600.0, fps=480.0, pixels=MOST_PIXELS)
"""For what a user hands in. Only what a model has room for is decoded of it."""

MOST_WORK = 40e9
"""Pixels that are decoded of one video: a minute of 4K at 60 a second (180 s of processor)."""

PLAYABLE_PROFILES = {66, 77, 88, 100}
"""H.264's profiles of eight bits and 4:2:0, which every player and provider takes."""

SLACK = 1.01
"""A rate that is exceeded by less is left alone: 30 means 29.97 as well."""

FASTEST_BITS, SLOWEST_BITS, SOUND_BITS = 40_000_000, 150_000, 128_000
"""Bits a second: more than any model needs, the fewest that are of use, and those of the sound."""

BITS_PER_PIXEL = 0.05
"""Below that a smaller picture looks better than a blurred one."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a model has room for: pixels (of either orientation), frames a second, seconds, bytes.

    `sound` says whether the sound, where there is one, goes along.
    """

    size: tuple[int, int]
    fps: float
    seconds: float
    size_bytes: int = SOURCE_BOUNDS.size_bytes
    sound: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a film is encoded anew, and `changes`: why, in words; none where its pictures fit.

    `width`, `height` are pixels, `fps` frames a second, `bits` those of a second of pictures.
    """

    width: int
    height: int
    fps: float
    seconds: float
    bits: int
    sound: bool
    changes: list[str]

    @classmethod
    def of(cls, film: Film, room: Room) -> Plan:
        """Return the plan for a model's room. Raises `UnsafeMedia` where none will do."""
        seconds = min(film.seconds, room.seconds)
        _check_work(film, seconds)
        portrait = film.height > film.width
        box = sorted(room.size, reverse=not portrait)
        too_large = film.clip.size_bytes > room.size_bytes
        fps, bits = min(room.fps, film.rate), _bits(film, room)
        factor = min(box[0] / film.width, box[1] / film.height)
        if too_large:
            # So few bits would make many pixels a blur.
            pixels = bits / (fps * BITS_PER_PIXEL)
            factor = min(factor, math.sqrt(pixels / (film.width * film.height)))
        width, height = fitted(film.width, film.height, factor)
        changes = []
        if film.seconds > room.seconds + 0.5 / film.rate:
            changes.append(f"trimmed from {film.seconds:.1f} s to {room.seconds:.1f} s")
        if factor < 1:
            changes.append(f"scaled from {film.width}×{film.height} to {width}×{height}")
        if film.rate > room.fps * SLACK:
            changes.append(f"reduced from {film.rate:.4g} to {room.fps:g} frames a second")
        elif not film.even:
            changes.append(f"made even, at {fps:.4g} frames a second")
        changes += _corrections(film)
        if not changes and too_large:
            changes.append("compressed")
        if not changes and not _plays_everywhere(film):
            changes.append("converted to H.264 MP4")
        return cls(
            width=width,
            height=height,
            fps=fps,
            seconds=seconds,
            bits=bits,
            sound=room.sound,
            changes=changes,
        )

    @property
    def ceiling(self) -> list[str]:
        """Return the encoder's arguments that keep the file within its bytes."""
        return ["-maxrate", str(self.bits), "-bufsize", str(self.bits)]


def _check_work(film: Film, seconds: float) -> None:
    each = film.pictures.width * film.pictures.height * film.rate
    if each * seconds > MOST_WORK:
        raise UnsafeMedia(
            f"The video has too many pixels to be scaled here ({film.width}×{film.height} at "
            f"{film.rate:.0f} a second): trim it to {MOST_WORK / each:.0f} s, or make it smaller."
        )


def _corrections(film: Film) -> list[str]:
    """Return what has to be done to how the pictures look, in words."""
    pictures = film.pictures
    changes = []
    if pictures.colour.is_wide:
        changes.append("colours converted to SDR (BT.709)")
    if pictures.interlaced:
        changes.append("deinterlaced")
    if pictures.see_through:
        changes.append("laid over black")
    return changes


def _bits(film: Film, room: Room) -> int:
    """Return the bits a second that the pictures may take for the file to have room."""
    # One second more, since the first one may borrow as much again.
    seconds = min(film.seconds, room.seconds) + 1
    most = int(room.size_bytes * 8 * 0.95 / seconds) - (SOUND_BITS if room.sound else 0)
    if most < SLOWEST_BITS:
        raise UnsafeMedia(
            f"The video is {film.seconds:.0f} s long, too long to be made small enough: use a "
            "shorter one."
        )
    return min(most, FASTEST_BITS)


def _plays_everywhere(film: Film) -> bool:
    clip, pictures = film.clip, film.pictures
    even = pictures.width % 2 == 0 and pictures.height % 2 == 0
    upright = pictures.shape == 1 and not pictures.turn and not clip.rotated
    return (
        even
        and upright
        and film.whole_index
        and clip.container in ("mp4", "mov")
        and clip.codec == "avc1"
        and clip.profile in PLAYABLE_PROFILES
    )
