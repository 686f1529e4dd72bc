"""Previews of films as cameras, phones and providers make them, and not as our own encoder does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from standard import CURVES, bright_film, expected, inside, patches, plain_film

from core.media import ffmpeg, make_gif, make_poster, make_preview, make_previews, probe
from core.media.footage import STAGE

H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
MOVING = "testsrc2=s=208x120:r=10:d=1"
NAMES = ("poster.jpg", "preview.webp", "preview.gif")


def make(path: Path, source: str, *arguments: str) -> Path:
    ffmpeg.run(["-f", "lavfi", "-i", source, *(arguments or H264), str(path)])
    return path


def copied(film: Path, path: Path, *before: str) -> Path:
    ffmpeg.run([*before, "-i", str(film), "-c", "copy", str(path)])
    return path


def durations(path: Path) -> list[int]:
    with Image.open(path) as image:
        lengths = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            lengths.append(image.info.get("duration", 0))
        return lengths


def brightness(path: Path) -> float:
    return float(np.asarray(Image.open(path).convert("L"), float).mean())


FILMS = {
    "BT.709": lambda path, picture: plain_film(path, picture, "bt709"),
    "BT.601": lambda path, picture: plain_film(path, picture, "smpte170m"),
    "BT.709, full range": lambda path, picture: plain_film(path, picture, "bt709", full=True),
    "BT.601, full range": lambda path, picture: plain_film(path, picture, "smpte170m", full=True),
    "untagged": lambda path, picture: plain_film(path, picture, "smpte170m", tagged=False),
    "PQ": lambda path, picture: bright_film(path, picture, "smpte2084"),
    "HLG": lambda path, picture: bright_film(path, picture, "arib-std-b67"),
}


@pytest.mark.parametrize("kind", FILMS)
def test_every_preview_has_the_film_s_colours(tmp_path: Path, kind: str) -> None:
    picture = patches()
    film = FILMS[kind](tmp_path / "film.mp4", picture)
    made = make_previews(film, tmp_path)
    assert not made.problems
    assert set(CURVES) == {"smpte2084", "arib-std-b67"}
    for name in NAMES:
        off = np.abs(inside(tmp_path / name) - expected(picture))
        assert off.mean() < 3, name
        if name == "poster.jpg":
            assert off.mean() < 2


def test_each_preview_made_alone_has_them_too(tmp_path: Path) -> None:
    picture = patches()
    film = bright_film(tmp_path / "film.mp4", picture, "arib-std-b67")
    makers = (make_poster, make_preview, make_gif)
    for name, make_one in zip(NAMES, makers, strict=True):
        make_one(film, tmp_path / name)
        assert np.abs(inside(tmp_path / name) - expected(picture)).mean() < 3, name


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("turn", [90, -90, 180])
def test_a_turned_film_is_shown_upright(tmp_path: Path, ending: str, turn: int) -> None:
    film = make(tmp_path / "film.mp4", MOVING)
    turned = copied(film, tmp_path / "turned.mp4", "-display_rotation", str(turn))
    if ending == "mkv":
        turned = copied(turned, tmp_path / "turned.mkv")
    straight, made = tmp_path / "straight.jpg", make_previews(turned, tmp_path)
    make_poster(film, straight)
    assert not made.problems
    with Image.open(straight) as upright, Image.open(made.poster) as poster:
        again = np.asarray(upright.rotate(turn, expand=True), float)
        assert np.abs(np.asarray(poster, float) - again).mean() < 4
    clip = probe(turned)
    assert (clip.width, clip.height) == ((208, 120) if turn == 180 else (120, 208))
    assert clip.rotated


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, ending: str) -> None:
    coder = ("-c:v", "libvpx-vp9", "-cpu-used", "8") if ending == "webm" else H264
    film = make(tmp_path / f"film.{ending}", f"{MOVING},setsar=2", *coder)
    made = make_previews(film, tmp_path)
    assert probe(film).width == pytest.approx(416, abs=1)
    assert not made.problems
    for name in NAMES:
        with Image.open(tmp_path / name) as image:
            assert image.width / image.height == pytest.approx(416 / 120, rel=0.03), name


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_cover_before_the_film_is_not_taken_for_it(tmp_path: Path, ending: str) -> None:
    film = make(tmp_path / "film.mp4", MOVING)
    cover = make(tmp_path / "cover.jpg", "color=red:s=64x64:d=1", "-frames:v", "1")
    both = tmp_path / f"both.{ending}"
    tracks = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "0"]
    ffmpeg.run(["-i", str(cover), "-i", str(film), *tracks, str(both)])
    clip, made = probe(both), make_previews(both, tmp_path)
    assert (clip.width, clip.height, clip.frames) == (208, 120, 10)
    assert not made.problems
    assert made.gif is not None
    assert made.gif.frames == 10
    with Image.open(made.poster) as poster:
        assert poster.size == (208, 120)


@pytest.mark.parametrize("coder", ["vp9", "prores"])
def test_what_can_be_seen_through_is_laid_over_the_stage(tmp_path: Path, coder: str) -> None:
    coders = {
        "vp9": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-cpu-used", "8"),
        "prores": ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"),
    }
    half = "color=red:s=160x96:r=10:d=1,format=rgba,geq=r=255:g=0:b=0:a='if(gt(X,80),255,0)'"
    film = tmp_path / f"film.{'webm' if coder == 'vp9' else 'mov'}"
    ffmpeg.run(["-f", "lavfi", "-i", half, *coders[coder], str(film)])
    made = make_previews(film, tmp_path)
    assert not made.problems
    ground = [int(STAGE[at : at + 2], 16) for at in (2, 4, 6)]
    for name in NAMES:
        pixels = np.asarray(Image.open(tmp_path / name).convert("RGB"), float)
        assert pixels[8:-8, 8:64].mean((0, 1)) == pytest.approx(ground, abs=6), name
        assert pixels[8:-8, 96:-8].mean((0, 1)) == pytest.approx([254, 0, 0], abs=8), name


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_one_frame_becomes_a_still_gif(tmp_path: Path, ending: str) -> None:
    film = make(tmp_path / f"one.{ending}", MOVING, "-frames:v", "1", *H264)
    made = make_previews(film, tmp_path)
    assert not made.problems
    assert made.gif is not None
    assert made.gif.frames == 1
    assert Image.open(tmp_path / "preview.gif").size == (208, 120)


@pytest.mark.parametrize("rate", [8, 12, 16, 24, 30])
def test_fragments_that_begin_late_are_timed_evenly(tmp_path: Path, rate: int) -> None:
    film = tmp_path / "film.mp4"
    sources = ["-f", "lavfi", "-i", f"testsrc2=s=208x120:r={rate}:d=2", "-f", "lavfi", "-i"]
    pieces = ["-movflags", "frag_keyframe+empty_moov", "-g", "8", "-bf", "2", "-c:a", "aac"]
    coder = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "fast"]
    ffmpeg.run([*sources, "sine=d=2", *coder, *pieces, str(film)])
    made = make_gif(film, tmp_path / "a.gif", fps=min(rate, 10))
    shown = durations(tmp_path / "a.gif")
    assert made.frames == len(shown) == pytest.approx(2 * min(rate, 10), abs=1)
    assert max(shown[:-1]) - min(shown[:-1]) <= 10


@pytest.mark.parametrize(
    "flags", ["frag_keyframe", "frag_keyframe+empty_moov", "dash+frag_keyframe", "frag_every_frame"]
)
def test_fragments_are_counted_and_shown(tmp_path: Path, flags: str) -> None:
    film = make(tmp_path / "film.mp4", MOVING, *H264, "-g", "4", "-movflags", flags)
    clip, made = probe(film), make_previews(film, tmp_path)
    assert (clip.frames, clip.whole) == (10, True)
    assert clip.seconds == pytest.approx(1, abs=0.05)
    assert not made.problems


def test_interlaced_film_shows_no_combs(tmp_path: Path) -> None:
    black, white = "color=black:s=208x120:r=50:d=2[a]", "color=white:s=40x80:r=50:d=2[b]"
    moving = f"{black};{white};[a][b]overlay=x='mod(t*200,160)':y=20"
    coder = [*H264, "-flags", "+ildct+ilme", "-x264opts", "tff=1"]
    film = make(tmp_path / "film.mp4", f"{moving},interlace", *coder)
    make_gif(film, tmp_path / "a.gif", width=208)
    with Image.open(tmp_path / "a.gif") as image:
        image.seek(5)
        rows = np.asarray(image.convert("L"), float)[30:90]
    # A comb differs from the row next to it and not from the one after that
    combed = np.abs(rows[2:] + rows[:-2] - 2 * rows[1:-1]).mean()
    assert combed < 3


FADES = {"a second": (0.0, 1.0), "after three seconds of black": (3.0, 2.0)}


@pytest.mark.parametrize("fade", FADES)
@pytest.mark.parametrize("colour", ["black", "white"])
def test_a_poster_waits_for_a_fade_to_show_something(
    tmp_path: Path, fade: str, colour: str
) -> None:
    start, length = FADES[fade]
    picture = f"testsrc2=s=208x120:r=10:d=8,fade=in:st={start}:d={length}:color={colour}"
    film = make(tmp_path / "film.mp4", picture)
    plain = make(tmp_path / "plain.mp4", "testsrc2=s=208x120:r=10:d=1")
    make_poster(plain, tmp_path / "plain.jpg")
    make_poster(film, tmp_path / "alone.jpg")
    make_previews(film, tmp_path)
    full = brightness(tmp_path / "plain.jpg")
    for name in ("alone.jpg", "poster.jpg"):
        assert abs(brightness(tmp_path / name) - full) < 45, name


def test_a_film_that_shows_something_at_once_keeps_its_first_frame(tmp_path: Path) -> None:
    darker = "testsrc2=s=208x120:r=10:d=2,eq=brightness='if(lt(t,1),-0.3,0)':eval=frame"
    film = make(tmp_path / "film.mp4", darker)
    make_previews(film, tmp_path)
    make_poster(make(tmp_path / "first.mp4", darker, "-frames:v", "1", *H264), tmp_path / "1.jpg")
    assert abs(brightness(tmp_path / "poster.jpg") - brightness(tmp_path / "1.jpg")) < 2


def test_of_a_long_film_the_first_minute_is_shown(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", "testsrc2=s=64x48:r=5:d=75")
    made = make_previews(film, tmp_path)
    assert not made.problems
    assert sum(durations(tmp_path / "preview.gif")) == pytest.approx(60_000, abs=200)


@pytest.mark.parametrize("source", ["testsrc2=s=64x48:r=240:d=1", "testsrc2=s=3840x2160:r=5:d=0.4"])
def test_a_fast_or_large_film_is_thinned_and_scaled(tmp_path: Path, source: str) -> None:
    made = make_previews(make(tmp_path / "film.mp4", source), tmp_path)
    assert not made.problems
    assert made.gif is not None
    assert made.gif.frames == 10 if "240" in source else made.gif.width == 416


def test_a_rate_that_varies_is_told_by_the_usual_frame(tmp_path: Path) -> None:
    uneven = "testsrc2=s=64x48:r=25:d=4,select='lt(n,40)+not(mod(n,10))'"
    for ending in ("mp4", "mkv"):
        film = make(tmp_path / f"film.{ending}", uneven, "-fps_mode", "vfr", *H264)
        assert probe(film).fps == pytest.approx(25, rel=0.03)
        make_gif(film, tmp_path / "a.gif")
        shown = durations(tmp_path / "a.gif")
        assert all(length == 100 for length in shown[:14]), shown


@pytest.mark.parametrize("rate", ["24", "30000/1001", "23.976"])
def test_an_even_rate_is_the_mean_whatever_the_clock(tmp_path: Path, rate: str) -> None:
    film = make(tmp_path / "film.mkv", f"testsrc2=s=64x48:r={rate}:d=2")
    counted = probe(film)
    assert counted.fps == pytest.approx(counted.frames / counted.seconds)
