"""The word in the corner that says whose picture this is."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from core.sandbox.renderer.layer import Stamp
from core.sandbox.renderer.yuv import Floats, Picture

WORD = "SANDBOX"


class Mark:
    """The mark for frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        size = max(9, round(min(width, height) * 0.027))
        letters = _letters(size)
        shadow = Image.fromarray((letters * 255).astype(np.uint8))
        blurred = np.asarray(shadow.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 255
        self._shadow = Stamp(np.clip(blurred * 1.1, 0, 1), (0.0, 0.0, 0.0))
        self._letters = Stamp(letters, (1.0, 1.0, 1.0))
        self._x = width - letters.shape[1] / 2 - size * 0.2
        self._y = height - letters.shape[0] / 2 - size * 0.1

    def set(self, picture: Picture) -> None:
        """Set the mark into a frame."""
        self._shadow.cover(picture, self._x, self._y, 0.45)
        self._letters.cover(picture, self._x, self._y, 0.72)


def _letters(size: int) -> Floats:
    font = ImageFont.load_default(size)
    gap = max(1, round(size * 0.16))
    pad = max(4, size // 2)
    widths = [round(font.getlength(letter)) + gap for letter in WORD]
    image = Image.new("L", (sum(widths) + 2 * pad, size + 2 * pad))
    draw = ImageDraw.Draw(image)
    x = pad
    for letter, width in zip(WORD, widths, strict=True):
        draw.text((x, pad), letter, fill=255, font=font)
        x += width
    return np.asarray(image, np.float32) / 255
