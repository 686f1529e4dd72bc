"""A clip is found wherever an answer has one, and of several all are kept."""

import base64
import json
from urllib.parse import quote

import pytest
from provider import answer
from world import KLING, WAN_VIDEO, WHOLE, assert_completed

from core.jobs.job import missing_clips
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

FURTHER = {"clip-2.mp4", "poster-2.jpg", "preview-2.webp"}


def done(**more):
    return answer(200, {"id": "task-1", "status": "completed", **more})


PLACES = {
    "videos": lambda url: {"videos": [{"url": url}]},
    "output": lambda url: {"output": url},
    "outputs": lambda url: {"outputs": [{"type": "video", "uri": url}]},
    "video_url": lambda url: {"video_url": url},
    "a text": lambda url: {"video": url},
    "the second item": lambda url: {"video": [None, {"url": ""}, {"url": url}]},
    "a cover before it": lambda url: {
        "output": [url.replace("mp4", "jpg"), {"cover_url": "https://a.test/c"}, url]
    },
    "deep": lambda url: {"data": {"works": [{"resource": {"resource": url, "duration": 5}}]}},
    "by type": lambda url: {
        "assets": [
            {"content_type": "image/png", "href": "https://a.test/1"},
            {"content_type": "video/mp4", "href": url.replace(".mp4", "")},
        ]
    },
    "download_url": lambda url: {"file": {"name": "x.mp4", "download_url": url}},
    "in words": lambda url: {"message": f"Your clip is ready: {url} (24 hours)"},
    "among details": lambda url: {"details": {"video_url": url}},
    "a list in a text": lambda url: {"output": json.dumps([url.replace(".mp4", "?as=1"), url])},
    "an object in a text": lambda url: {"result": json.dumps({"video": {"url": url}})},
    "a path": lambda url: {"video": {"url": "/files/clip.mp4"}},
    "under what its source is named in": lambda url: {
        "type": "image_to_video",
        "imageToVideo": {"url": url},
    },
    "beside an echo": lambda url: {
        "input": {"video_url": "https://a.test/mine.mp4"},
        "request": {"videos": ["https://a.test/mine.mp4"]},
        "results": {"thumbnail_video": "https://a.test/t.mp4", "clip": url},
    },
}


@pytest.mark.fault(123, "a clip anywhere in the answer", "completed")
@pytest.mark.parametrize("place", PLACES)
async def test_a_clip_is_found_wherever_it_is(world, carry, place):
    world.script(polls=[done(**PLACES[place](world.provider.clip_url))])
    assert_completed(world, await carry())


@pytest.mark.fault(123, "the same at Krea, with pictures around it", "completed")
@pytest.mark.parametrize(
    "result",
    [
        {"urls": ["https://a.test/1.png", "URL"]},
        {"urls": {"preview": "https://a.test/1.png", "final": "URL"}},
        {"urls": [{"type": "preview", "url": "https://a.test/1"}, {"type": "video", "url": "URL"}]},
        {"video_url": "URL", "thumbnail_url": "https://a.test/1"},
        {"videos": [{"video": {"url": "URL"}}]},
    ],
    ids=str,
)
async def test_a_clip_is_found_at_krea(world, carry, result):
    body = {"job_id": "task-1", "status": "completed", "result": result}
    text = json.dumps(body).replace("URL", world.provider.clip_url)
    world.script(creates=[answer(200, {"job_id": "task-1"})], polls=[answer(200, text)])
    assert_completed(world, await carry(KLING, params={"prompt": "a fox"}))


@pytest.mark.fault(123, "only the source that went out, in a finished answer", "failed · unknown")
async def test_what_was_sent_is_not_taken_for_the_clip(world, carry):
    source = f"{world.provider.url}/files/source.mp4"
    world.orders = 0
    world.script(polls=[done(video_url=source, video=None)])
    job = await carry(
        WAN_VIDEO,
        state=State.RUNNING,
        generation_id="task-1",
        params={"prompt": "a fox", "video_url": source},
        submitted_at=world.clock.now,
    )
    assert (job.state, job.error.charged) == (State.FAILED, "unknown")
    assert not world.provider.seen["files"]


@pytest.mark.fault(129, "several clips in one answer", "completed; all are kept, the first shown")
async def test_all_clips_of_a_take_are_kept(world, carry):
    urls = [f"{world.provider.url}/files/{n}.mp4" for n in (1, 2)]
    world.script(polls=[done(videos=[{"url": url, "download_url": url + "?x"} for url in urls])])
    job = await carry()
    assert_completed(world, job, files=WHOLE | FURTHER)
    assert [came.path for came in world.provider.seen["files"]] == ["/files/1.mp4", "/files/2.mp4"]
    shown = world.shown(job)
    assert [clip["video"].rpartition("/")[2] for clip in shown["clips"]] == [
        "clip.mp4",
        "clip-2.mp4",
    ]
    assert shown["files"]["video"] == shown["clips"][0]["video"]
    assert all(world.job_files.public(job, name) for name in FURTHER)
    assert shown["clips_missing"] == 0


@pytest.mark.fault(129, "the second of three never comes, the third is a picture", "said; fetched")
async def test_a_further_clip_that_does_not_come_fails_no_take(world, carry, clip_bytes):
    urls = [f"{world.provider.url}/files/{n}" for n in (1, 2, 3)]
    gone = True

    def file(request):
        if request.path.endswith("3"):
            return answer(200, b"\xff\xd8\xff\xe0" + bytes(100))
        return answer(404) if gone and request.path.endswith("2") else answer(200, clip_bytes)

    world.script(polls=[done(videos=urls)], files=[file])
    job = await carry()
    assert (job.state, missing_clips(job)) == (State.COMPLETED, [2, 3])
    assert "Not every clip" in job.note
    assert "clip-3.mp4" not in world.files(job)
    gone = False
    world.store.change(job.id, state=State.SAVING)
    job = await world.carry(job)
    assert (job.state, missing_clips(job)) == (State.COMPLETED, [3])
    assert world.files(job) >= FURTHER


def as_data(clip):
    return f"data:video/mp4;base64,{base64.b64encode(clip).decode()}"


INLINE = {
    "a data URI": lambda clip: {"video": {"url": as_data(clip)}},
    "bare base64": lambda clip: {"video": {"b64_json": base64.b64encode(clip).decode()}},
    "no padding, broken lines": lambda clip: {
        "output": as_data(clip).rstrip("=").replace("A", "A\n", 3)
    },
    "octet-stream": lambda clip: {
        "video": as_data(clip).replace("video/mp4", "application/octet-stream")
    },
    "no kind": lambda clip: {"video": as_data(clip).replace("video/mp4", "")},
    "another kind": lambda clip: {"video": as_data(clip).replace("video/mp4", "application/mp4")},
    "spaces": lambda clip: {
        "video": as_data(clip).replace("video/mp4;base64", "Video/MP4; codecs=avc1; Base64")
    },
    "written for an address": lambda clip: {"video": "data:video/mp4," + quote(clip)},
    "five megabytes": lambda clip: {
        "video": as_data(clip + (5_000_000).to_bytes(4, "big") + b"free" + bytes(4_999_992))
    },
}


@pytest.mark.fault(125, "a clip inside the answer, of five megabytes too", "completed")
@pytest.mark.parametrize("name", INLINE)
async def test_a_clip_inside_the_answer_is_saved(world, carry, clip_bytes, name):
    world.script(polls=[done(**INLINE[name](clip_bytes))])
    job = await carry()
    assert_completed(world, job)
    assert not world.provider.seen["files"]
    assert "base64" not in repr(job)


@pytest.mark.fault(
    164, "a clip inside the answer that is cut off, and then one that is whole", "completed"
)
@pytest.mark.parametrize("cut", ["data:video/mp4;base64", "data:video/mp4;base64,AAAA*"])
async def test_a_clip_that_is_cut_off_in_the_answer_is_asked_for_anew(world, carry, cut):
    world.script(polls=[done(video={"url": cut}), world.done])
    assert_completed(world, await carry())


TASK = {"id": "task-1", "status": "completed"}
LISTS = {
    "of one task": lambda url: [{**TASK, "video": {"url": url}}],
    "of several tasks": lambda url: [
        {"id": "task-2", "status": "failed", "error": "no"},
        {**TASK, "video": {"url": url}},
    ],
    "of several in an envelope": lambda url: {
        "data": [{"id": "task-2", "status": "queued"}, {**TASK, "video": {"url": url}}]
    },
    "of addresses": lambda url: [url.replace(".mp4", ".jpg"), url],
}


@pytest.mark.fault(165, "a list instead of a task: of tasks, of addresses", "completed; one clip")
@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read(world, carry, name):
    world.script(polls=[answer(200, json.dumps(LISTS[name](world.provider.clip_url)))])
    assert_completed(world, await carry())
