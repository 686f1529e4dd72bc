"""Tells from a vendor's words why it refused an order or failed a task; it may only read.

Both vendors pass on the words of many models' makers, under whatever HTTP status; the words below
are those of the contract, and those that such makers are known to use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.providers.protocol import Reason

DEEPEST, MOST_ITEMS, MOST_TEXTS, LONGEST = 8, 20, 60, 400

_TELLING = frozenset(
    [
        *("message", "msg", "detail", "error", "details", "errors", "issues", "validationerrors"),
        *("reason", "reasons", "description", "title", "name", "code", "kind", "type", "data"),
        *("error_code", "errorcode", "error_message", "failure_reason", "failurereason"),
        *("status_message", "statusmessage", "failure", "result", "cause"),
    ]
)
_PLACES = ("loc", "path", "param", "field", "parameter", "location")

_NAME = re.compile(r"[A-Za-z_]\w{0,60}")

_MONEY = re.compile(
    r"insuff?ici?e?nt( \w+){0,3} (funds?|balance|credits?|quota|units?|money|tokens?)\b"
    r"|insufficient (funds?|balance|credits?|quota|units?|money)"
    r"|\b(funds?|balance|credits?|units?|money)( \w+){0,3} (insuff?ici?e?nt|not enough|too low"
    r"|exhausted|depleted|used up|empty|negative|exceeded|lower than|less than|below)"
    r"|not enough( \w+){0,3} (funds?|balance|credits?|units?|money|quota)"
    r"|(out of|no more|lack of|lacks|exceeds?( \w+){0,3}) (credits?|funds?|money|balance|units"
    r"|compute units)\b"
    r"|no( \w+){0,2} (credits?|funds?|balance|compute units)( \w+){0,3} (left|remaining|available)"
    r"|out of( \w+){0,2} (credits?|funds?|money|units|balance|quota)"
    r"|\btop ?up\b|\brecharge\b|payment required|\barrears\b|\barrearage\b|\bquota\b"
    r"|(add|buy|purchase)( \w+){0,2} (credits?|funds?|units)"
    r"|(spend(ing)?|billing|budget)( \w+){0,2} (limit|exceeded|cap)"
    r"|(afford|cannot pay|unpaid|overdue|billing hard limit)"
    r"|(balance|credits?|wallet)( \w+){0,3} (0|zero|overdrawn)\b"
)
_RATE = re.compile(
    r"rate limit|too many requests|concurren|(per|a|each) (second|minute|hour)|\brpm\b|\btpm\b"
    r"|resource exhausted|slow down|requests quota|throttl"
)
_PLAN = re.compile(r"\bplans?\b|\bsubscription\b|\bupgrade\b|\btier\b|requires? (a |the )?pro\b")
_KEY = re.compile(
    r"api ?key|access key|\bkey\b|\btoken\b|unauthori[sz]ed|unauthenticated|authenticat"
    r"|credential|not authori[sz]ed|\bbearer\b|authori[sz]ation header"
)
_BAD_KEY = re.compile(
    r"(valid|invalid|wrong|incorrect|unknown|missing|expired|revoked|bad|no)( \w+){0,2}"
    r" (key|token)\b"
    r"|\b(key|token)( \w+){0,4} (invalid|expired|revoked|disabled|deleted|wrong|incorrect|valid"
    r"|unknown|missing|refused|rejected)\b"
)
_NOT_KEY = re.compile(
    r"verif|region|country|location|territor|permission|entitle|not allowed|disabled|suspended"
    r"|blocked|\bplan\b|workspace"
)
_CONTENT = re.compile(
    r"moderat|\bnsfw\b|\bsafety (system|filter|check|checker|policy|polic|settings|reasons?|input"
    r"|output|guideline|violation)|\bsafety\b( \w+){0,3} (reject|refus|block|fail|violat)"
    r"|content (policy|polic|filter|violation|safety|guideline|check|restriction|rules?)"
    r"|(usage|acceptable use|community|content) (policy|policies|guidelines|standards)"
    r"|policy violation|violat\w*( \w+){0,6} (policy|policies|guidelines?|terms|rules|practices)"
    r"|prohibited|inappropriate|sensitive (content|words?|information|material|topic|data)"
    r"|(input|output|prompt|text|image|video|content|new)( \w+){0,4} sensitive"
    r"|\bip detected\b|copyright|intellectual property|trademark|\bflagged\b"
    r"|sexual|nudity|explicit content|unsafe (content|image|prompt|video)|risk control"
    r"|banned (word|content|term)|forbidden (word|content)|disallowed (content|word)"
    r"|responsible ai|celebrit|public figure|real (person|people)|likeness|data inspection"
    r"|harmful|hateful|violent content|graphic violence|objectionable|child safety|minors?\b"
)
_RESULT = re.compile(r"\b(output|outputs|result|results|generated|generation|response)\b")
_PROMPT = re.compile(r"\b(prompts?|text|words?)\b")
_FILE = re.compile(
    r"\b((?:first|last|start|end) frame|image|video|audio|photo|picture|frame|file)s?\b"
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Why something was refused; `what` is as `Snapshot.refused` has it."""

    reason: Reason
    what: str = ""


def told(said: Any, status: int) -> Told:
    """Return what an answer's words (parsed JSON, or text) and its HTTP status say together."""
    text = plain_words(said)
    if _is_money(text, status):
        is_plan = bool(_PLAN.search(text)) and not _MONEY.search(text)
        return Told(reason=Reason.PLAN if is_plan else Reason.CREDIT)
    if status < 500 and _CONTENT.search(text):
        return Told(reason=Reason.CONTENT, what=_what(said, text))
    if status == 401 or (status == 403 and _is_key(text)):
        return Told(reason=Reason.KEY)
    if status == 403 and _PLAN.search(text):
        return Told(reason=Reason.PLAN)
    return Told(reason=Reason.UNTOLD)


def plain_words(said: Any) -> str:
    """Return all messages and codes in lower case, `OutOfFunds` and `out_of_funds` alike."""
    parted = (re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text) for text in _texts(said))
    return " ".join(re.sub(r"[\W_]+", " ", text).strip().lower() for text in parted)


def _is_money(text: str, status: int) -> bool:
    if status == 402:
        return True
    if status == 401 or status >= 500 or not _MONEY.search(text):
        return False
    # Where requests are counted, a quota is of requests.
    return not (status == 429 and _RATE.search(text))


def _is_key(text: str) -> bool:
    if _BAD_KEY.search(text):
        return True
    return bool(_KEY.search(text)) and not _NOT_KEY.search(text)


def _texts(said: Any) -> Iterator[str]:
    yield from list(_walk(said, 0))[:MOST_TEXTS]


def _walk(said: Any, depth: int) -> Iterator[str]:
    if isinstance(said, str):
        yield said[:LONGEST]
    for item in _inner(said) if depth < DEEPEST else ():
        yield from _walk(item, depth + 1)


def _inner(said: Any) -> list[Any]:
    """Return what stands in an object under a name that tells something, or in a list."""
    if isinstance(said, Mapping):
        return [value for name, value in said.items() if str(name).lower() in _TELLING]
    return said[:MOST_ITEMS] if isinstance(said, list) else []


def _what(said: Any, text: str) -> str:
    fields = list(dict.fromkeys(_fields(said, 0)))
    if len(fields) == 1:
        return "prompt" if "prompt" in fields[0] else fields[0]
    if _RESULT.search(text):
        return "result"
    if _PROMPT.search(text):
        return "prompt"
    file = _FILE.search(text)
    return file[1] if file else ""


def _fields(said: Any, depth: int) -> Iterator[str]:
    if isinstance(said, Mapping):
        for name in _PLACES:
            yield from _names(said.get(name))
    for item in _inner(said) if depth < DEEPEST else ():
        yield from _fields(item, depth + 1)


def _names(place: Any) -> Iterator[str]:
    parts = place if isinstance(place, list) else str(place or "").split(".")
    # `path` is also the address of the request in one envelope, which has no such name.
    named = [part for part in parts if isinstance(part, str) and _NAME.fullmatch(part)]
    yield from [part for part in named if part not in ("body", "input", "params")][-1:]
