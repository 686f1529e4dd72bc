"""Rendering a sandbox clip of 78 frames against encoding the same frames, already in memory."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from common.table import Report, Row, Target, main, middle
from common.timing import in_turn

from core.sandbox.measures import Take
from core.sandbox.renderer.film import shoot
from core.sandbox.renderer.mark import Mark
from core.sandbox.renderer.render import encode, render_task
from core.sandbox.renderer.scene import read_scene
from core.sandbox.renderer.shot import Shot
from core.sandbox.renderer.yuv import Picture

FRAMES, SEED, ROUNDS = 78, 7, 5
PROMPTS = {
    "city": "A red tram crosses a rainy city at night, neon in the puddles",
    "sea": "A sailing boat on the open sea at sunset",
    "hills": "Fog over green hills in the morning, a bird flies by",
    "space": "A planet with rings among the stars",
    "silk": "Abstract folds of golden silk",
}


def frames_of(take: Take, prompt: str) -> list[Picture]:
    """Return the frames that the sandbox encodes."""
    shot = Shot(
        width=take.width,
        height=take.height,
        fps=take.fps,
        frames=take.frames,
        seed=SEED,
        variation="[]",
        scene=read_scene(prompt, ""),
    )
    mark, kept = Mark(take.width, take.height), []
    for frame in shoot(shot):
        kept.append(frame.copy())
        mark.set(kept[-1])
    return kept


def row(name: str, take: Take, target: Path, rounds: int) -> Row:
    values, frames = {"prompt": PROMPTS[name]}, frames_of(take, PROMPTS[name])
    ways = {
        "render": partial(render_task, take, values, SEED, media={}, target=target),
        "encode": partial(encode, frames, take, target),
    }
    spent = {way: min(times) for way, times in in_turn(ways, rounds).items()}
    return {
        "scene": name,
        "render, s": spent["render"],
        "encode, s": spent["encode"],
        "×": spent["render"] / spent["encode"],
    }


def measure(*, brief: bool) -> Report:
    take = Take(width=832, height=480, fps=16, frames=18 if brief else FRAMES)
    names = list(PROMPTS)[:1] if brief else list(PROMPTS)
    with tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder:
        target = Path(folder) / "clip.mp4"
        rows = [row(name, take, target, 1 if brief else ROUNDS) for name in names]
    encoding = middle([float(row["encode, s"]) for row in rows])
    goal = Target(
        what="rendering a clip, median",
        figure=middle([float(row["×"]) for row in rows]),
        limit=2.5,
        unit="×",
        against=f"encoding its frames: {encoding:.2f} s",
    )
    return Report(title="The sandbox's clips", rows=rows, targets=[goal], brief=brief)


if __name__ == "__main__":
    main("The sandbox's clips", measure)
