"""Files from strangers and from providers that are not what they say, and an ffmpeg that fails."""

import io
import resource
import stat
import struct
import time
import zlib

import pytest
from PIL import Image
from provider import answer
from test_media_fit_video import FTYP, HOSTILE
from world import KLING, WAN_VIDEO, assert_completed, assert_ended

from core.errors import InvalidInput
from core.jobs.doubtful_clips import DOUBTFUL
from core.jobs.files import JobFiles
from core.jobs.inputs import JobInputs
from core.media import check_image, ffmpeg, fit_image, playable, poster, preview, probe, streams
from core.media import previews as together
from core.media.gif import make as gif
from core.models import find_model
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

FORGED = {"plain": b"", "ftyp": FTYP, "ftyp+mdat": FTYP + struct.pack(">I4s", 0, b"mdat")}
NOTHING_SENT = "rejected at the field; nothing is sent"


def hostile(kind, world, secret):
    """The file, with every address in it leading to a file or a port that we watch."""
    text = (
        HOSTILE[kind]
        .format(secret=secret)
        .replace("127.0.0.1:9/", f"127.0.0.1:{world.provider.port}/files/")
    )
    return text.encode()


def take_in(world, job):
    return JobInputs(world.store, JobFiles(world.folder / "takes")).take_in(
        job, find_model(job.model).when(live=True)
    )


@pytest.mark.fault(65, "a playlist, page or script named .mp4, as a source", NOTHING_SENT)
@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_source_that_is_no_video_is_refused(world, make_job, tmp_path, clip_bytes, kind):
    world.orders = 0
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip_bytes)
    for forged in FORGED.values():
        path = tmp_path / "film.mp4"
        path.write_bytes(forged + hostile(kind, world, secret))
        job = make_job(WAN_VIDEO, params={"prompt": "x", "video_url": str(path)})
        with pytest.raises(InvalidInput) as refused:
            take_in(world, job)
        assert set(refused.value.problems) == {"video_url"}
        assert not (world.folder / "takes" / job.id).exists()
    assert world.provider.connections == 0


@pytest.mark.fault(
    65,
    "a playlist, page or script as the result",
    "failed · download_failed · charged; opens nothing",
)
@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_result_that_is_no_video_is_not_kept(world, new_job, tmp_path, clip_bytes, kind):
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip_bytes)
    world.script(files=[answer(200, hostile(kind, world, secret))])
    job = await world.carry(new_job())
    assert_ended(
        world,
        job,
        State.FAILED,
        "download_failed",
        charged="yes",
        says="whole clip",
        then="Fetch",
    )
    assert all(request.path == "/files/clip.mp4" for request in world.provider.seen["files"])


@pytest.mark.fault(
    65,
    "the same behind the first box of a video, as the result",
    "completed; kept as it came, with a warning; opens nothing",
)
@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_only_begins_as_a_video_is_kept_and_not_opened(
    world, new_job, tmp_path, clip_bytes, kind
):
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip_bytes)
    world.orders = 2
    for forged in FORGED.values():
        if not forged:
            continue
        body = forged + hostile(kind, world, secret)
        world.script(files=[answer(200, body)])
        job = await world.carry(new_job())
        assert (job.state, job.note, job.error) == (State.COMPLETED, DOUBTFUL, None)
        assert world.job_files.clip(job).read_bytes() == body
        assert world.files(job) == {"clip.mp4"}
    assert all(request.path == "/files/clip.mp4" for request in world.provider.seen["files"])


H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
CLIPS = {
    "8K": ("color=s=7680x4320:r=2:d=0.5", H264, "video"),
    "60 s": ("testsrc2=s=64x48:r=10:d=60", H264, "all"),
    "1000 frames a second": ("testsrc2=s=64x48:r=1000:d=0.2", H264, "video"),
    "odd sizes": ("testsrc2=s=97x65:r=10:d=0.5", ("-pix_fmt", "yuv444p", "-c:v", "libx264"), "all"),
    "sound only": ("sine=d=1", ("-c:a", "aac"), "video"),
    "uneven": (
        "testsrc2=s=64x48:r=12:d=1",
        ("-vf", "select='not(eq(mod(n,5),2))'", "-fps_mode", "vfr", *H264),
        "all",
    ),
}


@pytest.mark.fault(
    66,
    "8K, 60 s, 1000 fps, odd, sound only, uneven: as the result",
    "completed; previews or a note",
)
@pytest.mark.parametrize("kind", CLIPS)
async def test_an_odd_clip_is_kept_and_shown_as_far_as_it_can_be(world, carry, tmp_path, kind):
    source, arguments, made = CLIPS[kind]
    path = tmp_path / "odd.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", source, *arguments, str(path)])
    world.script(files=[answer(200, path.read_bytes())])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    job = await carry()
    assert job.state is State.COMPLETED
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20
    if made == "all":
        assert set(job.files) - {"playable"} == {"video", "poster", "preview", "gif"}
        assert world.job_files.public(job, "preview.gif").read_bytes()[:6] == b"GIF89a"
    else:
        assert "video" in job.files
        assert job.note in ("", "Some previews could not be made; the clip is whole.")


@pytest.mark.fault(66, "a turned clip", "completed upright")
async def test_a_turned_clip_is_shown_upright(world, carry, tmp_path, clip_bytes):
    film, turned = tmp_path / "film.mp4", tmp_path / "turned.mp4"
    film.write_bytes(clip_bytes)
    ffmpeg.run(["-display_rotation", "90", "-i", str(film), "-c", "copy", str(turned)])
    world.script(files=[answer(200, turned.read_bytes())])
    job = await carry()
    assert_completed(world, job)
    assert job.facts["gif_width"] < job.facts["gif_height"]


def box(kind, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def without_frames(clip):
    """A sound container around the clip's own description of its pictures, and no pictures."""
    moov = clip[clip.index(b"moov") - 4 :]

    def kept(kind):
        at = moov.index(kind) - 4
        return moov[at : at + struct.unpack_from(">I", moov, at)[0]]

    empty = struct.pack(">II", 0, 0)
    tables = [box(kind, empty) for kind in (b"stts", b"stsc", b"stco")]
    tables.append(box(b"stsz", empty, bytes(4)))
    stbl = box(b"stbl", kept(b"stsd"), *tables)
    minf = box(b"minf", kept(b"vmhd"), kept(b"dinf"), stbl)
    mdia = box(b"mdia", kept(b"mdhd"), kept(b"hdlr"), minf)
    trak = box(b"trak", kept(b"tkhd"), mdia)
    return FTYP + box(b"moov", kept(b"mvhd"), trak) + box(b"mdat")


@pytest.mark.fault(66, "a clip of no frames at all", "completed; kept as it came, with a warning")
async def test_a_clip_without_a_frame_is_kept_as_it_came(world, carry, tmp_path, clip_bytes):
    path = tmp_path / "empty.mp4"
    path.write_bytes(without_frames(clip_bytes))
    empty = probe(path)
    assert (empty.width, empty.height, empty.codec, empty.frames) == (160, 96, "avc1", 0)
    world.script(files=[answer(200, path.read_bytes())])
    job = await carry()
    assert (job.state, job.note, job.files) == (State.COMPLETED, DOUBTFUL, {"video": "clip.mp4"})
    assert world.job_files.clip(job).read_bytes() == path.read_bytes()


@pytest.mark.fault(66, "a clip of no frames as a source", NOTHING_SENT)
async def test_a_source_without_a_frame_is_refused(world, make_job, tmp_path, clip_bytes):
    world.orders = 0
    path = tmp_path / "empty.mp4"
    path.write_bytes(without_frames(clip_bytes))
    with pytest.raises(InvalidInput, match="no pictures in it"):
        take_in(world, make_job(WAN_VIDEO, params={"prompt": "x", "video_url": str(path)}))


@pytest.mark.fault(66, "the same as a source", NOTHING_SENT)
@pytest.mark.parametrize("kind", ["8K", "1000 frames a second", "sound only"])
async def test_an_odd_source_is_refused_by_its_index(world, make_job, tmp_path, kind):
    world.orders = 0
    source, arguments, _ = CLIPS[kind]
    path = tmp_path / "odd.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", source, *arguments, str(path)])
    began = time.process_time()
    with pytest.raises(InvalidInput):
        take_in(world, make_job(WAN_VIDEO, params={"prompt": "x", "video_url": str(path)}))
    assert time.process_time() - began < 0.1


BROKEN = {
    "missing": None,
    "hangs": "sleep 60",
    "killed": "kill -9 $$",
    "100 MB of complaints": "head -c 100000000 /dev/zero | tr '\\0' 'e' >&2; exit 1",
}


@pytest.mark.fault(
    67,
    "ffmpeg is missing, hangs, is killed, or complains without end",
    "completed; the clip alone, and a note",
)
@pytest.mark.parametrize("how", BROKEN)
async def test_without_ffmpeg_there_is_still_the_clip(world, carry, tmp_path, monkeypatch, how):
    program = tmp_path / "no-such-ffmpeg"
    if BROKEN[how]:
        program = tmp_path / "ffmpeg.sh"
        program.write_text(f"#!/bin/bash\nexport PATH=/usr/bin:/bin\n{BROKEN[how]}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ffmpeg, "executable", lambda: str(program))
    for module, name in (
        (streams, "LIMITS"),
        (playable, "LIMITS"),
        (together, "DECODE_LIMITS"),
        (preview, "DECODE_LIMITS"),
    ):
        monkeypatch.setattr(module, name, ffmpeg.Limits(wall=0.5 if how == "hangs" else 20.0))
    for module in (poster, gif):
        monkeypatch.setattr(
            module, "DECODE_LIMITS", ffmpeg.Limits(wall=0.5 if how == "hangs" else 20.0)
        )
    job = await carry()
    assert job.state is State.COMPLETED
    assert job.files == {"video": "clip.mp4"}
    assert job.note == "Some previews could not be made; the clip is whole."
    assert world.files(job) == {"clip.mp4"}
    assert probe(world.job_files.clip(job)).frames == 10


def bomb(kind, side, frames=1):
    content = io.BytesIO()
    picture = Image.new("1" if kind == "PNG" else "L", (side, side))
    more = [picture.copy() for _ in range(frames - 1)]
    picture.save(content, kind, **({"save_all": True, "append_images": more} if more else {}))
    return content.getvalue()


@pytest.mark.fault(68, "a PNG of 13,000² or a GIF of 5,000² pixels as an image", NOTHING_SENT)
@pytest.mark.parametrize(("kind", "side"), [("PNG", 13_000), ("GIF", 5_000), ("JPEG", 8_000)])
async def test_a_picture_bomb_is_refused_by_its_header(world, make_job, tmp_path, kind, side):
    world.orders = 0
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(kind, side))
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = make_job(KLING, params={"prompt": "x", "start_image": str(path)})
    with pytest.raises(InvalidInput) as refused:
        take_in(world, job)
    assert set(refused.value.problems) == {"start_image"}
    assert time.process_time() - began < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000
    assert not (world.folder / "takes" / job.id).exists()


GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
GIF_FRAME = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"


def png(*pieces):
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), *pieces, (b"IDAT", zlib.compress(bytes(4))), (b"IEND", b"")]
    made = {
        (kind, body): struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in set(chunks)
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(made[chunk] for chunk in chunks)


def webp(frames):
    still = io.BytesIO()
    Image.new("RGB", (1, 1)).save(still, "WEBP", lossless=True)

    def chunk(kind, body):
        return kind + struct.pack("<I", len(body)) + body

    frame = chunk(b"ANMF", bytes(12) + b"\x0a" + bytes(3) + still.getvalue()[12:])
    head = chunk(b"VP8X", b"\x02" + bytes(9)) + chunk(b"ANIM", bytes(6))
    return chunk(b"RIFF", b"WEBP" + head + frame * frames)


def jpeg(notes):
    still = io.BytesIO()
    Image.new("RGB", (1, 1)).save(still, "JPEG")
    return still.getvalue()[:2] + notes + still.getvalue()[2:]


CUT_UP = {
    "a GIF with a note in a million parts": lambda: (
        GIF_HEAD + b"!\xfe" + b"\x01a" * 10**6 + b"\0" + GIF_FRAME + b";"
    ),
    "a GIF with a million notes": lambda: GIF_HEAD + b"!\xfe\x01a\0" * 10**6 + GIF_FRAME + b";",
    "a GIF with a million bytes of nothing": lambda: GIF_HEAD + bytes(10**6) + GIF_FRAME + b";",
    "a PNG of a million chunks": lambda: png(*[(b"prIv", b"")] * 10**6),
    "a WebP of 500,000 pictures": lambda: webp(500_000),
    "a JPEG with a million notes": lambda: jpeg(b"\xff\xfe\0\2" * 10**6),
    "a JPEG with a million bytes of padding": lambda: jpeg(b"\xff" * 10**6),
    "a JPEG with a million bytes of nothing": lambda: jpeg(b"\xff\xfe\0\2" + bytes(10**6)),
}


def refused_within(world, job, seconds):
    """Take a job's files in, which must be refused in so much of this thread's time."""
    began, memory = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidInput) as refused:
        take_in(world, job)
    assert time.thread_time() - began < seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000
    assert not (world.folder / "takes" / job.id).exists()
    return refused.value.problems


@pytest.mark.fault(68, "a PNG, GIF, WebP or JPEG cut into a million pieces", NOTHING_SENT)
@pytest.mark.parametrize("kind", CUT_UP)
async def test_an_image_in_a_million_pieces_is_refused_unread(world, make_job, tmp_path, kind):
    world.orders = 0
    path = tmp_path / "cut.png"
    path.write_bytes(CUT_UP[kind]())
    job = make_job(KLING, params={"prompt": "x", "start_image": str(path)})
    said = refused_within(world, job, 0.1)
    assert said == {"start_image": "The image is made to be slow to open: choose another one."}


@pytest.mark.fault(
    68, "a GIF of a million pictures as an image", "its first picture is taken; the rest unread"
)
async def test_of_a_gif_of_a_million_pictures_one_is_read(tmp_path):
    path, target = tmp_path / "long.gif", tmp_path / "first.png"
    path.write_bytes(GIF_HEAD + GIF_FRAME * 10**6 + b";")
    began, memory = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check_image(path)
    fitted = fit_image(path, target)
    assert time.thread_time() - began < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000
    assert (fitted.width, fitted.height) == (1, 1)


@pytest.mark.fault(68, "a clip whose index claims four billion pictures, as a source", NOTHING_SENT)
@pytest.mark.parametrize("each", [0, 1])
async def test_a_clip_of_more_frames_than_anyone_films_is_refused(
    world, make_job, tmp_path, clip_bytes, each
):
    world.orders = 0
    at = clip_bytes.index(b"stsz") + 8
    path = tmp_path / "endless.mp4"
    path.write_bytes(clip_bytes[:at] + struct.pack(">II", each, 2**32 - 1) + clip_bytes[at + 8 :])
    job = make_job(WAN_VIDEO, params={"prompt": "x", "video_url": str(path)})
    assert "far too many frames" in refused_within(world, job, 0.1)["video_url"]
