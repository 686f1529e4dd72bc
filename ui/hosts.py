"""Under which names this app answers: a browser that was led here by another name is refused.

A website can let its own name lead to this machine (DNS rebinding); its scripts are then of the
same origin as the page, and only the name that they ask for tells them from the page's own.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from core import Settings
from ui.proxies import Address, read_address

_HOST = re.compile(
    r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[\w.-]{1,253})(:(?P<port>\d{1,5}))?", re.ASCII
)
_PATTERN = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, order=True)
class Host:
    """A name or an address as one writes it in lower case, without brackets; and a port."""

    name: str
    port: int | None = None


class Hosts:
    """Names, patterns as `*.example.com` and addresses; loopback is always among them.

    With `every_address`, any address written in figures is one of ours: such a name cannot be led
    elsewhere, and of a server that listens everywhere nobody knows them all.
    """

    def __init__(self, names: Iterable[str] = (), *, every_address: bool = False) -> None:
        known = [read_name(name) for name in names]
        self._names = {name for name in known if not name.startswith("*.")}
        self._ends = tuple(name[1:] for name in known if name.startswith("*."))
        self._every_address = every_address

    def has(self, host: Host | None) -> bool:
        """Return whether this app answers under that name, at whatever port."""
        if host is None:
            return False
        if address := read_address(host.name):
            return self._every_address or address.is_loopback or str(address) in self._names
        is_loopback = host.name == "localhost" or host.name.endswith(".localhost")
        return is_loopback or host.name in self._names or host.name.endswith(self._ends)


def hosts_of(settings: Settings) -> Hosts:
    """Return the names that the operator's settings give to this app."""
    bound = settings.server_name
    everywhere = bound in ("", "0.0.0.0", "::")  # noqa: S104  compared, not bound
    names = [*settings.dailies_hosts, *settings.space_hosts]
    if public := urlsplit(settings.dailies_public_url.strip()).hostname:
        names.append(public)
    if everywhere:
        # A name without a dot, or of the local network, is nobody's on the Internet
        own = socket.gethostname().lower()
        names += [own, f"{own}.local"] if _PATTERN.fullmatch(own) else []
    else:
        names.append(bound)
    return Hosts(names, every_address=everywhere)


def read_host(text: str) -> Host | None:
    """Return what a `Host` header names; None where it is written wrongly."""
    found = _HOST.fullmatch(text.strip())
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else None
    name = found["name"].lower().removesuffix(".")
    if not name or (port is not None and port > 65535):
        return None
    address = _address(name)
    if name.startswith("[") and address is None:
        return None
    return Host(str(address or name), port)


def read_origin(text: str) -> tuple[str, Host] | None:
    """Return the scheme and the host of an `Origin` header; None where it is none, as `null`."""
    scheme, parts, rest = text.strip().partition("://")
    host = read_host(rest)
    if not parts or host is None or scheme.lower() not in DEFAULT_PORTS:
        return None
    return scheme.lower(), host


def read_name(text: str) -> str:
    """Return a name of `DAILIES_HOSTS` as it is compared. Raises ValueError."""
    bare = urlsplit(text).netloc if "://" in text else text
    wild, name = ("*.", bare[2:]) if bare.startswith("*.") else ("", bare)
    try:
        host = read_host(name) or read_host(f"[{name}]") or read_host(name.encode("idna").decode())
    except UnicodeError:
        host = None
    if host is None or not _PATTERN.fullmatch(wild + host.name):
        raise ValueError(f"“{text}” is no name of a host: write studio.example or *.example.com.")
    return wild + host.name


def _address(name: str) -> Address | None:
    return read_address(name.strip("[]"))
