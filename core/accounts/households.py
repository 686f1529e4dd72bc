"""Names the network that a call came from, as a keyed hash: no address is written anywhere.

An IPv6 caller has a network of at least a /64 for himself, and as many addresses as he likes, so
those count together; an IPv4 address stands for the household, or the office, behind it.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address, ip_address

IPV6_PREFIX = 64

PURPOSE = b"household"
"""Sets these hashes apart from all else that is made with the same secret."""


class Households:
    """Names networks by a secret, which replicas share: the same caller counts at each of them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, address: str) -> str:
        """Return the name of the network of an address; nothing where it is no address."""
        network = network_of(address)
        if not network:
            return ""
        hashed = hashlib.blake2b(
            network.encode(), digest_size=16, key=self._secret[:64], person=PURPOSE
        )
        return hashed.hexdigest()


def network_of(address: str) -> str:
    """Return what counts as one caller: an IPv4 address, or the /64 of an IPv6 one; else nothing.

    An IPv4 address that is written as an IPv6 one is itself.
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    kept = int(known) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)
    return f"{IPv6Address(kept)}/{IPV6_PREFIX}"
