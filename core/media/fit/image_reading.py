"""Opens a user's image with the one reader that its first bytes name, and decodes all of it.

It is bounded before anything is decoded: by its bytes, its pieces and its pixels.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from pi_heif import HeifImageFile
from PIL import Image

from core.errors import StorageError, UnsafeMedia
from core.media.fit.image_bombs import check_pieces
from core.media.sniff import HEAD, sniff

Opener = Callable[[io.BytesIO], Image.Image]


def _pillow(name: str) -> Opener:
    return partial(Image.open, formats=[name])


READERS: dict[str, Opener] = {
    "png": _pillow("PNG"),
    "jpeg": _pillow("JPEG"),
    "webp": _pillow("WEBP"),
    "gif": _pillow("GIF"),
    "avif": _pillow("AVIF"),
    "heic": HeifImageFile,
}
"""What `sniff` says → the reader. No other reader is ever given a file."""

INPUT_BYTES = 50_000_000

INPUT_PIXELS = 16_000_000
MOST_PIXELS = {"jpeg": 60_000_000, "heic": 50_000_000}
"""Pixels that are decoded. Phones make JPEG and HEIC of 48 and 50 megapixels.

A JPEG is shrunk while it is read, so its pixels are never all in memory.
"""

JPEG_SCANS = 100
"""Passes over one picture. A file of a few kB can ask for hours of them."""

END_OF_JPEG = b"\xff\xd9"

NO_IMAGE = (
    "The file is not a PNG, JPEG, WebP, GIF, AVIF or HEIC image: choose another one, or convert it."
)
CUT_OFF = "The image is cut off: copy or download it again."
DAMAGED = (
    "The image is damaged, cut off, or of a kind that is not read here: save it anew with another "
    "program, or choose another one."
)
SLOW = "The image is made to be slow to open: choose another one."


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A decoded image, which may be read smaller than it is; `size` is its own, in pixels.

    `kind` is what `sniff` says, and `content` the file, with its end where only that was missing.
    """

    image: Image.Image
    size: tuple[int, int]
    kind: str
    content: bytes


def read_image(path: Path, max_side: int) -> Opened:
    """Decode an image of which no more than `max_side` pixels a side are wanted.

    Of a moving one, the first picture. Raises `UnsafeMedia` and `StorageError`.
    """
    content, kind = _content(path)
    check_pieces(path, kind)
    if kind == "jpeg" and content.count(b"\xff\xda") > JPEG_SCANS:
        raise UnsafeMedia(SLOW)
    with warnings.catch_warnings():
        # Its own bound is far above ours, which is held below with words of ours
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return _decoded(content, kind, max_side)
        except FAULTS as error:
            if kind == "jpeg" and (mended := _mended(content, max_side)):
                return mended
            _refuse(error, kind)


FAULTS = (
    *(Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError, KeyError),
    *(struct.error, IndexError, TypeError, OverflowError, RuntimeError, MemoryError),
)
"""What the readers are known to raise for bytes that are no image of theirs."""


def _content(path: Path) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            content = file.read(INPUT_BYTES + 1)
    except OSError as error:
        raise StorageError(f"The file cannot be read ({error.strerror}).") from error
    kind = sniff(content[:HEAD])
    if kind not in READERS:
        raise UnsafeMedia(NO_IMAGE)
    if len(content) > INPUT_BYTES:
        raise UnsafeMedia(
            f"The image is {path.stat().st_size / 1e6:.0f} MB large; {INPUT_BYTES // 10**6} MB is "
            "the most that is taken: use a smaller one."
        )
    return content, kind


def _decoded(content: bytes, kind: str, max_side: int) -> Opened:
    image = READERS[kind](io.BytesIO(content))
    _check_pixels(image, kind)
    size = image.size
    factor = min(1.0, max_side / max(size))
    image.draft(None, (max(1, int(size[0] * factor)), max(1, int(size[1] * factor))))
    image.load()
    return Opened(image=image, size=size, kind=kind, content=content)


def _mended(content: bytes, max_side: int) -> Opened | None:
    """Return a JPEG of which nothing but the end mark is missing, with that mark."""
    # Where pictures are missing too, what comes in their place changes what is seen
    ends = (END_OF_JPEG, b"\x55\xaa" * 64 + END_OF_JPEG)
    try:
        plain, other = (_decoded(content + end, "jpeg", max_side) for end in ends)
    except FAULTS:
        return None
    return plain if plain.image.tobytes() == other.image.tobytes() else None


def _check_pixels(image: Image.Image, kind: str) -> None:
    most = MOST_PIXELS.get(kind, INPUT_PIXELS)
    if image.width * image.height > most:
        raise UnsafeMedia(
            f"The image has {image.width}×{image.height} pixels; {most // 10**6} megapixels are "
            "the most that is taken: make it smaller."
        )


def _refuse(error: Exception, kind: str) -> NoReturn:
    if isinstance(error, Image.DecompressionBombError):
        most = MOST_PIXELS.get(kind, INPUT_PIXELS) // 10**6
        raise UnsafeMedia(
            f"The image has far more than {most} megapixels, the most that is taken: make it "
            "smaller."
        ) from error
    said = str(error).lower()
    if "truncated" in said or "eof" in said or isinstance(error, EOFError):
        raise UnsafeMedia(CUT_OFF) from error
    if "text" in said or "decompressed" in said:
        raise UnsafeMedia(
            "The notes inside the image are far too large: save it anew without them."
        ) from error
    raise UnsafeMedia(DAMAGED) from error
