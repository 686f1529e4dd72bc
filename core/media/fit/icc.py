"""Writes small ICC profiles for colours that a file names by numbers instead of a profile.

The layout is ICC.1:2001-04 (a matrix and three curves, connected through XYZ at D50). The numbers
are those of ITU-T H.273, which PNG's `cICP`, AVIF and HEIC use.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REFERENCE_WHITE = 203.0
"""Nits of a white page in HDR (ITU-R BT.2408); what is brighter is shown as white."""

STEPS = 4096

D65, D50 = (0.3127, 0.3290), (0.9642, 1.0, 0.8249)

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""From XYZ to the cones' answers, by which one white is adapted to another (ICC.1, annex E)."""


class Primaries(NamedTuple):
    """Where white, red, green and blue lie: x and y of CIE 1931."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


SRGB = Primaries(D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))

PRIMARIES = {
    1: SRGB,
    5: Primaries(D65, (0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    6: Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: Primaries(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: Primaries((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: Primaries(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
"""Colour primaries by their number in H.273, table 2."""


def _srgb(value: Floats) -> Floats:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _pq(value: Floats) -> Floats:
    root = value ** (32 / 2523)
    nits = 10_000 * (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (
        8192 / 1305
    )
    return np.minimum(nits / REFERENCE_WHITE, 1)


def _hlg(value: Floats) -> Floats:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
    return np.minimum(1000 * scene**1.2 / REFERENCE_WHITE, 1)


CURVES: dict[int, Callable[[Floats], Floats]] = {
    4: lambda value: value**2.2,
    5: lambda value: value**2.8,
    8: lambda value: value,
    13: _srgb,
    16: _pq,
    18: _hlg,
}
"""From the code to light, by the number in H.273, table 3; any other is shown as sRGB is."""


def profile_of_code_points(primaries: int, transfer: int) -> bytes | None:
    """Return the profile for numbers of H.273, or None where they mean sRGB or nothing known."""
    # Stills that name video's curve (1, 6, 14, 15) are displayed by sRGB's, as browsers do
    transfer = transfer if transfer in CURVES else 13
    primaries = primaries if primaries in PRIMARIES else 1
    if (primaries, transfer) == (1, 13):
        return None
    return write_profile(PRIMARIES[primaries], CURVES[transfer])


def write_profile(primaries: Primaries, curve: Callable[[Floats], Floats]) -> bytes:
    """Return an ICC profile of those primaries, whose `curve` turns a code of 0 to 1 into light."""
    columns = _to_d50(primaries)
    table = np.round(np.clip(curve(np.linspace(0, 1, STEPS)), 0, 1) * 65535).astype(">u2")
    curves = b"curv" + struct.pack(">4xI", STEPS) + table.tobytes()
    text = b"Described by numbers\0"
    tags = {
        b"desc": b"desc" + struct.pack(">4xI", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"None\0",
        b"wtpt": _xyz(D50),
        b"rXYZ": _xyz(columns[:, 0]),
        b"gXYZ": _xyz(columns[:, 1]),
        b"bXYZ": _xyz(columns[:, 2]),
        b"rTRC": curves,
        b"gTRC": curves,
        b"bTRC": curves,
    }
    return _laid_out(tags)


def _to_d50(primaries: Primaries) -> Floats:
    """Return the matrix from linear red, green and blue to XYZ, its white adapted to D50."""
    corners = np.array([_from_xy(*xy) for xy in primaries[1:]]).T
    white = np.array(_from_xy(*primaries.white))
    matrix = corners * np.linalg.solve(corners, white)
    cones = (BRADFORD @ np.array(D50)) / (BRADFORD @ white)
    adapted: Floats = np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ matrix
    return adapted


def _from_xy(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _xyz(values: Floats | tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _laid_out(tags: dict[bytes, bytes]) -> bytes:
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = at + len(body)
    header = struct.pack(">I4xI4s4s4s", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _xyz(D50)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
