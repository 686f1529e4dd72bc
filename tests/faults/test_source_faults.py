"""Files that people bring, as phones and editors write them, and what a provider is sent."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from standard import CURVES, bright_film, expected, inside, patches
from test_media_fit_image import (
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
from world import KLING, WAN_VIDEO, pictures

from core.errors import InvalidInput
from core.jobs.inputs import JobInputs
from core.media import ffmpeg, fit_sound, probe
from core.media.streams import read_pictures
from core.models import find_model

pytestmark = pytest.mark.anyio


@pytest.fixture
def deliver(world, make_job):
    """Hand a file in and order with it; returns the bytes that reached the provider."""

    async def deliver(path, *, model=KLING, field="start_image"):
        given = make_job(model, params={"prompt": "a fox", field: str(path)})
        spec = find_model(model).when(live=True)
        job = world.store.add(JobInputs(world.store, world.job_files).take_in(given, spec))
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
        JobInputs(world.store, world.job_files).take_in(job, find_model(model).when(live=True))
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
    assert "cut off" in refused(world, make_job, path)


H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")


def film(path, *arguments, source="testsrc2=s=96x64:r=12:d=1", sound=()):
    tone = ["-f", "lavfi", "-i", "sine=d=1"] if sound else []
    ffmpeg.run(["-f", "lavfi", "-i", source, *tone, *(arguments or H264), *sound, str(path)])
    return path


@pytest.fixture
def deliver_film(deliver, tmp_path):
    async def deliver_film(path):
        content, job = await deliver(path, model=WAN_VIDEO, field="video_url")
        kept = tmp_path / "delivered.mp4"
        kept.write_bytes(content)
        return kept, " ".join(job.facts.get("sources", ()))

    return deliver_film


@pytest.mark.fault(180, "an HDR clip as a source", "tone-mapped to SDR, tagged as such; said")
@pytest.mark.parametrize("curve", CURVES)
async def test_a_phone_s_hdr_reaches_the_provider_as_sdr(tmp_path, deliver_film, curve):
    picture = patches()
    kept, said = await deliver_film(bright_film(tmp_path / "film.mp4", picture, curve))
    [shown] = read_pictures(kept)
    assert (shown.colour.transfer, shown.colour.primaries) == ("bt709", "bt709")
    still = tmp_path / "still.png"
    ffmpeg.run(["-i", str(kept), "-frames:v", "1", "-pix_fmt", "rgb24", str(still)])
    # The picture is scaled to the model's size, and so are the patches
    assert np.abs(inside(still) - expected(picture)).mean() <= 3
    assert "colours converted to SDR" in said


@pytest.mark.fault(181, "pixels that are not square, or a turn, in MKV or WebM", "as in MP4")
async def test_the_shape_of_a_matroska_reaches_the_provider(tmp_path, deliver_film):
    path = film(tmp_path / "a.webm", "-vf", "setsar=2", "-c:v", "libvpx")
    kept, _ = await deliver_film(path)
    assert (probe(kept).width, probe(kept).height) == (192, 64)


@pytest.mark.fault(
    182, "a clip that fits, with a place in it", "sent without; not coded anew; said"
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
async def test_the_place_in_a_film_never_reaches_the_provider(tmp_path, deliver_film, name):
    place = ["-metadata", "location=+52.5200+013.4050/", "-metadata", "comment=my home"]
    path = film(tmp_path / name, *H264, *place)
    kept, said = await deliver_film(path)
    assert not any(word in kept.read_bytes() for word in (b"52.52", b"my home", b"loci"))
    assert pictures(kept) == pictures(path)
    assert "notes (place, device)" in said


@pytest.mark.fault(183, "sound that the model takes no part of", "left out, and said")
async def test_a_sound_that_is_left_out_is_told(tmp_path, deliver_film):
    path = film(
        tmp_path / "a.mov", *H264, source="testsrc2=s=96x64:r=60:d=1", sound=["-c:a", "ac3"]
    )
    kept, said = await deliver_film(path)
    assert not probe(kept).audio
    assert "sound left out" in said


@pytest.mark.fault(184, "a source of 4K, of minutes, or of 240 frames a second", "trimmed, scaled")
@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("color=s=3840x2160:r=5:d=0.6", "scaled"),
        ("testsrc2=s=96x64:r=10:d=90", "trimmed"),
        ("testsrc2=s=96x64:r=240:d=1", "reduced"),
    ],
)
async def test_a_large_long_or_fast_source_is_made_to_fit(tmp_path, deliver_film, source, what):
    kept, said = await deliver_film(film(tmp_path / "a.mp4", source=source))
    assert what in said
    clip = probe(kept)
    assert (clip.width <= 832, clip.seconds <= 10.2, clip.fps <= 16.1) == (True, True, True)


@pytest.mark.fault(
    185, "a cover before the film, one picture, fragments, interlaced", "as it plays"
)
@pytest.mark.parametrize("how", ["cover", "one", "fragments", "interlaced"])
async def test_an_odd_film_reaches_the_provider_as_it_plays(tmp_path, deliver_film, how):
    path = film(tmp_path / "a.mp4")
    if how == "cover":
        cover = film(tmp_path / "a.jpg", "-frames:v", "1", source="color=red:s=48x48:r=1")
        both = ["-i", str(cover), "-i", str(path), "-map", "0", "-map", "1", "-c", "copy"]
        path = tmp_path / "covered.mp4"
        ffmpeg.run([*both, "-disposition:v:0", "0", str(path)])
    else:
        options = {
            "one": ("-frames:v", "1", *H264),
            "fragments": ("-movflags", "frag_keyframe+empty_moov", "-g", "4", *H264),
            "interlaced": ("-vf", "interlace", "-flags", "+ilme+ildct", *H264),
        }
        path = film(tmp_path / "odd.mp4", *options[how], source="testsrc2=s=96x64:r=24:d=1")
    kept, _ = await deliver_film(path)
    clip = probe(kept)
    assert (clip.width, clip.height, clip.codec) == (96, 64, "avc1")
    assert clip.frames == {"cover": 12, "one": 1, "fragments": 16, "interlaced": 12}[how]
    assert not read_pictures(kept)[0].interlaced


@pytest.mark.fault(186, "too many, too large, or pictures of an unknown kind", "refused with why")
@pytest.mark.parametrize(
    ("name", "source", "options", "why"),
    [
        ("a.mp4", "color=s=7680x4320:r=2:d=0.5", H264, "of 33.18 megapixels; 9.437 is the most"),
        ("a.mp4", "testsrc2=s=64x48:r=1000:d=0.2", H264, "1000 frames a second; 480 is the most"),
        ("a.mp4", "color=s=16x16:r=1:d=3700", H264, "3700 s long; 3600 s is the most"),
        ("a.mkv", "testsrc2=s=64x48:r=12:d=1", ("-c:v", "wmv2"), "(wmv2) cannot be decoded here"),
        ("a.avi", "testsrc2=s=64x48:r=12:d=1", ("-c:v", "mpeg4"), "not an MP4, MOV, WebM or"),
    ],
)
async def test_a_source_is_refused_for_its_true_reason(
    world, make_job, tmp_path, name, source, options, why
):
    path = film(tmp_path / name, *options, source=source)
    assert why in refused(world, make_job, path, model=WAN_VIDEO, field="video_url")


OLD = {
    "h263.3gp": ("-s", "176x144", "-c:v", "h263"),
    "mpeg2.mp4": ("-r", "25", "-c:v", "mpeg2video"),
    "mjpeg.mov": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "prores.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"),
}


@pytest.mark.fault(187, "H.263, MPEG-2, MJPEG, ProRes; ADPCM or AC-3", "converted to H.264 and AAC")
@pytest.mark.parametrize("name", OLD)
async def test_an_old_codec_reaches_the_provider_as_h264(tmp_path, deliver_film, name):
    sound = ["-c:a", "adpcm_ima_qt" if name.endswith("mov") else "aac"]
    kept, _ = await deliver_film(film(tmp_path / name, *OLD[name], sound=sound))
    assert (probe(kept).codec, probe(kept).profile, probe(kept).container) == ("avc1", 100, "mp4")


@pytest.mark.fault(188, "ffmpeg gives up on a source", "a sentence of ours, never ffmpeg's words")
async def test_no_word_of_ffmpeg_s_reaches_anyone(world, make_job, tmp_path):
    whole = film(tmp_path / "a.mp4", *H264, "-movflags", "+faststart").read_bytes()
    at = whole.index(b"mdat") + 4
    for number, broken in enumerate((b"\xff", b"\0", b"\x55\xaa")):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes((whole[:at] + broken * len(whole))[: len(whole)])
        said = refused(world, make_job, path, model=WAN_VIDEO, field="video_url")
        assert not re.search(r"ffmpeg|0x|@|Error|Invalid data|#0", said), said


@pytest.mark.fault(189, "a sound with a title, place or recorder's notes", "sent without; said")
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a"])
async def test_what_a_sound_tells_never_leaves(tmp_path, name):
    codec = {"a.wav": "pcm_s16le", "a.mp3": "libmp3lame", "a.m4a": "aac"}[name]
    notes = ["-metadata", "title=at my home", "-metadata", "comment=my home"]
    path = tmp_path / name
    ffmpeg.run(["-f", "lavfi", "-i", "sine=d=1", "-c:a", codec, *notes, str(path)])
    assert b"home" in path.read_bytes().replace(b"\0", b"")
    made = fit_sound(path, tmp_path / "b", size_bytes=10**7, keeps={"wav", "mp3", "mov"})
    assert b"home" not in made.path.read_bytes().replace(b"\0", b"")
    assert "rid of its notes" in made.changes


@pytest.mark.fault(
    255,
    "an order with an address in a private network, in whatever spelling",
    "refused at the field; nothing is ordered",
)
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0x7f.1", "2130706433", "[fec0::1]", "[5f00::1]", "localhost", "a.internal"],
)
async def test_an_address_that_no_provider_can_fetch_is_refused_at_its_field(world, make_job, host):
    world.orders = 0
    job = make_job(WAN_VIDEO, params={"prompt": "a fox", "video_url": f"https://{host}/a.mp4"})
    with pytest.raises(InvalidInput) as refused:
        JobInputs(world.store, world.job_files).take_in(job, find_model(WAN_VIDEO).when(live=True))
    assert list(refused.value.problems) == ["video_url"]
    assert world.files(job) == set()
