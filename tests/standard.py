"""The colour standards once more, in numpy, apart from `core`, and films to judge by.

BT.601, BT.709 and BT.2020 matrices, PQ and HLG of BT.2100, sRGB. White is 203 nits (BT.2408).
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from core.media import ffmpeg

PATCH = 32
LUMA = {"smpte170m": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020nc": (0.2627, 0.0593)}
RGB_709_TO_2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)


def patches(width=320, height=192):
    """Squares of one colour each, as RGB from 0 to 1: greys above, others below."""
    colours = np.random.default_rng(3).random((height // PATCH, width // PATCH, 3))
    colours[0] = np.linspace(0, 1, width // PATCH)[:, None]
    return np.kron(colours, np.ones((PATCH, PATCH, 1)))


def inside(picture, size=(320, 192)):
    """The colour in the middle of each patch, for a picture of `patches` at any scale, 0 to 255."""
    shown = Image.open(picture) if isinstance(picture, str | Path | io.BytesIO) else picture
    pixels = np.asarray(shown.convert("RGB").resize(size, Image.Resampling.BOX), float)
    return pixels[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH]


def expected(picture):
    return picture[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH] * 255


def coded(rgb, matrix, *, full=False, bits=8):
    """RGB as three planes of Y, Cb and Cr; the last two at half the size."""
    red, blue = LUMA[matrix]
    luma = red * rgb[..., 0] + (1 - red - blue) * rgb[..., 1] + blue * rgb[..., 2]
    parts = [luma, (rgb[..., 2] - luma) / (2 * (1 - blue)), (rgb[..., 0] - luma) / (2 * (1 - red))]
    step, most = 2 ** (bits - 8), 2**bits - 1
    if full:
        planes = [parts[0] * most, *(part * most + 128 * step for part in parts[1:])]
    else:
        planes = [(16 + 219 * luma) * step, *((128 + 224 * part) * step for part in parts[1:])]
    half = [plane.reshape(len(luma) // 2, 2, -1, 2).mean((1, 3)) for plane in planes[1:]]
    kind = np.uint8 if bits == 8 else np.uint16
    return [np.clip(np.round(plane), 0, most).astype(kind) for plane in (planes[0], *half)]


def film(path, planes, *, tags, encoder, frames=10):
    """Write planes as a film of one second that stands still; `tags` are ffmpeg's `setparams`."""
    height, width = planes[0].shape
    kind = "yuv420p" if planes[0].dtype == np.uint8 else "yuv420p10le"
    raw = ["-f", "rawvideo", "-pix_fmt", kind, "-s", f"{width}x{height}", "-r", "10", "-i", "-"]
    filters = ["-vf", f"setparams={tags}"] if tags else []
    with ffmpeg.feeding([*raw, *filters, *encoder, str(path)]) as pipe:
        pipe.write(b"".join(plane.tobytes() for plane in planes) * frames)
    return path


def light(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def pq(nits):
    y = (np.clip(nits, 0, None) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)


def hlg(nits, peak=1000):
    screen = nits / peak
    luma = np.clip(screen @ np.array([0.2627, 0.6780, 0.0593]), 1e-9, None)[..., None]
    scene = np.clip(screen * luma ** (1 / 1.2 - 1), 0, None)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    high = a * np.log(np.clip(12 * scene - b, 1e-9, None)) + c
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
HEVC = ("-c:v", "libx265", "-x265-params", "log-level=none:crf=2", "-tag:v", "hvc1")
CURVES = {"smpte2084": pq, "arib-std-b67": hlg}


def plain_film(path, picture, matrix, *, full=False, tagged=True):
    """An 8-bit film of that matrix and range; untagged, it says neither."""
    level = "full" if full else "limited"
    tags = f"colorspace={matrix}:color_primaries={matrix}:color_trc={matrix}:range={level}"
    planes = coded(picture, matrix, full=full)
    return film(path, planes, tags=tags if tagged else "", encoder=LOSSLESS)


def bright_film(path, picture, curve):
    """A film of BT.2100 that shows `picture` with its white at 203 nits."""
    nits = light(picture) @ RGB_709_TO_2020.T * 203
    planes = coded(CURVES[curve](nits), "bt2020nc", bits=10)
    tags = f"colorspace=bt2020nc:color_primaries=bt2020:color_trc={curve}:range=limited"
    return film(path, planes, tags=tags, encoder=HEVC)
