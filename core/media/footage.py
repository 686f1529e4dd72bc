"""One film opened for its previews: which track, how it is decoded, and the filters of a preview.

Every preview goes through here, so that turn, shape, colours, timing, fields and transparency are
read in one way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.media import decoders
from core.media.clip import Clip
from core.media.colour import Conversion, Goal, Ground, converting
from core.media.decode import RESULT_BOUNDS, check, source_arguments
from core.media.streams import Pictures, read_pictures

MINUTE = 60.0
"""Seconds of a clip that previews show at most."""

STAGE = "0x0f0e0d"
"""What stands behind a clip that can be seen through: the page's stage (`ui/theme.py`)."""

USUAL_RATE = 25.0


@dataclass(frozen=True, kw_only=True)
class Footage:
    """A film, what is known of it, and how its colours are turned."""

    path: Path
    clip: Clip
    pictures: Pictures
    conversion: Conversion

    @property
    def only_pictures(self) -> list[str]:
        """Return ffmpeg's output arguments: the track that was probed, and nothing else."""
        return ["-map", f"0:{self.clip.stream}", "-an", "-sn", "-dn"]

    def source(self, *, seconds: float, start: float = 0.0, threads: int = 2) -> list[str]:
        """Return ffmpeg's arguments up to the file, of which at most so many seconds are read.

        Raises `UnsafeMedia` and `StorageError`.
        """
        skipped = ["-ss", f"{start:.3f}"] if start else []
        decoder = (
            decoders.SEE_THROUGH.get(self.pictures.codec) if self.pictures.see_through else None
        )
        chosen = ["-c:v", decoder] if decoder else []
        usual = source_arguments(self.path, seconds=seconds, bounds=RESULT_BOUNDS, threads=threads)
        return [*skipped, *chosen, *usual]

    def filters(
        self, size: tuple[int, int], goal: Goal, *, fps: float = 0.0, kernel: str = "bicubic"
    ) -> str:
        """Return ffmpeg's filters to a size, a goal and a steady rate; 0 keeps the film's own.

        They may be used once in a graph for each goal.
        """
        steps = [*self._upright(), *self._steady(fps)]
        if not self.pictures.see_through:
            return ",".join([*steps, self.conversion.filters(*size, goal, kernel=kernel)])
        ground = Ground(colour=STAGE, width=size[0], height=size[1], fps=fps or USUAL_RATE)
        return ",".join([*steps, self.conversion.over(ground, goal, kernel=kernel)])

    def _upright(self) -> list[str]:
        """Make whole pictures of half ones, before anything scales them."""
        return ["bwdif=mode=send_frame"] if self.pictures.interlaced else []

    def _steady(self, fps: float) -> list[str]:
        # From the first picture on: a film may begin later than its sound does
        start = ["setpts=PTS-STARTPTS"]
        is_one_slot = self.clip.seconds * fps < 1 or self.clip.frames == 1
        return start if not fps or is_one_slot else [*start, f"fps={fps:g}"]


@contextmanager
def footage(path: Path) -> Iterator[Footage]:
    """Open a provider's clip for its previews; use what is given before the block ends.

    Raises `UnsafeMedia` for what is no clip, is cut off or too large, and `StorageError`.
    """
    clip = check(path, RESULT_BOUNDS)
    pictures = _probed(clip, read_pictures(path))
    with converting(pictures.colour, pictures.height) as conversion:
        yield Footage(path=path, clip=clip, pictures=pictures, conversion=conversion)


def _probed(clip: Clip, found: list[Pictures]) -> Pictures:
    """Return the track that the clip's index was read for."""
    named = [track for track in found if track.is_named(clip.stream)]
    films = [track for track in found if not track.is_cover]
    # ffmpeg may have failed to say anything; the previews then fail in their own words
    return next(iter([*named, *films, *found]), Pictures.unknown(clip.width, clip.height))
