"""Tells which hosts and IP addresses are the open internet's; it looks nothing up.

Python's `ipaddress` keeps the special-purpose registries of IANA, and lets through what no registry
lists. So of IPv6 only what IANA hands out as global unicast (2000::/3, RFC 4291 and its registry)
can be public at all: whatever will be set aside outside of it is refused without a line here.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import product

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Prefix = ipaddress.IPv6Network

_HANDED_OUT = ipaddress.ip_network("2000::/3")

# Global by the reckoning of some Python 3.11, and yet set aside, or a way to another address.
_SET_ASIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("192.0.0.0/24", "192.88.99.0/24"),  # RFC 6890; 6to4 relays, withdrawn by RFC 7526
            *("2001::/23", "2001:db8::/32", "3fff::/20"),  # RFC 2928 with Teredo; RFC 3849, 9637
            "2002::/16",  # 6to4, RFC 3056: the IPv4 address inside is the relay's to judge
        ),
    )
)

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The prefix of networks that reach IPv4 through IPv6 (RFC 6052); the address inside counts."""

NAT64_NAME = "ipv4only.arpa"
"""A name with the two IPv4 addresses below alone: its IPv6 addresses show a network's prefix."""

_NAT64_KNOWN = (ipaddress.IPv4Address("192.0.0.170"), ipaddress.IPv4Address("192.0.0.171"))
_NAT64_LENGTHS = (96, 64, 56, 48, 40, 32)

# RFC 6761, 6762 with its appendix G, 8375, and what ICANN set aside: names of inner networks.
_INNER = re.compile(
    r"(.*\.)?(localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)"
)
_NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}")


def is_public(address: str, nat64: Sequence[Prefix] = ()) -> bool:
    """Return whether an IP address belongs to the open internet.

    `nat64` are the prefixes of this network's own NAT64, as `nat64_prefixes` finds them.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inside = _inside(ip, nat64)
    if isinstance(inside, ipaddress.IPv6Address) and inside not in _HANDED_OUT:
        return False
    if any(inside.version == net.version and inside in net for net in _SET_ASIDE):
        return False
    return inside.is_global and not inside.is_multicast


def can_be_public(host: str) -> bool:
    """Return whether a host, as an address names it, can be one of the open internet.

    Every spelling of an IPv4 address that some system reads counts: 0x7f.1, 2130706433, 0177.0.0.1,
    digits of other scripts.
    """
    plain = unicodedata.normalize("NFKC", host).strip("[]").rstrip(".").lower()
    if (ip := literal(plain)) is not None:
        return is_public(str(ip))
    return "." in plain and not _INNER.fullmatch(plain)


def literal(host: str) -> Address | None:
    """Return the IP address that a host is written as, in whatever spelling; None for a name."""
    plain = host.partition("%")[0]
    try:
        return ipaddress.ip_address(plain)
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(plain):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(plain))
    except OSError:
        return None


def nat64_prefixes(answers: Iterable[str]) -> tuple[Prefix, ...]:
    """Return the prefixes that the addresses of `NAT64_NAME` show (RFC 7050)."""
    found = (ipaddress.ip_address(answer.partition("%")[0]) for answer in answers)
    return tuple(
        ipaddress.IPv6Network((ip, length), strict=False)
        for ip, length in product(found, _NAT64_LENGTHS)
        if isinstance(ip, ipaddress.IPv6Address) and _embedded(ip, length) in _NAT64_KNOWN
    )


def _inside(ip: Address, nat64: Sequence[Prefix]) -> Address:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    for prefix in (NAT64, *nat64):
        if ip in prefix:
            return _embedded(ip, prefix.prefixlen)
    return ip


def _embedded(ip: ipaddress.IPv6Address, length: int) -> ipaddress.IPv4Address:
    # RFC 6052, 2.2: right after the prefix, but never in the ninth byte.
    after = [byte for at, byte in enumerate(ip.packed) if at != 8 and at >= length // 8]
    return ipaddress.IPv4Address(bytes(after[:4]))
