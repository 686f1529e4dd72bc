"""Files that people bring, as phones and editors write them, and what a provider is sent."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from test_media_still import (
    DISPLAY_P3,
    SAMPLES,
    TELLING,
    XMP,
    colours,
    middles,
    noted,
    p3_in_srgb,
    two_pictures,
)
from world import KLING

from core.errors import InvalidInput
from core.models import find_model
from core.sources import Sources

pytestmark = pytest.mark.anyio


@pytest.fixture
def deliver(world, make_job):
    """Hand a file in and order with it; returns the bytes that reached the provider."""

    async def deliver(path, *, model=KLING, field="start_image"):
        given = make_job(model, params={"prompt": "a fox", field: str(path)})
        spec = find_model(model).when(live=True)
        job = world.store.add(Sources(world.store, world.shelf).take_in(given, spec))
        job = await world.carry(job)
        assert world.provider.orders == 1, job.error
        return sent(world, field), job

    return deliver


def sent(world, field):
    """The one file of an order, uploaded before it or inside it."""
    if world.provider.seen["uploads"]:
        [upload] = world.provider.seen["uploads"]
        return re.search(rb'name="file".*?\r\n\r\n(.*)\r\n--', upload.body, re.DOTALL)[1]
    [order] = world.provider.seen["creates"]
    return base64.b64decode(json.loads(order.body)[field].partition(",")[2])


def refused(world, make_job, path, *, model=KLING, field="start_image"):
    """What is said on the field of a file that is not taken in."""
    world.orders = 0
    job = make_job(model, params={"prompt": "a fox", field: str(path)})
    with pytest.raises(InvalidInput) as refusal:
        Sources(world.store, world.shelf).take_in(job, find_model(model).when(live=True))
    assert set(refusal.value.problems) == {field}
    assert world.provider.connections == 0
    return refusal.value.problems[field]


@pytest.mark.fault(175, "a still in Display P3", "reaches the provider in sRGB, within 5 of 255")
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif", "a.heic"])
async def test_a_phone_s_colours_reach_the_provider_as_they_were_seen(tmp_path, deliver, name):
    path = tmp_path / name
    if name == "a.heic":
        path.write_bytes((SAMPLES / "phone.heic").read_bytes())
    else:
        colours().save(path, icc_profile=DISPLAY_P3, quality=95)
    content, _ = await deliver(path)
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
        seen = np.asarray(picture.convert("RGB"), float)
    assert np.abs(middles(seen) - middles(p3_in_srgb(colours()))).max() <= 5


@pytest.mark.fault(176, "a 16-bit grey PNG", "reaches the provider scaled to 8 bits, not white")
async def test_sixteen_bits_of_grey_reach_the_provider_as_grey(tmp_path, deliver):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(32, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    content, _ = await deliver(tmp_path / "a.png")
    with Image.open(io.BytesIO(content)) as picture:
        assert np.abs(np.asarray(picture.convert("L"), float)[16] - np.arange(256)).max() <= 3


@pytest.mark.fault(177, "a phone's two-picture JPEG of 24 megapixels", "taken as a JPEG")
async def test_the_first_of_a_phone_s_two_pictures_is_sent(tmp_path, deliver):
    (tmp_path / "a.jpg").write_bytes(two_pictures((6000, 4000)))
    content, _ = await deliver(tmp_path / "a.jpg")
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        assert picture.size == (2048, 1365)


@pytest.mark.fault(178, "a still with a place, camera or notes in it", "sent without; said")
@pytest.mark.parametrize("how", ["EXIF.jpg", "XMP.jpg", "behind the end.jpg", "late text.png"])
async def test_the_place_of_a_still_never_reaches_the_provider(tmp_path, deliver, how):
    path = noted(tmp_path, how)
    content, job = await deliver(path)
    assert not any(word in content for word in (*TELLING, XMP))
    assert "rid of its notes" in job.facts["sources"][0]
    with Image.open(path) as before, Image.open(io.BytesIO(content)) as after:
        assert after.tobytes() == before.tobytes()


@pytest.mark.fault(179, "a cut-off or damaged still", "rejected at the field, in a sentence")
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.avif", "a.heic"])
async def test_a_cut_off_still_is_refused_when_it_is_handed_in(world, make_job, tmp_path, name):
    path = tmp_path / name
    if name == "a.heic":
        path.write_bytes((SAMPLES / "phone.heic").read_bytes())
    else:
        Image.effect_noise((300, 200), 80).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert "cut off: " in refused(world, make_job, path)
