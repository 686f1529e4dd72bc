"""Works out which sRGB colour shows a colour of wider gamut or higher range; pure arithmetic.

HDR is read by BT.2100: PQ in nits, HLG for a screen of `PEAK` nits with its system gamma of 1.2.
White is `WHITE` nits (BT.2408), and what is brighter is bent into the last tenth below white.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]
"""Rows of red, green and blue, 0 to 1 where they are coded."""

WHITE, PEAK = 203.0, 1000.0
"""Nits of white paper, and of the brightest light that is still told from it."""

KNEE = 0.9
"""From there up light is bent; below it is kept as it is."""

POINTS = 49
"""Along each side of the table. With 33 PQ's dark colours are 23 of 255 off, with 65 no better."""

WIDE_PRIMARIES = {
    # x and y of red, green, blue and white (BT.2020, SMPTE RP 431-2 and EG 432-1)
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290)),
    "smpte431": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    "smpte432": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290)),
}
_SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), (0.3127, 0.3290))


def write_table(path: Path, *, primaries: str, transfer: str) -> None:
    """Write a `.cube` from a stream's coded RGB to sRGB, by ffmpeg's names of both."""
    side = np.linspace(0, 1, POINTS)
    # Red runs fastest in the format
    blue, green, red = np.meshgrid(side, side, side, indexing="ij")
    coded = np.stack([red, green, blue], -1).reshape(-1, 3)
    shown = to_srgb(coded, primaries=primaries, transfer=transfer)
    with path.open("w", encoding="ascii") as file:
        np.savetxt(file, shown, fmt="%.5f", header=f"LUT_3D_SIZE {POINTS}", comments="")


def to_srgb(coded: Levels, *, primaries: str, transfer: str) -> Levels:
    """Return the sRGB levels that show coded ones, of a stream with these primaries and curve."""
    light = _light(coded, transfer) @ _to_srgb_primaries(primaries).T
    bent = _bent(light) if transfer in ("smpte2084", "arib-std-b67") else light
    clipped = np.clip(bent, 0, 1)
    low, high = 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055
    return np.where(clipped <= 0.0031308, low, high)


def _light(coded: Levels, transfer: str) -> Levels:
    """Return linear light, 1 for white."""
    match transfer:
        case "smpte2084":
            return _pq_nits(coded) / WHITE
        case "arib-std-b67":
            return _hlg_nits(coded) / WHITE
        case "linear":
            return coded
        case _:  # Whatever the camera's curve is, screens show it about as sRGB
            return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _pq_nits(coded: Levels) -> Levels:
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = coded ** (1 / m2)
    nits: Levels = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return nits


def _hlg_nits(coded: Levels) -> Levels:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    nits: Levels = PEAK * scene * luma[:, None] ** 0.2
    return nits


def _bent(light: Levels) -> Levels:
    """Return light with `PEAK` at 1, and a curve there from `KNEE` without a corner (Möbius)."""
    most = PEAK / WHITE
    a = -(KNEE**2) * (most - 1) / (KNEE**2 - 2 * KNEE + most)
    b = (KNEE**2 - 2 * KNEE * most + most) / (most - 1)
    scale = (b * b + 2 * b * KNEE + KNEE**2) / (b - a)
    high = np.maximum(light, KNEE)
    return np.where(light <= KNEE, light, scale * (high + a) / (high + b))


def _to_srgb_primaries(name: str) -> Levels:
    if name not in WIDE_PRIMARIES:
        return np.eye(3)
    matrix: Levels = np.linalg.inv(_to_xyz(_SRGB)) @ _to_xyz(WIDE_PRIMARIES[name])
    return matrix


def _to_xyz(points: tuple[tuple[float, float], ...]) -> Levels:
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in points]).T
    colours, white = xyz[:, :3], xyz[:, 3]
    matrix: Levels = colours * np.linalg.solve(colours, white)
    return matrix
