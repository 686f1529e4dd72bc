"""What an MP4 tells besides its pictures and sound is found, wherever it stands."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from core.media import ffmpeg
from core.media.mp4.notes_found import tells_more


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=12:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    ffmpeg.run([*inputs, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-c:a", "aac", str(path)])
    return path.read_bytes()


def told(tmp_path: Path, content: bytes) -> bool:
    (tmp_path / "a.mp4").write_bytes(content)
    return tells_more(tmp_path / "a.mp4")


def inside_moov(content: bytes, more: bytes) -> bytes:
    """The film with a box more at the end of its index, which is the last box of the file."""
    at = content.index(b"moov") - 4
    return content[:at] + box(b"moov", content[at + 8 :] + more)


def inside_track(content: bytes, more: bytes) -> bytes:
    at = content.index(b"moov") - 4
    inside = content[at + 8 :]
    first = inside.index(b"trak") - 4
    length = struct.unpack_from(">I", inside, first)[0]
    track = box(b"trak", inside[first + 8 : first + length] + more)
    return content[:at] + box(b"moov", inside[:first] + track + inside[first + length :])


def test_a_film_that_only_names_the_program_that_wrote_it_tells_nothing(
    tmp_path: Path, plain: bytes
) -> None:
    assert b"\xa9too" in plain
    assert not told(tmp_path, plain)
    assert not told(tmp_path, plain + box(b"free", bytes(500)))


PLACE = b"+52.5200+013.4050/"
XYZ = box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0) + PLACE)
HANDLER = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
KEYS = box(
    b"keys", struct.pack(">II", 0, 1) + box(b"mdta", b"com.apple.quicktime.location.ISO6709")
)

TELLING = {
    "©xyz": lambda film: inside_moov(film, box(b"udta", XYZ)),
    "loci": lambda film: inside_moov(film, box(b"udta", box(b"loci", bytes(30)))),
    "keys": lambda film: inside_moov(film, box(b"meta", HANDLER + KEYS)),
    "a comment": lambda film: inside_moov(
        film, box(b"udta", box(b"meta", bytes(4) + box(b"ilst", box(b"\xa9cmt", PLACE))))
    ),
    "a track's notes": lambda film: inside_track(film, box(b"udta", XYZ)),
    "a track's meta": lambda film: inside_track(film, box(b"meta", HANDLER + KEYS)),
    "XMP": lambda film: film + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac")),
    "meta at the top": lambda film: film + box(b"meta", HANDLER),
    "what an editor left": lambda film: film + box(b"free", XYZ),
    "left inside the index": lambda film: inside_moov(film, box(b"free", XYZ)),
    "behind the last box": lambda film: film + PLACE,
    "a word behind the last box": lambda film: film + b"52 13",
    "a track of places": lambda film: inside_moov(
        film,
        box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", box(b"hdlr", bytes(8) + b"meta"))),
    ),
}


@pytest.mark.parametrize("how", TELLING)
def test_a_place_is_found_wherever_it_is_written(tmp_path: Path, plain: bytes, how: str) -> None:
    assert told(tmp_path, TELLING[how](plain))
