"""What is known of a video file before any of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A video file as its own index describes it; `width` and `height` are those of the screen.

    `whole` is False for a file that was cut off, or is empty. `container` is `mp4`, `mov`,
    `matroska` or `fragments`. `rotated` says that a player must turn or stretch the pictures.
    `profile` is H.264's own number, None for other codecs. `fps` is the usual rate: the mean one,
    or the median where a few pictures stand for long. `sound` is the codec of the first track of
    sound, by the container's name for it or ffmpeg's. `stream` names the track of pictures for
    ffmpeg's `-map 0:`, which may not be the file's first: a cover can stand before it.
    """

    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    codec: str
    audio: bool
    size_bytes: int
    whole: bool
    faststart: bool
    container: str = "mp4"
    rotated: bool = False
    profile: int | None = None
    stream: str = "v:0"
    sound: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it has a track of pictures, and not one picture in it."""
        return bool(self.codec) and not self.frames

    @property
    def portrait(self) -> bool:
        """Whether it is higher than wide."""
        return self.height > self.width
