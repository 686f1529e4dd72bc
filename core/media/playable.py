"""Makes a copy in H.264 of a clip that not every browser plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.errors import MediaError
from core.media import ffmpeg
from core.media.colour import VIDEO
from core.media.footage import Footage, footage
from core.media.gif.raw_frames import fitted
from core.media.obstacle import Obstacle, obstacle
from core.system.atomic_file import replacing

LIMITS = ffmpeg.Limits(wall=600.0, cpu=900, memory=3 * 2**30, output=2**30)
SIDE, FPS, SECONDS = 1920, 60.0, 300.0
"""At most, in the copy: it is for watching, and the provider's file is there beside it."""

ENCODER = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-threads", "2"),
    *("-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"),
)
SOUND = ("-c:a", "aac", "-b:a", "160k")


def make_playable(video: Path, target: Path) -> Obstacle | None:
    """Write a copy that every browser plays, where `video` may not be; None, and nothing, else.

    What can be seen through lies on the stage's colour in it. Raises `UnsafeMedia`, `MediaError`
    and `StorageError`.
    """
    with footage(video) as film:
        found = obstacle(film.clip, see_through=film.pictures.see_through)
        if not found:
            return None
        with replacing(target) as part:
            heard = _encode(film, part)
        return replace(found, silent=film.clip.audio and not heard)


def _encode(film: Footage, part: Path) -> bool:
    """Write the copy; say whether sound came along."""
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
            return True
    ffmpeg.run([*source, *film.only_pictures, *pictures], limits=LIMITS)
    if not part.exists():
        raise MediaError("The video has no pictures that can be decoded: choose another one.")
    return False
