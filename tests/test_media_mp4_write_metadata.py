"""Words written into an MP4's index without ffmpeg, and what is left to ffmpeg."""

from __future__ import annotations

import errno
import os
import random
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StudioError, UnsafeMedia
from core.media import embed, ffmpeg, probe, read_tags
from core.media.credentials import C2PA, is_signed
from core.media.metadata import Untouchable
from core.media.mp4.boxes import INDEX_LIMIT, outline
from core.media.mp4.notes import OURS, Unfamiliar, box_of, split
from core.media.mp4.write_metadata import PIECE, inscribe

pytestmark = pytest.mark.own_process

COMMENT, TITLE = b"\xa9cmt", b"\xa9nam"
SETTINGS = {"app": "Dailies", "prompt": "a fox"}
TEXT = '{"app":"Dailies","prompt":"a fox"}'
WORDS = {COMMENT: TEXT, TITLE: "a fox"}
TOLD = [f"comment={TEXT}", "title=a fox"]
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"udta")
Boxes = list[tuple[bytes, "bytes | Boxes"]]


def parsed(data: bytes) -> Boxes:
    """Return the boxes as pairs of kind and contents, which for some are boxes again."""
    boxes: Boxes = []
    while data:
        length, kind = struct.unpack_from(">I4s", data)
        length = length or len(data)
        body = data[8:length]
        boxes.append((kind, parsed(body) if kind in PARENTS else body))
        data = data[length:]
    return boxes


def built(boxes: Boxes) -> bytes:
    bodies = [(kind, body if isinstance(body, bytes) else built(body)) for kind, body in boxes]
    return b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in bodies)


def leaves(boxes: Boxes) -> list[tuple[bytes, bytes]]:
    flat = []
    for kind, body in boxes:
        flat += [(kind, body)] if isinstance(body, bytes) else leaves(body)
    return flat


def changed(boxes: Boxes, change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> Boxes:
    return [
        change(kind, body) if isinstance(body, bytes) else (kind, changed(body, change))
        for kind, body in boxes
    ]


def moved(boxes: Boxes, by: int) -> Boxes:
    """Return the boxes with all chunks counted `by` bytes later."""

    def change(kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        if kind not in (b"stco", b"co64"):
            return kind, body
        code = "I" if kind == b"stco" else "Q"
        numbers = [number + by for (number,) in struct.iter_unpack(f">{code}", body[8:])]
        return kind, body[:8] + struct.pack(f">{len(numbers)}{code}", *numbers)

    return changed(boxes, change)


def with_moov(data: bytes, change: Callable[[Boxes], Boxes]) -> bytes:
    """Return the film with another index, and its chunks counted right."""
    tops = dict(parsed(data))
    grown = len(built(change(tops[b"moov"]))) - len(built(tops[b"moov"]))
    tops[b"moov"] = moved(change(tops[b"moov"]), grown)
    return built(list(tops.items()))


def wide_offsets(moov: Boxes) -> Boxes:
    def change(kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        if kind != b"stco":
            return kind, body
        numbers = [number for (number,) in struct.iter_unpack(">I", body[8:])]
        return b"co64", body[:8] + struct.pack(f">{len(numbers)}Q", *numbers)

    return changed(moov, change)


def with_free(data: bytes, room: int) -> bytes:
    """Return the film with `room` bytes of padding between its index and its pictures."""
    tops = dict(parsed(data))
    tops.pop(b"free", None)
    now = len(built([(kind, body) for kind, body in tops.items() if kind != b"mdat"]))
    by = now + room - data.index(b"mdat") + 4
    free = [(b"free", bytes(room - 8))] if room else []
    moov = moved(tops[b"moov"], by)
    return built([(b"ftyp", tops[b"ftyp"]), (b"moov", moov), *free, (b"mdat", tops[b"mdat"])])


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film as providers send it: its index first, pictures and sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=12:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    coded = ["-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"]
    ffmpeg.run([*sources, *coded, str(path)])
    return path


def pictures(path: Path) -> bytes:
    """Return the sums of all pictures and sounds as they are decoded."""
    return ffmpeg.run(["-i", str(path), "-map", "0", "-f", "framemd5", "-"])


def told(path: Path) -> list[str]:
    listing = ffmpeg.run(["-i", str(path), "-f", "ffmetadata", "-"]).decode()
    return sorted(x for x in listing.splitlines() if x.startswith(("comment=", "title=")))


def write(folder: Path, data: bytes) -> Path:
    path = folder / "film.mp4"
    path.write_bytes(data)
    return path


def inscribed(path: Path, words: dict[bytes, str] = WORDS) -> Path:
    """Return the inscribed film, once it shows the same as before."""
    part = path.with_name("inscribed.mp4")
    inscribe(path, part, words)
    assert pictures(part) == pictures(path)
    assert probe(part).whole
    return part


def test_ffmpeg_reads_the_words_and_sees_the_same_pictures(film: Path, tmp_path: Path) -> None:
    part = inscribed(write(tmp_path, film.read_bytes()))
    assert told(part) == TOLD
    assert read_tags(part) == SETTINGS


def test_all_but_the_words_and_the_offsets_stays_byte_for_byte(film: Path, tmp_path: Path) -> None:
    part = inscribed(write(tmp_path, film.read_bytes()))
    before, after = parsed(film.read_bytes()), parsed(part.read_bytes())
    assert [kind for kind, _ in before] == [kind for kind, _ in after]

    def others(boxes: Boxes) -> list[tuple[bytes, bytes]]:
        return [box for box in leaves(boxes) if box[0] not in (b"stco", b"meta")]

    assert others(before) == others(after)
    assert b"Lavf" in dict(leaves(after))[b"meta"]


def test_offsets_of_eight_bytes_are_moved_too(film: Path, tmp_path: Path) -> None:
    path = write(tmp_path, with_moov(film.read_bytes(), wide_offsets))
    assert b"co64" in path.read_bytes()
    assert pictures(path) == pictures(film)
    assert told(inscribed(path)) == told(inscribed(write(tmp_path, film.read_bytes())))


@pytest.mark.parametrize("spare", [0, 8, 5000])
def test_words_that_fit_the_padding_move_nothing(film: Path, tmp_path: Path, spare: int) -> None:
    path = write(tmp_path, film.read_bytes())
    free = dict(parsed(path.read_bytes())).get(b"free")
    assert free == b""
    grown = inscribed(path).stat().st_size - path.stat().st_size
    path = write(tmp_path, with_free(film.read_bytes(), grown + spare))
    assert pictures(path) == pictures(film)
    part = inscribed(path)
    before, after = path.read_bytes(), part.read_bytes()
    assert (len(before), before.index(b"mdat")) == (len(after), after.index(b"mdat"))
    assert dict(parsed(after)).get(b"free") == (bytes(spare - 8) if spare else None)


def test_a_film_right_after_its_index_is_no_padding(film: Path, tmp_path: Path) -> None:
    path = write(tmp_path, with_free(film.read_bytes(), 0))
    assert pictures(path) == pictures(film)
    assert told(inscribed(path)) == TOLD


@pytest.mark.parametrize("lacking", [1, -1, -7])
def test_padding_that_does_not_fit_is_left_as_it_is(
    film: Path, tmp_path: Path, lacking: int
) -> None:
    path = write(tmp_path, film.read_bytes())
    grown = inscribed(path).stat().st_size - path.stat().st_size
    path = write(tmp_path, with_free(film.read_bytes(), grown - lacking))
    part = inscribed(path)
    assert len(part.read_bytes()) == len(path.read_bytes()) + grown
    assert dict(parsed(part.read_bytes()))[b"free"] == bytes(grown - lacking - 8)


def test_shorter_words_leave_padding_behind_and_move_nothing(film: Path, tmp_path: Path) -> None:
    long = inscribed(
        write(tmp_path, film.read_bytes()),
        {COMMENT: TEXT[:-1] + ',"a":"' + "x" * 500 + '"}', TITLE: "y"},
    )
    path = write(tmp_path, long.read_bytes())
    part = inscribed(path)
    assert part.stat().st_size == path.stat().st_size
    assert read_tags(part) == SETTINGS


def test_older_words_of_ours_give_way_and_all_others_stay(film: Path, tmp_path: Path) -> None:
    path, old = tmp_path / "film.mp4", tmp_path / "old.mp4"
    meta = ["-metadata", 'comment={"app":"Dailies","old":1}', "-metadata", "title=old"]
    copy = ["-c", "copy", "-movflags", "+faststart", "-metadata", "artist=Ann"]
    ffmpeg.run(["-i", str(film), *copy, *meta, str(old)])

    def beside(moov: Boxes) -> Boxes:
        return [(k, [(b"cprt", b"Bob"), *b] if k == b"udta" else b) for k, b in moov]

    path.write_bytes(with_moov(old.read_bytes(), beside))
    for _ in (1, 2):
        part = inscribed(path)
        assert told(part) == TOLD
        assert b"old" not in part.read_bytes()[: part.read_bytes().index(b"mdat")]
        assert b"Ann" in part.read_bytes()
        assert (b"cprt", b"Bob") in leaves(parsed(part.read_bytes()))
        assert part.read_bytes().count(COMMENT) == part.read_bytes().count(TITLE) == 1
        path = write(tmp_path, part.read_bytes())


@pytest.mark.parametrize("comment", ["made by Vendor", '{"prompt":"theirs"}'])
def test_the_provider_s_own_words_stay_and_ours_stand_beside(
    film: Path, tmp_path: Path, comment: str
) -> None:
    path = tmp_path / "film.mp4"
    meta = ["-metadata", f"comment={comment}", "-metadata", "title=theirs"]
    copy = ["-c", "copy", "-movflags", "+faststart", "-metadata", "artist=Ann"]
    ffmpeg.run(["-i", str(film), *copy, *meta, str(path)])
    for _ in (1, 2):
        part = inscribed(path)
        assert told(part) == [f"comment={comment}", "title=theirs"]
        assert b"Ann" in part.read_bytes()
        assert read_tags(part) == SETTINGS
        assert part.read_bytes().count(OURS) == 1
        path = write(tmp_path, part.read_bytes())


def test_an_empty_text_only_removes_the_old_one(film: Path, tmp_path: Path) -> None:
    path = write(tmp_path, inscribed(write(tmp_path, film.read_bytes())).read_bytes())
    assert told(inscribed(path, WORDS | {TITLE: ""})) == TOLD[:1]


@pytest.mark.parametrize("kept", [[], [b"udta"]])
def test_a_film_without_words_gets_its_first(film: Path, tmp_path: Path, kept: list[bytes]) -> None:
    def bare(moov: Boxes) -> Boxes:
        return [(k, b if k != b"udta" else []) for k, b in moov if k != b"udta" or kept]

    path = write(tmp_path, with_moov(film.read_bytes(), bare))
    assert told(path) == []
    part = inscribed(path)
    assert told(part) == TOLD
    ffmpegs, ours = (dict(leaves(parsed(each.read_bytes())))[b"meta"] for each in (film, part))
    assert ours[:37] == ffmpegs[:37]
    assert ours.endswith(b"data\0\0\0\1\0\0\0\0a fox")


def test_words_may_stand_before_the_tracks(film: Path, tmp_path: Path) -> None:
    path = write(tmp_path, with_moov(film.read_bytes(), lambda moov: [moov[-1], *moov[:-1]]))
    assert parsed(path.read_bytes())[1][1][0][0] == b"udta"
    assert told(inscribed(path)) == TOLD


def test_a_film_larger_than_one_piece_is_copied_whole(film: Path, tmp_path: Path) -> None:
    end = struct.pack(">I4s", 8 + 2 * PIECE + 5, b"free") + random.Random(1).randbytes(2 * PIECE)
    path = write(tmp_path, film.read_bytes() + end + b"12345")
    assert inscribed(path).read_bytes().endswith(end + b"12345")


def test_where_the_kernel_does_not_copy_python_does(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = struct.pack(">I4s", 8 + 2 * PIECE + 5, b"free") + random.Random(1).randbytes(2 * PIECE)
    path = write(tmp_path, film.read_bytes() + end + b"12345")
    expected = inscribed(path).read_bytes()
    monkeypatch.delattr("os.copy_file_range")
    assert inscribed(path).read_bytes() == expected


def test_what_the_kernel_leaves_half_copied_is_copied_to_its_end(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, film.read_bytes())
    expected, kernels = inscribed(path).read_bytes(), os.copy_file_range
    calls = []

    def little(source: int, target: int, count: int, at: int) -> int:
        calls.append(at)
        if len(calls) == 5:
            raise OSError(errno.EXDEV, "not there")
        return kernels(source, target, min(count, 1000), at)

    monkeypatch.setattr("os.copy_file_range", little)
    assert inscribed(path).read_bytes() == expected
    assert len(calls) == 5


def leaf(kind: bytes, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return a change of a film: of all boxes of one kind in its index."""

    def edit(data: bytes) -> bytes:
        return with_moov(
            data, lambda moov: changed(moov, lambda k, b: (k, change(b) if k == kind else b))
        )

    return edit


def more(kind: bytes, body: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda data: with_moov(data, lambda moov: [*moov, (kind, body)])


def inside_track(kind: bytes) -> Callable[[bytes], bytes]:
    def add(boxes: Boxes) -> Boxes:
        return [
            (k, b if isinstance(b, bytes) else [*add(b), *([(kind, bytes(8))] * (k == b"stbl"))])
            for k, b in boxes
        ]

    return lambda data: with_moov(data, add)


def far(data: bytes) -> bytes:
    """Return the film with its first chunk close to the last byte that four bytes can count."""
    at = data.index(b"stco") + 12
    return data[:at] + b"\xff\xff\xff\xf0" + data[at + 4 :]


def before_film(data: bytes) -> bytes:
    at = data.index(b"stco") + 12
    return data[:at] + struct.pack(">I", data.index(b"mdat") - 5) + data[at + 4 :]


def long_head(data: bytes) -> bytes:
    """Return the film with the length of its index in eight bytes."""
    tops = dict(parsed(data))
    moov = built(moved(tops[b"moov"], 8))
    head = struct.pack(">I4sQ", 1, b"moov", 16 + len(moov))
    film = built([(b"free", b""), (b"mdat", tops[b"mdat"])])
    return built([(b"ftyp", tops[b"ftyp"])]) + head + moov + film


LATE = built([(b"free", bytes(8) + b"mdir")])


def crowded(boxes: Boxes) -> Boxes:
    """Return the boxes with 6000 more in the index, and as many in each of its tracks."""
    free: Boxes = [(b"free", b"")] * 6000
    return [*((k, [*b, *free] if k == b"trak" else b) for k, b in boxes), *free]


LABEL = box_of(
    b"meta",
    bytes(4),
    box_of(b"hdlr", bytes(8), b"mdta", bytes(13)),
    box_of(b"keys", struct.pack(">II", 0, 1), box_of(b"mdta", b"AIGC")),
    box_of(
        b"ilst", box_of(b"\0\0\0\1", box_of(b"data", struct.pack(">II", 1, 0), b'{"Label":"1"}'))
    ),
)


def with_label(data: bytes) -> bytes:
    """Return the film with the label of made content that China asks for, in place of notes."""
    return with_moov(data, lambda moov: [(k, LABEL if k == b"udta" else b) for k, b in moov])


ODD = {
    "a box of another kind": lambda data: data + built([(b"uuid", bytes(20))]),
    "junk at the end": lambda data: data + b"junk",
    "a line's end": lambda data: data + b"\n",
    "a QuickTime film": lambda data: data.replace(b"ftypisom", b"ftypqt  ", 1),
    "an unknown box in the index": more(b"abcd", b"kept as it is"),
    "room for fragments that never came": more(b"mvex"),
    "notes of the index's own": more(b"meta", bytes(4) + built([(b"hdlr", bytes(25))])),
    "two boxes of notes": more(b"udta", b""),
    "a label": with_label,
    "words of another kind": leaf(b"meta", lambda body: body.replace(b"mdir", b"mdta")),
    "words of QuickTime's kind": leaf(b"meta", lambda body: body[4:]),
    "words without a list": leaf(b"meta", lambda body: body.replace(b"ilst", b"free")),
    "a list with a gap": leaf(b"meta", lambda b: b[:37] + b"\0\0\0\x2f" + b[41:] + b"123"),
    "two lists of words": lambda data: with_moov(
        data, lambda moov: [(k, b * 2 if k == b"udta" else b) for k, b in moov]
    ),
    "words of another version": leaf(b"meta", lambda body: b"\1" + body[1:]),
    "words whose kind comes late": leaf(b"meta", lambda body: body[:4] + LATE + body[4:]),
}


@pytest.mark.parametrize("name", ODD)
def test_what_came_with_the_film_stays_in_it(film: Path, tmp_path: Path, name: str) -> None:
    path, part = write(tmp_path, ODD[name](film.read_bytes())), tmp_path / "part.mp4"
    embed(path, part, SETTINGS)
    assert read_tags(part) == SETTINGS
    assert pictures(part) == pictures(path)
    before, after = path.read_bytes(), part.read_bytes()
    end = before.index(b"mdat") - 4
    assert after.endswith(before[end:])
    counted = (b"stco", b"co64", b"moov", b"udta", b"meta", b"free")
    index = outline(path).moov or b""
    for box in split(index, 0, len(index)):
        if box[4:8] not in counted:
            assert box[4:8] in after
    for word in (b"AIGC", b"Label", b"kept as it is", b"Lavf"):
        assert after.count(word) == before.count(word)


UNFAMILIAR = {
    "an index of boxes": lambda data: data + built([(b"mfra", b"")]),
    "two indexes": lambda data: data + built([(b"moov", b"")]),
    "an item table": more(b"meta", bytes(4) + built([(b"iloc", bytes(8))])),
    "offsets of encryption": inside_track(b"saio"),
    "a packed index": more(b"cmov", bytes(8)),
    "a film in another file": leaf(b"dref", lambda body: body[:-1] + b"\0"),
    "an offset too large": far,
    "an offset before the film": before_film,
    "a table that is too long": leaf(b"stco", lambda body: body + bytes(4)),
    "a table that claims too much": leaf(b"stco", lambda b: b[:4] + b"\xff\xff\xff\xff" + b[8:]),
    "a table without a head": leaf(b"stco", lambda body: b""),
    "an index with a gap": lambda data: data.replace(b"\x61udta", b"\x5dudta"),
    "an index of sixteen bytes' head": long_head,
    "an index too large": more(b"free", bytes(INDEX_LIMIT - 3000)),
    "far too many boxes": lambda data: with_moov(data, crowded),
}


@pytest.mark.parametrize("name", UNFAMILIAR)
def test_what_counts_bytes_in_a_way_of_its_own_is_left_alone(
    film: Path, tmp_path: Path, name: str
) -> None:
    path, part = write(tmp_path, UNFAMILIAR[name](film.read_bytes())), tmp_path / "part.mp4"
    assert path.read_bytes() != film.read_bytes()
    words = WORDS | {COMMENT: "x" * 5000}
    with pytest.raises(Unfamiliar):
        inscribe(path, part, words)
    assert not part.exists()
    with pytest.raises(StudioError):
        embed(path, part, {"prompt": "x" * 5000})
    assert not part.exists()


def test_fragments_with_room_for_the_words_take_them_and_others_are_left_alone(
    film: Path, tmp_path: Path
) -> None:
    path, part = tmp_path / "film.mp4", tmp_path / "part.mp4"
    pieces = ["-movflags", "frag_keyframe+empty_moov"]
    ffmpeg.run(["-i", str(film), "-c", "copy", *pieces, str(path)])
    with pytest.raises(Untouchable):
        embed(path, part, SETTINGS)
    assert not part.exists()


TRACKS = {
    "chapters": ["-i", "notes.txt", "-map_metadata", "1"],
    "subtitles": ["-i", "words.srt", "-map", "0", "-map", "1", "-c:s", "mov_text"],
    "a second film": ["-map", "0", "-map", "0:v"],
    "a cover": ["-i", "cover.jpg", "-map", "0", "-map", "1", "-disposition:v:1", "attached_pic"],
}


@pytest.mark.parametrize("layout", ["index first", "index last", "QuickTime"])
@pytest.mark.parametrize("name", TRACKS)
def test_all_tracks_stay(film: Path, tmp_path: Path, name: str, layout: str) -> None:
    (tmp_path / "notes.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=5\ntitle=first of two\n"
        "[CHAPTER]\nTIMEBASE=1/10\nSTART=5\nEND=10\ntitle=second\n"
    )
    (tmp_path / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nhello\n")
    ffmpeg.run(
        ["-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", f"{tmp_path}/cover.jpg"]
    )
    files = {"notes.txt", "words.srt", "cover.jpg"}
    extra = [str(tmp_path / word) if word in files else word for word in TRACKS[name]]
    flags = ["-movflags", "+faststart"] if layout == "index first" else []
    path, part = tmp_path / f"film.{'mov' if layout == 'QuickTime' else 'mp4'}", tmp_path / "p.mp4"
    ffmpeg.run(["-i", str(film), *extra, "-c:v", "copy", "-c:a", "copy", *flags, str(path)])
    embed(path, part, SETTINGS)
    assert read_tags(part) == SETTINGS
    assert (probe(part).whole, probe(part).faststart) == (True, True)
    told_of = [ffmpeg.told(["-i", str(each)]) for each in (path, part)]
    streams = [
        [line for line in words.partition("Output #0")[0].splitlines() if "Stream #" in line]
        for words in told_of
    ]
    assert streams[0] == streams[1]
    assert told_of[0].count("first of two") == told_of[1].count("first of two")
    checks = ["-map", "0", "-c", "copy", "-f", "framemd5", "-"]
    kept = [ffmpeg.run(["-i", str(each), *checks]) for each in (path, part)]
    assert kept[0] == kept[1]


SIGNED = built([(b"uuid", C2PA + bytes(4) + b"manifest\0" + bytes(40))])


@pytest.mark.parametrize("place", ["after ftyp", "at the end"])
def test_a_signed_film_is_not_touched(film: Path, tmp_path: Path, place: str) -> None:
    data = film.read_bytes()
    at = struct.unpack_from(">I", data)[0] if place == "after ftyp" else len(data)
    path, part = write(tmp_path, data[:at] + SIGNED + data[at:]), tmp_path / "part.mp4"
    assert is_signed(path)
    assert not is_signed(film)
    with pytest.raises(Untouchable, match="signed"):
        embed(path, part, SETTINGS)
    assert not part.exists()


XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
ELSEWHERE = b'<rdf:Description dcterms:provenance="https://example.com/manifest.c2pa"/>'


def test_a_film_whose_credentials_lie_elsewhere_is_not_touched(film: Path, tmp_path: Path) -> None:
    told = write(tmp_path, film.read_bytes() + built([(b"uuid", XMP + ELSEWHERE)]))
    assert is_signed(told)
    plain = write(tmp_path, film.read_bytes() + built([(b"uuid", XMP + b"<dc:creator/>")]))
    assert not is_signed(plain)


@pytest.mark.parametrize("inside", [SIGNED, built([(b"udta", [(b"XMP_", ELSEWHERE)])])])
def test_credentials_in_the_index_are_found(film: Path, tmp_path: Path, inside: bytes) -> None:
    data = with_moov(film.read_bytes(), lambda moov: [*moov, *parsed(inside)])
    assert is_signed(write(tmp_path, data))


def test_a_film_that_is_known_needs_no_ffmpeg(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "executable", lambda: "/nowhere")
    embed(film, tmp_path / "part.mp4", {"prompt": "a fox"})
    assert read_tags(tmp_path / "part.mp4") == {"prompt": "a fox"}


def test_an_index_too_large_is_not_even_read(film: Path, tmp_path: Path) -> None:
    path = write(tmp_path, film.read_bytes()[:32] + struct.pack(">I4s", 4 * INDEX_LIMIT, b"moov"))
    with path.open("r+b") as file:
        file.seek(32 + 4 * INDEX_LIMIT)
        file.write(built([(b"mdat", b"")]))
    tracemalloc.start()
    try:
        with pytest.raises(Unfamiliar):
            inscribe(path, tmp_path / "part.mp4", WORDS)
        assert tracemalloc.get_traced_memory()[1] < INDEX_LIMIT
    finally:
        tracemalloc.stop()


def test_a_film_cut_anywhere_is_refused(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    starts = [data.index(kind) - 4 for kind in (b"moov", b"udta", b"free", b"mdat")]
    for cut in {*range(0, len(data), 499), *starts, *(at + 8 for at in starts), len(data) - 1}:
        path = write(tmp_path, data[:cut])
        with pytest.raises(UnsafeMedia):
            embed(path, tmp_path / "part.mp4", {"prompt": "a fox"})
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@given(
    places=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    value=st.sampled_from([0, 1, 7, 8, 0x7F, 0x80, 0xFF]) | st.integers(0, 255),
)
@settings(max_examples=40, deadline=None)
def test_a_damaged_index_ends_in_an_error_or_in_a_whole_film(
    film: Path, tmp_path_factory: pytest.TempPathFactory, places: list[float], value: int
) -> None:
    data = bytearray(film.read_bytes())
    film_at = data.index(b"mdat") + 4
    for place in places:
        data[int(place * film_at)] = value
    path = write(tmp_path_factory.getbasetemp(), bytes(data))
    part = path.with_name("damaged.mp4")
    part.unlink(missing_ok=True)
    try:
        inscribe(path, part, WORDS)
    except (Unfamiliar, StudioError):
        assert not part.exists()
    else:
        check_copy(path, part)
    part.unlink(missing_ok=True)
    try:
        embed(path, part, {"prompt": "a fox"})
    except StudioError:
        assert not part.exists()
    else:
        assert probe(part).whole


def check_copy(path: Path, part: Path) -> None:
    """Fail unless all boxes but the words are the same, and each offset finds the same bytes.

    ffmpeg is no judge of damaged films: a length inside a box that is wrong makes it read on into
    the next box, and an offset there has rightly changed.
    """
    before, after = (leaves(parsed(outline(film).moov or b"")) for film in (path, part))
    counted = (b"stco", b"co64")
    others = [
        [box for box in boxes if box[0] not in (*counted, b"meta", b"uuid")]
        for boxes in (before, after)
    ]
    assert others[0] == others[1]
    assert found(path, before) == found(part, after)


def found(path: Path, boxes: list[tuple[bytes, bytes]]) -> list[bytes]:
    data, codes = path.read_bytes(), {b"stco": ">I", b"co64": ">Q"}
    tables = [struct.iter_unpack(codes[kind], body[8:]) for kind, body in boxes if kind in codes]
    return [data[offset : offset + 64] for table in tables for (offset,) in table]
