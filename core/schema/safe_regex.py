"""Tells whether a stranger's regular expression can be tried without danger; it runs none."""

from __future__ import annotations

import re
from typing import Any

LONGEST = 300
MOST_STEPS = 50_000_000

_TEXT = 2000  # characters; `violations` tries no pattern on a longer text
_ESCAPED = re.compile(r"\\.")
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_LOOPED_GROUP = re.compile(r"\)[*+{]")
_LOOP = re.compile(r"[*+]|\{\d*,\}")
_COUNT = re.compile(r"\{(\d{0,4}),(\d{1,4})\}")
_FORK = re.compile(r"\?|\|")
_GROUP = re.compile(r"\([^()]*\)")


def is_safe_regex(pattern: Any) -> bool:
    """Tell whether `pattern` compiles and cannot take long, by an upper bound of its steps.

    Loops around groups and back references have no such bound and are refused.
    """
    if not isinstance(pattern, str) or not pattern or len(pattern) > LONGEST:
        return False
    plain = _CLASS.sub("x", _ESCAPED.sub("x", pattern))
    if "(?P" in plain or "(?(" in plain or re.search(r"\\[1-9]", pattern):
        return False
    return not _LOOPED_GROUP.search(plain) and _steps(plain) <= MOST_STEPS and _compiles(pattern)


def _steps(plain: str) -> float:
    loops = len(_LOOP.findall(plain)) + (not _is_anchored(plain))
    steps = float(_TEXT**loops) if loops < 10 else float("inf")
    for low, high in _COUNT.findall(plain):
        steps *= max(1, int(high) - int(low or 0))
    return steps * 2.0 ** min(100, len(_FORK.findall(plain)))


def _is_anchored(plain: str) -> bool:
    while (less := _GROUP.sub("", plain)) != plain:
        plain = less
    return plain.startswith("^") and "|" not in plain


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
