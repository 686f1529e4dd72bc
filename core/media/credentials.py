"""Tells whether a film carries content credentials (C2PA), which one changed byte would break."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError, UnsafeMedia
from core.media.mp4.boxes import top_boxes
from core.media.sniff import read_head, sniff

C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The name of the `uuid` box that holds them (C2PA 2.1, "Embedding manifests into BMFF")."""

JUMBF = frozenset((b"jumb", b"c2pa"))

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The name of the `uuid` box for XMP, which says where credentials lie that are kept elsewhere."""

PROVENANCE = b"dcterms:provenance"
"""The word of XMP for that place (C2PA 2.1, "Embedding a reference to an external manifest")."""

LOOK = 16 * 2**20
"""Bytes of an index or of XMP that are looked through."""

EBML_LOOK = 2**20
"""Bytes at either end of a Matroska file in which an attachment is looked for."""

_MATROSKA = (b"application/c2pa", b"application/x-c2pa-manifest-store")


def is_signed(path: Path) -> bool:
    """Say whether the film is signed. Raises `StorageError`."""
    kind = sniff(read_head(path))
    try:
        if kind == "mov":
            return _has_box(path)
        return kind == "matroska" and _has_attachment(path)
    except OSError as error:
        raise StorageError(f"The video cannot be read ({error.strerror}).") from error


def _has_box(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            for kind, start, head, end in top_boxes(file, os.fstat(file.fileno()).st_size):
                file.seek(start + head)
                if kind in JUMBF or (kind in TELLING and _is_told(file, kind, end - start - head)):
                    return True
        except UnsafeMedia:  # far too many boxes; what is signed has few
            return False
    return False


TELLING = frozenset((b"uuid", b"moov", b"meta"))
"""Boxes that may hold credentials, or say where they lie."""


def _is_told(file: BinaryIO, kind: bytes, size: int) -> bool:
    """Say whether the box whose contents begin here makes a signed film of it."""
    name = file.read(16) if kind == b"uuid" else b""
    if name and name != XMP:
        return name == C2PA
    contents = file.read(max(0, min(size, LOOK)))
    return PROVENANCE in contents or C2PA in contents


def _has_attachment(path: Path) -> bool:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        ends = [file.read(EBML_LOOK)]
        file.seek(max(0, size - EBML_LOOK))
        ends.append(file.read(EBML_LOOK))
    return any(name in end for end in ends for name in _MATROSKA)
