"""Clips that providers really send and that are not as ours are: each was paid for, and is kept."""

import json
import struct

import numpy as np
import pytest
from PIL import Image
from provider import answer
from standard import bright_film, expected, inside, patches, plain_film
from world import assert_completed, pictures

from core.jobs.doubtful_clips import DOUBTFUL
from core.media import ffmpeg, probe, read_tags
from core.media.streams import read_pictures
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

TAILS = {
    "a line's end": b"\n",
    "zeros": bytes(33),
    "half a box": b"\0\0\1\0free12",
    "an unknown box": b"\0\0\0\x10abcd12345678",
    "text": b"-- end of object --\r\n",
}


@pytest.mark.fault(
    155, "an MP4 with a few bytes behind its last box", "completed, previews and all"
)
@pytest.mark.parametrize("tail", TAILS)
async def test_what_stands_behind_the_last_box_spoils_no_clip(world, carry, clip_bytes, tail):
    world.script(files=[answer(200, clip_bytes + TAILS[tail])])
    job = await carry()
    assert_completed(world, job)
    assert len(world.provider.seen["files"]) == 1
    assert read_tags(world.job_files.clip(job))["model"] == job.model


@pytest.mark.fault(155, "a MOV that begins with `wide` and `mdat`", "completed, previews and all")
async def test_an_old_quicktime_film_is_a_clip(world, carry, tmp_path, clip_bytes):
    film, old = tmp_path / "film.mp4", tmp_path / "old.mov"
    film.write_bytes(clip_bytes)
    ffmpeg.run(["-i", str(film), "-c", "copy", "-movflags", "0", str(old)])
    content = bytearray(old.read_bytes())
    content[4:8] = b"wide"
    world.script(files=[answer(200, bytes(content))])
    assert_completed(world, await carry())


def damaged(clip):
    """A clip of which the index counts one picture beyond the file's end."""
    content = bytearray(clip)
    struct.pack_into(">I", content, content.index(b"stco") + 12, len(clip) - 4)
    return bytes(content)


KEPT = {
    "an index that counts beyond the end": damaged,
    "AVI": lambda clip: b"RIFF\0\1\0\0AVI LIST" + bytes(range(256)),
    "GIF": lambda clip: b"GIF89a" + bytes(range(256)),
    "noise": lambda clip: bytes(range(256)) * 9,
}


@pytest.mark.fault(
    156,
    "a body that is no whole clip by our checks, twice the same",
    "completed; kept as it came, with a warning, and can be downloaded",
)
@pytest.mark.parametrize("kind", KEPT)
async def test_whatever_our_checks_say_the_paid_bytes_are_kept(world, carry, clip_bytes, kind):
    body = KEPT[kind](clip_bytes)
    world.script(files=[answer(200, body)])
    job = await carry()
    assert (job.state, job.note, job.error) == (State.COMPLETED, DOUBTFUL, None)
    assert len(world.provider.seen["files"]) == 2
    assert world.files(job) == {"clip.mp4"}
    assert world.job_files.public(job, "clip.mp4").read_bytes() == body
    assert world.shown(job)["files"]["video"].endswith("/clip.mp4")


@pytest.mark.fault(156, "a cut-off body, and then the whole clip", "completed, previews and all")
async def test_a_better_body_takes_the_place_of_a_doubtful_one(world, carry, clip_bytes):
    world.script(files=[answer(200, damaged(clip_bytes)), answer(200, clip_bytes)])
    assert_completed(world, await carry())


@pytest.mark.fault(
    156, "a body that breaks off elsewhere each time", "completed; the longest is kept"
)
async def test_of_bodies_that_all_break_off_the_longest_is_kept(world, carry, clip_bytes):
    lengths = (4000, 6000, 5000, *range(3999, 3900, -1))
    world.script(files=[answer(200, clip_bytes[:length]) for length in lengths])
    job = await carry()
    assert (job.state, job.note) == (State.COMPLETED, DOUBTFUL)
    assert world.job_files.clip(job).read_bytes() == clip_bytes[:6000]
    assert world.files(job) == {"clip.mp4"}


@pytest.mark.fault(157, "WebM or MKV as the result", "completed, previews and all")
@pytest.mark.parametrize("ending", ["webm", "mkv"])
async def test_matroska_is_a_clip(world, carry, tmp_path, ending):
    film = tmp_path / f"film.{ending}"
    ffmpeg.run(["-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1", str(film)])
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    assert job.state is State.COMPLETED
    assert set(job.files) >= {"video", "poster", "preview", "gif"}
    assert world.job_files.clip(job).read_bytes() == film.read_bytes()
    assert pictures(world.job_files.clip(job)) == pictures(film)


C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def with_box(clip, kind, body):
    return clip + struct.pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.fault(
    158,
    "a clip with content credentials (C2PA)",
    "completed; byte for byte as it came, the settings beside it; the page says so",
)
async def test_a_signed_clip_stays_as_it_came(world, carry, clip_bytes):
    body = with_box(clip_bytes, b"uuid", C2PA + bytes(4) + b"manifest\0" + bytes(99))
    world.script(files=[answer(200, body)])
    job = await carry()
    assert job.state is State.COMPLETED
    assert world.job_files.clip(job).read_bytes() == body
    assert (
        json.loads(world.job_files.public(job, "settings.json").read_text())["model"] == job.model
    )
    shown = world.shown(job)
    assert shown["signed"] is True
    assert shown["settings_file"].endswith("/settings.json")
    assert set(job.files) == {"video", "poster", "preview", "gif", "settings"}


@pytest.mark.fault(
    159, "a clip with the provider's own comment, artist and label", "they stay; ours beside them"
)
async def test_what_the_provider_wrote_into_the_clip_stays(world, carry, tmp_path, clip_bytes):
    film, labelled = tmp_path / "film.mp4", tmp_path / "labelled.mp4"
    film.write_bytes(clip_bytes)
    words = ["-metadata", "comment=made by Vendor", "-metadata", "artist=Ann"]
    label = ["-movflags", "+faststart+use_metadata_tags", "-metadata", 'AIGC={"Label":"1"}']
    for more in (words, [*words, *label]):
        copied = ["-c", "copy", "-movflags", "+faststart", *more, str(labelled)]
        ffmpeg.run(["-i", str(film), *copied])
        world.orders = 2
        world.script(files=[answer(200, labelled.read_bytes())])
        job = await carry()
        assert_completed(world, job)
        kept = ffmpeg.told(["-i", str(world.job_files.clip(job))])
        for word in ("made by Vendor", "Ann", *(["AIGC"] if more is not words else [])):
            assert word in kept
        assert read_tags(world.job_files.clip(job))["model"] == job.model


HDR = "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084:range=limited"
HALF = "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='if(gt(X,48),255,0)'"
UNPLAYABLE = {
    "HEVC": ("mp4", ["-c:v", "libx265", "-x265-params", "log-level=none"], "HEVC"),
    "HEVC, HDR10": ("mp4", ["-vf", HDR, "-pix_fmt", "yuv420p10le", "-c:v", "libx265"], "HEVC"),
    "ProRes": ("mov", ["-c:v", "prores_ks"], "ProRes"),
    "MPEG-4 Part 2": ("mp4", ["-c:v", "mpeg4"], "MPEG-4"),
    "H.264 of ten bits": ("mp4", ["-pix_fmt", "yuv420p10le", "-c:v", "libx264"], "eight bits"),
    "VP9 with transparency": (
        "webm",
        ["-vf", HALF, "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"],
        "seen through",
    ),
}


@pytest.mark.fault(
    160,
    "a clip that browsers may not play: HEVC, ProRes, ten bits, transparency",
    "completed; said, with a copy in H.264 beside the untouched file",
)
@pytest.mark.parametrize("kind", UNPLAYABLE)
async def test_a_copy_stands_in_for_what_a_browser_may_not_play(world, carry, tmp_path, kind):
    ending, arguments, what = UNPLAYABLE[kind]
    film = tmp_path / f"film.{ending}"
    ffmpeg.run(["-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1", *arguments, str(film)])
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    assert job.state is State.COMPLETED
    copy = world.shown(job)["copy"]
    assert what in copy["what"]
    assert pictures(world.job_files.clip(job)) == pictures(film)
    made = world.job_files.public(job, copy["url"].rsplit("/", 1)[1])
    clip = probe(made)
    assert (clip.codec, clip.frames, clip.width, clip.whole) == ("avc1", 10, 96, True)
    [track] = read_pictures(made)
    assert (track.colour.pixels, track.colour.matrix) == ("yuv420p", "bt709")


SOUND = ["-f", "lavfi", "-i", "sine=d=1"]
HEARD = {
    "ProRes and PCM": ("mov", ["-c:v", "prores_ks", "-c:a", "pcm_s16le"], "ProRes with PCM"),
    "H.264 and AC-3": ("mp4", ["-pix_fmt", "yuv420p", "-c:a", "ac3"], "H.264 with AC-3"),
    "H.264 and ALAC": ("mov", ["-pix_fmt", "yuv420p", "-c:a", "alac"], "H.264 with ALAC"),
    "HEVC and E-AC-3": ("mp4", ["-c:v", "libx265", "-c:a", "eac3"], "HEVC with E-AC-3"),
    "DNxHR and PCM": (
        "mov",
        ["-pix_fmt", "yuv422p", "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-c:a", "pcm_s24le"],
        "DNxHD with PCM",
    ),
    "H.263 and AMR": (
        "3gp",
        ["-s", "176x144", "-c:v", "h263", "-ar", "8000", "-ac", "1"],
        "H.263 with",
    ),
    "MPEG-2 and FLAC": ("mkv", ["-r", "25", "-c:v", "mpeg2video", "-c:a", "flac"], "mpeg2video"),
    "VP9 and PCM": (
        "mkv",
        ["-pix_fmt", "yuv420p", "-c:v", "libvpx-vp9", "-c:a", "pcm_s16le"],
        "VP9 with PCM",
    ),
}


@pytest.mark.fault(
    160,
    "a clip whose pictures play and whose sound does not, or neither",
    "completed; a copy with its sound, and all previews",
)
@pytest.mark.parametrize("kind", HEARD)
async def test_the_copy_keeps_the_sound(world, carry, tmp_path, kind):
    ending, arguments, what = HEARD[kind]
    film = tmp_path / f"film.{ending}"
    source = ["-f", "lavfi", "-i", "testsrc2=s=256x144:r=10:d=1", *SOUND]
    ffmpeg.run([*source, *arguments, str(film)])
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    assert job.note == ""
    copy = world.shown(job)["copy"]
    assert copy["what"].startswith(what)
    assert copy["silent"] is False
    made = probe(world.job_files.public(job, copy["url"].rsplit("/", 1)[1]))
    assert (made.codec, made.sound, made.whole) == ("avc1", "mp4a", True)


@pytest.mark.fault(160, "a copy whose sound cannot be decoded here", "completed; said")
async def test_a_copy_without_its_sound_says_so(world, carry, tmp_path):
    film = tmp_path / "film.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1", *SOUND]
    ffmpeg.run([*source, "-c:v", "libx265", "-c:a", "wmav2", str(film)])
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    assert world.shown(job)["copy"]["silent"] is True


@pytest.mark.fault(160, "a clip that every browser plays", "completed; no copy")
async def test_what_every_browser_plays_has_no_copy(world, carry):
    job = await carry()
    assert_completed(world, job)
    assert world.shown(job)["copy"] is None


COLOURED = {
    "BT.709": lambda path: plain_film(path, patches(), "bt709"),
    "BT.601 of full range": lambda path: plain_film(path, patches(), "smpte170m", full=True),
    "HDR10": lambda path: bright_film(path, patches(), "smpte2084"),
    "HLG": lambda path: bright_film(path, patches(), "arib-std-b67"),
}


@pytest.mark.fault(
    161, "a clip in BT.709, full range, HDR10 or HLG", "its colours in poster, WebP and GIF"
)
@pytest.mark.parametrize("kind", COLOURED)
async def test_previews_have_the_clip_s_own_colours(world, carry, tmp_path, kind):
    film = COLOURED[kind](tmp_path / "film.mp4")
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    for name in ("poster.jpg", "preview.webp", "preview.gif"):
        shown = inside(world.job_files.public(job, name))
        assert np.abs(shown - expected(patches())).mean() < 3, name


AWKWARD = {
    "turned, in MKV": ("mkv", "testsrc2=s=96x64:r=10:d=1", [], 10),
    "of 240 frames a second": ("mp4", "testsrc2=s=96x64:r=240:d=1", [], 10),
    "of over a minute": ("mp4", "testsrc2=s=64x48:r=2:d=70", [], 120),
    "of one frame": ("mp4", "testsrc2=s=96x64:r=10:d=1", ["-frames:v", "1"], 1),
    "that fades in from black": ("mp4", "testsrc2=s=96x64:r=10:d=3,fade=in:d=1.5", [], 30),
    "in fragments": ("mp4", "testsrc2=s=96x64:r=10:d=1", ["-movflags", "frag_keyframe"], 10),
}


@pytest.mark.fault(
    162,
    "a clip turned in MKV, of 240 fps, over a minute, of one frame, fading in, or in fragments",
    "completed with all previews",
)
@pytest.mark.parametrize("kind", AWKWARD)
async def test_an_awkward_clip_has_all_its_previews(world, carry, tmp_path, kind):
    ending, source, arguments, stored = AWKWARD[kind]
    film = tmp_path / f"film.{ending}"
    coder = ["-pix_fmt", "yuv420p", "-c:v", "libx264", *arguments]
    ffmpeg.run(["-f", "lavfi", "-i", source, *coder, str(film)])
    if "turned" in kind:
        turned = ["-display_rotation", "90", "-i", str(film), "-c", "copy"]
        ffmpeg.run([*turned, str(tmp_path / "turned.mkv")])
        film = tmp_path / "turned.mkv"
    world.script(files=[answer(200, film.read_bytes())])
    job = await carry()
    assert (job.state, job.note) == (State.COMPLETED, "")
    assert set(job.files) >= {"video", "poster", "preview", "gif"}
    assert job.facts["gif_frames"] == pytest.approx(stored, abs=stored * 0.6)
    if "turned" in kind:
        assert job.facts["gif_width"] < job.facts["gif_height"]
    poster = np.asarray(Image.open(world.job_files.public(job, "poster.jpg")).convert("L"), float)
    assert poster.mean() > 60
