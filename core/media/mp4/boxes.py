"""Walks the boxes of an MP4 or MOV file in plain Python; it opens files and decodes nothing.

The file is hostile until it is proved otherwise, so everything is bounded: the boxes looked at, and
the bytes of index read (`INDEX_LIMIT`). Nothing recurses.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError, UnsafeMedia

INDEX_LIMIT = 16 * 2**20
"""Bytes of `moov` that are read. An hour of film needs under two million."""

BOX_LIMIT = 10_000

_KIND = re.compile(rb"[\x20-\x7e\xa9]{4}")
"""What names a box. Garbage behind the last one rarely looks so, and is no box then."""

NO_CLIP = "The file is not an MP4 or MOV video: choose another one, or convert it to MP4."
DAMAGED = "The video's index is damaged: export it again, or choose another one."


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The top level of a file: its index, the indices of its fragments, where its film begins.

    `fragments` are bodies of `moof`, by where they start. What lies behind the last good box is
    passed over: whether all is there is told by where the samples lie (`Track.ends_by`).
    """

    moov: bytes | None
    moov_at: int
    mdat_at: int
    size_bytes: int
    fragments: Mapping[int, bytes] = field(default_factory=dict)
    is_cut: bool = False


def outline(path: Path) -> Outline:
    """Walk the top-level boxes and read the index. Raises `UnsafeMedia` and `StorageError`."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return _outline(file, size)
    except OSError as error:
        raise StorageError(f"The video cannot be read ({error.strerror}).") from error


def _outline(file: BinaryIO, size: int) -> Outline:
    moov: bytes | None = None
    first: dict[bytes, int] = {}
    fragments: dict[int, bytes] = {}
    cut, read = False, 0
    for kind, start, head, end in top_boxes(file, size):
        first.setdefault(kind, start)
        cut = cut or (kind == b"moof" and end > size)
        is_index = kind == b"moof" or (kind == b"moov" and first[kind] == start)
        if not is_index or end > size:
            continue
        read += end - start
        if read > INDEX_LIMIT:
            raise UnsafeMedia("The video's index is far too large: choose another one.")
        file.seek(start + head)
        body = file.read(end - start - head)
        if kind == b"moof":
            fragments[start] = body
        else:
            moov = body
    return Outline(
        moov=moov,
        moov_at=first.get(b"moov", size),
        mdat_at=first.get(b"mdat", size),
        size_bytes=size,
        fragments=fragments,
        is_cut=cut,
    )


def top_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield kind, start, length of the header and end; an end beyond `size` means cut off.

    It ends before bytes that are no box: a line's end, zeros or anything else behind the last one.
    """
    at = 0
    for _ in range(BOX_LIMIT):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return
        length, kind = struct.unpack_from(">I4s", header)
        head = 8
        if length == 1 and len(header) == 16:
            head = 16
            (length,) = struct.unpack_from(">Q", header, 8)
        elif length == 0:
            length = size - at
        if length < head or not _KIND.fullmatch(kind):
            return
        yield kind, at, head, at + length
        at += length
        if at >= size:
            return
    raise UnsafeMedia("The video is cut into far too many pieces: export it again.")


def children(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield each box's kind and contents; contents that run over the end are cut there."""
    at = 0
    for _ in range(BOX_LIMIT):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            head = 16
            (length,) = struct.unpack_from(">Q", data, at + 8)
        elif length == 0:
            length = len(data) - at
        if length < head:
            return
        yield kind, data[at + head : at + length]
        at += length


def find(data: memoryview, *kinds: bytes) -> memoryview | None:
    """Return the contents of the first box at that path, one kind a level."""
    inside: memoryview | None = data
    for kind in kinds:
        if inside is None:
            return None
        inside = next((body for name, body in children(inside) if name == kind), None)
    return inside
