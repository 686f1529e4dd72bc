"""Says what is known of a user's video: the track that is shown, its true rate, and its sound.

The index of a file says how many pictures there are, but not which of several tracks is meant, nor
how evenly the pictures follow each other; both are read from the packets. Nothing is decoded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

from core.errors import MediaError, UnsafeMedia
from core.media import ffmpeg, streams
from core.media.clip import Clip
from core.media.mp4.probe import probe
from core.media.sniff import read_head, sniff
from core.media.streams import Pictures

NO_SOURCE = (
    "The file is not an MP4, MOV, WebM or Matroska video: choose another one, or convert it."
)
NO_PICTURES = "The file has no pictures in it: choose another video."
CUT_OFF = "The video is cut off: copy or download it again."
DAMAGED = "The video is damaged: export it again, or choose another one."

LOOK = 100.0
"""Seconds whose packets are read: more than any model takes."""

MOST_TRACKS = 8

LIMITS = ffmpeg.Limits(wall=30.0, cpu=20, memory=2**30, output=2**25)

UNEVEN = 0.02
"""The part of the pictures that may come half as soon, or half as late again, as the rest do."""

_SOUND = re.compile(r"^  Stream #0:(\d+)\S*: Audio: (\w+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class FilmSound:
    """A track of sound: its place in the file, its codec by ffmpeg's name, and its seconds."""

    index: int
    codec: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Film:
    """A user's video. `rate` is that of most of its pictures, in frames a second.

    `width`, `height` are pixels as a player shows them. `whole_index` says that the file's own
    index tells of all pictures that are in it.
    """

    kind: str
    clip: Clip
    pictures: Pictures
    seconds: float
    rate: float
    even: bool
    whole_index: bool
    sound: FilmSound | None

    @property
    def width(self) -> int:
        """Pixels from left to right, as it is shown."""
        return self.pictures.shown_size[0]

    @property
    def height(self) -> int:
        """Pixels from top to bottom, as it is shown."""
        return self.pictures.shown_size[1]


def read_film(path: Path) -> Film:
    """Describe a user's video. Raises `UnsafeMedia` for what is none, and `StorageError`."""
    kind = sniff(read_head(path))
    if kind not in ("mov", "matroska"):
        raise UnsafeMedia(NO_SOURCE)
    clip = probe(path)
    if not clip.whole and not clip.is_empty:
        raise UnsafeMedia(CUT_OFF)
    source = [*ffmpeg.SAFE_INPUT, "-f", kind, "-i", f"file:{path.absolute()}"]
    said = ffmpeg.told(source, limits=LIMITS)
    films = [track for track in streams.parse(said) if not track.is_cover]
    tracks = sorted(films, key=lambda track: not track.is_named(clip.stream))[:MOST_TRACKS]
    heard = _SOUND.search("\n".join(streams.input_lines(said)))
    if not tracks or not clip.codec:
        raise UnsafeMedia(NO_PICTURES)
    rows = _rows(source, [*(track.index for track in tracks), *([int(heard[1])] if heard else [])])
    # A still before the film is its cover, whatever the file calls it
    moving = [place for place in range(len(tracks)) if len(rows[place]) > 1]
    place = (moving or [0])[0]
    if not rows[place] or not tracks[place].width:
        raise UnsafeMedia(NO_PICTURES)
    return _film(kind, clip, tracks[place], rows[place], _sound(heard, rows[len(tracks)]))


@dataclass(frozen=True, kw_only=True)
class _Row:
    start: float
    end: float


def _film(
    kind: str, clip: Clip, pictures: Pictures, rows: Sequence[_Row], sound: FilmSound | None
) -> Film:
    starts = sorted(row.start for row in rows)
    # What an edit list cuts off the beginning comes before zero
    seconds = max(row.end for row in rows) - max(0.0, starts[0])
    is_long = seconds > LOOK - 1
    whole_index = len(rows) == clip.frames or is_long
    rate, even = _rate(starts, clip.fps)
    return Film(
        kind=kind,
        clip=clip,
        pictures=pictures,
        seconds=clip.seconds if is_long and clip.seconds else seconds,
        rate=rate,
        even=even,
        whole_index=whole_index,
        sound=sound,
    )


def _rate(starts: Sequence[float], stated: float) -> tuple[float, bool]:
    """Return pictures a second, and whether they come evenly."""
    gaps = [late - soon for soon, late in pairwise(starts) if late > soon]
    if not gaps:
        return (stated if 0.01 < stated < 1000 else 1.0), True
    usual = median(gaps)
    odd = sum(not 0.5 * usual <= gap <= 1.5 * usual for gap in gaps)
    if odd > UNEVEN * len(gaps):
        return 1 / usual, False
    # Coarse ticks round each gap; all of them together are exact
    kept = [gap for gap in gaps if 0.5 * usual <= gap <= 1.5 * usual]
    return len(kept) / sum(kept), True


def _sound(heard: re.Match[str] | None, rows: Sequence[_Row]) -> FilmSound | None:
    if heard is None or not rows:
        return None
    seconds = max(row.end for row in rows)
    return FilmSound(index=int(heard[1]), codec=heard[2], seconds=seconds)


def _rows(source: list[str], tracks: Sequence[int]) -> dict[int, list[_Row]]:
    """Return the packets of the tracks, by the order in which those are named."""
    maps = [word for track in tracks for word in ("-map", f"0:{track}")]
    wanted = [*maps, "-c", "copy", "-t", f"{LOOK}", "-f", "framecrc", "-"]
    try:
        listing = ffmpeg.run([*source, *wanted], limits=LIMITS).decode("ascii", errors="replace")
    except MediaError as error:
        raise UnsafeMedia(DAMAGED) from error
    return _parsed(listing.splitlines())


def _parsed(lines: list[str]) -> dict[int, list[_Row]]:
    ticks, rows = dict[int, float](), defaultdict[int, list[_Row]](list)
    for line in lines:
        if line.startswith("#tb "):
            track, _, tick = line[4:].partition(": ")
            ticks[int(track)] = float(Fraction(tick))
        elif line[:1].isdigit():
            # A row is: track, decoding time, showing time, duration, bytes, checksum
            number, _, start, length = map(int, line.split(",")[:4])
            tick_of = ticks[number]
            rows[number].append(_Row(start=start * tick_of, end=(start + length) * tick_of))
    return rows
