"""The page as Gradio gets it: what is in it, what is kept out of it, how it is served."""

import re

import httpx
import pytest
from served_page import served_page

from core import MODELS
from ui.server import ASSETS, assets_version

SECRET = "sk-never-to-be-seen-0123456789"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("page")) as (studio, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield studio, client


@pytest.fixture(scope="module")
def config(world):
    return world[1].get("/config").json()


def test_the_page_is_light_enough_to_open_at_once(config):
    assert len(config["components"]) < 80
    assert len(config["dependencies"]) < 20


def test_only_the_public_api_is_listed(world):
    info = world[1].get("/gradio_api/info").json()
    assert len(info["named_endpoints"]) == 7
    assert not info["unnamed_endpoints"]


def test_no_event_that_takes_a_key_or_an_order_can_be_called_by_name(config):
    public = {fn["api_name"] for fn in config["dependencies"] if fn["api_visibility"] == "public"}
    assert public == {"models", "estimate", "submit", "submit_once", "job", "jobs", "cancel"}


def test_gradio_keeps_no_history_of_runs_and_shows_no_links_of_its_own(config):
    assert config["footer_links"] == []
    assert not config.get("run_history")
    assert not config["analytics_enabled"]


def test_errors_of_ours_are_not_shown_to_strangers(config):
    assert config["show_error"] is False


def test_an_upload_has_a_limit(config):
    assert config["max_file_size"] == 200 * 10**6 or config["max_file_size"] == 200 * 2**20


def test_nothing_of_the_page_comes_from_another_host(world, config):
    page = world[1].get("/").text
    asked = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    assert len(asked) > 5
    assert not [address for address in asked if "//" in address]
    assert "googleapis" not in page
    assert not config["head"]


def test_a_key_goes_in_and_never_comes_out(world):
    studio, client = world
    studio.set_key("", "krea", SECRET)
    try:
        told = client.get("/dailies/feed?since=-1")
        assert [p["live"] for p in told.json()["providers"] if p["name"] == "krea"] == [True]
        for text in (told.text, client.get("/config").text, client.get("/").text):
            assert SECRET not in text
    finally:
        studio.set_key("", "krea", "")


def test_a_foreign_site_s_script_is_turned_away_at_the_door(world):
    answer = world[1].get("/dailies/feed", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_the_version_changes_with_what_is_in_the_folder_and_with_gradio_s_styles(tmp_path):
    (tmp_path / "a.js").write_text("1")
    one = assets_version(tmp_path)
    (tmp_path / "a.js").write_text("2")
    two = assets_version(tmp_path)
    assert two != one
    assert assets_version(tmp_path, [tmp_path / "a.js"]) != two
    assert assets_version(ASSETS) == assets_version(ASSETS)


def test_each_visitor_sees_only_their_own_takes(tmp_path):
    with (
        served_page(tmp_path, dailies_visitors="apart") as (studio, address),
        httpx.Client(base_url=address) as one,
        httpx.Client(base_url=address) as other,
    ):
        one.get("/"), other.get("/")
        job = order(one, "A fox")
        assert len(one.get("/dailies/feed?since=-1").json()["jobs"]) == 1
        assert other.get("/dailies/feed?since=-1").json()["jobs"] == []
        studio.wait(job["id"])


def order(client, prompt):
    model = next(iter(MODELS))
    data = {"data": [model, {"prompt": prompt, "num_frames": 18}]}
    answer = client.post("/gradio_api/run/submit", json=data)
    assert answer.status_code == 200
    return answer.json()["data"][0]
