"""Words in square brackets that make a prompt go wrong; it may only name and find them.

| in the prompt | what happens |
|---|---|
| `[refuse]` | the order is rejected, no task is made |
| `[busy]`   | the order meets the vendor's limit of tasks at once: 429, no task is made |
| `[lost]`   | the task is made, and listed, but the answer to the order is a 502 HTML page |
| `[slow]`   | the task takes 60 s at any pace |
| `[stuck]`  | the task stays queued for ever |
| `[fail]`   | the task fails, in the vendor's shape |
| `[nsfw]`   | Krea: completed with an empty result; AI/ML API: fails |

Several may stand in one prompt, e.g. `[slow] [fail]`.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Fault(StrEnum):
    """One way to go wrong; the value is the word in the brackets."""

    REFUSE = "refuse"
    BUSY = "busy"
    LOST = "lost"
    SLOW = "slow"
    STUCK = "stuck"
    FAIL = "fail"
    NSFW = "nsfw"


_WORD = re.compile(r"\[(" + "|".join(Fault) + r")\]", re.IGNORECASE)

SLOW_SECONDS = 60.0


def faults_in(prompt: str) -> frozenset[Fault]:
    """Return the faults that a prompt asks for."""
    return frozenset(Fault(word.lower()) for word in _WORD.findall(prompt))


def without_faults(prompt: str) -> str:
    """Return the prompt as the picture should understand it."""
    return _WORD.sub(" ", prompt).strip()
