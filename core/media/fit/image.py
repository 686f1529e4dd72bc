"""Makes a user's image fit for a model: turned, shrunk, in sRGB, and without its notes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from core.media.fit.image_colour import is_deep, is_srgb, to_srgb
from core.media.fit.image_notes import without_notes
from core.media.fit.image_reading import Opened, read_image
from core.media.fit.video import Fitted
from core.system.atomic_file import replacing

MAX_SIDE = 2048
MAX_BYTES = 10_000_000
SMALLEST = 64
"""Pixels of the longer side, below which nothing is shrunk any further."""

QUALITIES = (92, 85, 75)

ORIENTATION = 0x0112

KEPT = {"png": ("RGB", "L", "RGBA"), "jpeg": ("RGB", "L")}
"""The kinds that models take, and Pillow's modes of them."""

NAMES = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "gif": "GIF", "avif": "AVIF", "heic": "HEIC"}


def check_image(path: Path) -> None:
    """Decode an image once, as it will be read later.

    Raises `UnsafeMedia` for what is none, cut off or too large, and `StorageError`.
    """
    read_image(path, MAX_SIDE)


def fit_image(
    path: Path, target: Path, *, max_side: int = MAX_SIDE, max_bytes: int = MAX_BYTES
) -> Fitted:
    """Write an upright PNG or JPEG within the limits, named like `target` with the right ending.

    One that fits already is not coded anew, and only loses its notes. Of a moving one the first
    picture is taken. One that can be seen through becomes a PNG, any other a JPEG. Raises
    `UnsafeMedia` and `StorageError`.
    """
    opened = read_image(path, max_side)
    if (content := _as_it_is(opened, max_side)) and len(content) <= max_bytes:
        changes = "" if content == path.read_bytes() else "rid of its notes (place, camera)"
        return _written(content, target, NAMES[opened.kind], size=opened.size, changes=changes)
    upright = _upright(opened)
    made, content, became = _encoded(_shrunk(upright, max_side), max_bytes)
    return _written(content, target, became, size=made.size, changes=_told(opened, made, became))


def _as_it_is(opened: Opened, max_side: int) -> bytes:
    """Return the file without its notes where the picture itself fits; else nothing."""
    image = opened.image
    fits = (
        image.mode in KEPT.get(opened.kind, ())
        and max(opened.size) <= max_side
        and image.getexif().get(ORIENTATION, 1) in (0, 1)
        and is_srgb(image, opened.content)
        and not _moves(opened)
    )
    try:
        return without_notes(opened.content, NAMES[opened.kind]) if fits else b""
    except ValueError:
        return b""


def _moves(opened: Opened) -> bool:
    # A phone's JPEG holds a second picture, which goes with its notes
    return opened.kind != "jpeg" and getattr(opened.image, "is_animated", False)


def _upright(opened: Opened) -> Image.Image:
    """Return the image turned as it is looked at, in RGB, or in RGBA if it can be seen through."""
    orientation = opened.image.getexif().get(ORIENTATION, 1)
    plain = to_srgb(opened.image, opened.content)
    plain.getexif()[ORIENTATION] = orientation
    turned = ImageOps.exif_transpose(plain)
    turned.info = {}
    return turned


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


def _told(opened: Opened, made: Image.Image, became: str) -> str:
    before, after = opened.size, made.size
    changes = []
    if sorted(before) != sorted(after):
        changes.append(f"scaled from {before[0]}×{before[1]} to {after[0]}×{after[1]}")
    if NAMES[opened.kind] != became:
        changes.append(f"converted from {NAMES[opened.kind]} to {became}")
    if _moves(opened):
        changes.append("first picture taken")
    if is_deep(opened.image):
        changes.append("16 bits reduced to 8")
    if not is_srgb(opened.image, opened.content):
        changes.append("colours converted to sRGB")
    return ", ".join(changes) or f"saved anew as a plain {became}"


def _written(
    content: bytes, target: Path, kind: str, *, size: tuple[int, int], changes: str
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
