"""Writes a take's settings into its MP4 and reads them back; the pictures are never re-encoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import MediaError, UnsafeMedia
from core.media.clip import Clip
from core.media.credentials import is_signed
from core.media.mp4 import notes
from core.media.mp4.boxes import NO_CLIP, outline
from core.media.mp4.notes import COMMENT, TITLE, Unfamiliar
from core.media.mp4.probe import probe
from core.media.mp4.write_metadata import inscribe
from core.media.sniff import read_head, sniff
from core.system.atomic_file import replacing

TITLE_LIMIT = 100
"""Characters of the prompt that become the file's title."""


class Untouchable(MediaError):
    """The film stays byte for byte as it came: what was to be written must stand beside it."""


def embed(video: Path, target: Path, settings: Mapping[str, Any]) -> Clip:
    """Write a copy of the film with `settings` in it; `target` may be `video` itself.

    Returns what the copy is, compared with the original before it takes its place. Raises
    `Untouchable` for a film that must stay as it is, `UnsafeMedia` for what is no whole MP4 or MOV,
    `MediaError` and `StorageError`; `target` is as it was then.
    """
    before = probe(video)
    if sniff(read_head(video)) != "mov" or not before.whole:
        raise UnsafeMedia(NO_CLIP)
    if is_signed(video):
        raise Untouchable("The video is signed (C2PA): a changed byte would break its credentials.")
    with replacing(target) as part:
        try:
            inscribe(video, part, _words(settings))
        except Unfamiliar as error:
            raise Untouchable("The settings have no place in a video of this layout.") from error
        after = probe(part)
        if not after.whole or (after.frames, after.codec) != (before.frames, before.codec):
            raise MediaError("The settings could not be written into the video; it stays as it is.")
    return after


def _words(settings: Mapping[str, Any]) -> dict[bytes, str]:
    text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot say
        text = json.dumps(settings, separators=(",", ":"))
    # A zero would end the title for the players that are written in C
    prompt = str(settings.get("prompt") or "").replace("\0", " ")
    return {COMMENT: text, TITLE: " ".join(prompt.split())[:TITLE_LIMIT]}


def read_tags(path: Path) -> dict[str, Any]:
    """Return the settings that `embed` wrote; empty where there are none.

    Raises `UnsafeMedia` and `StorageError`.
    """
    if sniff(read_head(path)) != "mov":
        raise UnsafeMedia(NO_CLIP)
    return notes.read(memoryview(outline(path).moov or b""))
