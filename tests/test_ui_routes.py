"""Our own routes: files in ranges, the feed, deeds on a job, the page's assets."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from served_page import served_page

from core import MODELS

WAN = next(iter(MODELS))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("routes")) as (studio, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield studio, client


@pytest.fixture(scope="module")
def take(world):
    """Return a finished take as the public API describes it."""
    studio, _ = world
    job = studio.submit(WAN, {"prompt": "An eagle over peaks", "num_frames": 18})
    return studio.describe(studio.wait(job.id, timeout=60))


def test_a_clip_is_given_whole_for_good_and_as_what_it_is(world, take):
    answer = world[1].get(take["files"]["video"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.content) == take["size"]["bytes"]


def test_a_clip_is_given_in_ranges_so_that_a_player_can_seek(world, take):
    answer = world[1].get(take["files"]["video"], headers={"Range": "bytes=4-7"})
    assert answer.status_code == 206
    assert answer.content == b"ftyp"


def test_a_file_that_is_already_there_is_not_sent_again_in_part(world, take):
    etag = world[1].head(take["files"]["poster"]).headers["etag"]
    ranged = {"Range": "bytes=0-1", "If-Range": etag}
    assert world[1].get(take["files"]["poster"], headers=ranged).status_code == 206
    stale = {"Range": "bytes=0-1", "If-Range": '"another"'}
    assert world[1].get(take["files"]["poster"], headers=stale).status_code == 200


def test_a_download_has_a_name_that_says_what_it_is(world, take):
    answer = world[1].get(f"{take['files']['gif']}?download=1")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="dailies-')
    assert disposition.endswith('.gif"')


def test_what_is_shown_is_not_downloaded(world, take):
    answer = world[1].get(take["files"]["gif"])
    assert "attachment" not in answer.headers.get("content-disposition", "")


@pytest.mark.parametrize(
    "name", ["received.mp4", "../dailies.db", "clip.mp4/", "%2e%2e%2fdailies.db"]
)
def test_nothing_but_a_take_s_own_files_can_be_had(world, take, name):
    folder = take["files"]["video"].rsplit("/", 1)[0]
    assert world[1].get(f"{folder}/{name}").status_code in (404, 307)


def test_a_take_cannot_be_had_by_its_id_alone(world, take):
    assert world[1].get(f"/takes/{take['id']}/clip.mp4").status_code == 404


def test_the_feed_gives_the_newest_takes_and_then_only_what_changed(world, take):
    first = world[1].get("/dailies/feed?since=-1").json()
    assert first["jobs"][0]["id"] == take["id"]
    again = world[1].get(f"/dailies/feed?since={first['revision']}").json()
    assert "jobs" not in again
    assert [provider["live"] for provider in again["providers"]] == [False, False]


def test_the_feed_goes_back_from_a_moment(world, take):
    older = world[1].get("/dailies/feed", params={"before": take["created_at"]}).json()
    assert take["id"] not in [job["id"] for job in older["jobs"]]


def test_the_feed_says_what_is_wrong_with_a_moment(world):
    answer = world[1].get("/dailies/feed?before=yesterday")
    assert answer.status_code == 400
    assert "2026" in answer.json()["error"]


def test_a_price_is_told(world):
    answer = world[1].post("/dailies/estimate", json={"model": WAN, "params": {"prompt": "x"}})
    assert answer.json()["cost"] == {"amount": 0.0, "currency": "USD", "basis": "free: sandbox"}


def test_the_price_of_an_unknown_model_is_refused_with_a_sentence(world):
    answer = world[1].post("/dailies/estimate", json={"model": "nobody/nothing"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "There is no model called nobody/nothing."


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_no_crash(world, body):
    assert world[1].post("/dailies/estimate", content=body).status_code == 400


def test_a_running_take_can_be_given_up(world):
    studio, client = world
    job = studio.submit(WAN, {"prompt": "[slow] A glacier", "num_frames": 18})
    until(lambda: studio.job(job.id).state == "running")
    told = client.post(f"/dailies/jobs/{job.id}/cancel").json()["job"]
    assert told["state"] == "cancelled"
    assert "may finish, and be charged" in told["note"]


def test_a_gif_is_made_to_order(world, take):
    answer = world[1].post(f"/dailies/jobs/{take['id']}/gif", json={"width": 320, "fps": 8}).json()
    assert answer["gif"]["width"] == 320
    assert world[1].get(answer["gif"]["url"]).content[:6] == b"GIF89a"
    assert answer["job"]["id"] == take["id"]


@pytest.mark.parametrize("size", [{"width": "wide", "fps": 8}, {"width": 10, "fps": 8}, {}])
def test_a_gif_of_no_size_is_refused_with_a_sentence(world, take, size):
    answer = world[1].post(f"/dailies/jobs/{take['id']}/gif", json=size)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_only_an_unconfirmed_take_can_be_given_an_id(world, take):
    answer = world[1].post(f"/dailies/jobs/{take['id']}/adopt", json={"generation_id": "abc-123"})
    assert answer.status_code == 400
    assert "unconfirmed" in answer.json()["error"]


def test_a_finished_take_may_be_looked_at_again_and_stays_as_it_is(world, take):
    told = world[1].post(f"/dailies/jobs/{take['id']}/look-again").json()["job"]
    assert told["state"] == "completed"


def test_nothing_else_can_be_done_to_a_take(world, take):
    assert world[1].post(f"/dailies/jobs/{take['id']}/explode").status_code == 404
    assert world[1].get(f"/dailies/jobs/{take['id']}/cancel").status_code in (404, 405)


def test_a_take_that_is_not_there_is_said_so(world):
    answer = world[1].post(f"/dailies/jobs/{'0' * 32}/cancel")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_the_page_s_own_files_are_kept_for_good_under_their_version_only(world):
    at = world[1].get("/").text.partition("/dailies.css")[0].rpartition('href="')[2]
    answer = world[1].get(f"{at}/page.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in world[1].get("/dailies/assets/old/page.js").headers["cache-control"]


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "fonts", "nothing.js", "a%00b.js"])
def test_nothing_outside_the_folder_of_assets_is_given(world, name):
    assert world[1].get(f"/dailies/assets/v/{name}").status_code == 404


def test_the_icon_is_ours(world):
    answer = world[1].get("/favicon.ico")
    assert answer.headers["content-type"] == "image/svg+xml"


def until(true, seconds=20.0):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.05)


def test_a_held_answer_comes_with_the_news(world, take):
    studio, client = world
    since = client.get("/dailies/feed").json()["revision"]
    begun = time.monotonic()
    with ThreadPoolExecutor() as pool:
        held = pool.submit(client.get, f"/dailies/feed?since={since}&hold=20")
        time.sleep(0.4)
        job = studio.submit(WAN, {"prompt": "[fail] An owl", "num_frames": 18})
        told = held.result().json()
    assert 0.3 < time.monotonic() - begun < 19
    assert told["jobs"][0]["id"] == job.id
    studio.wait(job.id, timeout=60)


def test_without_news_a_held_answer_comes_at_its_end(world, take):
    client = world[1]
    since = client.get("/dailies/feed").json()["revision"]
    begun = time.monotonic()
    told = client.get(f"/dailies/feed?since={since}&hold=1").json()
    assert 0.9 < time.monotonic() - begun < 15
    assert "jobs" not in told


@pytest.mark.parametrize("hold", ["-5", "1e9", "nan", "x", ""])
def test_nonsense_holds_nothing(world, hold):
    begun = time.monotonic()
    assert world[1].get(f"/dailies/feed?since=1&hold={hold}").status_code == 200
    assert time.monotonic() - begun < 15
