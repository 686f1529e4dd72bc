"""Makes a user's video fit for a model: checked as hostile, then re-encoded where it must be."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError, UnsafeMedia
from core.media import ffmpeg
from core.media.boxes import probe
from core.media.colour import VIDEO, converting
from core.media.decode import Bounds
from core.media.film import Film, read_film
from core.media.film_input import MOST_PIXELS, opening, try_out
from core.media.frames import fitted
from core.media.mp4_notes import tells_more
from core.media.writing import replacing

SOURCE_BOUNDS = Bounds(seconds=3600.0, fps=480.0, pixels=MOST_PIXELS)
"""For what a user hands in. Only what a model has room for is decoded of it."""

MOST_WORK = 40e9
"""Pixels that are decoded of one video: a minute of 4K at 60 a second (180 s of processor)."""

LIMITS = ffmpeg.Limits(wall=600.0, cpu=400, memory=3 * 2**30, output=200_000_000)

H264 = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-threads", "2"),
    *("-movflags", "+faststart", "-map_metadata", "-1", "-map_chapters", "-1"),
    *("-fflags", "+bitexact", "-f", "mp4"),
)

AAC = ("-c:a", "aac", "-b:a", "128k", "-af", "aformat=channel_layouts=mono|stereo")

AS_IT_IS = (
    *("-c", "copy", "-movflags", "+faststart", "-map_metadata", "-1", "-map_chapters", "-1"),
    *("-fflags", "+bitexact", "-f", "mp4"),
)

PLAYABLE_PROFILES = {66, 77, 88, 100}
"""H.264's profiles of eight bits and 4:2:0, which every player and provider takes."""

PLAYABLE_SOUND = {"aac", "mp3"}

SLACK = 1.01
"""A rate that is exceeded by less is left alone: 30 means 29.97 as well."""

OVERHANG = 0.25
"""Seconds that the sound may go on after the last picture."""

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
class Fitted:
    """A file that fits: where it lies, its pixels, and what was done to it in words, if anything.

    `seconds` is None for a still image, and a sound has no pixels. `mime` is its media type.
    """

    path: Path
    mime: str
    width: int = 0
    height: int = 0
    seconds: float | None = None
    changes: str = ""


def check_source(path: Path, limits: Bounds = SOURCE_BOUNDS) -> Film:
    """Return what is known of a user's video, of which a moment is decoded.

    Raises `UnsafeMedia` for one that is no video, cut off, beyond the limits, or of a kind that
    cannot be decoded here, and `StorageError`.
    """
    film = read_film(path)
    for much, most, words in (
        (film.clip.size_bytes / 1e6, limits.size_bytes / 1e6, "{} MB large; {} MB"),
        (film.seconds, limits.seconds, "{} s long; {} s"),
        (film.rate, limits.fps * SLACK, "at {} frames a second; {}"),
        (film.width * film.height / 1e6, limits.pixels / 1e6, "of {} megapixels; {}"),
    ):
        if much > most:
            bound = most / SLACK if "frames" in words else most
            said = words.format(f"{much:.4g}", f"{bound:.4g}")
            raise UnsafeMedia(
                f"The video is {said} is the most that is taken: make it smaller or shorter."
            )
    return try_out(film, path)


def fit_source(path: Path, target: Path, room: Room) -> Fitted:
    """Write an H.264 MP4 that fits into `room`.

    A video that fits already is copied as it is, or repacked without its notes. Raises
    `UnsafeMedia`, `MediaError` and `StorageError`.
    """
    film = check_source(path)
    wanted = _Wanted.of(film, room)
    with replacing(target) as part:
        changes = _written(path, part, film, wanted)
        made = probe(part)
        if not made.frames or not made.whole:
            raise MediaError("The video has no pictures that can be decoded: choose another one.")
    return Fitted(
        path=target,
        width=made.width,
        height=made.height,
        mime="video/mp4",
        seconds=made.seconds,
        changes=", ".join(changes),
    )


def _written(path: Path, part: Path, film: Film, wanted: _Wanted) -> list[str]:
    """Write the file in the gentlest way that will do, and return what was changed."""
    if not wanted.changes:
        changes = _repacking(path, film)
        if not changes:
            shutil.copyfile(path, part)
            return []
        if _repack(path, part, film):
            return changes
    heard = _encode(path, part, film, wanted)
    changes = wanted.changes or ["converted to H.264 MP4"]
    return changes if heard or not film.clip.audio else [*changes, _left_out(film, wanted)]


def _left_out(film: Film, wanted: _Wanted) -> str:
    if film.sound and not wanted.sound:
        return "sound left out, as the model takes none"
    return "sound left out, as it cannot be decoded here"


def _repacking(path: Path, film: Film) -> list[str]:
    """Return why a video whose pictures fit is not just copied, in words."""
    changes = []
    if film.clip.container != "mp4":
        changes.append("repacked as MP4, without its notes (place, device)")
    elif tells_more(path):
        changes.append("rid of its notes (place, device)")
    if film.sound and film.sound.codec not in PLAYABLE_SOUND:
        changes.append("sound converted to AAC")
    if film.sound and film.sound.seconds > film.seconds + OVERHANG:
        changes.append("sound trimmed to the pictures")
    return changes


def _repack(path: Path, part: Path, film: Film) -> bool:
    """Write the pictures as they are coded, with their sound, and say whether all came along."""
    sound = film.sound
    maps = ["-map", f"0:{film.pictures.index}", *_sound_map(film)]
    recoded = AAC if sound and sound.codec not in PLAYABLE_SOUND else ()
    # Half a picture more, since the last one begins before its end
    most = ["-t", f"{film.seconds + 0.5 / film.rate:.4f}"]
    source = opening(film, path, seconds=film.seconds + 1)
    try:
        ffmpeg.run(
            [*source, *maps, *AS_IT_IS[:2], *recoded, *AS_IT_IS[2:], *most, _file(part)],
            limits=LIMITS,
        )
        made = probe(part)
    except MediaError:
        return False
    return made.whole and made.frames == film.clip.frames and made.audio == (sound is not None)


def _sound_map(film: Film) -> list[str]:
    return ["-map", f"0:{film.sound.index}"] if film.sound else []


def _file(part: Path) -> str:
    return f"file:{part.absolute()}"


def _encode(path: Path, part: Path, film: Film, wanted: _Wanted) -> bool:
    """Write the pictures anew; say whether sound came along."""
    source = opening(film, path, seconds=wanted.seconds)
    most = ["-frames:v", str(max(1, int(wanted.seconds * wanted.fps + 0.01)))]
    pictures = ["-map", f"0:{film.pictures.index}"]
    with converting(film.pictures.colour, film.pictures.height) as conversion:
        colours = conversion.filters(wanted.width, wanted.height, VIDEO)
        filters = ",".join([*_before(film), f"fps={wanted.fps:.6g}", colours, "setsar=1"])
        outcome = ["-vf", filters, *most, *H264, *wanted.ceiling, _file(part)]
        if wanted.sound and film.sound:
            try:
                ffmpeg.run([*source, *pictures, *_sound_map(film), *AAC, *outcome], limits=LIMITS)
            except MediaError:
                pass  # a sound that breaks off; the pictures may be well
            else:
                return True
        ffmpeg.run([*source, *pictures, *outcome], limits=LIMITS)
    return False


INTERLACING = {"h264", "mpeg2video"}
"""Codecs that may say of each single picture that it is two halves."""


def _before(film: Film) -> list[str]:
    """Return the filters that make whole, opaque pictures of what is decoded."""
    pictures = film.pictures
    filters = []
    if pictures.interlaced:
        filters.append("bwdif=send_frame:auto:all")
    elif pictures.codec in INTERLACING and not pictures.colour.is_rgb:
        filters.append("bwdif=send_frame:auto:interlaced")
    if pictures.see_through:
        # Over black: what a transparent place hides may be anything
        filters.append("format=yuva444p,premultiply=inplace=1,format=yuv444p")
    return filters


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    width: int
    height: int
    fps: float
    seconds: float
    bits: int
    sound: bool
    changes: list[str]

    @classmethod
    def of(cls, film: Film, room: Room) -> _Wanted:
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
