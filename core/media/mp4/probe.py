"""Describes a video file by its index, in plain Python; it decodes nothing.

MP4 and MOV are read here. The packets of Matroska, and of an MP4 in fragments, are counted by
ffmpeg in `core.media.mp4.count_packets`.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from core.errors import UnsafeMedia
from core.media.clip import Clip
from core.media.mp4 import count_packets as packets
from core.media.mp4.boxes import DAMAGED, NO_CLIP, Outline, children, find, outline
from core.media.mp4.fragments import fragments_end_by
from core.media.mp4.track import Look, Track, header_times, read_track
from core.media.sniff import read_head, sniff

__all__ = ["probe", "sniff"]


def probe(path: Path) -> Clip:
    """Return what the index of a video says; about a millisecond for an MP4.

    A file that was cut off has `whole` False, and zeros where the index is missing; one without
    pictures has no frames. Raises `UnsafeMedia` for what is no video, and `StorageError` where it
    cannot be read.
    """
    clip = _probe(path)
    return replace(clip, whole=clip.whole and not clip.is_empty)


def _probe(path: Path) -> Clip:
    head = read_head(path)
    kind = sniff(head)
    if kind == "matroska":
        return packets.probe_matroska(path)
    if kind != "mov":
        raise UnsafeMedia(NO_CLIP)
    seen = outline(path)
    try:
        moov = memoryview(seen.moov or b"")
        clip = replace(_clip(seen, moov), container=_container(head))
        if find(moov, b"mvex") is None or not seen.fragments:
            return clip
        whole = clip.whole and not seen.is_cut and fragments_end_by(seen)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise UnsafeMedia(DAMAGED) from error
    return _of_fragments(path, replace(clip, whole=whole, container="fragments"))


def _of_fragments(path: Path, clip: Clip) -> Clip:
    if not clip.whole:
        return clip
    times = packets.count(path, "mov", clip.stream)
    return replace(clip, frames=times.frames, seconds=times.seconds, fps=times.fps)


def _clip(seen: Outline, moov: memoryview) -> Clip:
    tracks = [
        track
        for kind, body in children(moov)
        if kind == b"trak" and (track := read_track(body)) is not None
    ]
    pictures = _shown_first(tracks)
    look = pictures.look if pictures else Look()
    sounds = [track.look.codec for track in tracks if track.handler == b"soun"]
    return Clip(
        stream=f"i:{pictures.number}" if pictures else "v:0",
        width=look.width,
        height=look.height,
        frames=len(pictures.sizes) if pictures else 0,
        fps=pictures.fps if pictures else 0.0,
        seconds=_seconds(pictures, header_times(find(moov, b"mvhd"))[0]),
        codec=look.codec,
        audio=bool(sounds),
        size_bytes=seen.size_bytes,
        whole=bool(moov)
        and seen.mdat_at < seen.size_bytes
        and all(track.ends_by(seen.size_bytes) for track in tracks),
        faststart=seen.moov_at < seen.mdat_at,
        rotated=look.rotated,
        profile=look.profile,
        sound=next(iter(sounds), ""),
    )


def _shown_first(tracks: list[Track]) -> Track | None:
    """Return the track of pictures that is meant to be watched: no cover, and switched on."""
    films = [track for track in tracks if track.handler == b"vide"]
    return max(films, key=lambda track: (not track.is_cover, track.is_enabled), default=None)


def _seconds(track: Track | None, timescale: int) -> float:
    """Return the time that is shown: an edit list may show less than there is."""
    if track is None:
        return 0.0
    shown = track.shown / timescale if timescale else 0.0
    return min(shown, track.seconds) if shown > 0 else track.seconds


def _container(head: bytes) -> str:
    return "mp4" if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else "mov"
