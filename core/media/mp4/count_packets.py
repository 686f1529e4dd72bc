"""Counts a video's packets with ffmpeg's demuxer, for the files whose index does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from core.errors import MediaError, StorageError, UnsafeMedia
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.mp4.track import usual_rate
from core.media.streams import Pictures, read_pictures

LIMITS = ffmpeg.Limits(wall=20.0, cpu=10, memory=2**30, output=2**24)
"""For reading packets, which is quick even for the largest file that is taken."""

NO_PICTURES = "The file has no pictures in it: choose another video."

SEGMENT = b"\x18\x53\x80\x67"


@dataclass(frozen=True, kw_only=True)
class Packets:
    """The packets of the first track of pictures, and what the demuxer says of it."""

    frames: int
    seconds: float
    usual: float
    facts: dict[str, str]

    @property
    def fps(self) -> float:
        """Return the usual rate, in frames a second."""
        return usual_rate(self.frames, self.seconds, self.usual)


def probe_matroska(path: Path) -> Clip:
    """Return what a Matroska or WebM file holds. Raises `UnsafeMedia` and `StorageError`."""
    pictures = _shown_first(read_pictures(path))
    counted = count(path, "matroska", str(pictures.index))
    width, height = pictures.shown_size
    size, whole = _extent(path)
    return Clip(
        width=width,
        height=height,
        frames=counted.frames,
        fps=counted.fps,
        seconds=counted.seconds,
        codec=counted.facts.get("codec_id 0", ""),
        audio="media_type 1" in counted.facts,
        size_bytes=size,
        whole=whole,
        faststart=True,
        container="matroska",
        rotated=bool(round(pictures.turn)) or pictures.shape != 1,
        stream=str(pictures.index),
        sound=counted.facts.get("codec_id 1", ""),
    )


def _shown_first(found: list[Pictures]) -> Pictures:
    """Return the track of pictures that is meant to be watched: no cover, if there is another."""
    if not found:
        raise UnsafeMedia(NO_PICTURES)
    return next((track for track in found if not track.is_cover and not track.is_still), found[0])


def count(path: Path, kind: str, stream: str = "v:0") -> Packets:
    """Read all packets of that track with the demuxer `kind`. Raises `UnsafeMedia`."""
    safe = [*ffmpeg.SAFE_INPUT, "-f", kind]
    wanted = ["-map", f"0:{stream}", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "-"]
    try:
        listing = ffmpeg.run([*safe, "-i", f"file:{path.absolute()}", *wanted], limits=LIMITS)
    except MediaError as error:
        raise UnsafeMedia("The video cannot be read: choose another one.") from error
    return _parse(listing.decode("ascii", errors="replace").splitlines())


def _parse(lines: list[str]) -> Packets:
    facts = dict(line[1:].split(": ", 1) for line in lines if line[:1] == "#" and ": " in line)
    packets = [line.split(",") for line in lines if line.startswith("0,")]
    # A row is: track, decoding time, showing time, duration, bytes, checksum
    starts = [int(packet[2]) for packet in packets]
    ends = [int(packet[2]) + int(packet[3]) for packet in packets]
    tick = Fraction(facts.get("tb 0", "1/1000"))
    seconds = float((max(ends) - min(starts)) * tick) if packets else 0.0
    shown = sorted(starts)
    gaps = sorted(after - before for before, after in pairwise(shown))
    usual = float(gaps[len(gaps) // 2] * tick) if gaps else seconds
    return Packets(frames=len(packets), seconds=seconds, usual=usual, facts=facts)


def _extent(path: Path) -> tuple[int, bool]:
    """Return the file's bytes and whether its one segment, where its length is known, is there."""
    try:
        with path.open("rb") as file:
            head, size = file.read(4096), path.stat().st_size
    except OSError as error:
        raise StorageError(f"The video cannot be read ({error.strerror}).") from error
    at = head.find(SEGMENT)
    if at < 0:
        return size, False
    length, width = _length(head[at + 4 : at + 12])
    return size, length is None or at + 4 + width + length <= size


def _length(data: bytes) -> tuple[int | None, int]:
    """Return an element's length, None where it is left open, and the bytes that it took."""
    width = 9 - data[0].bit_length() if data and data[0] else 8
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width
