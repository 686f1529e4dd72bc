"""Finds the addresses in an order that no provider can fetch from; it looks nothing up.

A name that leads into an inner network only by its DNS passes: the provider's view of it decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from core.client.public_addresses import can_be_public
from core.client.trusted_hosts import TrustedHosts

_ADDRESS = re.compile(r"\s*(https?|wss?|ftps?|s3|gs)://\S+\s*", re.IGNORECASE)
"""A text that is an address from end to end; a prompt that speaks of one is none."""


def out_of_reach(params: Mapping[str, Any], hosts: TrustedHosts) -> dict[str, str]:
    """Return by parameter why an address in it leads nowhere for a provider.

    Addresses inside lists and JSON count; a prompt is never read as one.
    """
    problems = {}
    for name, value in params.items():
        if "prompt" in name:
            continue
        why = next(filter(None, (_objection(text, hosts) for text in _texts(value))), "")
        if why:
            problems[name] = why
    return problems


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)


def _objection(text: str, hosts: TrustedHosts) -> str:
    if not _ADDRESS.fullmatch(text):
        return ""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
        is_plain = parts.port != 0 and not (parts.username or parts.password) and host
    except ValueError:
        is_plain, host = False, ""
    # Some clients take a backslash for a slash, and so another host for the address's.
    if not is_plain or "\\" in text or not text.strip().isprintable():
        return "That address cannot be read: give a plain https address."
    if can_be_public(host) or hosts.has(host):
        return ""
    return (
        f"{host[:100]} is in a private network, where no provider can fetch it: give a public "
        "https address, or the file itself."
    )
