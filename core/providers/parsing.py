"""What both vendors' answers have in common, read leniently; pure functions only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from core.providers.clips import Clips
from core.providers.protocol import Json, Phase

# Every word found in schemas, examples, the vendors' own tools and captures (AI/ML: words;
# Krea: answers). Any other word means that the task still runs: documented loops end on it.
_PHASES = {
    Phase.WAITING: "backlogged queued waiting pending preparing queueing submitted scheduled"
    " in_queue throttled created accepted starting initializing",
    # Krea's `intermediate-complete` is not the end, whatever it sounds like (Krea: answers).
    Phase.WORKING: "generating active processing sampling running in_progress inprogress started"
    " rendering uploading intermediate_complete",
    Phase.DONE: "completed complete succeeded succeed success done ready finished",
    Phase.FAILED: "error failed fail failure errored timeout timed_out expired aborted moderated"
    " rejected blocked filtered",
    Phase.CANCELLED: "cancelled canceled",
}
PHASE_OF = {word: phase for phase, words in _PHASES.items() for word in words.split()}

TURNED_AWAY = frozenset({429})
"""Neither vendor says of any other status that nothing was taken."""

LONGEST_WORD = 80
STATUS_LEVELS = 3

_STATUS = ("status", "state", "task_status", "job_status", "taskStatus")
_STATUS_INSIDE = (*_STATUS, "name", "code", "value", "text")
_STATUS_TEXTS = ("status_text", "statusText", "status_name", "statusName")
_ENVELOPES = (
    *("data", "result", "results", "response", "task", "job", "generation", "output"),
    *("tasks", "jobs"),
)
_PREFIX = re.compile(r"^(?:(?:task|job|generation|inference|video|run|status|state)_)+")

_GENERATION_ID = re.compile(r"[\w.:/~+=@-]{1,256}")


def state_in(answer: Json) -> Json:
    """Return the part of an answer that tells of the task: itself, or what it is wrapped in."""
    for part in (answer, *map(answer.get, _ENVELOPES)):
        inner = part[0] if isinstance(part, list) and len(part) == 1 else part
        if isinstance(inner, dict) and status_of(inner):
            return inner
    return answer


def status_of(state: Json) -> str:
    """Return the provider's own word, as short as a word is."""
    told = [state.get(name) for name in _STATUS]
    # Some put the word into an object, `{"status": {"state": "done"}}`, or beside a number.
    inner = [_word_inside(each, STATUS_LEVELS) for each in told]
    beside = [state.get(name) for name in _STATUS_TEXTS]
    words = (word for word in (*told, *inner, *beside) if isinstance(word, str) and word)
    return next((word for word in words if not word.isdigit()), "")[:LONGEST_WORD]


def _word_inside(told: Any, levels: int) -> str:
    if isinstance(told, str) or not isinstance(told, dict) or not levels:
        return told if isinstance(told, str) else ""
    inside = (_word_inside(told.get(name), levels - 1) for name in _STATUS_INSIDE)
    return next((word for word in inside if word and not word.isdigit()), "")


def phase_of(status: str, message: str | None, clips: Clips) -> Phase:
    """Return what a status word means; `message` is the error that came along, if any.

    An error may come with the status `unknown` or none at all (AI/ML: answers), and so may a clip:
    such an answer, and one with a word that nobody knows, is no end at once, nor runs for ever.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status.strip())
    word = re.sub(r"[\s.:-]+", "_", parted).lower()
    # `TASK_STATUS_FAILED` is `failed`.
    for known in (word, _PREFIX.sub("", word)):
        if known in PHASE_OF:
            return PHASE_OF[known]
    return Phase.UNCLEAR if message or clips.sure else Phase.WORKING


def readable_id(value: Any) -> str | None:
    """Return a generation id as text, if it is one that can be asked after."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    if not _GENERATION_ID.fullmatch(text) or ".." in text.split("/"):
        return None
    return text


def typed_id(text: str) -> str | None:
    """Return a generation id that a person typed; None also for another spelling of some id.

    In an address `./x`, `x/` and full-width letters lead where `x` does.
    """
    found = readable_id(text.strip())
    is_plain = found is not None and found.isascii() and not {"", "."} & set(found.split("/"))
    return found if is_plain else None


def id_in_location(headers: Mapping[str, str], *patterns: str) -> str | None:
    """Return the id in the address at which an answer says that the new task lies."""
    places = [headers.get(name, "") for name in ("location", "content-location")]
    found = [re.search(pattern, place) for place in places for pattern in patterns]
    ids = [readable_id(unquote(match[1])) for match in found if match]
    return next((each for each in ids if each), None)
