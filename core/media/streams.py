"""Reads what ffmpeg's demuxer says of a file's tracks of pictures; it decodes none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.errors import UnsafeMedia
from core.media import ffmpeg
from core.media.colour import Colour, read_colour
from core.media.mp4.boxes import NO_CLIP
from core.media.sniff import read_head, sniff

STILLS = frozenset(("mjpeg", "png", "bmp", "gif", "tiff", "webp"))

LIMITS = ffmpeg.Limits(wall=20.0, cpu=10, memory=2**30)

# A line of a file's own notes never begins so: ffmpeg indents them, and their further lines.
_STREAM = re.compile(
    r"^  Stream #0:(?P<index>\d+)(?:\[0x(?P<id>[0-9a-f]+)\])?(?:\([^)]*\))?: Video: (?P<rest>.*)$"
)
_GROUP = re.compile(r"^  Stream group #0:\d+")
_SIZE = re.compile(r"(\d+)x(\d+)")
_SHAPE = re.compile(r"SAR (\d+):(\d+)")
_TURN = re.compile(r"display ?matrix: rotation of (-?[\d.]+)", re.IGNORECASE)
_CLEAR = re.compile(r"^ +alpha_mode +: 1$", re.IGNORECASE)
_FIELDS = ("top first", "bottom first", "top coded first", "bottom coded first")
_SEE_THROUGH = re.compile(r"^(yuva|gbrap|rgba|argb|bgra|abgr|ya8|ya16|pal8)")


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """One track of pictures as it is coded: `width` and `height` are those of the coded frames.

    `shape` is how much wider than high a pixel is shown, `turn` how far a player turns the
    pictures, in degrees. `index` is the track's place in the file, and `number` its own number
    there, where it has one, for ffmpeg's `-map`.
    """

    index: int
    codec: str
    width: int
    height: int
    colour: Colour
    shape: float = 1.0
    turn: float = 0.0
    interlaced: bool = False
    see_through: bool = False
    is_cover: bool = False
    number: int | None = None

    @classmethod
    def unknown(cls, width: int, height: int) -> Pictures:
        """Return a track of which no more is known than its size."""
        return cls(index=0, codec="", width=width, height=height, colour=Colour())

    def is_named(self, stream: str) -> bool:
        """Whether it is the track that ffmpeg's `-map 0:` takes for `stream` (`Clip.stream`)."""
        return stream in (str(self.index), f"i:{self.number}")

    @property
    def is_still(self) -> bool:
        """Whether it is of a kind of pictures that no film in these files is made of."""
        return self.codec in STILLS

    @property
    def is_sideways(self) -> bool:
        """Whether it is shown lying on its side, so that width and height change places."""
        return round(self.turn / 90) % 2 == 1

    @property
    def shown_size(self) -> tuple[int, int]:
        """Return the width and height in square pixels, as a player shows them."""
        wide = max(1, round(self.width * self.shape))
        return (self.height, wide) if self.is_sideways else (wide, self.height)


def read_pictures(path: Path) -> list[Pictures]:
    """Return the tracks of pictures, covers among them, in the file's order.

    Raises `UnsafeMedia` for a file that ffmpeg cannot open, and `StorageError`.
    """
    kind = sniff(read_head(path))
    if kind not in ("mov", "matroska"):
        raise UnsafeMedia(NO_CLIP)
    source = [*ffmpeg.SAFE_INPUT, "-f", kind, "-i", f"file:{path.absolute()}"]
    return parse(ffmpeg.told(source, limits=LIMITS))


def parse(told: str) -> list[Pictures]:
    """Read the words that ffmpeg says of its input."""
    lines = input_lines(told)
    starts = [place for place, line in enumerate(lines) if line.startswith("  Stream #0:")]
    found: dict[int, Pictures] = {}
    for start, end in pairwise([*starts, len(lines)]):
        if seen := _STREAM.match(lines[start]):
            found.setdefault(int(seen["index"]), _pictures(seen, lines[start + 1 : end]))
    return [found[index] for index in sorted(found)]


def input_lines(told: str) -> list[str]:
    """Return what ffmpeg says of its input, the tracks of a group like those that are in none.

    A film with its timecode is such a group, and its tracks are named once in each of theirs.
    """
    lines, grouped = [], False
    for line in told.partition("\nOutput #0")[0].splitlines():
        if re.match(r" {0,2}\S", line):
            grouped = _GROUP.match(line) is not None
        lines.append(line[2:] if grouped and line.startswith("    ") else line)
    return lines


def _pictures(seen: re.Match[str], below: list[str]) -> Pictures:
    rest = seen["rest"]
    parts = _split(rest)
    sized = next((number for number, part in enumerate(parts) if _SIZE.match(part)), 0)
    size = _SIZE.match(parts[sized])
    pixels = parts[sized - 1] if sized > 1 else ""
    turns = [float(turn[1]) for line in below if (turn := _TURN.search(line))]
    colour = read_colour(pixels)
    return Pictures(
        index=int(seen["index"]),
        number=int(seen["id"], 16) if seen["id"] else None,
        codec=parts[0].split()[0],
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        colour=colour,
        shape=_shape(rest),
        turn=turns[0] if turns else 0.0,
        interlaced=any(field in pixels for field in _FIELDS),
        see_through=bool(_SEE_THROUGH.match(colour.pixels)) or any(map(_CLEAR.match, below)),
        is_cover="(attached pic)" in rest,
    )


def _split(rest: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    return re.split(r", (?![^(\[]*[)\]])", rest)


def _shape(rest: str) -> float:
    """Return the shape of a pixel; one that no camera has is taken for square."""
    # The codec's own stands first, in brackets; the container's, where it differs, has the say
    told = _SHAPE.findall(rest)
    if not told or not int(told[-1][1]):
        return 1.0
    shape = int(told[-1][0]) / int(told[-1][1])
    return shape if 0.1 <= shape <= 10 else 1.0
