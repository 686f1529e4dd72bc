"""Makes a user's image fit for a model: checked by its header, then turned, shrunk, re-encoded."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import UnsafeMedia
from core.media.pieces import check_pieces
from core.media.sniff import read_head, sniff
from core.media.source import Fitted
from core.media.writing import replacing

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
"""What `sniff` says → Pillow's name. No other reader of Pillow is ever given a file."""

INPUT_BYTES = 50_000_000
INPUT_PIXELS = 16_000_000
"""Pixels that are decoded. A JPEG may have `JPEG_GAIN` times as many: it is shrunk while read."""

JPEG_GAIN = 3
JPEG_SCANS = 100
"""Passes over one picture. A file of a few kB can ask for hours of them."""

MAX_SIDE = 2048
MAX_BYTES = 10_000_000
SMALLEST = 64
"""Pixels of the longer side, below which nothing is shrunk any further."""

QUALITIES = (92, 85, 75)

NO_IMAGE = "The file is not a PNG, JPEG, WebP or GIF image: choose another one, or convert it."


def check_image(path: Path) -> None:
    """Look at an image's header only. Raises `UnsafeMedia` for what is none or is too large."""
    with _opened(path, MAX_SIDE):
        pass


def fit_image(
    path: Path, target: Path, *, max_side: int = MAX_SIDE, max_bytes: int = MAX_BYTES
) -> Fitted:
    """Write an upright PNG or JPEG within the limits, named like `target` with the right ending.

    An image that fits already and tells nothing of its camera is copied as it is. Of a moving one
    the first picture is taken. One that can be seen through becomes a PNG, any other a JPEG.
    Raises `UnsafeMedia` and `StorageError`.
    """
    with _opened(path, max_side) as (image, size):
        kind = str(image.format)
        image.load()
        if _fits(image, size, max_side) and path.stat().st_size <= max_bytes:
            return _written(path.read_bytes(), target, kind, size=image.size)
        upright = _upright(image)
        made, content, became = _encoded(_shrunk(upright, max_side), max_bytes)
        changes = _told(kind, became, size, made.size)
        return _written(content, target, became, size=made.size, changes=changes)


@contextmanager
def _opened(path: Path, max_side: int) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    """Give the image, which may be read smaller than it is, and its size in pixels."""
    kind = sniff(read_head(path))
    if kind not in FORMATS:
        raise UnsafeMedia(NO_IMAGE)
    _check_bytes(path, kind)
    check_pieces(path, kind)
    try:
        with Image.open(path, formats=[FORMATS[kind]]) as image:
            _check_pixels(image)
            size = image.size
            factor = min(1.0, max_side / max(size))
            image.draft(None, (int(size[0] * factor), int(size[1] * factor)))
            yield image, size
    except (*BOMBS, OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise UnsafeMedia("The image is damaged or too large: choose another one.") from error


BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def _check_bytes(path: Path, kind: str) -> None:
    if path.stat().st_size > INPUT_BYTES:
        raise UnsafeMedia(f"The image is larger than {INPUT_BYTES // 10**6} MB: use a smaller one.")
    if kind == "jpeg" and path.read_bytes().count(b"\xff\xda") > JPEG_SCANS:
        raise UnsafeMedia("The image is made to be slow to open: choose another one.")


def _check_pixels(image: Image.Image) -> None:
    most = INPUT_PIXELS * (JPEG_GAIN if image.format == "JPEG" else 1)
    if image.width * image.height > most:
        raise UnsafeMedia(
            f"The image has {image.width}×{image.height} pixels, more than the {most // 10**6} "
            "megapixels that are taken: make it smaller."
        )


def _fits(image: Image.Image, size: tuple[int, int], max_side: int) -> bool:
    telling = {"exif", "xmp", "XML:com.adobe.xmp", "comment", "mp", "mpoffset"} & image.info.keys()
    modes = {"PNG": ("RGB", "L", "RGBA"), "JPEG": ("RGB", "L")}.get(str(image.format), ())
    if image.mode not in modes or telling or max(size) > max_side:
        return False
    # Asked last: to count a GIF's pictures, Pillow would walk through all of them.
    return getattr(image, "n_frames", 1) == 1


def _upright(image: Image.Image) -> Image.Image:
    """Return the image turned as it is looked at, in RGB, or in RGBA if it can be seen through."""
    turned = ImageOps.exif_transpose(image)
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    seen = turned.convert("RGBA")
    opaque = seen.getchannel("A").histogram()[255] == seen.width * seen.height
    return seen.convert("RGB") if opaque else seen


def _shrunk(image: Image.Image, max_side: int) -> Image.Image:
    factor = max_side / max(image.size)
    if factor >= 1:
        return image
    size = max(1, int(image.width * factor)), max(1, int(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, max_bytes: int) -> tuple[Image.Image, bytes, str]:
    """Return the image, smaller where it must be, as bytes of the kind that is named."""
    while True:
        for content, kind in _attempts(image):
            if len(content) <= max_bytes or max(image.size) <= SMALLEST:
                return image, content, kind
        factor = min(0.9, 0.95 * math.sqrt(max_bytes / len(content)))
        image = _shrunk(image, max(SMALLEST, int(max(image.size) * factor)))


def _attempts(image: Image.Image) -> Iterator[tuple[bytes, str]]:
    if image.mode == "RGBA":
        yield _bytes(_whitened(image), "PNG"), "PNG"
        return
    for quality in QUALITIES:
        yield _bytes(image, "JPEG", quality=quality, optimize=True), "JPEG"


def _whitened(image: Image.Image) -> Image.Image:
    # What lies under full transparency may be anything, and a model may not look through it.
    clear = image.getchannel("A").point(lambda alpha: 255 if alpha == 0 else 0)
    whitened = image.copy()
    whitened.paste((255, 255, 255, 0), mask=clear)
    return whitened


def _bytes(image: Image.Image, kind: str, **options: int) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _told(was: str, became: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    changes = []
    if sorted(before) != sorted(after):
        changes.append(f"scaled from {before[0]}×{before[1]} to {after[0]}×{after[1]}")
    if was != became:
        changes.append(f"converted from {was} to {became}")
    return ", ".join(changes) or f"saved anew as a plain {became}"


def _written(
    content: bytes, target: Path, kind: str, *, size: tuple[int, int], changes: str = ""
) -> Fitted:
    path = target.with_suffix(".png" if kind == "PNG" else ".jpg")
    with replacing(path) as part:
        part.write_bytes(content)
    return Fitted(
        path=path,
        width=size[0],
        height=size[1],
        mime="image/png" if kind == "PNG" else "image/jpeg",
        changes=changes,
    )
