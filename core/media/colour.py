"""Tells how a film's colours are to be read, and the ffmpeg filters that turn them for a use.

Untagged film is BT.601 below 720 lines and BT.709 from there up, as players take it. High dynamic
range (BT.2100: PQ and HLG) and wide gamuts go through a table of colours that is made here from the
standards' formulas: ffmpeg's own filters for it clip by the brightest channel, and leave HLG's
system gamma out of one channel for another (measured: 10 to 25 of 255 off, the table 1).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import StorageError
from core.media.gamut import WIDE_PRIMARIES, write_table

LINES_OF_HD = 720
"""From so many lines up, untagged film is BT.709."""

HIGH_RANGE = frozenset(("smpte2084", "arib-std-b67"))

ACCURATE = "accurate_rnd+full_chroma_int"
"""Flags of ffmpeg's scaler. Without them colours are up to 8 of 255 off."""


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What a stream says of its colours, by ffmpeg's names; "" and None for what it leaves open."""

    pixels: str = ""
    full_range: bool | None = None
    matrix: str = ""
    primaries: str = ""
    transfer: str = ""

    @property
    def is_rgb(self) -> bool:
        """Whether its planes are colours already, which no matrix turns."""
        return self.pixels.startswith(("gbr", "rgb", "bgr", "argb", "abgr", "0rgb", "pal8"))

    @property
    def is_high_range(self) -> bool:
        """Whether it is HDR: PQ (HDR10) or HLG."""
        return self.transfer in HIGH_RANGE

    @property
    def is_wide(self) -> bool:
        """Whether it shows colours that sRGB has no numbers for."""
        return self.is_high_range or self.primaries in WIDE_PRIMARIES

    def known(self, lines: int) -> Colour:
        """Return it with what it leaves open filled in, for pictures of so many coded lines."""
        usual = "bt709" if lines >= LINES_OF_HD else "smpte170m"
        wide = "bt2020" if self.is_high_range else ""
        matrix = self.matrix or ("bt2020nc" if wide or self.primaries == "bt2020" else usual)
        return replace(
            self,
            full_range=bool(self.full_range),
            matrix=matrix,
            primaries=self.primaries or wide or ("bt709" if matrix == "bt709" else usual),
            transfer=self.transfer or "bt709",
        )


def read_colour(words: str) -> Colour:
    """Read what ffmpeg says of a stream's pixels: `yuv420p10le(tv, bt2020nc/bt2020/smpte2084)`."""
    pixels, _, inside = words.rstrip(")").partition("(")
    parts = [part.strip() for part in inside.split(",")]
    # The three have one name where they are the same
    names = next((part.split("/") for part in parts if _names_colours(part)), ["unknown"])
    matrix, primaries, transfer = names if len(names) == 3 else names * 3
    return Colour(
        pixels=pixels.strip(),
        full_range=_full_range(pixels, parts),
        matrix=_named(matrix),
        primaries=_named(primaries),
        transfer=_named(transfer),
    )


def _full_range(pixels: str, parts: list[str]) -> bool | None:
    if pixels.startswith("yuvj") or "pc" in parts:
        return True
    return False if "tv" in parts else None


def _names_colours(part: str) -> bool:
    plain = re.fullmatch(r"(bt|smpte|fcc|gbr|ycgco|film|iec|arib|linear|log|chroma|ictcp)\S*", part)
    return part.count("/") == 2 or plain is not None


def _named(word: str) -> str:
    return word if re.fullmatch(r"[a-z0-9-]+", word) and word not in ("unknown", "reserved") else ""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What pictures are made into: matrix, range and pixel format, and how ffmpeg tags them."""

    matrix: str
    full_range: bool
    pixels: str
    tags: str = ""

    @property
    def ending(self) -> str:
        """Return the options of ffmpeg's `scale` that lead here, without the pixel format."""
        if not self.matrix:
            return "out_range=full"
        return (
            f"out_color_matrix={self.matrix}:out_range={'full' if self.full_range else 'limited'}"
        )


RGB = Goal(matrix="", full_range=True, pixels="gbrp")
JPEG = Goal(matrix="bt601", full_range=True, pixels="yuvj420p")
WEBP = Goal(matrix="bt601", full_range=False, pixels="yuv420p")
"""Their readers know no tags: JPEG is BT.601 of full range, lossy WebP of limited range."""

VIDEO = Goal(
    matrix="bt709",
    full_range=False,
    pixels="yuv420p",
    tags="setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited",
)
"""For H.264 that we encode; the encoder writes into the stream what the filter `tags` says."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What stands behind a film that can be seen through: a colour as ffmpeg names it, and a size.

    `fps` is the rate of what is made.
    """

    colour: str
    width: int
    height: int
    fps: float


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The filters that scale one stream's pictures and turn their colours."""

    colour: Colour
    table: Path | None = None

    def filters(self, width: int, height: int, goal: Goal, *, kernel: str = "bicubic") -> str:
        """Return ffmpeg's filters to a size in pixels and to `goal`; `kernel` is swscale's."""
        size = f"scale={width}:{height}:flags={kernel}+{ACCURATE}"
        if self.table is None:
            turned = [f"{size}:{goal.ending}"]
        else:
            turned = [size, "format=gbrp16le", *self._through_table, _ending(goal)]
        return ",".join([*self._read_as, *turned, *_finish(goal)])

    def over(self, ground: Ground, goal: Goal, *, kernel: str = "bicubic") -> str:
        """Return the same for pictures that can be seen through: laid over a ground of their size.

        The labels in it are the goal's own, so that each goal may stand once in a graph.
        """
        width, height = ground.width, ground.height
        size = f"scale={width}:{height}:flags={kernel}+{ACCURATE}"
        table = self._through_table
        clear = ",".join([*self._read_as, size, "format=gbrap", *table])
        front, back = f"front{goal.pixels}{width}", f"back{goal.pixels}{width}"
        plain = f"color=c={ground.colour}:s={width}x{height}:r={ground.fps:g},format=gbrp"
        laid = f"[{back}][{front}]overlay=format=gbrp:shortest=1"
        ends = ",".join([laid, _AS_SRGB, _ending(goal), *_finish(goal)])
        return f"{clear},setsar=1[{front}];{plain},setsar=1[{back}];{ends}"

    @property
    def _through_table(self) -> list[str]:
        if self.table is None:
            return []
        return [f"lut3d=file={_escaped(str(self.table))}:interp=tetrahedral", _AS_SRGB]

    @property
    def _read_as(self) -> list[str]:
        """Say what the pictures are, where the file said nothing, before anything reads them."""
        if self.colour.is_rgb:
            return []
        level = "full" if self.colour.full_range else "limited"
        said = self.colour
        names = {"colorspace": said.matrix, "color_primaries": said.primaries}
        options = [f"{name}={value}" for name, value in names.items() if value]
        return [f"setparams={':'.join([*options, f'color_trc={said.transfer}', f'range={level}'])}"]


def _ending(goal: Goal) -> str:
    return f"scale=flags=bicubic+{ACCURATE}:{goal.ending}"


def _finish(goal: Goal) -> list[str]:
    return [f"format={goal.pixels}", "setsar=1", *([goal.tags] if goal.tags else [])]


_AS_SRGB = "setparams=color_primaries=bt709:color_trc=iec61966-2-1"


@contextmanager
def converting(colour: Colour, lines: int) -> Iterator[Conversion]:
    """Give the filters for a stream of so many coded lines; use them before the block ends.

    Only there the table of colours lies on the disk, where one is needed. Raises `StorageError`.
    """
    known = colour.known(lines)
    if not known.is_wide:
        yield Conversion(colour=known)
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="dailies-colour-")
    except OSError as error:
        raise StorageError(f"No temporary folder can be made ({error.strerror}).") from error
    with folder as name:
        table = Path(name) / "table.cube"
        write_table(table, primaries=known.primaries, transfer=known.transfer)
        yield Conversion(colour=known, table=table)


def _escaped(path: str) -> str:
    """Return a path as ffmpeg reads it in a filter: once for the option, once for the graph."""
    option = re.sub(r"([\\':])", r"\\\1", path)
    return re.sub(r"([\\'\[\],;])", r"\\\1", option)
