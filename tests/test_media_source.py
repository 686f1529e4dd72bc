"""What a user hands in: hostile until proved otherwise, then made to fit."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import gradio
import pytest

from core.errors import MediaError, StorageError, UnsafeMedia
from core.media import (
    Bounds,
    Room,
    check_source,
    embed,
    ffmpeg,
    fit_source,
    make_gif,
    make_poster,
    make_preview,
    make_previews,
    probe,
)

VIDEOS = Path(gradio.__file__).parent / "media_assets" / "videos"
FTYP = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom")
H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")


def make(path: Path, *arguments: str, source: str = "testsrc2=s=96x64:r=12:d=1") -> Path:
    ffmpeg.run(["-f", "lavfi", "-i", source, *(arguments or H264), str(path)])
    return path


def fit(path: Path, *, size: tuple[int, int] = (832, 480), fps: float = 16, seconds: float = 5):
    room = Room(size=size, fps=fps, seconds=seconds)
    return fit_source(path, path.with_name("fitted.mp4"), room)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("film") / "film.mp4")


HOSTILE = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "hls of a url": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "hls of a server": "#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "ffconcat of a sibling": "ffconcat version 1.0\nfile secret.mp4\n",
    "ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "ffconcat of a server": "ffconcat version 1.0\nfile http://127.0.0.1:9/a.mp4\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation id='1' bandwidth='1'><BaseURL>secret.mp4</BaseURL>"
    "</Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{secret}"/></svg>',
    "text": "nothing but words, over and over. " * 20,
    "script": "#!/bin/sh\ncat {secret}\n",
}


@pytest.mark.parametrize("forged", [b"", FTYP, FTYP + struct.pack(">I4s", 0, b"mdat")])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_playlist_named_mp4_is_refused_everywhere(
    tmp_path: Path, film: Path, kind: str, forged: bytes
) -> None:
    secret = shutil.copy(film, tmp_path / "secret.mp4")
    path = tmp_path / "film.mp4"
    path.write_bytes(forged + HOSTILE[kind].format(secret=secret).encode())
    target = tmp_path / "out"
    for use in (
        lambda: check_source(path),
        lambda: fit(path),
        lambda: make_gif(path, target),
        lambda: make_poster(path, target),
        lambda: make_preview(path, target),
        lambda: make_previews(path, tmp_path),
        lambda: embed(path, target, {}),
    ):
        with pytest.raises(UnsafeMedia):
            use()
    assert sorted(tmp_path.iterdir()) == [path, Path(secret)]


@pytest.mark.parametrize("kind", ["mov", "matroska"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_forced_demuxer_reads_no_playlist(
    tmp_path: Path, film: Path, kind: str, text: str
) -> None:
    secret = shutil.copy(film, tmp_path / "secret.mp4")
    path = tmp_path / "film.mp4"
    path.write_text(text.format(secret=secret))
    with pytest.raises(MediaError):
        ffmpeg.run([*ffmpeg.SAFE_INPUT, "-f", kind, "-i", f"file:{path}", "-f", "framecrc", "-"])


@pytest.mark.parametrize(
    ("bounds", "word"),
    [
        (Bounds(size_bytes=100), "MB"),
        (Bounds(seconds=0.5), "s long"),
        (Bounds(fps=6), "frames a second"),
        (Bounds(pixels=96 * 63), "megapixels"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_by_its_index(
    tmp_path: Path, bounds: Bounds, word: str
) -> None:
    with pytest.raises(UnsafeMedia, match=rf"{word}.*most"):
        check_source(make(tmp_path / "film.mp4"), bounds)


def test_4k_is_refused_as_a_source_and_taken_as_a_result(tmp_path: Path) -> None:
    film = make(tmp_path / "4k.mp4", source="color=s=4096x2160:r=4:d=0.5")
    with pytest.raises(UnsafeMedia, match="8.8"):
        check_source(film)
    assert make_gif(film, tmp_path / "4k.gif").width == 416


def test_an_index_that_lies_about_the_size_does_not_open_a_bomb(tmp_path: Path) -> None:
    film = make(tmp_path / "bomb.mp4", source="color=s=4096x2160:r=4:d=0.5")
    content = film.read_bytes()
    lying = content.replace(struct.pack(">HH", 4096, 2160), struct.pack(">HH", 96, 64))
    assert lying != content
    film.write_bytes(lying)
    assert check_source(film).width == 96
    with pytest.raises(MediaError):
        fit(film, size=(64, 64))


def test_a_cut_off_video_and_one_without_pictures_are_refused(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4")
    film.write_bytes(film.read_bytes()[:-9])
    with pytest.raises(UnsafeMedia, match="cut off"):
        check_source(film)
    with pytest.raises(UnsafeMedia, match="no pictures"):
        check_source(make(tmp_path / "only.mp4", "-c:a", "aac", source="sine=d=1"))


def test_a_video_that_fits_is_copied_untouched(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4")
    made = fit(film)
    assert made.changes == ""
    assert made.path.read_bytes() == film.read_bytes()
    assert (made.width, made.height, made.mime) == (96, 64, "video/mp4")


def test_a_real_clip_is_trimmed_scaled_and_silenced(tmp_path: Path) -> None:
    target = tmp_path / "fitted.mp4"
    made = fit_source(VIDEOS / "b.mp4", target, Room(size=(320, 320), fps=10, seconds=1.5))
    was = probe(VIDEOS / "b.mp4")
    assert made.changes == (
        f"trimmed from {was.seconds:.1f} s to 1.5 s, scaled from {was.width}×{was.height} to "
        f"320×180, reduced from {was.fps:.4g} to 10 frames a second"
    )
    clip = probe(target)
    assert (clip.width, clip.height, clip.frames, clip.audio) == (320, 180, 15, False)
    assert (clip.codec, clip.faststart, clip.whole) == ("avc1", True, True)


@pytest.mark.parametrize("seconds", [0.5, 0.73, 10.1, 10.125])
def test_never_a_frame_more_than_the_model_takes(tmp_path: Path, seconds: float) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=64x64:r=30:d=11")
    fit(film, seconds=seconds)
    assert probe(tmp_path / "fitted.mp4").frames == int(seconds * 16)


def test_a_turned_video_comes_out_upright(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4")
    turned = tmp_path / "turned.mp4"
    ffmpeg.run(["-display_rotation", "90", "-i", str(film), "-c", "copy", str(turned)])
    made = fit(turned)
    assert (made.width, made.height, made.changes) == (64, 96, "converted to H.264 MP4")
    assert not probe(made.path).rotated


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("a.mov", H264), ("a.mp4", ["-pix_fmt", "yuv444p"]), ("b.mp4", ["-c:v", "mpeg4"])],
)
def test_what_not_every_player_plays_is_converted(
    tmp_path: Path, name: str, arguments: list[str]
) -> None:
    made = fit(make(tmp_path / name, *arguments))
    assert made.changes == "converted to H.264 MP4"
    assert probe(made.path).container == "mp4"


def test_a_portrait_uses_the_size_turned_round(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=120x200:r=8:d=0.5")
    made = fit(film, size=(100, 60))
    assert (made.width, made.height) == (60, 100)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("odd.mp4", ["-vf", "scale=97:65", "-pix_fmt", "yuv444p"]),
        ("ten.mp4", ["-pix_fmt", "yuv420p10le"]),
        ("vp8.webm", ["-c:v", "libvpx"]),
        ("apple.mov", [*H264]),
        ("cut.mp4", ["-movflags", "frag_keyframe+empty_moov", *H264]),
        ("hevc.mp4", ["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]),
        ("vfr.mp4", ["-vf", "select='not(eq(mod(n,5),2))'", "-fps_mode", "vfr", *H264]),
    ],
)
def test_every_usual_kind_becomes_an_mp4_that_fits(
    tmp_path: Path, name: str, arguments: list[str]
) -> None:
    made = fit(make(tmp_path / name, *arguments), size=(90, 90), fps=10)
    clip = probe(made.path)
    assert (clip.codec, clip.profile, clip.container) == ("avc1", 100, "mp4")
    assert (clip.width % 2, clip.height % 2) == (0, 0)
    assert clip.seconds == pytest.approx(1, abs=0.15)
    assert clip.width / clip.height == pytest.approx(96 / 64, abs=0.1)


def test_nothing_is_left_where_the_target_cannot_be_written(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4")
    with pytest.raises(StorageError, match=r"cannot be written.*\."):
        fit_source(film, tmp_path / "none" / "a.mp4", Room(size=(96, 64), fps=16, seconds=5))
    assert list(tmp_path.iterdir()) == [film]


@pytest.mark.parametrize(
    ("size_bytes", "changes"), [(60_000, "scaled from 640×360 to 60"), (400_000, "compressed")]
)
def test_a_video_is_made_as_small_as_it_has_to_be(
    tmp_path: Path, size_bytes: int, changes: str
) -> None:
    film = make(
        tmp_path / "film.mp4",
        *("-vf", "noise=alls=60:allf=t", *H264),
        source="testsrc2=s=640x360:r=15:d=2",
    )
    assert film.stat().st_size > 800_000
    room = Room(size=(640, 640), fps=30, seconds=60, size_bytes=size_bytes)
    made = fit_source(film, tmp_path / "fitted.mp4", room)
    assert size_bytes / 4 < made.path.stat().st_size <= size_bytes
    assert made.changes.startswith(changes)
    assert made.seconds == pytest.approx(2, abs=0.1)


def test_a_video_that_would_be_a_blur_is_refused(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=64x64:r=5:d=30")
    room = Room(size=(640, 640), fps=30, seconds=60, size_bytes=100_000)
    with pytest.raises(UnsafeMedia, match="shorter"):
        fit_source(film, tmp_path / "fitted.mp4", room)


SOUNDS = {
    "aac": ("-c:a", "aac"),
    # One that ffmpeg has no leave to decode: the pictures are kept all the same
    "pcm": ("-c:a", "pcm_s32le", "-f", "mov"),
}


@pytest.mark.parametrize(("kind", "kept"), [("aac", True), ("pcm", False)])
def test_sound_goes_along_where_it_is_wanted(tmp_path: Path, kind: str, *, kept: bool) -> None:
    film = tmp_path / "film.mp4"
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=96x64:r=12:d=1"),
            *("-f", "lavfi", "-i", "sine=d=1", *H264, *SOUNDS[kind], str(film)),
        ]
    )
    for sound in (True, False):
        room = Room(size=(64, 64), fps=12, seconds=5, sound=sound)
        assert probe(fit_source(film, tmp_path / "fitted.mp4", room).path).audio is (sound and kept)


# Images
