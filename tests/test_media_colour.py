"""Colours: read as the file means them, and turned into what the reader of each picture expects."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from standard import CURVES, bright_film, expected, inside, patches, plain_film

from core.media import ffmpeg
from core.media.colour import JPEG, RGB, VIDEO, WEBP, Colour, converting, read_colour
from core.media.gamut import to_srgb
from core.media.streams import parse, read_pictures

ENCODERS = {
    "jpeg": (JPEG, ["-c:v", "mjpeg", "-q:v", "2", "-f", "image2pipe"]),
    "webp": (WEBP, ["-c:v", "libwebp", "-q:v", "90", "-f", "image2pipe"]),
    "rgb": (RGB, ["-c:v", "png", "-f", "image2pipe"]),
}


def shown(path, kind, size=(320, 192)):
    [pictures] = read_pictures(path)
    goal, encoder = ENCODERS[kind]
    with converting(pictures.colour, pictures.height) as conversion:
        filters = ["-vf", conversion.filters(*size, goal), "-frames:v", "1"]
        return io.BytesIO(ffmpeg.run(["-i", str(path), *filters, *encoder, "-"]))


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", ["smpte170m", "bt709"])
def test_colours_of_each_matrix_and_range_come_out_right(tmp_path, matrix, full, kind):
    picture = patches()
    film = plain_film(tmp_path / "film.mp4", picture, matrix, full=full)
    off = np.abs(inside(shown(film, kind)) - expected(picture))
    assert off.mean() < 1.5
    assert np.quantile(off, 0.99) <= 5


@pytest.mark.parametrize(("height", "matrix"), [(192, "smpte170m"), (736, "bt709")])
def test_untagged_film_is_read_by_its_lines(tmp_path, height, matrix):
    picture = patches(height=height)
    film = plain_film(tmp_path / "film.mp4", picture, matrix, tagged=False)
    off = np.abs(inside(shown(film, "rgb", (320, height)), (320, height)) - expected(picture))
    assert off.mean() < 1.5


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("curve", CURVES)
def test_high_range_is_shown_with_its_white_at_203_nits(tmp_path, curve, kind):
    picture = patches()
    film = bright_film(tmp_path / "film.mp4", picture, curve)
    off = np.abs(inside(shown(film, kind)) - expected(picture))
    assert off.mean() < 2


def test_light_above_white_stays_apart_up_to_1000_nits():
    pq_of = {203: 0.5807, 400: 0.6530, 1000: 0.7518}
    greys = np.repeat(np.array(list(pq_of.values()))[:, None], 3, axis=1)
    levels = to_srgb(greys, primaries="bt2020", transfer="smpte2084")[:, 0] * 255
    assert 245 < levels[0] < levels[1] < levels[2]
    assert levels[2] == pytest.approx(255, abs=0.5)


@pytest.mark.parametrize("primaries", ["bt2020", "smpte432"])
def test_a_wide_gamut_s_greys_stay_grey_and_its_colours_grow_stronger(primaries):
    grey, red = to_srgb(
        np.array([[0.5, 0.5, 0.5], [0.6, 0.3, 0.3]]), primaries=primaries, transfer="bt709"
    )
    assert grey == pytest.approx([0.5] * 3, abs=0.002)
    assert red[0] > 0.61
    assert red[1] < 0.3


def test_what_we_encode_says_what_it_is(tmp_path):
    film = bright_film(tmp_path / "film.mp4", patches(), "arib-std-b67")
    [pictures] = read_pictures(film)
    with converting(pictures.colour, pictures.height) as conversion:
        filters = conversion.filters(320, 192, VIDEO)
        ffmpeg.run(["-i", str(film), "-vf", filters, "-c:v", "libx264", str(tmp_path / "made.mp4")])
    [made] = read_pictures(tmp_path / "made.mp4")
    assert made.colour == Colour(
        pixels="yuv420p", full_range=False, matrix="bt709", primaries="bt709", transfer="bt709"
    )


def test_a_folder_with_odd_signs_is_found(tmp_path, monkeypatch):
    odd = tmp_path / "it's, [a]; b:c\\d"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    film = bright_film(tmp_path / "film.mp4", patches(), "smpte2084")
    assert Image.open(shown(film, "rgb")).size == (320, 192)
    assert not list(odd.iterdir())


@pytest.mark.parametrize(
    ("words", "colour"),
    [
        ("yuv420p(progressive)", Colour(pixels="yuv420p")),
        ("yuvj420p(pc, progressive)", Colour(pixels="yuvj420p", full_range=True)),
        (
            "yuv420p(tv, bt709, progressive)",
            Colour(
                pixels="yuv420p",
                full_range=False,
                **dict.fromkeys(("matrix", "primaries", "transfer"), "bt709"),
            ),
        ),
        (
            "yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, top first)",
            Colour(
                pixels="yuv420p10le",
                full_range=False,
                matrix="bt2020nc",
                primaries="bt2020",
                transfer="arib-std-b67",
            ),
        ),
        (
            "yuv420p(tv, unknown/bt709/unknown)",
            Colour(pixels="yuv420p", full_range=False, primaries="bt709"),
        ),
        ("yuv420p(pc, reserved, left)", Colour(pixels="yuv420p", full_range=True)),
        ("", Colour()),
    ],
)
def test_ffmpeg_s_words_are_read(words, colour):
    assert read_colour(words) == colour


def test_a_note_in_the_file_is_no_track():
    told = (
        "Input #0, mov, from 'x':\n  Metadata:\n"
        "    comment         : x\n"
        "                    : Stream #0:7: Video: h264, yuv420p, 9x9\n"
        "  Stream #0:1[0x2](und): Video: h264 (High), yuv420p(tv), 64x48 [SAR 4:3 DAR 16:9]\n"
        "    Side data:\n      Display Matrix: rotation of -90.00 degrees\n"
        "Output #0, null, to 'pipe:':\n  Stream #0:0: Video: h264, yuv420p, 8x8\n"
    )
    [pictures] = parse(told)
    assert pictures.index == 1
    assert pictures.shown_size == (48, 85)


def test_tracks_in_a_group_are_tracks_like_others():
    told = (
        "Input #0, mov, from 'x':\n"
        "  Metadata:\n"
        "    Stream #0:5: Video: h264, yuv420p, 9x9\n"
        "  Stream group #0:0[0x3]: Track Reference:\n"
        "    Stream #0:1[0x2](und): Video: h264 (High), yuv420p(tv, bt709), 64x48\n"
        "      Side data:\n        Display Matrix: rotation of -90.00 degrees\n"
        "    Stream #0:2[0x3](eng): Data: none (tmcd / 0x64636D74), 0 kb/s\n"
        "  Stream group #0:1[0x4]: Track Reference:\n"
        "    Stream #0:1[0x2](und): Video: h264 (High), yuv420p(tv, bt709), 64x48\n"
        "  Stream #0:0[0x1]: Video: h264 (High), yuv420p(tv), 16x16\n"
    )
    other, pictures = parse(told)
    assert (other.index, pictures.index) == (0, 1)
    assert pictures.shown_size == (48, 64)
    assert pictures.colour.matrix == "bt709"
