"""Water that mirrors whatever is painted above it, in waves that run towards the camera."""

from __future__ import annotations

import numpy as np

from core.sandbox.renderer.noise import Random, resized
from core.sandbox.renderer.shot import Painter, Shot, tint
from core.sandbox.renderer.yuv import Bytes, Picture, to_ycc

Whole = np.ndarray[tuple[int, ...], np.dtype[np.int32]]

SWELL_ROWS = 512


def water(shot: Shot, horizon: int, *, sun_x: float, rough: float) -> Painter:
    """Return the painter of all below the row `horizon`; `rough` from 0, a pond, to 1, the sea."""
    luma = Mirror(shot, horizon, rough, 1)
    chroma = Mirror(shot, horizon // 2, rough, 2)
    base = to_ycc(tint(shot.palette.water)[None, None])
    values = [float(part[0, 0]) for part in base]
    shine = _path_of_light(shot, horizon, sun_x, rough)
    foam = np.int32(round(150 - 48 * rough))

    def paint(picture: Picture, second: float) -> None:
        waves = luma.waves(second)
        luma.mirror(picture.y, waves, values[0])
        small = chroma.waves(second)
        chroma.mirror(picture.cb, small, values[1])
        chroma.mirror(picture.cr, small, values[2])
        crests = np.clip(waves - np.int32(38), 0, 90)
        light = (crests * shine) >> 8
        if rough > 0.5:
            light += np.clip(waves - foam, 0, 60)
        target = picture.y[horizon:]
        target[:] = np.minimum(target + light, 235).astype(np.uint8)

    return paint


class Mirror:
    """The waves and the mirror image for planes of one size."""

    def __init__(self, shot: Shot, horizon: int, rough: float, scale: int) -> None:
        self._horizon = horizon
        self._width = shot.width // scale
        self._rows = shot.height // scale - horizon
        self._rate = rough
        down = np.arange(self._rows, dtype=np.float32) / max(1, self._rows)
        self._reach = (down * (10 + 26 * rough) * (shot.unit / 480) + 1.2) / scale / 90
        self._source = (
            horizon - 1 - np.arange(self._rows) * min(1.0, (horizon - 1) / self._rows) * 0.9
        )
        # Far waves lie close together: a row of the frame is farther along the swell, the farther.
        self._along = (np.sqrt(down + 0.012) * 330).astype(np.float32)
        self._depth = (70 + 110 * down**0.7 + 40 * rough).clip(0, 215).astype(np.uint16)[:, None]
        self._swells = [
            _swell(shot.random(f"swell {index}"), self._width * 2, shot.unit / scale * width, rows)
            for index, (width, rows) in enumerate(((0.20, 52), (0.06, 128)))
        ]

    def waves(self, second: float) -> Whole:
        """Return the height of the water in each place, about -127 to 127."""
        total = np.zeros((self._rows, self._width), np.int32)
        for swell, speed, aside in zip(self._swells, (34.0, 52.0), (0.035, -0.05), strict=True):
            rows = (self._along - speed * second * (0.45 + 0.55 * self._rate)).astype(
                np.int32
            ) % SWELL_ROWS
            middle = self._width // 2
            start = int(middle + aside * second * self._width) % (self._width - 1)
            total += swell[rows, start : start + self._width]
        return total

    def mirror(self, plane: Bytes, waves: Whole, value: float) -> None:
        """Paint the water into a plane whose upper part is done."""
        lift = (waves * self._reach[:, None]).astype(np.int32)
        rows = np.clip(self._source.astype(np.int32)[:, None] + lift, 0, self._horizon - 1)
        places = rows * self._width
        places += np.arange(self._width, dtype=np.int32)
        seen = plane.reshape(-1).take(places).astype(np.uint16)
        seen *= 256 - self._depth
        seen += (self._depth * value).astype(np.uint16)
        plane[self._horizon :] = (seen >> 8).astype(np.uint8)


def _swell(random: Random, width: int, cell: float, waves: int) -> Whole:
    columns = max(4, round(width / cell))
    grid = random.uniform(-1, 1, (waves, columns)).astype(np.float32)
    tall = resized(np.concatenate([grid, grid]), width, SWELL_ROWS * 2)
    half = SWELL_ROWS // 2
    # The middle of two repeats joins on to itself without a seam.
    return (tall[half : half + SWELL_ROWS] * 72).astype(np.int32)


def _path_of_light(shot: Shot, horizon: int, sun_x: float, rough: float) -> Whole:
    down = np.linspace(0, 1, shot.height - horizon, dtype=np.float32)[:, None]
    across = (np.arange(shot.width, dtype=np.float32) / shot.width - sun_x)[None, :]
    spread = 0.05 + 0.16 * down + 0.05 * rough
    path = np.exp(-((across / spread) ** 2)) * (1.0 - 0.45 * down)
    lit = path * (430 if shot.palette.night < 0.7 else 300) + 34 * (1 - down)
    return np.asarray(lit, np.int32)


def waterline(shot: Shot, share: float) -> int:
    """Return the even row at that share of the frame's height."""
    return int(shot.height * share) // 2 * 2
