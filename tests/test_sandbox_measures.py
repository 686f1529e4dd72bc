"""A clip for any model: what size, rate and length an order comes to, and what a file's part is."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Still
from test_sandbox_clips import PROMPTS, luma, probe, psnr, saved, shot
from test_sandbox_krea import png
from test_sandbox_models import SOUNDS

from core.models import ModelSpec
from core.params import Integer, Number
from core.sandbox.input_roles import InputRoles
from core.sandbox.measures import Take, seconds_of, take_of
from core.sandbox.order_files import Facts, dimensions
from core.sandbox.order_words import prompt_of, unwanted_in
from core.sandbox.renderer.film import shoot, shoot_over
from core.sandbox.renderer.render import encode, render_task
from core.sandbox.renderer.stills import enlarged, push_in
from core.sandbox.renderer.yuv import from_rgb


def spec(*params: Any, **facts: Any) -> ModelSpec:
    usual: dict[str, Any] = {"id": "maker/any", "provider": "aimlapi", "name": "Any", "task": ""}
    return ModelSpec(**usual | {"path": "/x", "params": params, "built_in": False} | facts)


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ({}, (1280, 720)),
        ({"aspect_ratio": "16:9"}, (1280, 720)),
        ({"aspect_ratio": "9:16"}, (720, 1280)),
        ({"aspect_ratio": "1:1"}, (720, 720)),
        ({"aspect_ratio": "4:3"}, (960, 720)),
        ({"aspect_ratio": "21:9"}, (1280, 548)),
        ({"aspect_ratio": "auto"}, (1280, 720)),
        ({"ratio": "adaptive", "resolution": "480p"}, (852, 480)),
        ({"ratio": "768:1280"}, (768, 1280)),
        ({"ratio": "1280:768"}, (1280, 768)),
        ({"image_size": "portrait_16_9"}, (1280, 720)),
        ({"orientation": "portrait"}, (720, 1280)),
        ({"orientation": "square"}, (720, 720)),
        ({"resolution": "720p", "aspect_ratio": "9:16"}, (720, 1280)),
        ({"resolution": "480P", "aspect_ratio": "1:1"}, (480, 480)),
        ({"resolution": "1080p"}, (1280, 720)),
        ({"resolution": 540, "aspect_ratio": "16:9"}, (960, 540)),
        ({"resolution": "4k", "aspect_ratio": "9:16"}, (720, 1280)),
        ({"resolution": "1280x720"}, (1280, 720)),
        ({"size": "720*1280"}, (720, 1280)),
        ({"size": "832*480"}, (832, 480)),
        ({"size": "1920×1080"}, (1280, 720)),
        ({"image_size": {"width": 640, "height": 960}}, (640, 960)),
        ({"width": 640, "height": 360}, (640, 360)),
        ({"width": "641", "height": 359.0}, (640, 358)),
        ({"width": 800, "aspect_ratio": "1:1"}, (800, 800)),
        ({"height": 500, "aspect_ratio": "2:1"}, (1000, 500)),
        ({"width": 8000, "height": 100}, (1280, 320)),
        ({"width": 16, "height": 16}, (160, 160)),
        ({"width": 10, "height": 10_000}, (320, 1280)),
        ({"aspect_ratio": "0:9"}, (1280, 720)),
        ({"aspect_ratio": None, "width": "wide", "resolution": True, "size": []}, (1280, 720)),
    ],
)
def test_a_size_is_read_however_it_is_written(values: Any, size: tuple[int, int]) -> None:
    assert take_of(spec(), values).size == size


def test_where_the_order_tells_no_shape_the_picture_does_and_else_the_model() -> None:
    upright = Facts(width=600, height=1000)
    assert take_of(spec(), {}, upright).size == (720, 1200)
    assert take_of(spec(), {"aspect_ratio": "auto"}, upright).size == (720, 1200)
    assert take_of(spec(), {"aspect_ratio": "16:9"}, upright).size == (1280, 720)
    small = spec(sizes={"16:9": (832, 480), "9:16": (480, 832)})
    assert take_of(small, {}).size == (832, 480)
    assert take_of(small, {"aspect_ratio": "9:16"}).size == (480, 832)
    assert take_of(small, {"aspect_ratio": "1:1"}).size == (720, 720)


@pytest.mark.parametrize(
    ("values", "rate", "frames"),
    [
        ({}, 24, 120),
        ({"duration": 8}, 24, 192),
        ({"duration": "8"}, 24, 192),
        ({"duration": "8s"}, 24, 192),
        ({"duration": "6 seconds", "fps": "16"}, 16, 96),
        ({"duration": "auto"}, 24, 120),
        ({"duration": -1}, 24, 120),
        ({"duration": 30}, 24, 240),
        ({"duration": 0.2}, 24, 24),
        ({"num_frames": 81, "fps": 16}, 16, 81),
        ({"num_frames": 81, "frames_per_second": 16, "duration": 9}, 16, 81),
        ({"num_frames": 100_000}, 24, 240),
        ({"frames": 5}, 24, 24),
        ({"fps": 60}, 30, 150),
        ({"fps": 1}, 8, 40),
        ({"fps": 23.976}, 24, 120),
        ({"duration": True, "fps": None, "num_frames": {}}, 24, 120),
    ],
)
def test_a_length_and_a_rate_are_read_and_kept_within_bounds(
    values: Any, rate: int, frames: int
) -> None:
    take = take_of(spec(), values)
    assert (take.fps, take.frames) == (rate, frames)


def test_units_tell_a_length_under_a_name_of_its_own() -> None:
    many = spec(Integer(name="how_many", label="", unit="frames"), fps=10)
    assert take_of(many, {"how_many": 40}).frames == 40
    long = spec(Number(name="how_long", label="", unit="s"))
    assert take_of(long, {"how_long": 3.5}).frames == 84
    assert seconds_of(long, {"how_long": 60}) == 60


def test_a_clip_that_follows_another_is_as_long_as_it() -> None:
    clip = Facts(width=640, height=360, seconds=7.0)
    assert take_of(spec(), {}, clip).frames == 168
    assert take_of(spec(), {"duration": 3}, clip).frames == 72


@pytest.mark.parametrize("index", range(len(PROMPTS)))
def test_every_kind_of_scene_fits_the_steepest_frames_and_the_smallest(index: int) -> None:
    for width, height in ((160, 160), (1280, 320), (320, 1280)):
        take = Take(width=width, height=height, fps=8, frames=1)
        over = from_rgb(np.full((height, width, 3), 90, np.uint8))
        scene = shot(PROMPTS[index], take=take)
        for frames in (shoot(scene), shoot_over(scene, [over])):
            assert [frame.data.size for frame in frames] == [width * height * 3 // 2]


def test_files_get_their_parts_by_name_and_by_first_bytes(tmp_path: Path) -> None:
    picture = saved(tmp_path / "a", png())
    other = saved(tmp_path / "b", png("blue"))
    clip = saved(tmp_path / "c", b"\0\0\0\x18ftypmp42" + bytes(40))
    sound = saved(tmp_path / "d", SOUNDS["wav"])
    for last in ("tail_image_url", "end_image", "last_frame", "image_end", "lastFrame"):
        roles = InputRoles.of({last: other, "image_url": picture, "audio_url": sound})
        assert (roles.stills, roles.last) == ((picture,), other), last
    for first in ("extend_image", "blended", "start_frame", "image_urls.0"):
        assert InputRoles.of({first: picture}).stills == (picture,), first
    assert InputRoles.of({"start_video": clip}).opening == clip
    roles = InputRoles.of({"video_url": clip, "image": picture})
    assert (roles.source, roles.opening, roles.stills) == (clip, None, (picture,))


def test_a_photograph_that_lies_on_its_side_counts_as_upright(tmp_path: Path) -> None:
    exif = Still.Exif()
    exif[0x0112] = 6
    Still.new("RGB", (60, 40)).save(tmp_path / "a.jpg", exif=exif)
    assert dimensions((tmp_path / "a.jpg").read_bytes()) == (40, 60)


def test_words_are_found_and_unwanted_ones_kept_apart() -> None:
    assert prompt_of({"prompt": "sea", "text": "other"}) == "sea"
    assert prompt_of({"shots": [{"prompt": "one"}, {"prompt": "two"}]}) == "one\ntwo"
    assert prompt_of({"prompt": "", "script": "hello", "negative_prompt": "rain"}) == "hello"
    assert prompt_of({"voice_id": "anna", "mode": "pro"}) == ""
    assert unwanted_in({"negative_prompt": "rain", "prompt": "sea"}) == "rain"


def drawing(size: tuple[int, int], colour: tuple[int, int, int] = (200, 60, 40)) -> bytes:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = colour
    pixels[:, : width // 8] = 255
    return _file(pixels)


def _file(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Still.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


SMALL = Take(width=320, height=480, fps=12, frames=36)


def clip_of(media: dict[str, Path], target: Path, prompt: str = "rain at night") -> np.ndarray:
    render_task(SMALL, {"prompt": prompt}, 3, media=media, target=target)
    assert probe(target)[:3] == (SMALL.size, 12, 36)
    return luma(target)


def test_a_clip_begins_with_its_picture_and_comes_slowly_closer(tmp_path: Path) -> None:
    picture = saved(tmp_path / "a", drawing((640, 960)))
    frames = clip_of({"image_url": picture}, tmp_path / "clip.mp4")
    given = np.asarray(Still.open(picture).convert("L").resize(SMALL.size))
    # Studio range against full range: the mean says nothing, the shape does.
    assert np.corrcoef(frames[0].ravel(), given.ravel())[0, 1] > 0.99
    edge = [int((frame[200] > 140).argmin()) for frame in (frames[0], frames[-1])]
    assert edge[1] < edge[0] - 5
    assert psnr(frames[0], frames[-1]) < 25
    again = tmp_path / "again.mp4"
    clip_of({"image_url": picture}, again)
    assert again.read_bytes() == (tmp_path / "clip.mp4").read_bytes()


def test_several_pictures_follow_one_another(tmp_path: Path) -> None:
    white = saved(tmp_path / "a", png("white", (300, 300)))
    black = saved(tmp_path / "b", png("black", (300, 300)))
    media = {"image_urls.0": white, "image_urls.1": black}
    frames = clip_of(media, tmp_path / "clip.mp4", "noon")
    assert frames[2].mean() > 190
    assert frames[-1].mean() < 90


def test_a_clip_is_restyled_and_holds_its_last_picture(tmp_path: Path) -> None:
    short = Take(width=320, height=480, fps=12, frames=6)
    source = tmp_path / "source.mp4"
    still = from_rgb(np.asarray(Still.open(saved(tmp_path / "a", drawing((320, 480))))))
    encode([still] * 6, short, source)
    frames = clip_of({"video_url": source}, tmp_path / "clip.mp4")
    given = luma(source)
    assert np.corrcoef(frames[0].ravel(), given[0].ravel())[0, 1] > 0.97
    assert 0.75 < np.corrcoef(frames[-1].ravel(), given[-1].ravel())[0, 1] < 0.999


def test_sound_alone_leaves_the_scene_as_it_is(tmp_path: Path) -> None:
    sound = saved(tmp_path / "a", SOUNDS["wav"])
    with_sound, without = tmp_path / "1.mp4", tmp_path / "2.mp4"
    clip_of({"audio_url": sound}, with_sound)
    clip_of({}, without)
    assert with_sound.read_bytes() == without.read_bytes()


def test_a_push_in_ends_closer_than_it_began() -> None:
    size = enlarged((64, 64))
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 6] = 255
    take = Take(width=64, height=64, fps=8, frames=8)
    frames = [frame.y.copy() for frame in push_in([from_rgb(pixels)], take)]
    assert len(frames) == 8
    assert frames[-1].mean() < frames[0].mean() - 5


def test_weather_comes_over_a_picture_and_is_not_there_at_once() -> None:
    given = from_rgb(np.full((240, 416, 3), 90, np.uint8))
    take = Take(width=416, height=240, fps=8, frames=16)
    frames = list(shoot_over(shot("rain and snow at night", take=take), [given] * 16))
    assert (frames[0].data == given.data).all()
    assert np.abs(frames[8].y.astype(int) - given.y).mean() > 3
