"""With a log-in, everything is closed to strangers, and one person's takes to another."""

from contextlib import contextmanager

import httpx
import pytest
from served_page import served_page

from core.accounts.users import hashed

WAN = "aimlapi:krea/krea-wan-14b/text-to-video"
DATA = {"data": [WAN, {"prompt": "A fox", "num_frames": 18}]}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("team")
    people = folder / "users"
    people.write_text(f"ann:{hashed('one')}\nben:{hashed('two')}\n")
    with served_page(folder / "data", dailies_users=people) as (studio, address):
        yield studio, address


@contextmanager
def logged_in(address, name, password):
    with httpx.Client(base_url=address) as browser:
        said = browser.post("/login", data={"name": name, "password": password})
        assert said.status_code == 303
        yield browser


@pytest.fixture
def ann(world):
    with logged_in(world[1], "ann", "one") as browser:
        yield browser


@pytest.fixture
def ben(world):
    with logged_in(world[1], "ben", "two") as browser:
        yield browser


def call(browser, name, *data):
    return browser.post(f"/gradio_api/run/{name}", json={"data": list(data)})


def test_a_stranger_finds_a_login_page_and_nothing_else(world):
    with httpx.Client(base_url=world[1]) as stranger:
        page = stranger.get("/", headers={"accept": "text/html"})
        assert page.headers["location"] == "./login"
        for path in ("/config", "/dailies/feed", "/gradio_api/info", "/takes/x/clip.mp4"):
            assert stranger.get(path).status_code == 401
        assert stranger.post("/gradio_api/run/submit", json=DATA).status_code == 401
        assert "password" in stranger.get("/login").text


def test_a_person_s_take_does_not_exist_for_another_even_with_its_id_and_address(world, ann, ben):
    job = ann.post("/gradio_api/run/submit", json=DATA).json()["data"][0]
    world[0].wait(job["id"])
    told = call(ann, "job", job["id"]).json()["data"][0]
    clip = told["files"]["video"]
    assert told["state"] == "completed"
    assert ann.get(clip).status_code == 200
    assert ben.get(clip).status_code == 404
    assert "no such job" in call(ben, "job", job["id"]).text
    assert "no such job" in call(ben, "cancel", job["id"]).text
    for deed in ("cancel", "look-again", "adopt", "gif"):
        answer = ben.post(f"/dailies/jobs/{job['id']}/{deed}", json={"width": 320, "fps": 8})
        assert answer.status_code == 404, deed
    assert call(ben, "jobs", 20, None).json()["data"][0] == []
    assert len(call(ann, "jobs", 20, None).json()["data"][0]) == 1


def test_the_same_person_sees_the_same_takes_in_another_browser(world, ann):
    ann.post("/gradio_api/run/submit", json=DATA)
    with logged_in(world[1], "ann", "one") as other:
        mine = call(ann, "jobs", 20, None).json()["data"][0]
        assert [job["id"] for job in mine] == [
            job["id"] for job in call(other, "jobs", 20, None).json()["data"][0]
        ]


def test_logging_out_closes_the_door_again(ann):
    assert ann.get("/config").status_code == 200
    ann.post("/logout")
    assert ann.get("/config").status_code == 401
