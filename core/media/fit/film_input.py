"""Hands a user's video to ffmpeg: a forced demuxer, the track that is meant, known decoders.

Pictures and sound are decoded once, a moment of each, when the file is handed in, so that none
turns out to be of an unknown kind when its order is to go out.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.errors import MediaError, UnsafeMedia
from core.media import decoders, ffmpeg
from core.media.fit.film import Film, FilmSound

LIMITS = ffmpeg.Limits(wall=30.0, cpu=20, memory=3 * 2**30, output=2**20)

THREADS = 2

MOST_PIXELS = 4096 * 2304
"""Pixels of one picture: the 4K of phones and of cinemas, lying or upright."""


def opening(film: Film, path: Path, *, seconds: float) -> list[str]:
    """Return ffmpeg's arguments up to `-i`, by which at most `seconds` are read."""
    pictures = film.pictures
    # The coder's grid of 16 pixels may stick out of the picture
    most = MOST_PIXELS * 9 // 8
    return [
        *ffmpeg.SAFE_INPUT,
        *("-codec_whitelist", decoders.ALL),
        *("-max_pixels", str(most), "-t", f"{seconds:.3f}", "-threads", str(THREADS)),
        *(f"-c:{pictures.index}", _decoder(film)),
        *("-f", film.kind, "-i", f"file:{path.absolute()}"),
    ]


def try_out(film: Film, path: Path) -> Film:
    """Decode a picture and some sound; return the film, without a sound that is not decoded here.

    Raises `UnsafeMedia` where it is the pictures that are not.
    """
    if film.pictures.codec not in decoders.PICTURES:
        raise UnsafeMedia(_unknown(film))
    source = opening(film, path, seconds=film.seconds + 1)
    if not _yields([*source, "-map", f"0:{film.pictures.index}", "-frames:v", "1"]):
        raise UnsafeMedia(_unknown(film))
    heard = film.sound and _yields([*source, *_mapped(film.sound), "-frames:a", "1"])
    return film if heard else replace(film, sound=None)


def _mapped(sound: FilmSound) -> list[str]:
    return ["-map", f"0:{sound.index}"]


def _yields(arguments: list[str]) -> bool:
    try:
        listing = ffmpeg.run([*arguments, "-f", "framecrc", "-"], limits=LIMITS)
    except MediaError:
        return False
    return any(line[:1].isdigit() for line in listing.decode("ascii", "replace").splitlines())


def _decoder(film: Film) -> str:
    pictures = film.pictures
    special = decoders.SEE_THROUGH.get(pictures.codec) if pictures.see_through else None
    return special or decoders.PICTURES[pictures.codec]


def _unknown(film: Film) -> str:
    return (
        f"The video's pictures ({film.pictures.codec}) cannot be decoded here: convert it to an "
        "H.264 MP4, or choose another one."
    )
