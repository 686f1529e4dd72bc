"""The walk over an MP4's boxes: what it tells, and what it survives."""

from __future__ import annotations

import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StorageError, StudioError, UnsafeMedia
from core.media import ffmpeg, probe, sniff
from core.media.mp4.boxes import INDEX_LIMIT

pytestmark = pytest.mark.own_process


def make(path: Path, *arguments: str, source: str = "testsrc2=s=96x64:r=12:d=1") -> Path:
    ffmpeg.run(["-f", "lavfi", "-i", source, *arguments, str(path)])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boxes")


@pytest.fixture(scope="module")
def fast(folder: Path) -> Path:
    return make(folder / "fast.mp4", "-pix_fmt", "yuv420p", "-movflags", "+faststart")


@pytest.fixture(scope="module")
def slow(folder: Path) -> Path:
    return make(folder / "slow.mp4", "-pix_fmt", "yuv420p")


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "made.mp4"
    path.write_bytes(content)
    return path


def test_a_clip_is_described_by_its_index(fast: Path) -> None:
    clip = probe(fast)
    assert (clip.width, clip.height, clip.frames) == (96, 64, 12)
    assert (clip.fps, clip.seconds) == (pytest.approx(12), pytest.approx(1))
    assert (clip.codec, clip.container, clip.profile) == ("avc1", "mp4", 100)
    assert (clip.audio, clip.whole, clip.faststart) == (False, True, True)
    assert clip.size_bytes == fast.stat().st_size


def test_an_index_at_the_end_is_no_faststart(slow: Path) -> None:
    assert not probe(slow).faststart


def test_sound_is_noticed(folder: Path) -> None:
    sound = ["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", "-pix_fmt", "yuv420p"]
    clip = probe(make(folder / "sound.mp4", *sound))
    assert clip.audio
    assert clip.whole


def test_a_file_of_sound_only_has_no_frames(folder: Path) -> None:
    clip = probe(make(folder / "only.mp4", "-c:a", "aac", source="sine=d=1"))
    assert (clip.frames, clip.width, clip.audio, clip.whole) == (0, 0, True, True)


def test_a_turned_clip_has_the_size_of_the_screen(folder: Path, fast: Path) -> None:
    turned = folder / "turned.mp4"
    ffmpeg.run(["-display_rotation", "90", "-i", str(fast), "-c", "copy", str(turned)])
    clip = probe(turned)
    assert (clip.width, clip.height, clip.rotated, clip.portrait) == (64, 96, True, True)


def test_stretched_pixels_count_as_they_are_shown(folder: Path) -> None:
    clip = probe(make(folder / "wide.mp4", "-vf", "setsar=2", "-pix_fmt", "yuv420p"))
    assert (clip.width, clip.height, clip.rotated) == (192, 64, True)


def test_fragments_are_counted_by_their_packets(folder: Path) -> None:
    cut = ["-movflags", "frag_keyframe+empty_moov", "-pix_fmt", "yuv420p"]
    clip = probe(make(folder / "cut.mp4", *cut))
    assert (clip.frames, clip.width, clip.container) == (12, 96, "fragments")
    assert clip.seconds == pytest.approx(1, abs=0.1)


def test_webm_is_probed_through_its_demuxer(folder: Path) -> None:
    clip = probe(make(folder / "film.webm", "-c:v", "libvpx", "-pix_fmt", "yuv420p"))
    assert (clip.width, clip.height, clip.frames, clip.codec) == (96, 64, 12, "vp8")
    assert (clip.whole, clip.container) == (True, "matroska")
    cut = folder / "cut.webm"
    cut.write_bytes((folder / "film.webm").read_bytes()[:-500])
    assert not probe(cut).whole


def test_the_walk_takes_about_a_millisecond(fast: Path) -> None:
    def once() -> float:
        began = time.thread_time()
        probe(fast)
        return time.thread_time() - began

    assert min(once() for _ in range(20)) < 0.002


@given(index_first=st.booleans(), share=st.floats(min_value=0, max_value=0.999))
@settings(max_examples=120, deadline=None)
def test_a_cut_file_is_noticed(
    fast: Path, slow: Path, folder: Path, *, index_first: bool, share: float
) -> None:
    whole = (fast if index_first else slow).read_bytes()
    path = write(folder, whole[: int(len(whole) * share)])
    try:
        clip = probe(path)
    except UnsafeMedia:
        assert len(path.read_bytes()) < 12
    else:
        assert not clip.whole


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=8)), min_size=1, max_size=12
    ),
    index_only=st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_a_damaged_file_never_hangs_nor_raises_anything_strange(
    fast: Path, folder: Path, *, changes: list[tuple[int, bytes]], index_only: bool
) -> None:
    content = bytearray(fast.read_bytes())
    end = content.index(b"mdat") if index_only else len(content)
    for at, some in changes:
        content[at % end : at % end + len(some)] = some
    try:
        probe(write(folder, bytes(content)))
    except StudioError as error:
        assert str(error)


def test_samples_beyond_the_end_are_noticed_where_all_boxes_fit(fast: Path, folder: Path) -> None:
    content = bytearray(fast.read_bytes())
    at = content.index(b"stco") + 12
    content[at : at + 4] = struct.pack(">I", len(content) - 4)
    assert not probe(write(folder, bytes(content))).whole


def test_a_last_box_of_open_length_reaches_to_the_end(fast: Path, folder: Path) -> None:
    content = bytearray(fast.read_bytes())
    at = content.index(b"mdat") - 4
    content[at : at + 4] = bytes(4)
    assert probe(write(folder, bytes(content))).whole
    assert not probe(write(folder, bytes(content[:-40]))).whole


def test_a_length_of_64_bits_is_read(fast: Path, folder: Path) -> None:
    content = fast.read_bytes()
    tail = struct.pack(">I4sQ", 1, b"free", 16 + 5) + b"12345"
    assert probe(write(folder, content + tail)).whole
    at = content.index(b"mdat") - 4
    (length,) = struct.unpack_from(">I", content, at)
    wide = struct.pack(">I4sQ", 1, b"mdat", 2**63 + length) + content[at + 16 :]
    assert not probe(write(folder, content[:at] + wide[:-40])).whole


TAILS = {
    "a line's end": b"\n",
    "zeros": bytes(20),
    "less than a box": b"\0\0\0\x10fre",
    "a box cut off": b"\0\0\1\0free1234",
    "a box of open length": b"\0\0\0\0free1234",
    "a box shorter than its head": b"\0\0\0\3abcdefgh",
    "a box of a kind of its own": b"\0\0\0\x0cabcd1234",
    "a box of 64 bits, cut off": struct.pack(">I4sQ", 1, b"free", 2**63 + 5),
    "a line of text": b"garbage that is longer than a box's head\n",
    "noise": bytes(range(128, 200)),
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("layout", ["index first", "index last", "fragments"])
def test_what_follows_the_last_box_cuts_nothing_off(
    fast: Path, slow: Path, folder: Path, layout: str, tail: str
) -> None:
    if layout == "fragments":
        cut = ["-movflags", "frag_keyframe+empty_moov", "-g", "5", "-pix_fmt", "yuv420p"]
        content = make(folder / "pieces.mp4", *cut).read_bytes()
        content = content[: content.index(b"mfra") - 4]
    else:
        content = (fast if layout == "index first" else slow).read_bytes()
    clip = probe(write(folder, content + TAILS[tail]))
    assert clip.whole
    assert clip.frames == probe(write(folder, content)).frames
    assert not probe(write(folder, content[:-30])).whole


@pytest.mark.parametrize("start", [b"wide", b"free", b"skip", b"mdat"])
def test_an_old_quicktime_film_is_known_by_its_first_box(
    slow: Path, folder: Path, start: bytes
) -> None:
    content = bytearray(slow.read_bytes())
    size = struct.unpack_from(">I", content)[0]
    content[4:8] = start
    assert size == content.index(b"mdat") - 4 or content[size + 4 : size + 8] in (b"free", b"mdat")
    clip = probe(write(folder, bytes(content)))
    assert (clip.whole, clip.container, clip.frames) == (True, "mov", probe(slow).frames)


def test_fragments_whose_samples_lie_beyond_the_end_are_not_whole(folder: Path) -> None:
    cut = ["-movflags", "frag_keyframe+empty_moov", "-g", "5", "-pix_fmt", "yuv420p"]
    whole = make(folder / "pieces.mp4", *cut).read_bytes()
    last = whole.rindex(b"mdat")
    for end in (last + 10, last - 20, whole.rindex(b"moof") + 30):
        assert not probe(write(folder, whole[:end])).whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"#EXTM3U\nfile:///etc/passwd\n" * 4,
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        FTYP + box(b"free") * 10_100,
    ],
)
def test_what_is_no_clip_is_refused_with_a_sentence(folder: Path, content: bytes) -> None:
    with pytest.raises(UnsafeMedia, match=r"\w+.*\.$"):
        probe(write(folder, content))


@pytest.mark.parametrize(
    "index", [struct.pack(">I4s", 4, b"moov"), struct.pack(">I4sQ", 1, b"moov", 3)]
)
def test_a_film_without_a_readable_index_is_not_whole(folder: Path, index: bytes) -> None:
    clip = probe(write(folder, FTYP + index + bytes(20)))
    assert (clip.whole, clip.frames) == (False, 0)


def test_nested_boxes_do_not_exhaust_the_walk(folder: Path) -> None:
    nested = b""
    for _ in range(20_000):
        nested = struct.pack(">I4s", min(8 + len(nested), 2**32 - 1), b"trak") + nested
    clip = probe(write(folder, FTYP + box(b"moov", nested) + box(b"mdat", b"x")))
    assert clip.frames == 0


def test_a_huge_index_is_refused_unread(folder: Path) -> None:
    path = folder / "huge.mp4"
    with path.open("wb") as file:
        file.write(FTYP + struct.pack(">I4s", 100 * 2**20, b"moov"))
        file.truncate(200 * 2**20)
    tracemalloc.start()
    began = time.thread_time()
    with pytest.raises(UnsafeMedia, match="index is far too large"):
        probe(path)
    assert time.thread_time() - began < 0.2
    assert tracemalloc.get_traced_memory()[1] < INDEX_LIMIT
    tracemalloc.stop()
    path.unlink()


def test_more_samples_than_anyone_films_are_refused(fast: Path, folder: Path) -> None:
    content = bytearray(fast.read_bytes())
    at = content.index(b"stsz") + 8
    content[at : at + 8] = struct.pack(">II", 1, 2**32 - 1)
    with pytest.raises(UnsafeMedia, match="too many frames"):
        probe(write(folder, bytes(content)))


def test_runs_of_chunks_that_go_round_in_circles_end_the_count(fast: Path, folder: Path) -> None:
    content = bytearray(fast.read_bytes())
    at = content.index(b"stsc") + 12
    content[at : at + 4] = bytes(4)
    assert not probe(write(folder, bytes(content))).whole


def test_a_missing_file_is_a_storage_error(folder: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        probe(folder / "none.mp4")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom", "mov"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", "matroska"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"GIF89a\1\0\1\0", "gif"),
        (b"RIFF\x10\0\0\0AVI LIST", None),
        (b"#EXTM3U\n", None),
        (b"", None),
    ],
)
def test_files_are_told_by_their_first_bytes(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind
