"""Writes our texts among the notes of an MP4 (its `udta` box) and reads them; it opens no file.

What the provider wrote stays: its own comment, title, artist, labels and lists of any kind. Ours
stand in the comment where that is free, which players show, and else in a box of our own beside it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.media.mp4.boxes import BOX_LIMIT, children, find

COMMENT = b"\xa9cmt"
TITLE = b"\xa9nam"

APP = "Dailies"
"""What the settings name as their `app`: a comment of that kind is our own, and may be replaced."""

OURS = bytes.fromhex("d64a1e5f3a0b4c7e9d21c5e8a9b7f013")
"""The name of our own `uuid` box (drawn at random once): UTF-8 JSON follows it."""

_END = bytes(4)
"""QuickTime may end the list with a zero in place of a length."""


class Unfamiliar(Exception):
    """The file may be good, but is laid out in a way that is not known here."""


def written(udta: bytes, words: Mapping[bytes, str]) -> bytes:
    """Return the box with our texts in it, by the names that iTunes gave; b"" for none so far.

    Raises `Unfamiliar` for notes that are no list of boxes.
    """
    tail = _END if udta.endswith(_END) and not _fills(udta, 8, len(udta)) else b""
    boxes = split(udta, 8, len(udta) - len(tail))
    kept = [box for box in boxes if not _is_ours(box)]
    place = next((at for at, box in enumerate(kept) if box[4:8] == b"meta"), None)
    listed = _meta(kept[place] if place is not None else b"", words)
    if listed is None or any(box[4:8] == COMMENT for box in kept):
        own = box_of(b"uuid", OURS, words[COMMENT].encode(errors="replace"))
        return box_of(b"udta", *kept, own, tail)
    if place is None:
        return box_of(b"udta", *kept, listed, tail)
    return box_of(b"udta", *kept[:place], listed, *kept[place + 1 :], tail)


def read(moov: memoryview) -> dict[str, Any]:
    """Return the settings that `written` put into an index; empty where there are none."""
    udta = find(moov, b"udta")
    own = [
        bytes(body[16:])
        for kind, body in children(udta or memoryview(b""))
        if kind == b"uuid" and body[:16] == OURS
    ]
    meta = find(moov, b"udta", b"meta")
    data = find(meta[4:], b"ilst", COMMENT, b"data") if meta is not None else None
    for text in [*own, *([bytes(data[8:])] if data is not None else [])]:
        if settings := _settings(text):
            return settings
    return {}


def split(data: bytes, start: int, end: int) -> list[bytes]:
    """Return the boxes that fill the bytes from `start` to `end` without a gap, heads included.

    Raises `Unfamiliar`.
    """
    boxes: list[bytes] = []
    while start < end:
        length = int.from_bytes(data[start : start + 4], "big")
        if length < 8 or start + length > end or len(boxes) == BOX_LIMIT:
            raise Unfamiliar
        boxes.append(data[start : start + length])
        start += length
    return boxes


def box_of(kind: bytes, *contents: bytes) -> bytes:
    """Return a box of that kind."""
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _fills(data: bytes, start: int, end: int) -> bool:
    with suppress(Unfamiliar):
        split(data, start, end)
        return True
    return False


def _is_ours(box: bytes) -> bool:
    return box[4:8] == b"uuid" and box[8:24] == OURS


def _meta(old: bytes, words: Mapping[bytes, str]) -> bytes | None:
    """Return iTunes' list with our texts in it, or None where it has no room for them."""
    if not old:
        handler = box_of(b"hdlr", bytes(8), b"mdirappl", bytes(9))
        return box_of(b"meta", bytes(4), handler, _ilst(box_of(b"ilst"), words))
    with suppress(Unfamiliar):
        boxes = split(old, 12, len(old))
        kinds = [box[4:8] for box in boxes]
        plain = old[8:12] == bytes(4) and kinds[:1] == [b"hdlr"] and boxes[0][16:20] == b"mdir"
        if not plain or kinds.count(b"ilst") != 1:
            return None
        at = kinds.index(b"ilst")
        if _holds_foreign_comment(boxes[at]):
            return None
        boxes[at] = _ilst(boxes[at], words)
        return box_of(b"meta", bytes(4), *boxes)
    return None


def _holds_foreign_comment(ilst: bytes) -> bool:
    comments = [box for box in split(ilst, 8, len(ilst)) if box[4:8] == COMMENT]
    return any(_settings(box[24:]).get("app") != APP for box in comments)


def _ilst(old: bytes, words: Mapping[bytes, str]) -> bytes:
    boxes = split(old, 8, len(old))
    was_ours = any(box[4:8] == COMMENT for box in boxes)
    # A title beside a comment of ours is ours as well; any other one stays
    replaced = {COMMENT, TITLE} if was_ours else {COMMENT}
    kept = [box for box in boxes if box[4:8] not in replaced]
    taken = {box[4:8] for box in kept}
    texts = [_text(name, text) for name, text in words.items() if text and name not in taken]
    return box_of(b"ilst", *kept, *texts)


def _text(name: bytes, text: str) -> bytes:
    utf8 = struct.pack(">II", 1, 0)
    return box_of(name, box_of(b"data", utf8, text.encode(errors="replace")))


def _settings(text: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        settings = json.loads(text)
        return settings if isinstance(settings, dict) else {}
    return {}
