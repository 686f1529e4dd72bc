"""Sounds that a user hands in: hostile until proved otherwise, then made to fit."""

from __future__ import annotations

import shutil
import struct
import wave
from pathlib import Path

import pytest
from PIL import Image
from test_media_fit_video import HOSTILE

from core.errors import MediaError, StorageError, UnsafeMedia
from core.media import check_sound, ffmpeg, fit_sound, sniff
from core.media.fit.audio import NAMES, SoundBounds, _input

KINDS = {
    "wav": ("a.wav", "-c:a", "pcm_s16le"),
    "mp3": ("a.mp3", "-c:a", "libmp3lame"),
    "bare mp3": ("a.mp3", "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"),
    "m4a": ("a.m4a", "-c:a", "aac"),
    "aac": ("a.aac", "-c:a", "aac"),
    "opus": ("a.opus", "-c:a", "libopus"),
    "vorbis": ("a.ogg", "-c:a", "libvorbis"),
    "flac": ("a.flac", "-c:a", "flac"),
    "webm": ("a.webm", "-c:a", "libopus"),
    "24 bits": ("b.wav", "-c:a", "pcm_s24le", "-ar", "96000", "-ac", "6"),
}
ALL = frozenset(NAMES)


def make(folder: Path, kind: str = "wav", *, seconds: float = 2) -> Path:
    name, *arguments = KINDS[kind]
    path = folder / name
    source = ["-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}"]
    plain = ["-fflags", "+bitexact", "-id3v2_version", "0"] if path.suffix == ".mp3" else []
    ffmpeg.run([*source, *(plain or ["-fflags", "+bitexact"]), *arguments, str(path)])
    return path


def fit(path: Path, *, size_bytes: int = 10_000_000, keeps: frozenset[str] = ALL):
    return fit_sound(path, path.with_name("fitted"), size_bytes=size_bytes, keeps=keeps)


@pytest.mark.parametrize("kind", KINDS)
def test_every_usual_kind_is_known_and_measured_whatever_its_name(
    tmp_path: Path, kind: str
) -> None:
    named = tmp_path / "song.xyz"
    shutil.move(make(tmp_path, kind), named)
    seen = check_sound(named)
    assert seen.seconds == pytest.approx(2, abs=0.1)
    assert seen.size_bytes == named.stat().st_size


@pytest.mark.parametrize("kind", KINDS)
def test_every_usual_kind_becomes_an_mp3_where_it_may_not_stay(tmp_path: Path, kind: str) -> None:
    made = fit(make(tmp_path, kind), keeps=frozenset())
    assert (made.path.name, made.mime) == ("fitted.mp3", "audio/mpeg")
    assert made.changes
    seen = check_sound(made.path)
    assert (seen.kind, seen.seconds) == ("mp3", pytest.approx(2, abs=0.1))
    # It plays the same note, which six channels make softer
    raw = ffmpeg.run(["-i", str(made.path), "-ac", "1", "-f", "s16le", "-"])
    middle = struct.unpack("<2000h", raw[80_000:84_000])
    assert 1000 < max(middle) < 9000


@pytest.mark.parametrize(
    ("kind", "name"), [("wav", "fitted.wav"), ("mp3", "fitted.mp3"), ("m4a", "fitted.m4a")]
)
def test_a_sound_that_fits_is_copied_untouched(tmp_path: Path, kind: str, name: str) -> None:
    path = make(tmp_path, kind)
    made = fit(path)
    assert (made.path.name, made.changes) == (name, "")
    assert made.path.read_bytes() == path.read_bytes()


def test_a_sound_is_made_as_small_as_it_has_to_be(tmp_path: Path) -> None:
    path = make(tmp_path, seconds=10)
    for size_bytes, rate in ((200_000, 128), (60_000, 32)):
        made = fit(path, size_bytes=size_bytes)
        assert made.path.stat().st_size <= size_bytes
        assert made.changes == f"compressed to an MP3 of {rate} kb/s"
    with pytest.raises(UnsafeMedia, match="shorter"):
        fit(path, size_bytes=30_000)


def test_the_sound_is_taken_out_of_a_video(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1", "-f", "lavfi", "-i", "sine=d=1"),
            *("-c:v", "libx264", "-c:a", "aac", str(film)),
        ]
    )
    made = fit(film)
    assert made.mime == "audio/mpeg"
    assert made.changes == "taken out of its video as MP3"


def test_a_picture_on_the_sleeve_does_no_harm_and_does_not_go_along(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), "red").save(tmp_path / "sleeve.jpg")
    path = tmp_path / "song.mp3"
    ffmpeg.run(
        [
            *("-i", str(make(tmp_path)), "-i", str(tmp_path / "sleeve.jpg"), "-map", "0", "-map"),
            *("1", "-c:a", "libmp3lame", "-c:v", "copy", "-metadata", "title=secret", str(path)),
        ]
    )
    assert b"secret" in path.read_bytes().replace(b"\0", b"")
    made = fit(path, keeps=frozenset())
    assert made.seconds == pytest.approx(2, abs=0.1)
    content = made.path.read_bytes()
    assert b"JFIF" not in content
    assert b"secret" not in content.replace(b"\0", b"")


@pytest.mark.parametrize(
    "start", [b"", b"ID3\x04\0\0\0\0\0\0", b"OggS\0\2", b"fLaC", b"\xff\xfb\x90\x64"]
)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_playlist_in_a_sound_s_clothes_is_refused(
    tmp_path: Path, kind: str, start: bytes
) -> None:
    secret = make(tmp_path)
    path = tmp_path / "song.mp3"
    path.write_bytes(start + HOSTILE[kind].format(secret=secret).encode())
    for use in (check_sound, fit):
        with pytest.raises(UnsafeMedia):
            use(path)
    assert sorted(tmp_path.iterdir()) == sorted([path, secret])


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_forced_demuxer_opens_no_other_file(tmp_path: Path, kind: str, text: str) -> None:
    secret = make(tmp_path)
    path = tmp_path / "song.mp3"
    path.write_text(text.format(secret=secret))
    wanted = ["-map", "0:a:0", "-c", "copy", "-f", "framecrc", "-"]
    try:
        listing = ffmpeg.run([*_input(path, kind, 5), *wanted])
    except MediaError:
        return
    assert b"0, " not in listing


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (SoundBounds(size_bytes=100_000), r"0.288 MB large; 0.1 MB is the most"),
        (SoundBounds(seconds=1.5), r"3 s long; 1.5 s is the most"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_before_it_is_decoded(
    tmp_path: Path, bounds: SoundBounds, words: str
) -> None:
    with pytest.raises(UnsafeMedia, match=words):
        check_sound(make(tmp_path, seconds=3), bounds)


def test_a_header_that_lies_about_the_length_is_not_believed(tmp_path: Path) -> None:
    path = make(tmp_path, "bare mp3", seconds=4)
    one_second = path.read_bytes()[: path.stat().st_size // 4]
    path.write_bytes(one_second)
    assert check_sound(path).seconds == pytest.approx(1, abs=0.2)
    wav = make(tmp_path)
    content = bytearray(wav.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 2**31)
    wav.write_bytes(content)
    assert check_sound(wav).seconds == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF\0\0\0\0WAVE", b"ID3" + bytes(5000), b"\xff\xfb\x90\x64", b"OggS" + bytes(99)],
)
def test_a_sound_without_any_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(UnsafeMedia):
        check_sound(path)


def test_a_click_is_no_sound(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
        file.writeframes(bytes(200))
    with pytest.raises(UnsafeMedia, match="no sound in the file"):
        check_sound(tmp_path / "a.wav")


def test_a_silent_video_has_no_sound_to_take(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1", "-c:v", "libx264", str(film)])
    with pytest.raises(UnsafeMedia):
        check_sound(film)


def test_nothing_is_left_where_the_target_cannot_be_written(tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(StorageError):
        fit_sound(path, tmp_path / "none" / "a.mp3", size_bytes=10**6, keeps=ALL)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xfb", "mp3"),
        (b"\xff\xf3", "mp3"),
        (b"\xff\xe3", "mp3"),
        (b"\xff\xf1", "aac"),
        (b"\xff\xf9", "aac"),
        (b"\xff\xfe", None),  # UTF-16's mark
        (b"\xff\xff", None),
        (b"\xff\xd8\xff", "jpeg"),
        (b"\xff\xeb", None),  # a version that MPEG never gave out
        (b"\xff", None),
    ],
)
def test_the_first_bytes_tell_a_stream_from_other_things(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


ODD = {
    "alac.m4a": ("-c:a", "alac"),
    "ac3.mp4": ("-c:a", "ac3"),
    "eac3.mp4": ("-c:a", "eac3"),
    "opus.mp4": ("-c:a", "libopus"),
    "ima.wav": ("-c:a", "adpcm_ima_wav"),
    "ms.wav": ("-c:a", "adpcm_ms"),
    "mulaw.wav": ("-c:a", "pcm_mulaw"),
    "mp2.mka": ("-c:a", "mp2"),
    "pcm.mov": ("-c:a", "pcm_s24be"),
    "flac.ogg": ("-c:a", "flac"),
    "dts.mka": ("-c:a", "dca", "-strict", "-2"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_models_do_not_take_inside_a_usual_file_becomes_an_mp3(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    tone = ["-f", "lavfi", "-i", "sine=f=440:r=48000:d=2"]
    ffmpeg.run([*tone, *ODD[name], str(path)])
    made = fit(path)
    assert made.mime == "audio/mpeg"
    assert check_sound(made.path).seconds == pytest.approx(2, abs=0.1)


def test_a_sound_that_is_not_decoded_here_is_refused_when_it_is_handed_in(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=d=1", "-c:a", "wmav2", str(path)])
    with pytest.raises(UnsafeMedia, match=r"\(wmav2\) cannot be decoded here: convert it"):
        check_sound(path)


PLACE = ("-metadata", "title=at my home", "-metadata", "location=+52.52+013.40/")


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a"])
def test_what_a_sound_tells_stays_here_and_it_is_not_coded_anew(tmp_path: Path, kind: str) -> None:
    name = KINDS[kind][0]
    path = tmp_path / f"noted-{name}"
    options = ["-write_id3v1", "1"] if kind == "mp3" else []
    ffmpeg.run(["-i", str(make(tmp_path, kind)), "-c", "copy", *PLACE, *options, str(path)])
    assert b"home" in path.read_bytes().replace(b"\0", b"")
    made = fit(path)
    assert made.changes == "rid of its notes (title, place, device)"
    content = made.path.read_bytes().replace(b"\0", b"")
    assert not any(word in content for word in (b"home", b"52.52", b"TAG", b"LIST", b"loci"))
    decoded = ["-map", "0:a:0", "-f", "md5", "-"]
    was, now = (ffmpeg.run(["-i", str(path), *decoded]) for path in (path, made.path))
    assert was == now


@pytest.mark.parametrize(
    "tail",
    [
        b"TAG" + b"home".ljust(125),
        b"APETAGEX" + b"home".ljust(24),
        b"LYRICS200" * 2,
        b"\xff\xf1home",
    ],
)
def test_notes_behind_an_mp3_stay_here_too(tmp_path: Path, tail: bytes) -> None:
    path = make(tmp_path, "mp3")
    path.write_bytes(path.read_bytes() + tail)
    made = fit(path)
    assert tail not in made.path.read_bytes()
    assert "rid of its notes" in made.changes


def test_a_chunk_of_a_recorder_s_own_does_not_go_along(tmp_path: Path) -> None:
    path = make(tmp_path)
    content = path.read_bytes() + b"iXML" + struct.pack("<I", 8) + b"my home."
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content) - 8) + content[8:])
    made = fit(path)
    assert b"home" not in made.path.read_bytes()
    assert made.path.suffix == ".wav"
