"""Puts indexed pictures into the GIF format; it knows no video and opens no file."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.gif.palette import Colours

Indices = NDArray[np.uint8]
"""A picture of height × width palette indices."""

TRANSPARENT = 255
ENDLESS = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
END = b"\x3b"


def head(width: int, height: int, colours: Colours) -> bytes:
    """Return what stands before the pictures: size, palette, and to loop for ever."""
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colours)] = colours[:, [2, 0, 1]]
    screen = struct.pack("<HH", width, height) + b"\xf7\x00\x00"
    return b"GIF89a" + screen + palette.tobytes() + ENDLESS


def picture(indices: Indices, *, left: int, top: int, hundredths: int) -> bytes:
    """Return one picture that is drawn over the last, shown for `hundredths` of a second."""
    height, width = indices.shape
    control = struct.pack("<2sBBHBB", b"\x21\xf9", 4, 0b0000_0101, hundredths, TRANSPARENT, 0)
    place = struct.pack("<sHHHHB", b"\x2c", left, top, width, height, 0)
    # Pillow's own encoder makes the LZW codes; `L` spares it a palette
    codes = Image.frombytes("L", (width, height), indices.tobytes()).tobytes("gif", "L", 8, 0)
    return control + place + b"\x08" + codes + b"\x00"
