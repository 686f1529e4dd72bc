"""The most that is taken of the files of one job; every figure has its reason beside it."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_FILE = 200_000_000
"""Bytes of any one file, as the page and the checks of `core.media` take them."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """`files` and `total` hold for what is taken in, the rest for what travels, in bytes.

    `inline` is all files of an order together; no vendor publishes a limit, so it is ours.
    `upload` is one file at Krea (Krea: uploads: 75 MB).
    """

    files: int = 50
    total: int = 500_000_000
    inline: int = 24_000_000
    upload: int = 75_000_000


CAPS = Caps()
