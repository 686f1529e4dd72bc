"""The most that the client takes of anything, in seconds by the wall clock and in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`silence` lies between two bytes; the other seconds count from the first to the last.

    `inline_bytes` is for an answer that carries a clip inside.
    """

    connect: float = 10.0
    silence: float = 60.0
    question: float = 20.0
    order: float = 180.0
    clip: float = 900.0
    answer_bytes: int = 2**20
    inline_bytes: int = 48 * 2**20
    clip_bytes: int = 2 * 2**30


USUAL = Limits()
