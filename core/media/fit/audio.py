"""Makes a user's sound fit for a model: checked as hostile, then re-encoded where it must be."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from core.errors import MediaError, UnsafeMedia
from core.media import decoders, ffmpeg
from core.media.fit.audio_notes import sound_tells_more
from core.media.fit.mp3_frames import frames_only
from core.media.fit.video import Fitted
from core.media.mp4.probe import probe
from core.media.sniff import read_head, sniff
from core.system.atomic_file import replacing

NAMES = {
    "wav": "WAV",
    "mp3": "MP3",
    "aac": "AAC",
    "ogg": "Ogg",
    "flac": "FLAC",
    "mov": "M4A",
    "matroska": "WebM",
}
"""What `sniff` says, which is also the demuxer to force → the name that people know."""

MIMES = {"wav": "audio/wav", "mp3": "audio/mpeg", "mov": "audio/mp4"}
"""The kinds that most models take as they are."""

KEPT_CODECS = {
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
    "mp3": {"mp3"},
    "mov": {"aac"},
}
"""What is inside such a file where it is taken as it is."""

WITHOUT_NOTES = {
    "wav": ("-f", "wav"),
    "mov": ("-f", "mp4", "-movflags", "+faststart"),
}
"""How ffmpeg writes such a file anew from the same coded sound."""

NOT_DECODED = "The sound ({}) cannot be decoded here: convert it to MP3 or WAV."

READ_LIMITS = ffmpeg.Limits(wall=20.0, cpu=10, memory=2**30, output=2**25)
"""For reading packets, which decodes nothing."""

WRITE_LIMITS = ffmpeg.Limits(wall=90.0, cpu=60, memory=2**30, output=200_000_000)

USUAL_RATE, LOWEST_RATE = 192_000, 32_000
"""Bits a second of an MP3 that sounds like its source, and of one that is still of use."""

NO_SOUND = (
    "The file is not a WAV, MP3, M4A, AAC, Ogg or FLAC sound: choose another one, or convert it."
)


@dataclass(frozen=True, kw_only=True)
class SoundBounds:
    """What a sound may be at most before any of it is decoded."""

    size_bytes: int = 100_000_000
    seconds: float = 600.0


SOUND_BOUNDS = SoundBounds()


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A piece of sound as its packets describe it; `kind` is one of `NAMES`.

    `codec` is ffmpeg's name for what is inside.
    """

    kind: str
    codec: str
    seconds: float
    size_bytes: int


def check_sound(path: Path, bounds: SoundBounds = SOUND_BOUNDS) -> Sound:
    """Return what is known of a user's sound, of which a moment is decoded.

    Raises `UnsafeMedia` for one that is no sound, broken, of a kind that cannot be decoded here, or
    beyond the limits.
    """
    kind = sniff(read_head(path))
    if kind not in NAMES:
        raise UnsafeMedia(NO_SOUND)
    size = path.stat().st_size
    if size > bounds.size_bytes:
        raise _beyond(size / 1e6, bounds.size_bytes / 1e6, "MB large")
    seconds, codec = _measured(path, kind, bounds.seconds)
    if seconds > bounds.seconds:
        raise _beyond(seconds, bounds.seconds, "s long")
    if not _decodes(path, kind):
        raise UnsafeMedia(NOT_DECODED.format(codec))
    return Sound(kind=kind, codec=codec, seconds=seconds, size_bytes=size)


def fit_sound(path: Path, target: Path, *, size_bytes: int, keeps: Collection[str]) -> Fitted:
    """Write the sound within so many bytes, named like `target` with the right ending.

    One that is of a kind in `keeps` and small enough is not coded anew, and only loses its notes;
    any other becomes an MP3, as does the sound of a video. Raises `UnsafeMedia`, `MediaError` and
    `StorageError`.
    """
    sound = check_sound(path)
    shown = sound.kind in ("mov", "matroska") and _shows(path)
    fits = sound.kind in keeps and sound.size_bytes <= size_bytes and not shown
    if (
        fits
        and sound.codec in KEPT_CODECS.get(sound.kind, ())
        and (kept := _kept(path, target, sound))
    ):
        return kept
    rate = _rate(sound, size_bytes)
    target = target.with_suffix(".mp3")
    with replacing(target) as part:
        ffmpeg.run(
            [
                *_input(path, sound.kind, sound.seconds + 1),
                *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"),
                *("-c:a", "libmp3lame", "-b:a", str(rate), "-id3v2_version", "0"),
                *("-f", "mp3", f"file:{part.absolute()}"),
            ],
            limits=WRITE_LIMITS,
        )
        if part.stat().st_size < LOWEST_RATE // 80:
            raise MediaError("The sound cannot be decoded: choose another one.")
    changes = f"converted from {NAMES[sound.kind]} to MP3"
    if shown:
        changes = "taken out of its video as MP3"
    elif sound.kind == "mp3" or rate < USUAL_RATE:
        changes = f"compressed to an MP3 of {rate // 1000} kb/s"
    return Fitted(path=target, mime=MIMES["mp3"], seconds=sound.seconds, changes=changes)


def _shows(path: Path) -> bool:
    try:
        return probe(path).frames > 1
    except UnsafeMedia:  # Matroska without pictures
        return False


def _kept(path: Path, target: Path, sound: Sound) -> Fitted | None:
    """Write the sound as it is coded, without its notes; None where that cannot be done."""
    target = target.with_suffix({"wav": ".wav", "mp3": ".mp3"}.get(sound.kind, ".m4a"))
    telling = sound_tells_more(path, sound.kind)
    try:
        with replacing(target) as part:
            if telling:
                _rewrite(path, part, sound)
            else:
                shutil.copyfile(path, part)
    except MediaError:
        return None
    changes = "rid of its notes (title, place, device)" if telling else ""
    return Fitted(path=target, mime=MIMES[sound.kind], seconds=sound.seconds, changes=changes)


def _rewrite(path: Path, part: Path, sound: Sound) -> None:
    """Write the same coded sound with nothing beside it. Raises `MediaError` if some is lost."""
    if sound.kind == "mp3":
        part.write_bytes(frames_only(path.read_bytes()))
    else:
        _repack(path, part, sound)
    if abs(_measured(part, sound.kind, sound.seconds + 1)[0] - sound.seconds) > 0.1:
        raise MediaError("Not all of the sound could be kept.")


def _repack(path: Path, part: Path, sound: Sound) -> None:
    copying = ["-map", "0:a:0", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1"]
    written = [*copying, "-fflags", "+bitexact", *WITHOUT_NOTES[sound.kind]]
    source = _input(path, sound.kind, sound.seconds + 1)
    ffmpeg.run([*source, *written, f"file:{part.absolute()}"], limits=WRITE_LIMITS)


def _rate(sound: Sound, size_bytes: int) -> int:
    room = int(size_bytes * 8 * 0.97 / (sound.seconds + 0.5))
    if room < LOWEST_RATE:
        raise UnsafeMedia(
            f"The sound is {sound.seconds:.0f} s long, too long to be made small enough: use a "
            "shorter one."
        )
    # The rates that an MP3 can have
    return max(rate for rate in (32, 48, 64, 96, 128, 160, 192) if rate * 1000 <= room) * 1000


def _decodes(path: Path, kind: str) -> bool:
    """Say whether the first moment can be decoded."""
    wanted = ["-map", "0:a:0", "-frames:a", "1", "-f", "framecrc", "-"]
    try:
        listing = ffmpeg.run([*_input(path, kind, 2), *wanted], limits=READ_LIMITS)
    except MediaError:
        return False
    return b"\n0," in listing


def _measured(path: Path, kind: str, most: float) -> tuple[float, str]:
    """Return the seconds by the packets, since a header may state any length, and the codec."""
    wanted = ["-map", "0:a:0", "-c", "copy", "-f", "framecrc", "-"]
    try:
        listing = ffmpeg.run([*_input(path, kind, most + 2), *wanted], limits=READ_LIMITS)
    except MediaError as error:
        raise UnsafeMedia("The sound cannot be read: choose another one.") from error
    lines = listing.decode("ascii", errors="replace").splitlines()
    seconds = _length(lines)
    codec = next((line.partition(": ")[2] for line in lines if line.startswith("#codec_id 0")), "")
    if seconds < 0.01:
        raise UnsafeMedia("There is no sound in the file: choose another one.")
    return seconds, codec


def _length(lines: list[str]) -> float:
    tick = next((line.partition(": ")[2] for line in lines if line.startswith("#tb 0: ")), "1/1000")
    packets = [line.split(",") for line in lines if line.startswith("0,")]
    # A row is: track, decoding time, showing time, duration, bytes, checksum
    starts = [int(packet[2]) for packet in packets]
    ends = [int(packet[2]) + int(packet[3]) for packet in packets]
    return float((max(ends) - min(starts)) * Fraction(tick)) if packets else 0.0


def _input(path: Path, kind: str, seconds: float) -> list[str]:
    """Return ffmpeg's arguments up to the input: one demuxer, forced, and known decoders."""
    # The whitelist names a demuxer as ffmpeg does, and forcing it is what keeps playlists out.
    return [
        *(
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            kind,
            "-codec_whitelist",
            decoders.SOUND,
        ),
        *("-t", f"{seconds:.3f}", "-threads", "1"),
        *("-f", kind, "-i", f"file:{path.absolute()}"),
    ]


def _beyond(much: float, most: float, words: str) -> UnsafeMedia:
    return UnsafeMedia(
        f"The sound is {much:.4g} {words}; {most:.4g} {words.partition(' ')[0]} is the most that "
        "is taken: make it shorter."
    )
