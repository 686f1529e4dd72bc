"""Finds the words of an order, under whatever name its model has for them; it reads no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WORDY = ("prompt", "text", "script", "caption", "description", "lyrics")
UNWANTED = "negative"


def prompt_of(values: Mapping[str, Any]) -> str:
    """Return what the clip should show: the prompt, else all that reads like a part of one."""
    prompt = values.get("prompt")
    if isinstance(prompt, str) and prompt.strip():
        return prompt
    return "\n".join(dict.fromkeys(_words_in(values)))


def unwanted_in(values: Mapping[str, Any]) -> str:
    """Return what the clip should not show."""
    said = (value for name, value in values.items() if UNWANTED in name.lower())
    return "\n".join(value for value in said if isinstance(value, str))


def _words_in(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # A list of shots gives each its words as {"prompt": …} or under its own name.
            yield from _words_in(inner, f"{name} {key}".lower())
    elif isinstance(value, list):
        for inner in value:
            yield from _words_in(inner, name)
    elif isinstance(value, str) and value.strip() and _is_wordy(name):
        yield value


def _is_wordy(name: str) -> bool:
    return UNWANTED not in name and any(word in name for word in WORDY)
