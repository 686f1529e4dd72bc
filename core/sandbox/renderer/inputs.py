"""Decodes the pictures and clips that an order brings along, to frames of the shape shot."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.media import ffmpeg
from core.sandbox.order_files import SourceError, media_type
from core.sandbox.renderer.yuv import Picture, from_rgb

LARGEST_STILL = 50_000_000
"""Pixels: more than any camera that a phone has, and not enough to fill the memory."""

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"


def video_frames(path: Path, *, size: tuple[int, int], fps: int, most: int) -> Iterator[Picture]:
    """Yield at most `most` frames of a clip, filled to `size`. Raises `core.errors.MediaError`."""
    width, height = size
    webm = media_type(path.read_bytes()[:16]) == "video/webm"
    scale = (
        f"fps={fps},scale={width}:{height}:force_original_aspect_ratio=increase"
        f":out_color_matrix=bt709:out_range=tv,crop={width}:{height},setsar=1,format=yuv420p"
    )
    arguments = [
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS),
        *("-f", "matroska" if webm else "mov", "-threads", "2", "-i", str(path.absolute())),
        *("-an", "-sn", "-dn", "-vf", scale, "-frames:v", str(most)),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-"),
    ]
    with ffmpeg.reading(arguments) as stream:
        length = width * height * 3 // 2
        while len(data := stream.read(length)) == length:
            yield Picture(np.frombuffer(data, np.uint8).copy(), width, height)


def still(path: Path, *, size: tuple[int, int]) -> Picture:
    """Return an image, turned upright and filled to `size`. Raises `SourceError`."""
    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > LARGEST_STILL:
                raise SourceError("The image has more than 50 million pixels.")
            upright = ImageOps.exif_transpose(image).convert("RGB")
            return from_rgb(np.asarray(ImageOps.fit(upright, size, Image.Resampling.LANCZOS)))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise SourceError("The image cannot be read.") from error
