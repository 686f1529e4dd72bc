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
    Phase.DONE: "completed complete succeeded succeed success successful done ready finished",
    Phase.FAILED: "error failed fail failure errored timeout timed_out expired aborted moderated"
    " rejected blocked filtered terminated unsuccessful denied refused",
    Phase.CANCELLED: "cancelled canceled",
}
PHASE_OF = {word: phase for phase, words in _PHASES.items() for word in words.split()}

TURNED_AWAY = frozenset({429})
"""Neither vendor says of any other status that nothing was taken."""

LONGEST_WORD = 80

_STATUS = ("status", "state", "task_status", "job_status", "taskStatus", "jobStatus")
# A status may be an object with the word inside, or a number with the word beside it.
_STATUS_INSIDE = (*_STATUS, "name", "value", "code", "text", "label", "type")
_STATUS_BESIDE = ("status_text", "statusText", "status_name", "statusName", "status_label")
ENVELOPES = (
    *("data", "result", "results", "response", "task", "job", "generation", "prediction"),
    *("inference", "payload", "output", "tasks", "jobs"),
)
DEEPEST = 4
"""Wrappings in which the task's own words are looked for."""

_IDS = ("id", "generation_id", "inference_id", "task_id", "job_id", "request_id")

_PREFIX = re.compile(
    r"(?:(?:task|status|state|job|video|generation|request|run|prediction|workflow)_)+"
)

_GENERATION_ID = re.compile(r"[\w.:/~+=@-]{1,256}")


def state_in(answer: Json) -> Json:
    """Return the part of an answer that tells of the task: itself, or what it is wrapped in.

    Around a task "success" is said of the question; of the task it is only said inside.
    """
    inner = _wrapped(answer, DEEPEST)
    if inner is None:
        return answer
    own = status_of(answer)
    is_envelope = _known(own) in (None, Phase.DONE) and _known(status_of(inner)) is not None
    return inner if is_envelope or not own else answer


def _wrapped(answer: Any, depth: int) -> Json | None:
    """Return the first part inside that has a status word, the outermost first."""
    if not isinstance(answer, dict) or depth == 0:
        return None
    told = map(answer.get, ENVELOPES)
    parts = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in told]
    direct = (part for part in parts if isinstance(part, dict) and status_of(part))
    deeper = (found for part in parts if (found := _wrapped(part, depth - 1)))
    return next(direct, None) or next(deeper, None)


def ours(answer: Any, generation_id: str) -> Any:
    """Return what an answer says of one task, where it is a list of several."""
    if isinstance(answer, dict) and isinstance(answer.get("data"), list):
        own = _own(answer["data"], generation_id)
        return answer if own is None else {**answer, "data": own}
    if not isinstance(answer, list) or len(answer) < 2:
        return answer
    own = _own(answer, generation_id)
    return {"output": answer} if own is None else own


def _own(tasks: list[Any], generation_id: str) -> Json | None:
    named = (task for task in tasks if isinstance(task, dict))
    return next((t for t in named if generation_id in [str(t.get(n)) for n in _IDS]), None)


def status_of(state: Json) -> str:
    """Return the provider's own word, as short as a word is."""
    words = (_word(state.get(name), DEEPEST) for name in (*_STATUS, *_STATUS_BESIDE))
    return next(filter(None, words), "")[:LONGEST_WORD]


def _word(told: Any, depth: int) -> str:
    if isinstance(told, str):
        # A number is no word: what it means stands beside it.
        return "" if told.strip().isdigit() else told
    if isinstance(told, dict) and depth:
        words = (_word(told.get(name), depth - 1) for name in _STATUS_INSIDE)
        return next(filter(None, words), "")
    return ""


def phase_of(status: str, message: str | None, clips: Clips) -> Phase:
    """Return what a status word means; `message` is the error that came along, if any.

    An error may come with the status `unknown` or none at all (AI/ML: answers), and so may a clip:
    such an answer, and one with a word that nobody knows, is no end at once, nor runs for ever.
    """
    doubtful = Phase.UNCLEAR if message or clips.sure else Phase.WORKING
    return _known(status) or doubtful


def _known(status: str) -> Phase | None:
    """Return what a word means, be it `TASK_STATUS_FAILED`, `timedOut` or `failed: nsfw`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.split(r"[:;,(!]", status, maxsplit=1)[0])
    word = re.sub(r"[\s_.-]+", "_", parted.lower()).strip("_")
    return PHASE_OF.get(word) or PHASE_OF.get(_PREFIX.sub("", word))


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
