"""Brings an image of whatever depth and colours to eight bits of sRGB, as every model expects."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
from PIL import Image, ImageCms

from core.media.fit.icc import SRGB, Floats, Primaries, profile_of_code_points, write_profile

DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I")
"""Pillow's modes of a grey picture of sixteen bits."""

CLOSE = 3
"""Steps of 255 that a profile may differ from sRGB and still be taken for it."""

USUAL_GAMMA = 0.45455


def is_deep(image: Image.Image) -> bool:
    """Say whether an opened image is grey of sixteen bits."""
    return image.mode in DEEP


def is_srgb(image: Image.Image, content: bytes) -> bool:
    """Say whether an opened image's colours are sRGB as they are; `content` is its file."""
    profile = _profile(image, content)
    return not profile or _means_srgb(profile, _opaque_mode(image))


def to_srgb(image: Image.Image, content: bytes) -> Image.Image:
    """Return a loaded image in RGB, or in RGBA if it can be seen through; `content` is its file."""
    profile = _profile(image, content)
    shallow = _shallow(image)
    alpha = _alpha(shallow)
    opaque = shallow.convert(_opaque_mode(shallow))
    seen = _transformed(opaque, profile) if profile else None
    plain = seen or opaque.convert("RGB")
    # What a file tells beside its picture stays behind: Pillow would write some of it again
    plain.info = {}
    if alpha:
        plain.putalpha(alpha)
    return plain


def _profile(image: Image.Image, content: bytes) -> bytes | None:
    """Return the profile that the image brings, or one made from the numbers that it brings."""
    if (points := _code_points(image, content)) is not None and (
        image.format == "PNG" or not image.info.get("icc_profile")
    ):
        return profile_of_code_points(*points)
    if icc := image.info.get("icc_profile"):
        return bytes(icc)
    return _by_gamma(image)


def _code_points(image: Image.Image, content: bytes) -> tuple[int, int] | None:
    """Return primaries and transfer as H.273 numbers them, where the file has them."""
    if image.format == "PNG":
        at = content.find(b"\0\0\0\x04cICP", 8, 4096)
        return (content[at + 8], content[at + 9]) if 0 < at < len(content) - 9 else None
    if image.format == "AVIF":
        at = content.find(b"colrnclx", 0, 2**16)
        if 0 < at < len(content) - 12:
            primaries, transfer = struct.unpack_from(">HH", content, at + 8)
            return primaries, transfer
    if nclx := image.info.get("nclx_profile"):
        return int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])
    return None


def _by_gamma(image: Image.Image) -> bytes | None:
    """Return a profile for a PNG's `gAMA` and `cHRM`, where they mean anything but sRGB."""
    if image.format != "PNG" or "srgb" in image.info:
        return None
    gamma = image.info.get("gamma") or USUAL_GAMMA
    places = image.info.get("chromaticity") or ()
    usual = abs(gamma - USUAL_GAMMA) < 0.02 or not 0.1 < gamma < 5
    primaries = _primaries(places) if len(places) == 8 else SRGB
    far = np.abs(np.subtract(primaries, SRGB)).max() > 0.005
    if usual and not far:
        return None
    return write_profile(primaries, _power(2.2 if usual else 1 / gamma))


def _primaries(places: tuple[float, ...]) -> Primaries:
    """Return a file's primaries, or sRGB's where three of them make no triangle."""
    white, red, green, blue = zip(places[::2], places[1::2], strict=True)
    span = (red[0] - blue[0]) * (green[1] - blue[1]) - (green[0] - blue[0]) * (red[1] - blue[1])
    sound = abs(span) > 0.01 and all(0 <= x <= 1 and 0.01 < y <= 1 for x, y in (white, red, green))
    return Primaries(white, red, green, blue) if sound and blue[1] > 0.01 else SRGB


def _power(exponent: float) -> Callable[[Floats], Floats]:
    def curve(value: Floats) -> Floats:
        return np.asarray(value**exponent)

    return curve


def _shallow(image: Image.Image) -> Image.Image:
    """Return a picture of sixteen bits in eight, its transparent grey as alpha."""
    if image.mode not in DEEP:
        return image
    values = np.asarray(image).astype(np.uint32)
    grey = Image.fromarray(((values * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _opaque_mode(image: Image.Image) -> str:
    """Return Pillow's mode for the picture without its transparency."""
    return {"L": "L", "LA": "L", "1": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")


def _alpha(image: Image.Image) -> Image.Image | None:
    """Return what can be seen through, or None for a picture that is opaque all over."""
    if not image.has_transparency_data:
        return None
    alpha = image.convert("RGBA").getchannel("A")
    return None if alpha.getextrema() == (255, 255) else alpha


def _transformed(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the opaque picture in sRGB, or None where the profile is broken or fits it not."""
    described = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}.get(profile[16:20], "")
    if described != image.mode and (described, image.mode) != ("RGB", "L"):
        return None
    try:
        return ImageCms.applyTransform(image.convert(described), _transform(profile, described))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _means_srgb(profile: bytes, mode: str) -> bool:
    """Say whether a profile leaves colours as they are; one that cannot be used does."""
    swatch = _swatch().convert(mode)
    made = _transformed(swatch, profile)
    if made is None:
        return True
    apart = np.subtract(np.asarray(made, np.int16), np.asarray(swatch.convert("RGB")))
    return bool(np.abs(apart).max() <= CLOSE)


@cache
def _swatch() -> Image.Image:
    levels = (0, 16, 48, 96, 144, 192, 224, 255)
    colours = np.array(list(product(levels, repeat=3)), np.uint8)
    return Image.fromarray(colours.reshape(16, -1, 3))
