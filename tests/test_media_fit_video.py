"""What a user hands in: hostile until proved otherwise, then made to fit."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import gradio
import numpy as np
import pytest
from PIL import Image
from standard import CURVES, bright_film, expected, inside, patches, plain_film

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
from core.media.fit.film import read_film
from core.media.streams import read_pictures

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


def test_the_bound_that_is_told_is_the_one_that_holds(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=96x64:r=61:d=1")
    with pytest.raises(UnsafeMedia, match="at 61 frames a second; 60 is the most"):
        check_source(film, Bounds(fps=60))
    assert check_source(film, Bounds(fps=61)).rate == pytest.approx(61, abs=0.1)


def test_4k_is_taken_and_8k_is_refused_by_its_true_size(tmp_path: Path) -> None:
    made = fit(make(tmp_path / "4k.mp4", source="color=s=4096x2160:r=4:d=0.5"))
    assert (made.width, made.height) == (832, 438)
    with pytest.raises(UnsafeMedia, match=r"of 33.18 megapixels; 9.437 is the most"):
        check_source(make(tmp_path / "8k.mp4", source="color=s=7680x4320:r=2:d=0.5"))


def test_an_index_that_lies_about_the_size_does_not_open_a_bomb(tmp_path: Path) -> None:
    film = make(tmp_path / "bomb.mp4", source="color=s=7680x4320:r=4:d=0.5")
    content = film.read_bytes()
    lying = content.replace(struct.pack(">HH", 7680, 4320), struct.pack(">HH", 96, 64))
    assert lying != content
    film.write_bytes(lying)
    assert probe(film).width == 96
    with pytest.raises(UnsafeMedia, match="megapixels"):
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
        f"320×180, reduced from {was.fps:.4g} to 10 frames a second, sound left out, as the model "
        "takes none"
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
    [("a.mp4", ["-pix_fmt", "yuv444p"]), ("b.mp4", ["-c:v", "mpeg4"]), ("a.mkv", H264)],
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


def with_sound(path: Path, *arguments: str, seconds: float = 1) -> Path:
    """A film of one second, with a tone of so many."""
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=96x64:r=12:d=1"),
            *("-f", "lavfi", "-i", f"sine=f=440:d={seconds}", *H264, *arguments, str(path)),
        ]
    )
    return path


def heard(path: Path) -> tuple[float, float]:
    """The seconds of a file's sound, and how loud it is, from 0 to 1."""
    raw = ffmpeg.run(["-i", str(path), "-map", "0:a:0", "-ac", "1", "-f", "f32le", "-"])
    samples = np.frombuffer(raw, np.float32)
    return len(samples) / 44_100, float(np.sqrt((samples**2).mean()))


SOUNDS = {
    "aac.mp4": ("-c:a", "aac"),
    "mp3.mp4": ("-c:a", "libmp3lame"),
    "ac3.mp4": ("-c:a", "ac3"),
    "eac3.mp4": ("-c:a", "eac3"),
    "alac.mp4": ("-c:a", "alac"),
    "flac.mp4": ("-c:a", "flac"),
    "opus.mp4": ("-c:a", "libopus", "-ar", "48000"),
    "surround.mp4": ("-c:a", "ac3", "-ac", "6"),
    "pcm16.mov": ("-c:a", "pcm_s16le"),
    "pcm24.mov": ("-c:a", "pcm_s24be"),
    "float.mov": ("-c:a", "pcm_f32le"),
    "mulaw.mov": ("-c:a", "pcm_mulaw"),
    "ima.mov": ("-c:a", "adpcm_ima_qt"),
    "vorbis.mkv": ("-c:a", "libvorbis"),
    "ms.mkv": ("-c:a", "adpcm_ms"),
    "mp2.mkv": ("-c:a", "mp2"),
    "dts.mkv": ("-c:a", "dca", "-strict", "-2", "-ar", "48000"),
}


@pytest.mark.parametrize("size", [(640, 640), (64, 64)], ids=["as it is", "scaled"])
@pytest.mark.parametrize("name", SOUNDS)
def test_sound_of_every_kind_goes_along_as_aac(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    film = with_sound(tmp_path / name, *SOUNDS[name])
    room = Room(size=size, fps=12, seconds=5, sound=True)
    made = fit_source(film, tmp_path / "fitted.mp4", room)
    seconds, loud = heard(made.path)
    assert probe(made.path).frames == 12
    assert 0.02 < loud < 0.2
    assert "sound left out" not in made.changes
    # Opus and AC-3 are told anew by 48 kHz, which this counts as 44.1
    assert seconds == pytest.approx(1, abs=0.15)
    assert read_film(made.path).sound.codec in ("aac", "mp3")


def test_sound_that_is_left_out_is_told(tmp_path: Path) -> None:
    film = with_sound(tmp_path / "film.mp4", "-c:a", "aac")
    made = fit(film, size=(64, 64))
    assert made.changes.endswith("sound left out, as the model takes none")
    assert not probe(made.path).audio


def test_a_sound_that_cannot_be_decoded_is_left_out_and_told(tmp_path: Path) -> None:
    film = with_sound(tmp_path / "film.mkv", "-c:a", "wmav2")
    made = fit_source(film, tmp_path / "a.mp4", Room(size=(64, 64), fps=12, seconds=5, sound=True))
    assert made.changes.endswith("sound left out, as it cannot be decoded here")
    assert probe(made.path).frames == 12


@pytest.mark.parametrize("size", [(640, 640), (64, 64)], ids=["as it is", "scaled"])
def test_sound_that_goes_on_is_trimmed_to_the_pictures(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    film = with_sound(tmp_path / "film.mp4", "-c:a", "aac", seconds=6)
    room = Room(size=size, fps=12, seconds=5, sound=True)
    made = fit_source(film, tmp_path / "fitted.mp4", room)
    assert "trimmed from" not in made.changes
    assert made.seconds == pytest.approx(1, abs=0.05)
    assert probe(made.path).frames == 12
    assert heard(made.path)[0] == pytest.approx(1, abs=0.15)


KINDS = {
    "h263.3gp": ("-s", "352x288", "-c:v", "h263"),
    "h263.mov": ("-s", "176x144", "-c:v", "h263"),
    "mpeg1.mkv": ("-r", "25", "-c:v", "mpeg1video"),
    "mpeg2.mp4": ("-r", "25", "-c:v", "mpeg2video"),
    "mpeg4.mp4": ("-c:v", "mpeg4"),
    "mjpeg.mov": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "vp8.webm": ("-c:v", "libvpx"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "vp9.mp4": ("-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "av1.mp4": ("-c:v", "libsvtav1", "-preset", "12"),
    "prores.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"),
    "prores4444.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv444p10le"),
    "dnxhr.mov": ("-s", "320x192", "-c:v", "dnxhd", "-profile:v", "dnxhr_sq"),
    "ffv1.mkv": (
        "-c:v",
        "ffv1",
    ),
    "raw.mov": ("-c:v", "rawvideo", "-pix_fmt", "uyvy422"),
    "png.mov": ("-c:v", "png", "-pix_fmt", "rgb24"),
    "animation.mov": ("-c:v", "qtrle", "-pix_fmt", "rgb24"),
    "theora.mkv": ("-c:v", "libtheora"),
    "h264.mkv": H264,
    "422.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv422p10le"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_codec_is_converted_in_its_shape_and_length(tmp_path: Path, name: str) -> None:
    film = make(tmp_path / name, *KINDS[name], source="testsrc2=s=320x192:r=25:d=1")
    shown = check_source(film)
    made = fit(film)
    clip = probe(made.path)
    assert (clip.codec, clip.profile) == ("avc1", 100)
    assert clip.frames == pytest.approx(16, abs=1)
    assert made.width / made.height == pytest.approx(shown.width / shown.height, abs=0.03)


def test_a_codec_that_is_not_decoded_here_is_refused_when_it_is_handed_in(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mkv", "-c:v", "wmv2")
    with pytest.raises(UnsafeMedia, match=r"pictures \(wmv2\) cannot be decoded here: convert it"):
        check_source(film)


def test_pictures_that_no_decoder_makes_sense_of_are_refused_when_handed_in(
    tmp_path: Path,
) -> None:
    film = tmp_path / "film.mp4"
    moov_first = make(tmp_path / "first.mp4", *H264, "-movflags", "+faststart").read_bytes()
    at = moov_first.index(b"mdat") + 4
    film.write_bytes(moov_first[:at] + b"\xff" * (len(moov_first) - at))
    with pytest.raises(UnsafeMedia, match="(cannot be decoded here|no pictures in it): "):
        check_source(film)


def provider_sees(path: Path, size: tuple[int, int]) -> np.ndarray:
    """What BT.709 of limited range, as the tags must say, makes of the middle of each patch."""
    [pictures] = read_pictures(path)
    colour = pictures.colour
    assert (colour.matrix, colour.primaries, colour.transfer) == ("bt709", "bt709", "bt709")
    assert colour.full_range is False
    assert colour.pixels == "yuv420p"
    matrix = "scale=in_color_matrix=bt709:in_range=limited:flags=accurate_rnd+full_chroma_int"
    raw = ffmpeg.run(
        [
            *("-i", str(path), "-vf", f"{matrix},format=gbrp,format=rgb24", "-frames:v", "1"),
            *("-f", "rawvideo", "-"),
        ]
    )
    width, height = pictures.width, pictures.height
    shown = np.frombuffer(raw, np.uint8).reshape(height, width, 3)
    return inside(Image.fromarray(shown), size)


@pytest.mark.parametrize("matrix", ["smpte170m", "bt709", "untagged"])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("height", [192, 736])
def test_colours_are_right_and_tags_true_when_a_film_is_encoded_anew(
    tmp_path: Path, matrix: str, height: int, *, full: bool
) -> None:
    picture = patches(height=height)
    if matrix == "untagged":
        if full:
            pytest.skip("a film that says nothing is of limited range")
        usual = "bt709" if height >= 720 else "smpte170m"
        film = plain_film(tmp_path / "film.mp4", picture, usual, tagged=False)
    else:
        film = plain_film(tmp_path / "film.mp4", picture, matrix, full=full)
    made = fit(film, size=(3000, 3000), fps=5)
    off = np.abs(provider_sees(made.path, (320, height)) - expected(picture))
    assert off.mean() < 1.5
    assert np.quantile(off, 0.99) <= 5


@pytest.mark.parametrize("curve", CURVES)
def test_high_range_becomes_sdr_with_true_tags(tmp_path: Path, curve: str) -> None:
    picture = patches()
    film = bright_film(tmp_path / "film.mp4", picture, curve)
    made = fit(film)
    assert "colours converted to SDR" in made.changes
    off = np.abs(provider_sees(made.path, (320, 192)) - expected(picture))
    assert off.mean() <= 3


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm"])
def test_pixels_that_are_not_square_are_honoured(tmp_path: Path, name: str) -> None:
    codec = ("-c:v", "libvpx") if name == "a.webm" else H264
    film = make(tmp_path / name, "-vf", "setsar=2", *codec, source="testsrc2=s=96x128:r=12:d=1")
    made = fit(film)
    assert (made.width, made.height) == (192, 128)
    assert read_pictures(made.path)[0].shape == 1


def test_the_shape_that_the_container_tells_has_the_say(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=96x64:r=12:d=1")
    ffmpeg.run(["-i", str(film), "-c", "copy", "-aspect", "3:1", str(tmp_path / "a.mkv")])
    made = fit(tmp_path / "a.mkv")
    assert (made.width, made.height) == (192, 64)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("turn", [90, 180, -90])
def test_a_turn_is_honoured_in_every_container(tmp_path: Path, name: str, turn: int) -> None:
    film = make(
        tmp_path / "film.mp4",
        source="color=red:s=96x64:r=12:d=1,drawbox=0:0:48:64:color=blue:t=fill",
    )
    turned = tmp_path / name
    ffmpeg.run(["-display_rotation", str(turn), "-i", str(film), "-c", "copy", str(turned)])
    made = fit(turned, size=(96, 96))
    raw = ffmpeg.run(
        ["-i", str(made.path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    )
    shown = np.frombuffer(raw, np.uint8).reshape(made.height, made.width, 3)
    assert (made.width < made.height) is (turn != 180)
    blue = {90: shown[-8, 8], 180: shown[8, -8], -90: shown[8, 8]}[turn]
    assert blue[2] > 150 > blue[0]
    assert not read_pictures(made.path)[0].turn


def test_a_still_before_the_film_is_not_taken_for_it(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4")
    cover = make(tmp_path / "cover.jpg", "-frames:v", "1", source="color=red:s=48x48:r=1")
    for name, disposition in (("a.mp4", "0"), ("b.mp4", "attached_pic"), ("c.mkv", "0")):
        both = ["-i", str(cover), "-i", str(film), "-map", "0", "-map", "1:v", "-c", "copy"]
        ffmpeg.run([*both, "-disposition:v:0", disposition, str(tmp_path / name)])
        made = fit(tmp_path / name)
        assert (made.width, made.height) == (96, 64)
        assert probe(made.path).frames == 12
        assert len(read_pictures(made.path)) == 1


def test_an_interlaced_film_is_not_combed(tmp_path: Path) -> None:
    bars = "geq=lum='255*lt(mod(X+N*7,64),32)':cb=128:cr=128"
    film = make(
        tmp_path / "film.mp4",
        *("-vf", "interlace=scan=tff:lowpass=off", "-flags", "+ilme+ildct", *H264),
        source=f"nullsrc=s=192x128:r=50:d=1,{bars}",
    )
    made = fit(film, fps=25)
    assert "deinterlaced" in made.changes
    raw = ffmpeg.run(["-i", str(made.path), "-f", "rawvideo", "-pix_fmt", "gray", "-"])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 128, 192).astype(int)
    rows = np.abs(frames[:, 1:-1] * 2 - frames[:, :-2] - frames[:, 2:]).max(axis=(1, 2))
    assert np.median(rows) < 60


def test_an_uneven_film_keeps_the_rate_of_most_of_its_pictures(tmp_path: Path) -> None:
    """A screen recording: half a second of movement, then nothing for two."""
    film = make(
        tmp_path / "film.mp4",
        *("-vf", "select='lt(mod(t,2.5),0.5)'", "-fps_mode", "vfr", *H264),
        source="testsrc2=s=96x64:r=24:d=6",
    )
    assert probe(film).frames < 50
    made = fit(film, fps=30, seconds=60)
    assert made.changes == "made even, at 24 frames a second"
    clip = probe(made.path)
    assert clip.frames / clip.seconds == pytest.approx(24, abs=0.2)
    gaps = np.diff([float(line.split(",")[2]) for line in packets_of(made.path)])
    assert gaps.max() == gaps.min()


def packets_of(path: Path) -> list[str]:
    shown = ["-i", str(path), "-map", "0:v:0", "-f", "framecrc", "-"]
    listing = ffmpeg.run(shown).decode().splitlines()
    return [line for line in listing if line.startswith("0,")]


@pytest.mark.parametrize("rate", [120, 240])
def test_a_fast_film_is_thinned(tmp_path: Path, rate: int) -> None:
    film = make(tmp_path / "film.mp4", source=f"testsrc2=s=96x64:r={rate}:d=1")
    made = fit(film)
    assert made.changes == f"reduced from {rate} to 16 frames a second"
    assert probe(made.path).frames == 16


def test_of_a_long_film_only_what_is_needed_is_decoded(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", source="testsrc2=s=96x64:r=12:d=200")
    made = fit(film, seconds=5)
    assert made.changes == "trimmed from 200.0 s to 5.0 s"
    assert probe(made.path).frames == 60


def test_a_film_of_one_picture_is_taken(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        film = make(tmp_path / name, "-frames:v", "1", *H264)
        assert probe(fit(film, size=(64, 64)).path).frames == 1


def test_what_can_be_seen_through_is_laid_over_black(tmp_path: Path) -> None:
    clear = "color=red:s=96x64:r=12:d=1,format=yuva444p,geq=lum='p(X,Y)':a='255*gt(X,48)'"
    for name, codec in {
        "vp9.webm": ("-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-cpu-used", "8"),
        "vp8.webm": ("-pix_fmt", "yuva420p", "-c:v", "libvpx", "-auto-alt-ref", "0"),
        "prores.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"),
        "animation.mov": ("-c:v", "qtrle", "-pix_fmt", "argb"),
    }.items():
        made = fit(make(tmp_path / name, *codec, source=clear))
        assert "laid over black" in made.changes, name
        picture = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        raw = ffmpeg.run(["-i", str(made.path), *picture])
        shown = np.frombuffer(raw, np.uint8).reshape(64, 96, 3)
        assert shown[32, 16].max() < 30, name
        assert shown[32, 80, 0] > 200, name


def test_a_film_that_needs_no_change_is_rid_of_its_notes_without_being_coded_anew(
    tmp_path: Path,
) -> None:
    plain = with_sound(tmp_path / "plain.mp4", "-c:a", "aac")
    noted = tmp_path / "noted.mp4"
    place = ["-metadata", "location=+52.5200+013.4050/", "-metadata", "title=at home"]
    ffmpeg.run(["-i", str(plain), "-c", "copy", *place, str(noted)])
    assert b"loci" in noted.read_bytes()
    made = fit(noted)
    assert made.changes == "rid of its notes (place, device)"
    content = made.path.read_bytes()
    assert not any(word in content for word in (b"loci", b"home", b"Lavf"))
    streams = ["-map", "0", "-c", "copy", "-f", "streamhash", "-"]
    was, now = (ffmpeg.run(["-i", str(path), *streams]) for path in (noted, made.path))
    assert was == now


def test_a_quicktime_film_is_repacked_without_being_coded_anew(tmp_path: Path) -> None:
    film = with_sound(tmp_path / "film.mov", "-c:a", "aac", "-metadata", "location=+52.52+013.40/")
    made = fit(film)
    assert made.changes == "repacked as MP4, without its notes (place, device)"
    assert b"52.52" not in made.path.read_bytes()
    assert probe(made.path).container == "mp4"
    streams = ["-map", "0:v", "-c", "copy", "-f", "streamhash", "-"]
    was, now = (ffmpeg.run(["-i", str(path), *streams]) for path in (film, made.path))
    assert was == now


@pytest.mark.parametrize("size", [(640, 640), (64, 64)], ids=["as it is", "scaled"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_nothing_that_a_film_tells_reaches_the_provider(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    chapters = tmp_path / "notes.txt"
    chapters.write_text(
        ";FFMETADATA1\nlocation=+52.52+013.40/\nmake=a camera\n[CHAPTER]\nTIMEBASE=1/1000\n"
        "START=0\nEND=900\ntitle=at my home\n"
    )
    subtitle = tmp_path / "a.srt"
    subtitle.write_text("1\n00:00:00,000 --> 00:00:00,900\nGPS 52.52, 13.40\n")
    text = "srt" if name == "a.mkv" else "mov_text"
    plain = with_sound(tmp_path / "plain.mp4", "-c:a", "aac")
    inputs = ["-i", str(plain), "-i", str(chapters), "-i", str(subtitle)]
    maps = ["-map", "0", "-map", "2", "-map_metadata", "1", "-c", "copy", "-c:s", text]
    ffmpeg.run([*inputs, *maps, "-metadata:s:v", "handler_name=my GPS", str(tmp_path / name)])
    room = Room(size=size, fps=12, seconds=5, sound=True)
    made = fit_source(tmp_path / name, tmp_path / "fitted.mp4", room)
    content = made.path.read_bytes()
    assert not any(word in content for word in (b"52.52", b"camera", b"home", b"GPS"))


def test_a_film_with_its_timecode_is_taken_as_any_other(tmp_path: Path) -> None:
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac")
    path = make(tmp_path / "a.mov", *sound, *H264, "-timecode", "01:00:00:00")
    film = check_source(path)
    assert (film.width, film.height, film.sound is not None) == (96, 64, True)
    made = fit(path)
    assert "repacked" in made.changes
    assert probe(made.path).frames == 12


def test_of_two_films_the_one_that_players_show_is_taken(tmp_path: Path) -> None:
    other = ("-f", "lavfi", "-i", "color=s=32x32:r=12:d=1", "-map", "1:v", "-map", "0:v")
    shown = ("-disposition:v:0", "0", "-disposition:v:1", "default")
    path = make(tmp_path / "a.mp4", *other, *H264, *shown)
    assert (fit(path).width, fit(path).height) == (96, 64)


def test_an_uneven_film_whose_pictures_lean_on_later_ones_keeps_its_length(tmp_path: Path) -> None:
    uneven = ("-vf", "select='lt(n,30)+not(mod(n,7))'", "-fps_mode", "vfr")
    coded = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "medium", "-bf", "3")
    path = make(tmp_path / "a.mp4", *uneven, *coded, source="testsrc2=s=96x64:r=30:d=3")
    assert fit(path).seconds == pytest.approx(2.83, abs=0.07)
