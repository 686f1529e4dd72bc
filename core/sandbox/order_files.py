"""Files that an order brings along: taken apart by their first bytes alone; it decodes nothing."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.errors import StudioError
from core.media import probe

Fetch = Callable[[str], Awaitable[bytes]]

LARGEST_SOURCE = 100 * 2**20

ARTICLES = {"video": "a video", "image": "an image", "audio": "a sound", "file": "a file"}

ORIENTATION = 0x0112
LYING = (5, 6, 7, 8)
"""EXIF's words for a picture that is shown turned by a quarter."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a picture or clip is: its size in pixels and, for a clip, its length in seconds."""

    width: int
    height: int
    seconds: float | None = None


class SourceError(ValueError):
    """A file that cannot be used; str(error) says why, to the one who sent it."""


def media_type(head: bytes) -> str | None:
    """Return the type that a file's first 16 bytes tell, where it is one of those we know."""
    if head[4:8] == b"ftyp":
        return _iso_type(head[8:12])
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    for magic, name in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"glTF", "model/gltf-binary"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
    ):
        if head.startswith(magic):
            return name
    return _sound_type(head)


def _iso_type(brand: bytes) -> str:
    if brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "image/heic"
    if brand in (b"M4A ", b"M4B "):
        return "audio/mp4"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _sound_type(head: bytes) -> str | None:
    # Sound with no tags before it begins with a frame: eleven bits set, then the layer.
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if head[1] & 0xE6 == 0xE2 else None


def decode_data_uri(uri: str) -> bytes:
    """Return the bytes in a base64 data URI. Raises `SourceError`."""
    head, comma, text = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise SourceError("The data URI is not in base64.")
    if len(text) > LARGEST_SOURCE * 4 // 3 + 4:
        raise SourceError("The file in the data URI is larger than 100 MB.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SourceError("The data URI is not in base64.") from error


def check_kind(data: bytes, kind: str) -> None:
    """Raise `SourceError` unless the bytes are of a `kind` that is used here.

    It is "video", "image" or "audio", or "file" for any of them.
    """
    if len(data) > LARGEST_SOURCE:
        raise SourceError("The file is larger than 100 MB.")
    found = media_type(data[:16]) or ""
    family = found.partition("/")[0]
    if kind == "file":
        good = family in ("video", "image", "audio")
    else:
        # Sound alone travels in the same box as a clip, and most writers do not mark it.
        good = family == kind or (kind == "audio" and found == "video/mp4")
    if not good or found == "image/heic":
        raise SourceError(f"The file is not {ARTICLES[kind]} that can be opened.")


def family_of(path: Path) -> str:
    """Return "video", "image" or "audio" for a file that passed `check_kind`."""
    with path.open("rb") as file:
        return (media_type(file.read(16)) or "").partition("/")[0]


def facts_of(path: Path) -> Facts | None:
    """Return how a picture or a clip is shown, where that can be told without decoding it."""
    family = family_of(path)
    if family == "image":
        shape = dimensions(path.read_bytes())
        return Facts(width=shape[0], height=shape[1]) if shape else None
    if family != "video":
        return None
    try:
        clip = probe(path)
    except StudioError:
        return None
    # A turned clip is shown in a shape that its index does not simply say.
    known = not clip.rotated and clip.width > 0 and clip.height > 0
    return Facts(width=clip.width, height=clip.height, seconds=clip.seconds) if known else None


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Return an image's width and height in pixels, upright, if Pillow can tell."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            lying = image.getexif().get(ORIENTATION, 1) in LYING
            return (image.height, image.width) if lying else image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
