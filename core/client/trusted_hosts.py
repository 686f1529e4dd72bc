"""The hosts and networks that the operator lets clips and sources come from; nobody by default."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Self

from core.client.public_addresses import literal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"(\*?\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


@dataclass(frozen=True, kw_only=True)
class TrustedHosts:
    """Names, those with a dot before them for all that ends so, and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a list with commas, e.g. `cdn.example.com, .lan, 198.18.0.0/15`.

        Raises ValueError, with a sentence, for what is neither a host nor a network.
        """
        names, networks = set[str](), list[Network]()
        for entry in re.split(r"[\s,]+", text.strip().lower()):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if entry and not _NAME.fullmatch(entry):
                    raise ValueError(
                        f"{entry!r} is neither the name of a host, like cdn.example.com, nor a "
                        "network, like 198.18.0.0/15."
                    ) from None
                names.add(entry.removeprefix("*"))
        return cls(names=frozenset(names - {""}), networks=tuple(networks))

    def has(self, host: str) -> bool:
        """Return whether a host, as an address names it, is trusted."""
        plain = host.strip("[]").rstrip(".").lower()
        if (ip := literal(plain)) is not None:
            return self.has_address(str(ip))
        endings = {plain[at:] for at, letter in enumerate(plain) if letter == "."}
        return bool(self.names & (endings | {plain}))

    def has_address(self, address: str) -> bool:
        """Return whether an IP address lies in a trusted network."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        return any(ip.version == net.version and ip in net for net in self.networks)


NOBODY = TrustedHosts()
