"""Makes GIFs of takes to order: in sizes from a list, two at a time in all, a few kept of a take.

Each keeps a core busy and holds its frames in memory, and any visitor may ask for as many as he
likes, so what they may take together is settled here.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core import media
from core.errors import Busy, InvalidInput, UnknownJob
from core.jobs.files import JobFiles
from core.jobs.job import CLIP, Job
from core.system import memory

WIDTHS = (160, 208, 240, 320, 416, 480, 640, 800, 960)
RATES = (4, 5, 6, 8, 10, 12, 15, 20, 25)
"""Pixels of the longer side, and pictures a second: whatever is asked for, names stay few."""

AT_ONCE = 2
KEPT = 4
"""GIFs made to order that stay with a take; the one longest unasked goes first."""

REMEMBERED = 1000
WAIT = 3.0
"""Seconds after which a refused one is worth another try: most are made in less."""


class GifOrders:
    """Answers from any thread; a GIF that is still there is not made again."""

    def __init__(self, job_files: JobFiles) -> None:
        self._job_files = job_files
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._made: OrderedDict[Path, media.Gif] = OrderedDict()

    def make(self, job: Job, *, width: Any, fps: Any) -> tuple[str, media.Gif]:
        """Return the name of the GIF among the take's files, and what it is.

        Raises `InvalidInput` for other sizes than those of the lists, `Busy` while others are being
        made, `UnknownJob` where the take has no clip, `MediaError` and `StorageError`.
        """
        _check(width, fps)
        clip = self._job_files.public(job, CLIP)
        if clip is None:
            raise UnknownJob("This take has no clip to make a GIF of.")
        target = clip.with_name(self._job_files.gif_name(int(width), int(fps)))
        gif = self._found(target)
        if gif is None:
            with self._place():
                gif = media.make_gif(clip, target, width=int(width), fps=int(fps))
            self._remember(target, gif)
        return target.name, gif

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy("Other GIFs are being made.", retry_after=WAIT)
        try:
            yield
        finally:
            memory.give_back()
            self._places.release()

    def _found(self, target: Path) -> media.Gif | None:
        with self._lock:
            gif = self._made.get(target)
        try:
            os.utime(target)
        except OSError:
            return None
        return gif

    def _remember(self, target: Path, gif: media.Gif) -> None:
        with self._lock:
            self._made[target] = gif
            while len(self._made) > REMEMBERED:
                self._made.popitem(last=False)
            for old in self._job_files.gifs_to_order(target.parent)[:-KEPT]:
                with suppress(OSError):
                    old.unlink()


def _check(width: Any, fps: Any) -> None:
    problems = {}
    if isinstance(width, bool) or width not in WIDTHS:
        problems["width"] = f"A GIF is {_listed(WIDTHS)} pixels wide."
    if isinstance(fps, bool) or fps not in RATES:
        problems["fps"] = f"A GIF has {_listed(RATES)} pictures a second."
    if problems:
        raise InvalidInput(problems)


def _listed(choices: tuple[int, ...]) -> str:
    *most, last = map(str, choices)
    return f"{', '.join(most)} or {last}"
