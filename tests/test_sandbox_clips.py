"""What the sandbox renders: size, rate and length as asked, repeatable, moving, marked."""

import base64
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from test_sandbox import KEY, KLING_25, UNIVERSAL, Clock, ended, poll, sandbox
from test_sandbox_krea import png, upload

from core.media.streams import read_pictures
from core.models import (
    KLING_16,
    KREA_WAN_TEXT,
    KREA_WAN_VIDEO,
    WAN_21,
    ModelSpec,
)
from core.models import (
    KLING_25 as KLING,
)
from core.sandbox.renderer.film import shoot
from core.sandbox.renderer.mark import Mark
from core.sandbox.renderer.render import Take, encode, render_task, take_of
from core.sandbox.renderer.scene import Place, Prop, read_scene
from core.sandbox.renderer.shot import Shot
from core.sandbox.renderer.yuv import Picture, blank, mix

pytestmark = pytest.mark.anyio

VIDEO = {"model": KREA_WAN_VIDEO.id, "prompt": "neon city at night"}
WIDE = Take(width=832, height=480, fps=16, frames=18)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def shot(prompt: str, *, seed: int = 1, take: Take = WIDE) -> Shot:
    return Shot(
        width=take.width,
        height=take.height,
        fps=take.fps,
        frames=take.frames,
        seed=seed,
        variation="",
        scene=read_scene(prompt),
    )


def probe(path: Path) -> tuple[tuple[int, int], float, int, str]:
    """Return a clip's size, rate, number of frames and codec."""
    facts = next(iter(imageio_ffmpeg.read_frames(str(path))))
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(path))
    return facts["size"], facts["fps"], frames, facts["codec"]


def luma(path: Path) -> np.ndarray:
    """Return a clip's frames as bytes, frame by frame."""
    stream = imageio_ffmpeg.read_frames(str(path), pix_fmt="gray", bits_per_pixel=8)
    width, height = next(stream)["size"]
    return np.stack([np.frombuffer(frame, np.uint8).reshape(height, width) for frame in stream])


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def rendered(spec: ModelSpec, values: dict[str, Any], target: Path, seed: int = 1) -> Path:
    render_task(take_of(spec, values), values, seed, media={}, target=target)
    return target


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "source.mp4"
    encode(shoot(shot("sunset over the sea, a boat", seed=5)), WIDE, path)
    return path


@pytest.fixture(scope="module")
def source_bytes(source: Path) -> bytes:
    return source.read_bytes()


@pytest.mark.parametrize(
    ("spec", "values", "size", "fps", "frames"),
    [
        (KREA_WAN_TEXT, {"num_frames": 18}, (832, 480), 16, 18),
        (WAN_21, {"aspect_ratio": "9:16"}, (480, 832), 16, 80),
        (KLING_16, {"aspect_ratio": "9:16", "duration": 5}, (720, 1280), 24, 120),
        (KLING, {"duration": 3, "width": 320, "height": 256, "fps": 30}, (320, 256), 30, 90),
        (KLING, {"duration": 3.5, "width": 257, "height": 301, "fps": 12}, (256, 300), 12, 42),
    ],
)
def test_a_clip_has_the_size_rate_and_length_that_were_asked_for(
    tmp_path: Path, spec: ModelSpec, values: dict[str, Any], size: Any, fps: int, frames: int
) -> None:
    clip = rendered(spec, {"prompt": "silk", **values}, tmp_path / "clip.mp4")
    assert probe(clip) == (size, fps, frames, "h264")
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("spec", "values", "take"),
    [
        (KREA_WAN_TEXT, {"num_frames": 162}, (832, 480, 16, 162)),
        (WAN_21, {"aspect_ratio": "16:9"}, (832, 480, 16, 80)),
        (KLING_16, {"duration": 10}, (1280, 720, 24, 240)),
        (KLING_16, {"duration": 5, "aspect_ratio": "1:1"}, (960, 960, 24, 120)),
        (KLING, {"duration": 5, "aspect_ratio": "9:16"}, (720, 1280, 24, 120)),
        (KLING, {"duration": 5, "aspect_ratio": "1:1"}, (960, 960, 24, 120)),
        (KLING, {"duration": 10, "width": 1920, "height": 1080, "fps": 24}, (1920, 1080, 24, 240)),
    ],
)
def test_values_name_a_size_a_rate_and_a_length(
    spec: ModelSpec, values: dict[str, Any], take: tuple[int, int, int, int]
) -> None:
    found = take_of(spec, values)
    assert (found.width, found.height, found.fps, found.frames) == take


def test_the_same_order_gives_the_same_bytes_and_any_other_does_not(tmp_path: Path) -> None:
    size = {"duration": 3, "width": 256, "height": 256, "fps": 12}
    values = {"prompt": "rain over the city at night", **size}
    first = rendered(KLING, values, tmp_path / "1.mp4").read_bytes()
    assert rendered(KLING, values, tmp_path / "2.mp4").read_bytes() == first
    assert rendered(KLING, values, tmp_path / "3.mp4", seed=2).read_bytes() != first
    for index, change in enumerate(({"prompt": "snow over the city"}, {"guidance_scale": 3.0})):
        other = rendered(KLING, values | change, tmp_path / f"other{index}.mp4")
        assert other.read_bytes() != first


PROMPTS = (
    "waves on the sea at sunset, a ship and gulls",
    "a lighthouse in a storm",
    "lanterns drift down a dark river, a train on the bridge",
    "neon city street in the rain",
    "forest with fireflies at dawn",
    "snow falls on mountains, eagles",
    "northern lights over the valley",
    "lava, fire and a volcano",
    "desert dunes",
    "rice terraces, mist, lanterns",
    "a planet in space",
    "abstract silk",
)


def test_a_clip_says_which_colours_it_has(tmp_path: Path) -> None:
    take = Take(width=96, height=64, fps=8, frames=2)
    encode([blank(96, 64)] * 2, take, tmp_path / "clip.mp4")
    [track] = read_pictures(tmp_path / "clip.mp4")
    said = track.colour
    assert (said.matrix, said.primaries, said.transfer) == ("bt709",) * 3
    assert said.full_range is False


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_kind_of_scene_moves_and_is_neither_black_nor_white(prompt: str) -> None:
    take = Take(width=416, height=240, fps=16, frames=16)
    frames = [frame.y.copy() for frame in shoot(shot(prompt, take=take))]
    steps = [np.abs(a.astype(int) - b).mean() for a, b in zip(frames, frames[4:], strict=False)]
    assert min(steps) > 0.4
    assert 25 < frames[0].mean() < 215
    assert frames[0].std() > 10


@pytest.mark.parametrize("index", range(len(PROMPTS)))
def test_every_kind_of_scene_fits_narrow_and_flat_frames(index: int) -> None:
    for width, height in ((256, 256), (1280, 256), (256, 1080)):
        take = Take(width=width, height=height, fps=12, frames=1)
        frames = [frame.data.size for frame in shoot(shot(PROMPTS[index], take=take))]
        assert frames == [width * height * 3 // 2]


def test_words_choose_the_place_the_light_and_what_is_in_it() -> None:
    scene = read_scene("An eagle soars over snow-capped peaks at sunrise")
    assert (scene.place, Prop.BIRDS in scene.props) == (Place.MOUNTAINS, True)
    assert Prop.SNOW not in scene.props
    assert read_scene("rain on a city", "rain").props == frozenset()
    assert read_scene("qwertz").place is read_scene("qwertz").place
    assert len({read_scene(f"word{index}").place for index in range(60)}) > 5


def test_the_mark_stands_in_the_lower_right_corner_and_nowhere_else() -> None:
    picture = blank(832, 480)
    Mark(832, 480).set(picture)
    rows, columns = np.nonzero(picture.y > 100)
    assert len(rows) > 150
    assert rows.min() > 480 * 0.94
    assert columns.min() > 832 * 0.88


def test_a_mix_goes_from_the_one_to_the_other() -> None:
    dark, light = blank(4, 4), Picture(np.full(24, 200, np.uint8), 4, 4)
    assert mix(dark, light, 0).data is dark.data
    assert mix(dark, light, 1).data is light.data
    assert abs(int(mix(dark, light, 0.5).y[0, 0]) - 108) <= 1


async def remade(folder: Path, video_url: str, **more: Any) -> tuple[dict[str, Any], Path]:
    clock = Clock()
    options = {"fetch": more.pop("fetch")} if "fetch" in more else {}
    async with sandbox(folder, clock, **options) as client:
        body = VIDEO | {"video_url": video_url, "seed": 1} | more
        reply = await client.post(UNIVERSAL, headers=KEY, json=body)
        assert reply.status_code == 200, reply.text
        clock.now += 9
        answer = await ended(poll, client, reply.json()["id"])
        url = answer.get("video", {}).get("url", "/files/none.mp4")
        return answer, saved(folder / "out.mp4", (await client.get(url)).content)


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def data_uri(path: Path) -> str:
    return "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()


async def test_strength_0_gives_the_source_back_1_remakes_it_and_between_lies_between(
    tmp_path: Path, source: Path
) -> None:
    given = luma(source)
    quality = {}
    for strength in (0, 0.5, 1):
        folder = tmp_path / str(strength)
        _, clip = await remade(folder, data_uri(source), strength=strength)
        assert probe(clip)[:3] == ((832, 480), 16, 18)
        quality[strength] = psnr(luma(clip), given)
    assert quality[0] > 35
    assert quality[0] > quality[0.5] + 8 > quality[1] + 10
    plain = rendered(
        KREA_WAN_TEXT,
        {"prompt": VIDEO["prompt"], "enable_prompt_expansion": True},
        tmp_path / "p.mp4",
    )
    assert psnr(luma(tmp_path / "1" / "out.mp4"), luma(plain)[:18]) > 20


async def test_a_source_is_fetched_by_what_was_handed_in(
    tmp_path: Path, source_bytes: bytes
) -> None:
    asked = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return source_bytes

    answer, _ = await remade(tmp_path, "https://elsewhere.test/a.mp4", fetch=fetch)
    assert (answer["status"], asked) == ("completed", ["https://elsewhere.test/a.mp4"])


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.test/a.mp4", "data:video/mp4;base64,aGVsbG8gd29ybGQ=", "data:video/mp4,x"],
)
async def test_a_source_that_cannot_be_had_fails_in_the_makers_own_shape(
    tmp_path: Path, address: str
) -> None:
    answer, _ = await remade(tmp_path, address)
    assert answer["status"] == "error"
    assert answer["error"]["detail"][0]["loc"] == ["body", "video_url"]


async def test_a_playlist_dressed_as_a_clip_is_not_followed(tmp_path: Path, source: Path) -> None:
    dressed = b"\0\0\0\x18ftypmp42\nffconcat version 1.0\nfile " + str(source).encode()
    uri = "data:video/mp4;base64," + base64.b64encode(dressed).decode()
    answer, _ = await remade(tmp_path, uri)
    assert answer["status"] == "error"


def test_a_clip_begins_and_ends_with_the_given_pictures(tmp_path: Path) -> None:
    first = saved(tmp_path / "first", png("white", (300, 200)))
    last = saved(tmp_path / "last", png("black"))
    values = {"prompt": "sunset desert", "duration": 3, "width": 320, "height": 256, "fps": 12}
    media = {"start_image": first, "end_image": last}
    render_task(take_of(KLING, values), values, 1, media=media, target=tmp_path / "clip.mp4")
    frames = luma(tmp_path / "clip.mp4")
    assert frames[0].mean() > 230
    assert frames[-1][:220].mean() < 25
    assert 30 < frames[18].mean() < 225
    assert frames[18].std() > 15


async def test_krea_takes_pictures_from_its_assets_and_in_the_order_itself(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, clock) as client:
        first = (await upload(client, png("white", (300, 200)))).json()["image_url"]
        last = "data:image/png;base64," + base64.b64encode(png("black")).decode()
        body = {"prompt": "[stuck]", "start_image": first, "end_image": last}
        reply = await client.post(KLING_25, headers=KEY, json=body)
        assert reply.status_code == 200
        task = (tmp_path / "sources").glob("*_image")
        assert sorted(path.read_bytes() for path in task) == sorted(
            [png("white", (300, 200)), png("black")]
        )


def test_krea_goes_on_from_a_start_video(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "clip.mp4"
    values = {"prompt": "silk", "duration": 3, "width": 832, "height": 480, "fps": 16}
    render_task(take_of(KLING, values), values, 1, media={"start_video": source}, target=target)
    frames, given = luma(target), luma(source)
    assert psnr(frames[:10], given[:10]) > 33
    assert psnr(frames[-1], given[-1]) < 20


def test_frames_can_be_looked_at_as_a_picture(tmp_path: Path) -> None:
    frame = next(iter(shoot(shot("sunset over the sea"))))
    Image.fromarray(frame.y).save(tmp_path / "frame.png")
    assert frame.y[:200].std() > 5
