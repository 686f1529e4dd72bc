"""Makes a user's video fit for a model: checked as hostile, then re-encoded where it must be."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError, UnsafeMedia
from core.media import ffmpeg
from core.media.colour import VIDEO, converting
from core.media.decode import Bounds
from core.media.fit.film import Film, read_film
from core.media.fit.film_input import opening, try_out
from core.media.fit.film_plan import SLACK, SOURCE_BOUNDS, Plan, Room
from core.media.mp4.notes_found import tells_more
from core.media.mp4.probe import probe
from core.system.atomic_file import replacing

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

PLAYABLE_SOUND = {"aac", "mp3"}

OVERHANG = 0.25
"""Seconds that the sound may go on after the last picture."""


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
    wanted = Plan.of(film, room)
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


def _written(path: Path, part: Path, film: Film, wanted: Plan) -> list[str]:
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


def _left_out(film: Film, wanted: Plan) -> str:
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


def _encode(path: Path, part: Path, film: Film, wanted: Plan) -> bool:
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
