"""What both vendors' answers have in common, read leniently; pure functions only."""

from __future__ import annotations

import re
from typing import Any

from core.contract import Phase

# Every word found in schemas, examples, the vendors' own tools and captures (AI/ML: words;
# Krea: answers). Any other word means that the task still runs: documented loops end on it.
_PHASES = {
    Phase.WAITING: "backlogged queued waiting pending preparing queueing submitted scheduled",
    # Krea's `intermediate-complete` is not the end, whatever it sounds like (Krea: answers).
    Phase.WORKING: "generating active processing sampling running in_progress"
    " intermediate_complete",
    Phase.DONE: "completed complete succeeded success done ready finished",
    Phase.FAILED: "error failed failure timeout timed_out expired aborted moderated rejected",
    Phase.CANCELLED: "cancelled canceled",
}
PHASE_OF = {word: phase for phase, words in _PHASES.items() for word in words.split()}

TURNED_AWAY = frozenset({429})
"""Neither vendor says of any other status that nothing was taken."""

LONGEST_WORD = 80

_GENERATION_ID = re.compile(r"[\w.:/~+=@-]{1,256}")


def phase_of(status: Any, message: str | None) -> Phase:
    """Return what a status word means; `message` is the error that came along, if any."""
    word = re.sub(r"[\s-]+", "_", str(status or "").strip().lower())
    if word in PHASE_OF:
        return PHASE_OF[word]
    # An error may come with a 200, with the status `unknown` or none at all (AI/ML: answers).
    return Phase.FAILED if message and word in ("", "unknown") else Phase.WORKING


def status_word(status: Any) -> str:
    """Return the provider's own word, as short as a word is."""
    return str(status or "")[:LONGEST_WORD]


def find_url(video: Any) -> str | None:
    """Return the address in a `video` that may be an address, an object, or a list of either."""
    match video:
        case str() if video.strip():
            return video.strip()
        case {"url": url}:
            return find_url(url)
        case [first, *_]:
            return find_url(first)
        case _:
            return None


def readable_id(value: Any) -> str | None:
    """Return a generation id as text, if it is one that can be asked after."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    if not _GENERATION_ID.fullmatch(text) or ".." in text.split("/"):
        return None
    return text
