"""The GIF, the poster and the preview of a clip."""

from __future__ import annotations

import itertools
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from core.errors import MediaError, StorageError, UnsafeMedia
from core.media import ffmpeg, make_gif, make_poster, make_preview, make_previews
from core.media.decode import RESULT_BOUNDS, source_arguments
from core.media.gif import diffusion, palette
from core.media.gif import raw_frames as frames
from core.media.gif.look import FINE

H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
MOVING = "testsrc2=s=208x120:r=16:d=2"


def make(path: Path, source: str, *arguments: str) -> Path:
    ffmpeg.run(["-f", "lavfi", "-i", source, *(arguments or H264), str(path)])
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("film") / "film.mp4", MOVING)


def durations(path: Path) -> list[int]:
    with Image.open(path) as image:
        lengths = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            lengths.append(image.info.get("duration", 0))
        return lengths


def shown(path: Path, number: int) -> Image.Image:
    with Image.open(path) as image:
        image.seek(number)
        return image.convert("RGB")


def source_frames(film: Path, size: tuple[int, int], fps: float) -> list[Image.Image]:
    chain = f"fps={fps},scale={size[0]}:{size[1]}:flags=lanczos"
    raw = ffmpeg.run(["-i", str(film), "-vf", chain, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    length = 3 * size[0] * size[1]
    parts = [raw[at : at + length] for at in range(0, len(raw), length)]
    return [Image.frombytes("RGB", size, part) for part in parts]


def blurred(image: Image.Image) -> np.ndarray:
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)), np.float32)


def test_a_gif_moves_loops_for_ever_and_keeps_the_clips_time(film: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.gif"
    made = make_gif(film, target, width=160, fps=10)
    assert (made.width, made.height, made.fps) == (160, 92, 10)
    assert made.size_bytes == target.stat().st_size
    with Image.open(target) as image:
        assert image.size == (160, 92)
        assert image.info["loop"] == 0
        assert image.n_frames == made.frames > 15
    assert sum(durations(target)) == 2000


def test_a_gif_looks_like_its_clip(film: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.gif"
    made = make_gif(film, target, width=208, fps=10)
    source = source_frames(film, (made.width, made.height), 10)
    assert made.frames == len(source)
    for number in (0, 1, 9, len(source) - 1):
        error = np.mean((blurred(source[number]) - blurred(shown(target, number))) ** 2)
        assert 10 * np.log10(255**2 / error) > 32


def test_no_pixel_strays_further_than_its_palette(film: Path, tmp_path: Path) -> None:
    # Grey, so that the palette has every shade and only holding and what is handed on are left
    grey = make(tmp_path / "grey.mp4", f"{MOVING},format=gray", *H264)
    made = make_gif(grey, tmp_path / "a.gif", width=208, fps=10)
    source = source_frames(grey, (made.width, made.height), 10)
    for number in range(made.frames):
        wrong = np.abs(np.int16(source[number]) - np.int16(shown(tmp_path / "a.gif", number)))
        assert wrong.max() <= FINE.far + diffusion.MOST_CARRIED + 8


@pytest.mark.parametrize("fps", [4, 7, 8, 12, 12.5, 15, 24, 25])
def test_every_rate_keeps_the_time_on_the_grid_of_hundredths(
    film: Path, tmp_path: Path, fps: float
) -> None:
    make_gif(film, tmp_path / "a.gif", width=160, fps=fps)
    assert sum(durations(tmp_path / "a.gif")) == pytest.approx(2000, abs=1000 / fps)
    assert all(length >= 20 for length in durations(tmp_path / "a.gif"))


def test_a_still_place_is_not_drawn_again(tmp_path: Path) -> None:
    still = "color=gray:s=160x160:r=10:d=1[a];testsrc2=s=32x32:r=10:d=1[b];[a][b]overlay=64:64"
    film = make(tmp_path / "still.mp4", still)
    make_gif(film, tmp_path / "a.gif", width=160, fps=10)
    content = (tmp_path / "a.gif").read_bytes()
    boxes = [
        struct.unpack_from("<HHHH", content, at + 9)
        for at in range(len(content) - 17)
        if content[at : at + 3] == b"\x21\xf9\x04" and content[at + 7 : at + 9] == b"\x00\x2c"
    ]
    assert boxes[0] == (0, 0, 160, 160)
    assert len(boxes) > 5
    assert all(left >= 60 and width <= 40 for left, _, width, _ in boxes[1:])


def test_a_clip_without_motion_is_one_picture_of_its_length(tmp_path: Path) -> None:
    film = make(tmp_path / "still.mp4", "color=teal:s=160x96:r=10:d=3")
    made = make_gif(film, tmp_path / "a.gif")
    assert made.frames == 1
    assert durations(tmp_path / "a.gif") in ([3000], [0])  # Pillow tells none for one picture
    assert struct.pack("<H", 300) in (tmp_path / "a.gif").read_bytes()


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ("320x320", 160, (160, 160)),
        ("180x320", 160, (90, 160)),
        ("320x180", 416, (320, 180)),
        ("334x186", 200, (200, 112)),
        ("2000x32", 160, (160, 2)),
    ],
)
def test_the_longer_side_is_the_width_and_nothing_is_enlarged(
    tmp_path: Path, size: str, width: int, expected: tuple[int, int]
) -> None:
    film = make(tmp_path / "film.mp4", f"testsrc2=s={size}:r=8:d=0.5")
    made = make_gif(film, tmp_path / "a.gif", width=width)
    assert (made.width, made.height) == expected
    assert Image.open(tmp_path / "a.gif").size == expected


def test_a_turned_clip_is_upright_in_all_three(film: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg.run(["-display_rotation", "90", "-i", str(film), "-c", "copy", str(turned)])
    made = make_previews(turned, tmp_path)
    assert not made.problems
    for path in (made.poster, made.preview, tmp_path / "preview.gif"):
        with Image.open(path) as image:
            assert image.height > image.width


@pytest.mark.parametrize(
    "arguments",
    [
        ["-vf", "select='not(eq(mod(n,5),2))'", "-fps_mode", "vfr", *H264],
        ["-vf", "scale=97:65", "-pix_fmt", "yuv444p"],
        ["-vf", "fps=1000", "-t", "0.2", *H264],
        ["-frames:v", "1", *H264],
    ],
)
def test_odd_clips_give_a_gif_or_a_sentence(tmp_path: Path, arguments: list[str]) -> None:
    film = make(tmp_path / "odd.mp4", MOVING, *arguments)
    try:
        make_gif(film, tmp_path / "a.gif", width=160)
    except UnsafeMedia as error:
        assert "frames a second" in str(error)
    else:
        assert Image.open(tmp_path / "a.gif").width <= 160


@pytest.mark.parametrize(("width", "fps"), [(150, 10), (161, 10), (970, 10), (416, 3), (416, 26)])
def test_an_order_beyond_the_limits_is_refused(
    film: Path, tmp_path: Path, width: int, fps: int
) -> None:
    with pytest.raises(MediaError, match="160 to 960"):
        make_gif(film, tmp_path / "a.gif", width=width, fps=fps)


def test_frames_are_held_up_to_a_bound(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MEMORY_LIMIT", 3 * 160 * 92 * 5 + 1)
    make_gif(film, tmp_path / "a.gif", width=160)
    assert sum(durations(tmp_path / "a.gif")) == 500


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(2, 24), st.integers(2, 24)),
    seed=st.integers(0, 2**32),
    few=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_palette_takes_any_pictures(shape: tuple[int, int, int], seed: int, few: bool) -> None:  # noqa: FBT001
    chance = np.random.default_rng(seed)
    many = chance.integers(0, 256, (shape[0], 3, *shape[1:]), np.uint8)
    colours = palette.choose(list(many & 0x80 if few else many))
    assert 1 <= len(colours) <= palette.COLOURS


def test_the_table_names_the_nearest_colour() -> None:
    chance = np.random.default_rng(1)
    colours = chance.integers(0, 256, (255, 3), np.uint8)
    pixels = chance.integers(0, 256, (3, 10, 10), np.uint8)
    found = colours[palette.table(colours)[palette.cells(pixels)]].astype(int)
    wanted = pixels.transpose(1, 2, 0).astype(int)
    best = np.sqrt(((colours.astype(int)[:, None, None] - wanted) ** 2).sum(-1)).min(axis=0)
    assert (
        np.sqrt(((found - wanted) ** 2).sum(-1)) <= best + 2 * np.sqrt(4**2 + 4**2 + 2**2)
    ).all()


def test_the_colours_are_nearer_to_the_pictures_than_the_octree_leaves_them() -> None:
    chance = np.random.default_rng(2)
    pixels = np.clip(chance.normal((90, 140, 60), (40, 9, 20), (160 * 120, 3)), 0, 255)
    frame = pixels.astype(np.uint8).T.reshape(3, 120, 160)
    octree = Image.fromarray(frame.transpose(1, 2, 0)).quantize(32, Image.Quantize.FASTOCTREE)
    theirs = np.array(octree.getpalette()).reshape(-1, 3)[:32]

    def error(colours: np.ndarray) -> float:
        apart = pixels[:, None] - colours.astype(float)
        return float((apart**2).sum(-1).min(axis=1).mean())

    assert error(palette.choose([frame], 32)) < 0.8 * error(theirs)


def test_a_poster_is_the_first_frame_that_is_not_black(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", "testsrc2=s=960x540:r=10:d=1,fade=in:0:5")
    make_poster(film, tmp_path / "poster.jpg")
    with Image.open(tmp_path / "poster.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (832, 468))
        assert max(high for _, high in image.convert("RGB").getextrema()) > 40


def test_so_many_threads_decode_as_are_asked_for(film: Path) -> None:
    # Each thread that decodes holds a frame back; a poster needs but one frame
    for asked in (1, 2):
        source = source_arguments(film, seconds=1, bounds=RESULT_BOUNDS, threads=asked)
        at = source.index("-threads")
        assert source[at + 1] == str(asked)
        assert at < source.index("-i")


def test_an_all_black_clip_has_a_poster_all_the_same(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", "color=black:s=160x96:r=10:d=1")
    made = make_previews(film, tmp_path)
    assert not made.problems
    assert Image.open(made.poster).size == (160, 96)


def test_a_preview_is_a_small_webp_that_moves(film: Path, tmp_path: Path) -> None:
    make_preview(film, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as image:
        assert (image.format, image.size, image.info["loop"]) == ("WEBP", (208, 120), 0)
        assert image.n_frames == 16
    make_preview(make(tmp_path / "big.mp4", "testsrc2=s=480x640:r=8:d=1"), tmp_path / "b.webp")
    assert Image.open(tmp_path / "b.webp").size == (240, 320)


def test_one_decode_makes_all_three(film: Path, tmp_path: Path) -> None:
    made = make_previews(film, tmp_path)
    assert not made.problems
    assert names(tmp_path) == ["poster.jpg", "preview.gif", "preview.webp"]
    assert made.gif is not None
    assert made.gif.width == 208
    assert Image.open(tmp_path / "preview.webp").n_frames == 16
    alone = make_gif(film, tmp_path / "alone.gif")
    assert alone == made.gif
    assert (tmp_path / "alone.gif").read_bytes() == (tmp_path / "preview.gif").read_bytes()


@pytest.mark.parametrize("name", ["poster.jpg", "preview.webp", "preview.gif"])
def test_one_that_fails_does_not_stop_the_others(film: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name / "in the way").mkdir(parents=True)
    made = make_previews(film, tmp_path)
    kinds = {"poster.jpg": "poster", "preview.webp": "preview", "preview.gif": "gif"}
    assert list(made.problems) == [kinds[name]]
    assert "cannot be written" in made.problems[kinds[name]]
    for other in kinds.keys() - {name}:
        assert (tmp_path / other).is_file()
        assert getattr(made, kinds[other])
    assert getattr(made, kinds[name]) is None
    assert not [file for file in names(tmp_path) if file.endswith(".part")]


def test_pictures_that_cannot_be_decoded_leave_nothing_behind(film: Path, tmp_path: Path) -> None:
    content = bytearray(film.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = os.urandom(end - start)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    for make_one in (make_gif, make_preview, make_poster):
        with pytest.raises(MediaError):
            make_one(broken, tmp_path / "out")
    made = make_previews(broken, tmp_path)
    assert set(made.problems) == {"poster", "preview", "gif"}
    assert names(tmp_path) == ["broken.mp4"]


def test_a_failed_write_keeps_the_old_file(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.gif"
    target.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        make_gif(film, target)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.gif"]


def test_flicker_stays_below_what_the_eye_sees(tmp_path: Path) -> None:
    grainy = "testsrc2=s=208x120:r=1:d=2,loop=20:1,fps=10,noise=alls=3:allf=t,trim=0:2"
    film = make(tmp_path / "grain.mp4", grainy, "-crf", "10", *H264)
    made = make_gif(film, tmp_path / "a.gif", width=208)
    if made.frames > 1:
        pictures = [np.int16(shown(tmp_path / "a.gif", n)) for n in range(made.frames)]
        changes = [np.abs(a - b).mean() for a, b in itertools.pairwise(pictures)]
        assert np.mean(changes) < 0.5


def test_a_gif_that_grows_too_large_is_made_again_with_less(tmp_path):
    clip = tmp_path / "noise.mp4"
    picture = "testsrc2=s=320x240:r=16:d=2,noise=alls=30:allf=t"
    ffmpeg.run(["-f", "lavfi", "-i", picture, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(clip)])
    full = make_gif(clip, tmp_path / "full.gif", width=320)
    less = make_gif(clip, tmp_path / "less.gif", width=320, most=full.size_bytes // 2)
    assert less.size_bytes < 0.95 * full.size_bytes
    assert (less.width, less.height, less.fps) == (full.width, full.height, full.fps)
    same = make_gif(clip, tmp_path / "same.gif", width=320, most=full.size_bytes)
    assert same.size_bytes == full.size_bytes
    assert {path.name for path in tmp_path.iterdir()} == {
        "noise.mp4",
        "full.gif",
        "less.gif",
        "same.gif",
    }


GRAINY = "gradients=s=320x240:r=16:d=3:speed=0.01:c0=0x203040:c1=0xc0a080:x0=0:y0=0:x1=319:y1=239"


def likeness(film: Path, gif: Path) -> float:
    """Return the blurred PSNR of every second shown picture, in dB."""
    with Image.open(gif) as image:
        count = getattr(image, "n_frames", 1)
    source = source_frames(film, (320, 240), 10)
    assert len(source) == count
    errors = [
        np.mean((blurred(source[number]) - blurred(shown(gif, number))) ** 2)
        for number in range(0, count, 2)
    ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def test_a_grainy_gif_that_grows_too_large_loses_its_grain_and_little_else(tmp_path: Path) -> None:
    film = make(
        tmp_path / "film.mp4", f"{GRAINY},format=yuv420p,noise=alls=14:allf=t", "-crf", "12", *H264
    )
    full = make_gif(film, tmp_path / "full.gif", width=320)
    most = int(0.8 * full.size_bytes)
    less = make_gif(film, tmp_path / "less.gif", width=320, most=most)
    assert less.size_bytes <= most
    assert likeness(film, tmp_path / "less.gif") > 43
    assert len(shown(tmp_path / "less.gif", 20).getcolors(256)) > 128


def test_a_clean_gif_that_grows_too_large_is_made_with_fewer_colours(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", "mandelbrot=s=320x240:r=10,trim=0:2", *H264)
    full = make_gif(film, tmp_path / "full.gif", width=320)
    less = make_gif(film, tmp_path / "less.gif", width=320, most=0.95 * full.size_bytes)
    assert less.size_bytes <= 0.95 * full.size_bytes
    assert 80 < len(shown(tmp_path / "less.gif", 0).getcolors(256)) < 230


def test_what_is_noise_and_nothing_else_keeps_its_likeness(tmp_path: Path) -> None:
    noise = "color=gray:s=320x240:r=10:d=1,format=yuv420p,noise=alls=100:allf=t"
    film = make(tmp_path / "film.mp4", noise, "-crf", "12", *H264)
    full = make_gif(film, tmp_path / "full.gif", width=320)
    make_gif(film, tmp_path / "less.gif", width=320, most=0.9 * full.size_bytes)
    lost = likeness(film, tmp_path / "full.gif") - likeness(film, tmp_path / "less.gif")
    assert lost < 4


def test_a_gif_too_large_even_so_shows_fewer_frames_and_keeps_its_time(tmp_path: Path) -> None:
    noise = "color=gray:s=320x240:r=10:d=2,format=yuv420p,noise=alls=100:allf=t"
    film = make(tmp_path / "film.mp4", noise, "-crf", "12", *H264)
    full = make_gif(film, tmp_path / "full.gif", width=320)
    most = full.size_bytes // 4
    less = make_gif(film, tmp_path / "less.gif", width=320, most=most)
    assert less.size_bytes <= most
    assert less.fps < full.fps
    assert sum(durations(tmp_path / "less.gif")) == pytest.approx(2000, abs=20)


def test_the_smallest_gif_is_kept_however_large_it_is(tmp_path: Path) -> None:
    film = make(
        tmp_path / "film.mp4", f"{GRAINY},format=yuv420p,noise=alls=14:allf=t,trim=0:1", *H264
    )
    made = make_gif(film, tmp_path / "a.gif", width=320, most=1000)
    assert made.size_bytes == (tmp_path / "a.gif").stat().st_size > 1000
    assert sum(durations(tmp_path / "a.gif")) == 1000
