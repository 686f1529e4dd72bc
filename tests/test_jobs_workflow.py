"""A job goes from its row to its files whatever happens on the way, and is ordered once."""

import os

import httpx
import pytest
from vendor import CLIP_URL, DONE, Vendor, make_workflow, task

from core.jobs.files import JobFiles
from core.jobs.finalizer import FIRST_LOOK
from core.jobs.job import CLIP, GIF
from core.media import read_tags
from core.providers.protocol import State

pytestmark = pytest.mark.anyio


@pytest.fixture
def vendor(clip_bytes):
    return Vendor(clip_bytes)


@pytest.fixture
def workflow(store, tmp_path, clock, vendor):
    return make_workflow(store, tmp_path, clock, vendor)


@pytest.fixture
def carry(store, workflow, new_job):
    async def carry(**changes):
        job = new_job(**changes)
        await workflow.carry(job.id)
        return store.get(job.id)

    return carry


async def test_an_order_becomes_a_clip_with_its_previews(carry, vendor, tmp_path):
    job = await carry()
    assert job.state is State.COMPLETED
    assert job.error is None
    assert vendor.billed == 1
    assert set(job.files) == {"video", "poster", "preview", "gif"}
    folder = JobFiles(tmp_path / "takes").folder(job)
    assert {path.name for path in folder.iterdir()} == set(job.files.values())
    assert (folder / GIF).read_bytes().startswith(b"GIF89a")
    assert (job.facts["width"], job.facts["height"], job.facts["frames"]) == (160, 96, 10)


async def test_the_settings_travel_inside_the_clip(carry, tmp_path):
    job = await carry(params={"prompt": "a füchs; 100 % = \\n", "num_frames": 78})
    tags = read_tags(JobFiles(tmp_path / "takes").clip(job))
    assert tags["params"] == {"prompt": "a füchs; 100 % = \\n", "num_frames": 78}
    assert tags["model"] == job.model


async def test_the_row_says_submitting_before_the_order_leaves(carry, store, vendor):
    seen = []

    def look(request):
        seen.append(store.recent("", limit=1)[0].state)
        return task()

    vendor.creates = [look]
    await carry()
    assert seen == [State.SUBMITTING]


async def test_the_key_goes_to_the_api_alone(carry, vendor):
    await carry()
    assert "authorization" not in vendor.seen["files"][0].headers


LOST = [httpx.ReadTimeout("silent"), (502, "<html><title>Bad Gateway</title></html>"), (200, {})]


@pytest.mark.parametrize("lost", LOST, ids=str)
async def test_a_lost_order_is_found_in_the_log_and_goes_on(carry, vendor, lost):
    def log(request):
        ours = vendor.seen["creates"][0].headers["x-client-request-id"]
        row = {"inference_id": "task-1", "client_request_id": ours}
        return 200, {"data": [row] if len(vendor.seen["logs"]) == 3 else []}

    vendor.creates, vendor.logs = [lost], [log]
    job = await carry()
    assert job.state is State.COMPLETED
    assert job.generation_id == "task-1"
    assert vendor.billed == 1


@pytest.mark.parametrize("lost", LOST, ids=str)
async def test_a_lost_order_that_is_nowhere_is_unconfirmed_and_not_sent_again(carry, vendor, lost):
    vendor.creates = [lost]
    job = await carry()
    assert job.state is State.UNCONFIRMED
    assert (job.error.kind, job.error.charged) == ("unanswered", "unknown")
    assert "order it anew" in job.error.next_step
    assert vendor.billed == 1


async def test_krea_s_list_is_asked_for_a_lost_order(store, carry, vendor, clock, new_job):
    taken = new_job("krea:kling/kling-2.5", generation_id="somebody-s")
    assert taken.generation_id

    def jobs(request):
        made = clock.now.isoformat()
        ids = ("somebody-s", "task-1")
        return 200, {"items": [{"job_id": name, "created_at": made} for name in ids]}

    done = {"job_id": "task-1", "status": "completed", "result": {"urls": [CLIP_URL]}}
    vendor.creates, vendor.logs, vendor.polls = [httpx.ReadError("x")], [jobs], [(200, done)]
    job = await carry(model="krea:kling/kling-2.5", params={"prompt": "a fox"})
    assert (job.state, job.generation_id) == (State.COMPLETED, "task-1")


async def test_two_candidates_are_no_answer(carry, vendor, clock):
    def jobs(request):
        made = clock.now.isoformat()
        return 200, {"items": [{"job_id": name, "created_at": made} for name in "ab"]}

    vendor.creates, vendor.logs = [httpx.ReadError("x")], [jobs]
    job = await carry(model="krea:kling/kling-2.5", params={"prompt": "a fox"})
    assert job.state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("answer", "kind", "charged"),
    [
        ((400, {"message": "seed must be whole"}), "rejected", "no"),
        ((401, {"message": "who"}), "unauthorized", "no"),
        ((403, {"error": {"data": {"kind": "err_insufficent_credits"}}}), "out_of_credit", "no"),
        ((404, {"message": "gone"}), "not_found", "no"),
        (httpx.ConnectError("refused"), "unreachable", "no"),
    ],
    ids=str,
)
async def test_a_refused_order_fails_free_and_says_what_to_do(carry, vendor, answer, kind, charged):
    vendor.creates = [answer]
    job = await carry()
    assert job.state is State.FAILED
    assert (job.error.kind, job.error.charged) == (kind, charged)
    assert job.error.next_step
    assert vendor.seen["polls"] == []


@pytest.mark.parametrize(
    "trouble",
    [
        [(500, "")] * 5,
        [(200, "<html>busy</html>")] * 3,
        [(200, '{"id": "task-1", "sta')],
        [httpx.ReadTimeout("silent"), httpx.ConnectError("down")],
        [task("paused"), task("something new")],
        [(404, {"message": "Inference not found"})] * 2,
        [(429, {"message": "slow down"}, ("Retry-After", "7"))],
        [(401, {"message": "key rotated"})],
        [task("completed"), task("completed", video=None), task("completed", video=[])],
        [task("completed"), task("generating")],
    ],
    ids=lambda answers: str(answers[0]),
)
async def test_trouble_in_asking_never_fails_the_job(carry, vendor, trouble):
    vendor.polls = [*trouble, DONE]
    job = await carry()
    assert job.state is State.COMPLETED
    assert job.note == ""
    assert vendor.billed == 1


async def test_a_wait_that_the_provider_asks_for_is_kept(carry, vendor, clock):
    vendor.polls = [(503, "", ("Retry-After", "42")), DONE]
    await carry()
    assert 42.0 in clock.slept


@pytest.mark.parametrize(
    ("answer", "state", "kind"),
    [
        (task("error", error={"name": "E", "message": "nsfw"}), State.FAILED, "moderated"),
        (task("EXPIRED"), State.FAILED, "generation_failed"),
        (task("canceled"), State.CANCELLED, "cancelled"),
        (task("completed"), State.FAILED, "generation_failed"),
        ((404, {"message": "gone"}), State.FAILED, "not_found"),
    ],
    ids=str,
)
async def test_an_end_without_a_clip_is_told_as_what_it_is(carry, vendor, answer, state, kind):
    vendor.polls = [task("generating"), answer]
    job = await carry()
    assert (job.state, job.error.kind) == (state, kind)
    # Only an end that the provider calls a failure is free by its own word.
    said_so = answer[1].get("status", "completed") != "completed"
    assert job.error.charged == ("no" if said_so else "unknown")
    assert not job.files


async def test_a_provider_s_reason_is_kept_in_its_own_words(carry, vendor):
    vendor.polls = [task("error", error={"detail": [{"loc": ["body", "x"], "msg": "no face"}]})]
    job = await carry()
    assert job.error.provider_message == "x: no face"


async def test_a_job_past_its_deadline_waits_more_slowly_and_says_so(carry, vendor, store, clock):
    notes = set()

    def working(request):
        notes.add(store.recent("", limit=1)[0].note)
        return task("generating")

    vendor.polls = [working] * 300 + [DONE]
    job = await carry()
    assert job.state is State.COMPLETED
    assert "This takes longer than usual; still watching." in notes
    assert 60.0 in clock.slept


async def test_an_address_that_expired_is_asked_for_anew(carry, vendor, clip_bytes):
    fresh = task("completed", video={"url": f"{CLIP_URL}?fresh"})
    vendor.files = [(403, ""), (200, clip_bytes)]
    vendor.polls = [DONE, fresh]
    job = await carry()
    assert job.state is State.COMPLETED
    assert vendor.seen["files"][-1].url.query == b"fresh"


async def test_a_clip_that_cannot_be_fetched_is_paid_for_and_can_be_fetched_later(
    carry, workflow, vendor, store, clip_bytes, tmp_path
):
    vendor.files = [(200, "<html>not a clip</html>")]
    job = await carry()
    assert job.state is State.FAILED
    assert (job.error.kind, job.error.charged) == ("download_failed", "yes")
    assert list(JobFiles(tmp_path / "takes").folder(job).iterdir()) == []
    vendor.files = [(200, clip_bytes)]
    store.change(job.id, state=State.RUNNING, error=None)
    await workflow.carry(job.id)
    assert store.get(job.id).state is State.COMPLETED
    assert vendor.billed == 1


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.SAVING])
async def test_any_step_can_be_the_first_after_a_crash(carry, vendor, state, clock):
    row = {"inference_id": "task-1", "client_request_id": "dailies-crash"}
    vendor.logs, vendor.polls = [(200, {"data": [row]})], [DONE]
    known = {} if state is State.SUBMITTING else {"generation_id": "task-1"}
    job = await carry(state=state, submitted_at=clock.now, request_id="dailies-crash", **known)
    assert job.state is State.COMPLETED
    assert vendor.billed == 0


async def test_a_take_that_was_nearly_done_is_not_fetched_twice(
    workflow, store, new_job, vendor, tmp_path, clip_bytes, clock
):
    job = new_job(state=State.SAVING, generation_id="task-1", submitted_at=clock.now)
    job_files = JobFiles(tmp_path / "takes")
    job_files.clip(job).write_bytes(clip_bytes)
    job_files.received(job).write_bytes(
        clip_bytes
    )  # a kill leaves it right after the clip is shown
    await workflow.carry(job.id)
    assert store.get(job.id).state is State.COMPLETED
    assert vendor.seen["files"] == vendor.seen["polls"] == []
    assert not job_files.received(job).exists()


@pytest.mark.parametrize("part", [".clip.mp4.part", ".received.mp4.part"], ids=["tagged", "bare"])
async def test_a_clip_is_on_the_disk_before_it_has_its_name_and_is_shown(
    workflow, store, new_job, tmp_path, monkeypatch, part
):
    job = new_job()
    folder, fsync, synced = JobFiles(tmp_path / "takes").folder(job), os.fsync, []
    if part == ".received.mp4.part":  # there is no room for a copy with the settings in it
        (folder / ".clip.mp4.part").symlink_to("/dev/full")

    def note(handle):
        names = {path.stat().st_ino: path.name for path in folder.iterdir()}
        synced.append((names[os.fstat(handle).st_ino], set(names.values()) & {CLIP}))
        assert "clip.mp4" in names.values() or not store.get(job.id).files
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    await workflow.carry(job.id)
    clips = [synced_then for synced_then in synced if "settings" not in synced_then[0]]
    assert clips[0] == (part, set())
    assert store.get(job.id).files["video"] == CLIP
    assert not list(folder.glob(".*"))


async def test_a_clip_can_be_watched_before_its_previews_are_begun(
    store, tmp_path, clock, vendor, new_job
):
    seen = []

    async def look(seconds):
        if seconds == FIRST_LOOK:
            seen.append(store.recent("", limit=1)[0])
        await sleep(seconds)

    sleep = clock.sleep
    clock.sleep = look
    await make_workflow(store, tmp_path, clock, vendor).carry(new_job().id)
    assert [(job.state, job.files) for job in seen] == [(State.SAVING, {"video": CLIP})]
    assert seen[0].facts["frames"] == 10


async def test_a_failed_preview_does_not_fail_the_take(carry, vendor, clip_bytes):
    # Whole by its boxes, and nothing in it that could be decoded.
    start, end = clip_bytes.index(b"mdat") + 4, clip_bytes.index(b"moov") - 4
    assert start < end
    vendor.files = [(200, clip_bytes[:start] + bytes(end - start) + clip_bytes[end:])]
    job = await carry()
    assert job.state is State.COMPLETED
    assert job.files == {"video": "clip.mp4"}
    assert job.note == "Some previews could not be made; the clip is whole."


async def test_a_cancelled_job_stays_so_whatever_the_provider_says_later(carry, vendor, store):
    def cancel(request):
        job = store.recent("", limit=1)[0]
        store.change(job.id, state=State.CANCELLED)
        return DONE

    vendor.polls = [cancel]
    job = await carry()
    assert job.state is State.CANCELLED
    assert vendor.seen["files"] == []


async def test_a_sandbox_take_is_never_said_to_be_charged(carry, vendor):
    vendor.creates = [(502, "")]
    job = await carry(live=False, key_from="sandbox")
    assert job.error.charged == "no"


async def test_a_defect_of_ours_leaves_no_job_that_nobody_carries(
    carry, vendor, monkeypatch, caplog
):
    vendor.polls = [RecursionError("a defect")]
    job = await carry()
    assert job.state is State.FAILED
    assert job.error.message == "Something went wrong inside Dailies; see its log."
    assert "met a defect" in caplog.text
