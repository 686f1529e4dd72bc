"""Takes the frames of an MP3 out of all that stands before, between and behind them."""

from __future__ import annotations

MOST_STRAYS = 10_000
"""Bytes that look like a frame's first and are none; a file with more is not taken apart."""

BITRATES = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Of layer III by the header's number less one, in kb/s: MPEG-1, and its halves (ISO 13818-3)."""

RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by the header's version."""


def frames_only(content: bytes) -> bytes:
    """Return the frames alone; nothing where the file is laid out in no way that is known here."""
    kept, at, strays = list[bytes](), _behind_id3(content), 0
    while (at := content.find(b"\xff", at)) >= 0:
        length = _length(content, at)
        end = at + length
        if length and end <= len(content):
            kept.append(content[at:end])
            at = end
        else:
            at, strays = at + 1, strays + 1
        if strays > MOST_STRAYS:
            return b""
    return b"".join(kept)


def _behind_id3(content: bytes) -> int:
    """Return where the notes at the file's start end; their length is told in groups of 7 bits."""
    at = 0
    while content[at : at + 3] == b"ID3" and len(content) > at + 10:
        size = 0
        for part in content[at + 6 : at + 10]:
            size = size << 7 | part & 0x7F
        at += 10 + size
    return at


def _length(content: bytes, at: int) -> int:
    """Return the bytes of the frame of layer III that begins there, or 0 for none."""
    if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] & 0xE6 != 0xE2:
        return 0
    version, third = content[at + 1] >> 3 & 3, content[at + 2]
    rate, bits = third >> 2 & 3, third >> 4
    if version == 1 or rate == 3 or not 0 < bits < 15:
        return 0
    first = version == 3
    samples = 144_000 if first else 72_000
    return samples * BITRATES[first][bits - 1] // RATES[version][rate] + (third >> 1 & 1)
