"""Undoes gzip and deflate within a bound; it goes by the bytes, not by what a server calls them.

A storage server that names a coding over plain bytes is common; `identity` is what was asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

GROWTH = 16
"""Times that a packed clip may grow: clips are compressed already, and what grows more is a bomb.
"""

_EITHER = zlib.MAX_WBITS | 32
"""Tells zlib to find out by itself which of the two it has before it."""

_PIECE = 2**18


class NotPacked(ValueError):
    """The bytes are not gzip or deflate, break off, or grow beyond the bound."""


def unpacked(data: bytes, most: int) -> bytes:
    """Return what was packed, or `data` as it is where nothing was.

    Raises `NotPacked` where it would be more than `most` bytes.
    """
    if not _looks_packed(data):
        return data
    try:
        return b"".join(_inflated([data], most))
    except zlib.error:
        return data


def unpack(path: Path, most: int) -> bool:
    """Put what is packed in a file in that file's place; False, and nothing done, where none is.

    At most `most` bytes are written, and `GROWTH` times the file's own. Raises OSError.
    """
    with path.open("rb") as packed:
        if not _looks_packed(packed.read(2)):
            return False
        packed.seek(0)
        room = min(most, GROWTH * path.stat().st_size)
        plain = path.with_name(f".plain{path.name}")
        try:
            with plain.open("wb") as file:
                for piece in _inflated(iter(lambda: packed.read(_PIECE), b""), room):
                    file.write(piece)
            plain.replace(path)
        except (NotPacked, zlib.error):
            return False
        finally:
            with suppress(FileNotFoundError):
                plain.unlink()
    return True


def _looks_packed(data: bytes) -> bool:
    # The first two bytes of gzip (RFC 1952) and of zlib's deflate (RFC 1950); no MP4, JSON or page
    # begins so.
    start = data[:2]
    is_deflate = len(start) == 2 and start[0] == 0x78 and int.from_bytes(start) % 31 == 0
    return start == b"\x1f\x8b" or is_deflate


def _inflated(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    unpacker, left = zlib.decompressobj(_EITHER), most
    for piece in pieces:
        rest = piece
        while rest and not unpacker.eof:
            made = unpacker.decompress(rest, _PIECE)
            left -= len(made)
            if left < 0:
                raise NotPacked("It is longer than what may be read.")
            yield made
            rest = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise zlib.error("it breaks off")
