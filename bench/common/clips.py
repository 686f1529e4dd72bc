"""Four clips to measure with, made on the spot: 832×480, 16 frames a second, 81 frames, H.264.

Two of them are made from photographs in Gradio's package.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from core.media import ffmpeg

WIDTH, HEIGHT, FPS = 416, 240, 10
"""Of the GIFs that are made of them."""

# Found without the seconds that importing Gradio takes.
_GRADIO = importlib.util.find_spec("gradio")
_PHOTOS = Path(_GRADIO.origin if _GRADIO and _GRADIO.origin else ".").parent / "media_assets/images"
_CROP = "scale=832:480:force_original_aspect_ratio=increase,crop=832:480"
SMALL = f"fps={FPS},scale={WIDTH}:{HEIGHT}:flags=lanczos"
FRAMES, FEW = 81, 16
"""Of a clip, and of one that is only tried."""

_H264 = "-c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p -movflags +faststart -an"

CLIPS = {
    # A photograph that stands still under a camera's grain, with something moving in front
    "textured": (
        f"-loop 1 -r 16 -i {_PHOTOS}/cheetah1.jpg -f lavfi -i testsrc2=s=160x120:r=16",
        f"[0]{_CROP},noise=alls=3:allf=t[a];[a][1]overlay=x='40*t':y=300",
    ),
    # The camera pans over a photograph
    "panning": (
        f"-loop 1 -r 16 -i {_PHOTOS}/tower.jpg",
        "scale=1400:-2,crop=832:480:x='60*t':y='(ih-480)/2+20*t'",
    ),
    "synthetic": ("-f lavfi -i mandelbrot=s=832x480:r=16", "null"),
    # Every pixel is another one in each frame: the worst that there is
    "noise": ("-f lavfi -i testsrc2=s=832x480:r=16", "noise=alls=12:allf=t"),
}


def make_clips(
    folder: Path, names: Sequence[str] = tuple(CLIPS), *, brief: bool = False
) -> dict[str, Path]:
    """Write the named clips into a folder; returns their paths by name. Briefly: one short clip."""
    names = names[:1] if brief else names
    for name in names:
        inputs, filters = CLIPS[name]
        length = ["-frames:v", str(FEW if brief else FRAMES)]
        arguments = [*inputs.split(), "-filter_complex", filters, *length, *_H264.split()]
        ffmpeg.run([*arguments, str(folder / f"{name}.mp4")])
    return {name: folder / f"{name}.mp4" for name in names}
