"""Connects to the first of several addresses that answers ("happy eyeballs", RFC 8305)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, zip_longest

import httpcore

Stream = httpcore.AsyncNetworkStream
Connect = Callable[[str], Awaitable[Stream]]

HEAD_START = 0.25
"""Seconds that an address has before the next one is tried beside it."""

MOST = 12
"""Addresses that are tried; a name may have hundreds."""


async def first_connected(addresses: Sequence[str], connect: Connect) -> Stream:
    """Return the first connection that comes about; the others are given up.

    The two families take turns, so that one that leads nowhere costs a quarter of a second. Raises
    what the first address failed with where all do.
    """
    waiting, failed = _in_turns(addresses)[:MOST], list[BaseException]()
    trying = set[asyncio.Task[Stream]]()
    try:
        while waiting or trying:
            if waiting:
                trying.add(asyncio.ensure_future(_begun(connect, waiting.pop(0))))
            done, trying = await asyncio.wait(
                trying,
                timeout=HEAD_START if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            won = [task.result() for task in done if task.exception() is None]
            failed += [error for task in done if (error := task.exception())]
            if won:
                await asyncio.gather(*(stream.aclose() for stream in won[1:]))
                return won[0]
    finally:
        await _give_up(trying)
    raise failed[0]


async def _begun(connect: Connect, address: str) -> Stream:
    return await connect(address)


async def _give_up(trying: set[asyncio.Task[Stream]]) -> None:
    for task in trying:
        task.cancel()
    for late in await asyncio.gather(*trying, return_exceptions=True):
        if isinstance(late, Stream):
            await late.aclose()


def _in_turns(addresses: Sequence[str]) -> list[str]:
    first = ":" in addresses[0]
    ours = [address for address in addresses if (":" in address) is first]
    others = [address for address in addresses if (":" in address) is not first]
    return [address for address in chain(*zip_longest(ours, others)) if address is not None]
