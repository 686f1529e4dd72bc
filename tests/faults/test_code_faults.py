"""The programs of "Code" are run against a provider that misbehaves: each of them ends well."""

import json
from dataclasses import replace

import pytest
from provider import answer
from raw_server import RESET
from snippet_runs import run
from world import task

from core.models import MODELS
from core.providers import PROVIDERS
from core.providers.code_samples import snippet

WAN = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
KLING = MODELS["krea:kling/kling-2.5"]
LANGUAGES = ("python", "javascript", "curl")
ODD_KEY = "a-key-that-is-no-canary"


@pytest.fixture(params=LANGUAGES)
def ends(request, provider, monkeypatch, tmp_path):
    """Run the program against the scripted provider; how it ended, and the names it saved."""

    def ends(spec=WAN, **scripts):
        provider.scripts |= scripts
        here = replace(PROVIDERS[spec.provider], base_url=provider.url)
        monkeypatch.setattr("core.providers.code_samples.PROVIDERS", {spec.provider: here})
        text = snippet(spec, {"prompt": "a fox"}, request.param)
        said = run(text, request.param, tmp_path, key=ODD_KEY)
        assert provider.orders == 1
        assert ODD_KEY not in said.stdout + said.stderr
        assert not any("authorization" in came.headers for came in provider.seen["files"])
        return said, sorted(path.name for path in tmp_path.iterdir() if "clip" in path.name)

    return ends


@pytest.mark.fault(130, "Code: an order that is refused, or not answered", "a message; no loop")
@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (answer(400, {"message": "no such field"}), "no such field"),
        (answer(401, {"message": "wrong key"}), "wrong key"),
        (answer(403, {"message": "run out of credits"}), "run out of credits"),
        (answer(422, {"detail": [{"loc": ["prompt"], "msg": "too long"}]}), "too long"),
        (answer(429, {"message": "slow"}), "slow"),
        (answer(502, "<html>bad gateway</html>"), "bad gateway"),
        (answer(200, {"error": "nothing left"}), "nothing left"),
        (answer(200, "<html>hello</html>"), ""),
        (answer(200, [1]), ""),
        (RESET, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_order_that_is_not_taken_ends_the_program(ends, provider, refused, says):
    said, saved = ends(creates=[refused])
    assert said.returncode != 0
    assert "Not ordered, or no answer came" in said.stderr
    assert says in said.stderr
    assert not saved
    assert not provider.seen["polls"]
    assert "Traceback" not in said.stderr


@pytest.mark.fault(130, "Code: a task that failed or was cancelled", "a message with the reason")
@pytest.mark.parametrize("word", ["error", "failed", "CANCELLED"])
def test_a_task_that_failed_ends_the_program(ends, provider, word):
    said, saved = ends(polls=[task("queued"), task(word, error={"message": "no face"})])
    assert said.returncode != 0
    assert said.stdout == "id: task-1\n"
    assert "The task ended as" in said.stderr
    assert "no face" in said.stderr
    assert not saved
    assert len(provider.seen["polls"]) == 2


@pytest.mark.fault(131, "Code: a status that nobody knows, or none", "a message, after 12 looks")
@pytest.mark.parametrize(
    "odd", [task("exploded"), task(""), answer(404, "gone"), answer(200, "<html>")], ids=str
)
def test_what_stays_unknown_ends_the_program(ends, provider, odd):
    said, saved = ends(polls=[odd])
    assert said.returncode != 0
    assert "Asked in vain after task-1" in said.stderr
    assert not saved
    assert len(provider.seen["polls"]) == 12


@pytest.mark.fault(131, "Code: 502, 429, a page, a reset on polls", "waited through; a clip")
def test_a_passing_trouble_of_a_poll_is_waited_through(ends, provider):
    odd = [answer(502, "<html>"), answer(429, "slow"), answer(200, "<html>"), RESET, task("odd")]
    done = task("completed", video={"url": provider.clip_url})
    said, saved = ends(polls=[*odd, task("queued"), *odd, task("generating"), done])
    assert (said.returncode, saved) == (0, ["clip.mp4"])
    assert said.stdout.splitlines() == ["id: task-1", "saved: clip.mp4"]


@pytest.mark.fault(132, "Code: several clips, the list in any form", "each is saved")
@pytest.mark.parametrize("form", [lambda url: {"url": url}, str], ids=["objects", "texts"])
@pytest.mark.parametrize("name", ["video", "videos"])
def test_a_list_of_videos_is_saved_whole(ends, provider, name, form):
    urls = [f"{provider.url}/files/{n}.mp4?a=1&b={n}" for n in (1, 2)]
    said, saved = ends(polls=[task("completed", **{name: list(map(form, urls))})])
    assert (said.returncode, saved) == (0, ["clip-2.mp4", "clip.mp4"]), said.stderr
    asked = [came.path.partition("?")[2] for came in provider.seen["files"]]
    assert asked == ["a=1&b=1", "a=1&b=2"]


@pytest.mark.fault(132, "Code: escaped slashes and ampersands in an address", "read; a clip")
def test_an_address_is_read_as_json_writes_it(ends, provider):
    url = (provider.clip_url + "?a=1&b=2").replace("/", "\\/").replace("&", "\\u0026")
    body = f'{{"id": "task-1", "status": "completed", "video": {{"url": "{url}"}}}}'
    said, saved = ends(polls=[answer(200, body)])
    assert (said.returncode, saved) == (0, ["clip.mp4"]), said.stderr
    assert provider.seen["files"][0].path.endswith("?a=1&b=2")


@pytest.mark.fault(133, "Code: a clip that cannot be fetched", "a message; no file of that name")
@pytest.mark.parametrize(
    "file",
    [answer(404, "<html>gone</html>"), answer(200, "<html>sorry</html>"), answer(500), RESET],
    ids=["404", "page", "500", "reset"],
)
def test_no_error_page_is_saved_as_a_clip(ends, file):
    said, saved = ends(files=[file])
    assert said.returncode != 0
    assert "No clip could be fetched" in said.stderr
    assert said.stdout == "id: task-1\n"
    assert not saved


@pytest.mark.fault(133, "Code: finished without any clip", "a message; no file")
def test_an_end_without_a_clip_ends_the_program(ends):
    said, saved = ends(polls=[task("completed", video=None)])
    assert said.returncode != 0
    assert "No clip could be fetched" in said.stderr
    assert not saved


@pytest.mark.fault(133, "Code: the clip comes at the second try", "saved")
def test_a_clip_is_asked_for_again(ends, clip_bytes):
    said, saved = ends(files=[answer(404), answer(200, clip_bytes)])
    assert (said.returncode, saved) == (0, ["clip.mp4"]), said.stderr


@pytest.mark.fault(132, "Code: Krea's forms of a result", "saved")
@pytest.mark.parametrize(
    "result", [{"urls": ["URL"]}, {"video_url": "URL"}, {"urls": {"final": "URL"}}], ids=str
)
def test_a_clip_of_krea_s_is_saved(ends, provider, result):
    done = {"job_id": "task-1", "status": "completed", "result": result}
    text = json.dumps(done).replace("URL", provider.clip_url)
    taken = answer(200, {"job_id": "task-1", "status": "scheduled"})
    waits = answer(200, {"job_id": "task-1", "status": "intermediate-complete"})
    said, saved = ends(KLING, creates=[taken], polls=[waits, answer(200, text)])
    assert (said.returncode, saved) == (0, ["clip.mp4"]), said.stderr


@pytest.mark.fault(130, "Code: an id that is a number, or under its older name", "used")
@pytest.mark.parametrize("taken", [{"id": 234954179076239}, {"generation_id": "task-1"}], ids=str)
def test_an_id_of_any_form_is_used(ends, taken):
    said, saved = ends(creates=[answer(201, taken)])
    assert (said.returncode, saved) == (0, ["clip.mp4"]), said.stderr
    assert said.stdout.startswith(f"id: {next(iter(taken.values()))}\n")
