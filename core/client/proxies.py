"""Reads which proxy the environment names for an address, and says which one cannot be used.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not, as curl and Python's
own `urllib` read them; this machine itself is never reached through a proxy.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from core.client.public_addresses import literal
from core.errors import StudioError

SCHEMES = ("http", "https", "socks5", "socks5h")


class UnusableProxy(StudioError):
    """The environment names a proxy that cannot be used."""

    kind = "unusable_proxy"
    next_step = "Correct the variable, or remove it, and start again."


@dataclass(frozen=True, kw_only=True)
class Proxies:
    """`named` maps http, https and all to a proxy's address; `bypass` is the text of NO_PROXY."""

    named: Mapping[str, str] = field(default_factory=dict)
    bypass: str = ""

    def of(self, url: str) -> str | None:
        """Return the address of the proxy for a URL; None where it is reached directly."""
        parts = urlsplit(url)
        host, proxy = parts.hostname or "", self.named.get(parts.scheme, self.named.get("all"))
        return None if proxy is None or self._goes_direct(host, parts.port) else proxy

    def _goes_direct(self, host: str, port: int | None) -> bool:
        ip = literal(host)
        if host == "localhost" or (ip and ip.is_loopback):
            return True
        if ip and any(ip in network for network in _networks(self.bypass)):
            return True
        there = f"{host}:{port}" if port else host
        # In the module since Python 3.2, and not in its type stubs.
        goes: Callable[..., Any] = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
        return bool(goes(there, {"no": self.bypass}))


def read_proxies() -> Proxies:
    """Return what the environment names at this moment. Raises `UnusableProxy`."""
    found = urllib.request.getproxies_environment()
    named = {scheme: found[scheme] for scheme in ("http", "https", "all") if found.get(scheme)}
    return Proxies(
        named={scheme: _usable(scheme, address.strip()) for scheme, address in named.items()},
        bypass=found.get("no", ""),
    )


def _usable(scheme: str, address: str) -> str:
    given = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(given)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _unusable(scheme, "its address cannot be read") from None
    if parts.scheme not in SCHEMES:
        raise _unusable(scheme, f"{parts.scheme}:// is none of {', '.join(SCHEMES)}")
    if not is_whole or not given.isascii() or not given.isprintable() or " " in given:
        raise _unusable(scheme, "its address cannot be read")
    return given


def _unusable(scheme: str, why: str) -> UnusableProxy:
    # Without the address: a password may stand in it.
    return UnusableProxy(f"The proxy in {scheme.upper()}_PROXY cannot be used: {why}.")


def _networks(bypass: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for entry in re.split(r"[\s,]+", bypass):
        try:
            found.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            continue
    return found
