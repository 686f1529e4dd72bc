"""Writes a take's settings into its MP4 and reads them back; the pictures are never re-encoded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import MediaError, UnsafeMedia
from core.media import ffmpeg
from core.media.boxes import probe
from core.media.clip import Clip
from core.media.inscribe import Unfamiliar, inscribe
from core.media.sniff import read_head, sniff
from core.media.walk import NO_CLIP, find, outline
from core.media.writing import replacing

TITLE_LIMIT = 100
"""Characters of the prompt that become the file's title."""

COMMENT = b"\xa9cmt"
TITLE = b"\xa9nam"
LIMITS = ffmpeg.Limits(wall=60.0, cpu=30)


def embed(video: Path, target: Path, settings: Mapping[str, Any]) -> Clip:
    """Write a copy of the MP4 with `settings` as its comment; `target` may be `video` itself.

    Returns what the copy is, compared with the original before it takes its place. Raises
    `UnsafeMedia`, `MediaError` and `StorageError`, and leaves `target` as it was then.
    """
    before = probe(video)
    if sniff(read_head(video)) != "mov" or not before.whole:
        raise UnsafeMedia(NO_CLIP)
    words = _words(settings)
    with replacing(target) as part:
        try:
            inscribe(video, part, words)
        except Unfamiliar:
            _rewrite(video, part, words)
        after = probe(part)
        if not after.whole or (after.frames, after.codec) != (before.frames, before.codec):
            raise MediaError("The settings could not be written into the video; it stays as it is.")
    return after


def _rewrite(video: Path, part: Path, words: Mapping[bytes, str]) -> None:
    """Let ffmpeg lay the file out anew, which takes any MP4, and ten times as long."""
    named = {COMMENT: "comment", TITLE: "title"}
    lines = [f"{named[name]}={_escaped(text)}" for name, text in words.items()]
    with ffmpeg.feeding(_copying(video, part), limits=LIMITS) as stdin:
        stdin.write("\n".join([";FFMETADATA1", *lines, ""]).encode(errors="replace"))


def _copying(video: Path, part: Path) -> list[str]:
    safe = [*ffmpeg.SAFE_INPUT, "-f", "mov"]
    source = [*safe, "-i", f"file:{video.absolute()}"]
    # Through a pipe, since the settings may be longer than an argument can be
    words = ["-protocol_whitelist", "pipe", "-f", "ffmetadata", "-i", "pipe:0"]
    tracks = ["-map", "0:v:0", "-map", "0:a?", "-map_metadata", "1", "-c", "copy"]
    return [
        *[*source, *words, *tracks, "-movflags", "+faststart"],
        *["-f", "mp4", f"file:{part.absolute()}"],
    ]


def _words(settings: Mapping[str, Any]) -> dict[bytes, str]:
    text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot say
        text = json.dumps(settings, separators=(",", ":"))
    # A zero would end the title for the players that are written in C
    prompt = str(settings.get("prompt") or "").replace("\0", " ")
    return {COMMENT: text, TITLE: " ".join(prompt.split())[:TITLE_LIMIT]}


def _escaped(text: str) -> str:
    return re.sub(r"([=;#\\\n])", r"\\\1", text)


def read_tags(path: Path) -> dict[str, Any]:
    """Return the settings that `embed` wrote; empty where there are none.

    Raises `UnsafeMedia` and `StorageError`.
    """
    if sniff(read_head(path)) != "mov":
        raise UnsafeMedia(NO_CLIP)
    moov = memoryview(outline(path).moov or b"")
    meta = find(moov, b"udta", b"meta")
    data = find(meta[4:], b"ilst", COMMENT, b"data") if meta is not None else None
    if data is not None:
        with suppress(ValueError, RecursionError):
            settings = json.loads(bytes(data[8:]))
            return settings if isinstance(settings, dict) else {}
    return {}
