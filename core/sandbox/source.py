"""Files that an order brings along: fetched, told by their first bytes, and decoded to frames."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.media import ffmpeg
from core.sandbox.picture import Picture, from_rgb

Fetch = Callable[[str], Awaitable[bytes]]

LARGEST_SOURCE = 100 * 2**20
LARGEST_STILL = 50_000_000
"""Pixels: more than any camera that a phone has, and not enough to fill the memory."""

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"


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
        (b"\xff\xfb", "audio/mpeg"),
    ):
        if head.startswith(magic):
            return name
    return None


def _iso_type(brand: bytes) -> str:
    if brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "image/heic"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


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
    """Raise `SourceError` unless the bytes are of a `kind` ("video" or "image") that we open."""
    if len(data) > LARGEST_SOURCE:
        raise SourceError("The file is larger than 100 MB.")
    found = media_type(data[:16]) or ""
    if not found.startswith(f"{kind}/") or found == "image/heic":
        raise SourceError(f"The file is not a {kind} that can be opened.")


def video_frames(path: Path, *, size: tuple[int, int], fps: int, most: int) -> Iterator[Picture]:
    """Yield at most `most` frames of a clip, filled to `size`. Raises `core.errors.MediaError`."""
    width, height = size
    webm = media_type(path.read_bytes()[:16]) == "video/webm"
    scale = (
        f"fps={fps},scale={width}:{height}:force_original_aspect_ratio=increase"
        f":out_color_matrix=bt709:out_range=tv,crop={width}:{height},setsar=1,format=yuv420p"
    )
    arguments = [
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS),
        *("-f", "matroska" if webm else "mov", "-threads", "2", "-i", str(path.absolute())),
        *("-an", "-sn", "-dn", "-vf", scale, "-frames:v", str(most)),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-"),
    ]
    with ffmpeg.reading(arguments) as stream:
        length = width * height * 3 // 2
        while len(data := stream.read(length)) == length:
            yield Picture(np.frombuffer(data, np.uint8).copy(), width, height)


def still(path: Path, *, size: tuple[int, int]) -> Picture:
    """Return an image, turned upright and filled to `size`. Raises `SourceError`."""
    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > LARGEST_STILL:
                raise SourceError("The image has more than 50 million pixels.")
            upright = ImageOps.exif_transpose(image).convert("RGB")
            return from_rgb(np.asarray(ImageOps.fit(upright, size, Image.Resampling.LANCZOS)))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise SourceError("The image cannot be read.") from error


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Return an image's width and height in pixels, if Pillow can tell."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None
