"""Brings a finished clip to the shelf: fetched, verified, tagged, shown, and then its previews."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import media
from core.client import Clock, Connection
from core.errors import DownloadFailed, MediaError, NotFound, StorageError, StudioError
from core.jobs.doubtful_clips import DOUBTFUL, Doubts
from core.jobs.files import JobFiles
from core.jobs.further_clips import MISSING, FurtherClips
from core.jobs.job import CLIP, GIF, PLAYABLE, POSTER, PREVIEW, SETTINGS, Job, missing_clips
from core.jobs.poller import Poller
from core.jobs.store import JobStore
from core.jobs.task_end import Finished
from core.models import ModelSpec
from core.providers.protocol import State
from core.system import memory
from core.system.shortage import is_shortage

log = logging.getLogger(__name__)

TRYING = "The clip is made; it is asked for again."
"""What a job's note adds to why its clip has not come yet."""

NO_PREVIEWS = "Some previews could not be made; the clip is whole."

FIRST_LOOK = 0.05
"""Seconds that the clip has for itself: previews keep every core busy, and the page waits for it.
"""


class Finalizer:
    """Saves takes; previews are made one at a time, since each keeps a core busy."""

    def __init__(self, store: JobStore, job_files: JobFiles, poller: Poller, clock: Clock) -> None:
        self._store = store.off_loop
        self._job_files = job_files
        self._poller = poller
        self._clock = clock
        self._press = asyncio.Semaphore(1)

    async def save(
        self, job: Job, spec: ModelSpec, connection: Connection, finished: Finished | None
    ) -> Job:
        """Return the completed job. Raises `DownloadFailed`, `StorageError` or a provider's error.

        What an earlier process left finished on the shelf is not done again.
        """
        clip = self._job_files.clip(job)
        if seen := await asyncio.to_thread(_seen, clip):
            # A process that was killed right after it showed the clip left these beside it.
            self._job_files.received(job).unlink(missing_ok=True)
            self._job_files.doubtful(job).unlink(missing_ok=True)
            job = await self._show(job, seen)
        elif not (job.facts.get("doubtful") and clip.exists()):
            job = await self._fetch(job, spec, connection, finished)
        job = await self._bring_further(job, spec, connection, finished)
        if job.facts.get("doubtful"):
            return await self._complete(job, media.Previews())
        await self._clock.sleep(FIRST_LOOK)
        async with self._press:
            made = await asyncio.to_thread(_previews, clip)
            copied = await asyncio.to_thread(_playable, clip, self._job_files.playable(job))
            await asyncio.to_thread(memory.give_back)
        return await self._complete(job, made, copied)

    async def _fetch(
        self, job: Job, spec: ModelSpec, connection: Connection, finished: Finished | None
    ) -> Job:
        doubts = Doubts(self._job_files.doubtful(job))

        async def take(part: Path) -> bool:
            nonlocal job
            seen = await asyncio.to_thread(self._keep, part, job, spec)
            if seen:
                job = await self._show(job, seen)
            elif await asyncio.to_thread(doubts.came_again, part):
                job = await self._keep_doubtful(doubts, job)
            else:
                return False
            return True

        url = finished.url if finished else ""

        async def where(failed: DownloadFailed | None) -> str:
            nonlocal url
            if failed:
                await self._change(job, durable=False, note=f"{failed} {TRYING}")
            if failed or not url:
                url = await self._address(job, spec, connection, url)
            return url

        try:
            await connection.downloader.hand_over(where, self._job_files.received(job), take)
        except DownloadFailed:
            if not doubts.best():
                raise
            job = await self._keep_doubtful(doubts, job)
        finally:
            doubts.forget()
        return job

    async def _bring_further(
        self, job: Job, spec: ModelSpec, connection: Connection, finished: Finished | None
    ) -> Job:
        if not missing_clips(job):
            return job

        async def ask() -> Finished:
            return await self._poller.finished(job, spec, connection)

        clips = FurtherClips(self._job_files, job, settings(job, spec), ask)
        came = await clips.bring(connection, finished)
        return await self._change(job, files={**job.files, **came}) if came else job

    async def _address(self, job: Job, spec: ModelSpec, connection: Connection, last: str) -> str:
        try:
            return await self._poller.url(job, spec, connection)
        except NotFound:
            if not last:
                raise
            # A provider may forget a finished task sooner than the storage forgets its clip.
            return last

    def _keep(self, received: Path, job: Job, spec: ModelSpec) -> media.Clip | None:
        """Make the clip of what was received, its settings in it; None where that is not whole."""
        seen, clip = _seen(received), self._job_files.clip(job)
        if seen is None:
            return None
        words = settings(job, spec)
        try:
            return media.embed(received, clip, words)
        except (MediaError, StorageError) as error:
            if is_shortage(error):
                raise
            # Also on a full disk: the name alone can still be changed, and the clip was paid for.
            log.warning("job %s: its settings stand beside its clip: %s", job.id, error)
            self._put_beside(job, words)
            media.settle(received, clip)
            return seen

    def _put_beside(self, job: Job, words: Mapping[str, Any]) -> None:
        """Write the settings into a file of their own, for a clip that stays as it came."""
        try:
            media.write_text(self._job_files.settings(job), json.dumps(words, indent=2))
        except StorageError as error:  # they are in the database all the same
            log.warning("job %s: %s", job.id, error)

    async def _keep_doubtful(self, doubts: Doubts, job: Job) -> Job:
        """Keep what was paid for as it came, whatever our checks say of it."""
        size = await asyncio.to_thread(self._settle_doubtful, doubts, job)
        log.warning("job %s: what came is kept, though it is no whole clip by our checks", job.id)
        facts = {**job.facts, "doubtful": True, "bytes": size}
        return await self._change(job, files={**job.files, "video": CLIP}, facts=facts, note="")

    def _settle_doubtful(self, doubts: Doubts, job: Job) -> int:
        """Give what came its place, and return its bytes."""
        clip, best = self._job_files.clip(job), doubts.best()
        if best:
            media.settle(best, clip)
        return clip.stat().st_size

    async def _show(self, job: Job, clip: media.Clip) -> Job:
        """Let the clip be watched before its previews are made."""
        # The file is on the disk, and found there again, should a power cut undo these words.
        files, facts = {**job.files, "video": CLIP}, {**job.facts, **_facts(clip)}
        if self._job_files.settings(job).exists():
            files["settings"] = SETTINGS
        if media.is_signed(self._job_files.clip(job)):
            facts["signed"] = True
        return await self._change(
            job,
            durable=False,
            files=files,
            facts=facts,
            note="",
        )

    async def _complete(
        self, job: Job, made: media.Previews, copied: media.Obstacle | None = None
    ) -> Job:
        files, facts = dict(job.files), dict(job.facts)
        if copied:
            files["playable"] = PLAYABLE
            facts["obstacle"] = asdict(copied)
        if made.poster:
            files["poster"] = POSTER
        if made.preview:
            files["preview"] = PREVIEW
        if made.gif:
            files["gif"] = GIF
            facts |= {f"gif_{name}": value for name, value in asdict(made.gif).items()}
        for name, why in made.problems.items():
            log.warning("job %s has no %s: %s", job.id, name, why)
        return await self._change(
            job,
            state=State.COMPLETED,
            completed_at=self._clock.now(),
            progress=1.0,
            files=files,
            facts=facts,
            note=self._note(job, made),
            error=None,
        )

    def _note(self, job: Job, made: media.Previews) -> str:
        if job.facts.get("doubtful"):
            return DOUBTFUL
        notes = [NO_PREVIEWS] * bool(made.problems) + [MISSING] * bool(missing_clips(job))
        return " ".join(notes)

    async def _change(self, job: Job, **changes: Any) -> Job:
        changed = await self._store.change(job.id, when=[State.SAVING], **changes)
        return changed or await self._store.get(job.id)


def settings(job: Job, spec: ModelSpec) -> Mapping[str, Any]:
    """Return what travels inside the MP4: how the take was made, and nothing that opens a door."""
    # Addresses of sources work like keys, so only their presence is told.
    hidden = {param.name for param in spec.media_params()}
    return {
        "app": "Dailies",
        "model": job.model,
        "sandbox": not job.live,
        "prompt": job.params.get("prompt", ""),
        "params": {
            name: "(a file)" if name in hidden else value for name, value in job.params.items()
        },
        "generation_id": job.generation_id,
        "created_at": job.created_at.isoformat(),
    }


def _seen(path: Path) -> media.Clip | None:
    """Return what a file is if it is a whole clip."""
    try:
        clip = media.probe(path)
    except (StudioError, OSError) as error:
        if is_shortage(error):
            raise  # nothing was seen of it, good or bad
        return None
    return clip if clip.whole else None


def _facts(clip: media.Clip) -> dict[str, Any]:
    return {
        "width": clip.width,
        "height": clip.height,
        "frames": clip.frames,
        "fps": round(clip.fps, 3),
        "seconds": round(clip.seconds, 3),
        "bytes": clip.size_bytes,
    }


def _playable(clip: Path, target: Path) -> media.Obstacle | None:
    """Make the copy that every browser plays, where one is needed."""
    try:
        return media.make_playable(clip, target)
    except (MediaError, StorageError) as error:
        if is_shortage(error):
            raise
        log.warning("no copy of %s to play: %s", clip.parent.name, error)
        return None


def _previews(clip: Path) -> media.Previews:
    try:
        return media.make_previews(clip, clip.parent)
    except (MediaError, StorageError) as error:
        if is_shortage(error):
            raise
        # A failed preview never fails the job: the clip is there, and paid for.
        log.warning("no previews of %s: %s", clip.parent.name, error)
        return media.Previews(poster=None, preview=None, gif=None, problems={"clip": str(error)})
