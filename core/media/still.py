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

MAX_PIXELS = 1920 * 1920
MAX_BYTES = 10_000_000
QUALITIES = (92, 85, 75)
SHRINK = 0.7

NO_IMAGE = "The file is not a PNG, JPEG, WebP or GIF image: choose another one, or convert it."


def check_image(path: Path) -> None:
    """Look at an image's header only. Raises `UnsafeMedia` for what is none or is too large."""
    with _opened(path, MAX_PIXELS):
        pass


def fit_image(
    path: Path, target: Path, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES
) -> Fitted:
    """Write an upright PNG or JPEG within the limits, named like `target` with the right ending.

    An image that fits already and tells nothing of its camera is copied as it is. Of a moving one
    the first picture is taken. Raises `UnsafeMedia` and `StorageError`.
    """
    with _opened(path, max_pixels) as image:
        kind = str(image.format)
        image.load()
        if _fits(image, max_pixels) and path.stat().st_size <= max_bytes:
            return _written(path.read_bytes(), target, kind, image, "")
        upright = _shrunk(_upright(image), max_pixels)
        return _encoded(upright, target, kind, max_bytes)


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    kind = sniff(read_head(path))
    if kind not in FORMATS:
        raise UnsafeMedia(NO_IMAGE)
    _check_bytes(path, kind)
    try:
        with Image.open(path, formats=[FORMATS[kind]]) as image:
            _check_pixels(image)
            factor = min(1.0, math.sqrt(max_pixels / (image.width * image.height)))
            image.draft(None, (int(image.width * factor), int(image.height * factor)))
            yield image
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


def _fits(image: Image.Image, max_pixels: int) -> bool:
    telling = {"exif", "xmp", "XML:com.adobe.xmp", "comment", "mp", "mpoffset"} & image.info.keys()
    plain = image.format in ("PNG", "JPEG") and image.mode in ("RGB", "L")
    alone = getattr(image, "n_frames", 1) == 1
    return plain and alone and not telling and image.width * image.height <= max_pixels


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    # No model knows transparency, and what lies under it may be anything
    seen = turned.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


def _shrunk(image: Image.Image, max_pixels: int) -> Image.Image:
    factor = math.sqrt(max_pixels / (image.width * image.height))
    if factor >= 1:
        return image
    size = max(1, int(image.width * factor)), max(1, int(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, target: Path, kind: str, max_bytes: int) -> Fitted:
    """Encode as PNG where that is small enough, else as JPEG, smaller and smaller."""
    if kind == "PNG" and len(content := _bytes(image, "PNG")) <= max_bytes:
        return _written(content, target, "PNG", image)
    while True:
        for quality in QUALITIES:
            content = _bytes(image, "JPEG", quality=quality)
            if len(content) <= max_bytes or image.width * image.height <= 64 * 64:
                return _written(content, target, "JPEG", image)
        image = _shrunk(image, int(image.width * image.height * SHRINK))


def _bytes(image: Image.Image, kind: str, **options: int) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, optimize=True, **options)
    return content.getvalue()


def _written(
    content: bytes, target: Path, kind: str, image: Image.Image, changes: str | None = None
) -> Fitted:
    path = target.with_suffix(".png" if kind == "PNG" else ".jpg")
    with replacing(path) as part:
        part.write_bytes(content)
    return Fitted(
        path=path,
        width=image.width,
        height=image.height,
        mime="image/png" if kind == "PNG" else "image/jpeg",
        changes=f"saved as {kind}, {image.width}×{image.height}" if changes is None else changes,
    )
