"""Tells from what a provider says whether its task has ended; in doubt only after some looks."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import GenerationFailed
from core.jobs.task_failure import failure
from core.providers.protocol import Phase, Snapshot

LOOKS = (1.0, 3.0, 6.0, 10.0, 10.0)
"""Seconds before each further look at an end that is in doubt: replicas lag, addresses follow."""

LOOK_AGAIN = "Look again: nothing is ordered by that. Its answer is in the log."


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A task that has ended well, and where its clips lie for now, the main one first."""

    url: str
    further: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Doubt:
    """How often in a row an end was told that may be none; `wait` is for the next look."""

    looks: int = 0
    wait: float = 0.0

    def judge(self, snapshot: Snapshot) -> Finished | None:
        """Return where the clips lie, once that is certain.

        Raises `GenerationFailed` or `GenerationCancelled` for another end.
        """
        match snapshot.phase:
            case Phase.FAILED | Phase.CANCELLED:
                raise failure(snapshot)
            case Phase.DONE if snapshot.clips:
                return _finished(snapshot)
            case Phase.DONE | Phase.UNCLEAR:
                return self._doubted(snapshot)
            case _:
                self.looks, self.wait = 0, 0.0
                return None

    def _doubted(self, snapshot: Snapshot) -> Finished | None:
        if self.looks < len(LOOKS):
            self.wait = LOOKS[self.looks]
            self.looks += 1
            return None
        if snapshot.clips:
            return _finished(snapshot)
        raise _lost(snapshot)


def _finished(snapshot: Snapshot) -> Finished:
    return Finished(url=snapshot.clips[0], further=snapshot.clips[1:])


def _lost(snapshot: Snapshot) -> GenerationFailed:
    """Return the end of a task that may have been charged: nobody said that it failed."""
    words = "The provider finished without a clip, as it does when it objects to the content."
    if snapshot.phase is Phase.UNCLEAR:
        said = f'"{snapshot.status}"' if snapshot.status else "no status"
        words = f"The provider tells of an error, and says {said}: what became of it is not clear."
    error = GenerationFailed(words, provider_message=snapshot.message)
    error.charged = "unknown"
    error.bill(snapshot.usage)
    error.next_step = f"{LOOK_AGAIN} Or change the prompt or the settings, and generate anew."
    return error
