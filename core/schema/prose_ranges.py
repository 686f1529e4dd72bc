"""Finds a range in what a vendor says of a number; where the words can mean more, it finds none."""

from __future__ import annotations

import re

_N = r"(-?\d+(?:\.\d+)?)(?![\d:.]*\d)"
_UNIT = r"(?: ?(?:%|s|seconds?|frames?|fps|px|pixels?))?"
_RANGES = (
    rf"\bbetween {_N}{_UNIT} and {_N}",
    rf"\bfrom {_N}{_UNIT} (?:to|through|up to) {_N}",
    rf"\brang(?:e|es|ing)?\b[^.\d-]{{0,20}}{_N}{_UNIT} ?(?:-|–|—|to|\.\.\.?|and) ?{_N}",
    rf"\bmin(?:imum)?\b[^.\d-]{{0,12}}{_N}{_UNIT}[,;]?(?: and)? max(?:imum)?\b[^.\d-]{{0,12}}{_N}",
    rf"[\[(]{_N} ?(?:-|–|—|,|to) ?{_N}[\])]",
    rf"^{_N} ?(?:-|–|—) ?{_N}\.?$",
    rf"\b(?:values?|must be|allowed|accepts?)\b[^.\d-]{{0,20}}{_N} ?(?:-|–|—|to) ?{_N}",
)
_LEAST = rf"\b(?:at least|min(?:imum)?(?: value)?(?: is|:)?|no less than) {_N}"
_MOST = rf"\b(?:at most|up to|max(?:imum)?(?: value)?(?: is|:)?|no more than) {_N}"


def find_range(words: str) -> tuple[float, float] | None:
    """Return the one range that the words give, if they give one."""
    words = words[:500].lower().replace("−", "-")
    found = {
        (float(low), float(high)) for pattern in _RANGES for low, high in re.findall(pattern, words)
    }
    if not found and len(re.findall(_LEAST, words)) == len(re.findall(_MOST, words)) == 1:
        found = {(float(re.findall(_LEAST, words)[0]), float(re.findall(_MOST, words)[0]))}
    if len(found) != 1:
        return None
    low, high = found.pop()
    return (low, high) if low < high else None
