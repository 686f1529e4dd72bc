"""Tells what kind of file was handed in, by its content alone, and whether it may be opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core import media
from core.errors import UnsafeMedia
from core.params import Audio, Image, Media, Video

NOTHING_KNOWN = (
    "The file is no video, image or sound that is taken here: choose an MP4, MOV, WebM, PNG, JPEG, "
    "WebP, GIF, AVIF, HEIC, WAV, MP3, M4A, AAC, Ogg or FLAC file."
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of file: what it shows or plays, its ending with the dot, and its media type."""

    media: Literal["video", "image", "audio"]
    suffix: str
    mime: str


KINDS = {
    "png": Kind(media="image", suffix=".png", mime="image/png"),
    "jpeg": Kind(media="image", suffix=".jpg", mime="image/jpeg"),
    "webp": Kind(media="image", suffix=".webp", mime="image/webp"),
    "gif": Kind(media="image", suffix=".gif", mime="image/gif"),
    "avif": Kind(media="image", suffix=".avif", mime="image/avif"),
    "heic": Kind(media="image", suffix=".heic", mime="image/heic"),
    "wav": Kind(media="audio", suffix=".wav", mime="audio/wav"),
    "mp3": Kind(media="audio", suffix=".mp3", mime="audio/mpeg"),
    "aac": Kind(media="audio", suffix=".aac", mime="audio/aac"),
    "ogg": Kind(media="audio", suffix=".ogg", mime="audio/ogg"),
    "flac": Kind(media="audio", suffix=".flac", mime="audio/flac"),
}
MP4 = Kind(media="video", suffix=".mp4", mime="video/mp4")
MOV = Kind(media="video", suffix=".mov", mime="video/quicktime")
WEBM = Kind(media="video", suffix=".webm", mime="video/webm")
M4A = Kind(media="audio", suffix=".m4a", mime="audio/mp4")
WEBA = Kind(media="audio", suffix=".weba", mime="audio/webm")

MIMES = {kind.suffix: kind.mime for kind in (*KINDS.values(), MP4, MOV, WEBM, M4A, WEBA)}
"""Ending → media type, of every file that a job keeps."""


def check(param: Media, path: Path) -> Kind:
    """Return what a file is, where it is what the parameter takes and may be opened.

    Raises `UnsafeMedia` and `StorageError`.
    """
    head = media.read_head(path)
    match param:
        case Video():
            media.check_source(path)
            return _clip(head)
        case Image():
            media.check_image(path)
        case Audio():
            media.check_sound(path)
            return {"mov": M4A, "matroska": WEBA}.get(str(media.sniff(head))) or _kind(head)
        case _:
            return check(_FOR[_media_of(path, head)], path)
    return _kind(head)


def _media_of(path: Path, head: bytes) -> str:
    """Return whether a file of any kind is a video, an image or a sound."""
    if media.sniff(head) not in ("mov", "matroska"):
        return _kind(head).media
    try:
        clip = media.probe(path)
    except UnsafeMedia:
        return "audio"  # then the check for sound tells what is wrong
    return "audio" if clip.audio and not clip.frames else "video"


def _clip(head: bytes) -> Kind:
    if media.sniff(head) == "matroska":
        return WEBM
    return MP4 if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else MOV


def _kind(head: bytes) -> Kind:
    kind = KINDS.get(str(media.sniff(head)))
    if kind is None:
        raise UnsafeMedia(NOTHING_KNOWN)
    return kind


_FOR: dict[str, Media] = {
    "video": Video(name="file", label="File"),
    "image": Image(name="file", label="File"),
    "audio": Audio(name="file", label="File"),
}
