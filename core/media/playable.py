"""Makes a copy in H.264 of a clip that not every browser plays, and says why it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.clip import Clip
from core.media.colour import VIDEO
from core.media.footage import Footage, footage
from core.media.gif.raw_frames import fitted
from core.system.atomic_file import replacing

LIMITS = ffmpeg.Limits(wall=600.0, cpu=900, memory=3 * 2**30, output=2**30)
SIDE, FPS, SECONDS = 1920, 60.0, 300.0
"""At most, in the copy: it is for watching, and the provider's file is there beside it."""

PLAIN = frozenset((66, 77, 88, 100))
"""H.264's profiles of eight bits and 4:2:0, which every browser plays."""

ENCODER = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-threads", "2"),
    *("-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"),
)
SOUND = ("-c:a", "aac", "-b:a", "160k")

_HEVC = "HEVC", 'video/mp4; codecs="hvc1.1.6.L93.B0"'
_CODECS = {
    "hvc1": _HEVC,
    "hev1": _HEVC,
    "hevc": _HEVC,
    "av01": ("AV1", 'video/mp4; codecs="av01.0.08M.08"'),
    "av1": ("AV1", 'video/webm; codecs="av01.0.08M.08"'),
    "vp09": ("VP9 in an MP4", 'video/mp4; codecs="vp09.00.40.08"'),
    "mp4v": ("MPEG-4 Part 2", ""),
    "jpeg": ("Motion JPEG", ""),
    "mjpeg": ("Motion JPEG", ""),
    "mpeg4": ("MPEG-4 Part 2", ""),
}
_CODECS |= dict.fromkeys(("apch", "apcn", "apcs", "apco", "ap4h", "ap4x"), ("ProRes", ""))
_MKV = 'video/x-matroska; codecs="avc1.640028"'
_WEB = frozenset(("vp8", "vp9"))


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a browser may not play a clip: in a word, and the type that it can be asked about.

    `mime` is "" where no browser plays it as it is meant.
    """

    what: str
    mime: str = ""


def obstacle(clip: Clip, *, see_through: bool = False) -> Obstacle | None:
    """Return what may keep a browser from playing a clip, None where all of them play it."""
    if see_through:
        return Obstacle(what="a video that can be seen through")
    if clip.codec in ("avc1", "avc3"):
        return _of_h264(clip)
    if clip.container == "matroska" and clip.codec in _WEB:
        return None
    unknown = ("Matroska", _MKV) if clip.container == "matroska" else (clip.codec.strip(), "")
    what, mime = _CODECS.get(clip.codec, unknown)
    return Obstacle(what=what or "an unknown kind of video", mime=mime)


def _of_h264(clip: Clip) -> Obstacle | None:
    if clip.profile is None or clip.profile in PLAIN:
        return None
    mime = f'video/mp4; codecs="avc1.{clip.profile:02x}0028"'
    return Obstacle(what="H.264 of more than eight bits or full colour", mime=mime)


def make_playable(video: Path, target: Path) -> Obstacle | None:
    """Write a copy that every browser plays, where `video` may not be; None, and nothing, else.

    What can be seen through lies on the stage's colour in it. Raises `UnsafeMedia`, `MediaError`
    and `StorageError`.
    """
    with footage(video) as film:
        found = obstacle(film.clip, see_through=film.pictures.see_through)
        if found:
            with replacing(target) as part:
                _encode(film, part)
        return found


def _encode(film: Footage, part: Path) -> None:
    clip = film.clip
    size = fitted(clip.width, clip.height, SIDE / max(clip.width, clip.height))
    rate = min(clip.fps or FPS, FPS)
    pictures = ["-vf", film.filters(size, VIDEO, fps=rate), *ENCODER, f"file:{part.absolute()}"]
    source = film.source(seconds=SECONDS)
    if clip.audio:
        mapped = ["-map", f"0:{clip.stream}", "-map", "0:a:0", "-sn", "-dn", *SOUND]
        try:
            ffmpeg.run([*source, *mapped, *pictures], limits=LIMITS)
        except MediaError:
            pass  # a sound of a kind that is not decoded here; the pictures may be well
        else:
            return
    ffmpeg.run([*source, *film.only_pictures, *pictures], limits=LIMITS)
    if not part.exists():
        raise MediaError("The video has no pictures that can be decoded: choose another one.")
