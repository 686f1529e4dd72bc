"""The public API through Gradio's own client: JSON in and out, errors as sentences."""

import base64
import time

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from served_page import served_page

from core import MODELS
from core.media import ffmpeg

WAN, WAN_VIDEO, WAN_21, KLING_16, KLING_25 = MODELS
EVENTS = {"/models", "/estimate", "/submit", "/submit_once", "/job", "/jobs", "/cancel"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served_page(tmp_path_factory.mktemp("api")) as (studio, address):
        yield studio, Client(address, verbose=False)


@pytest.fixture(scope="module")
def api(world):
    return world[1]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "holiday.mp4"
    picture = "testsrc2=size=160x96:rate=16:duration=1"
    ffmpeg.run(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(path)])
    return path


def test_exactly_these_endpoints_are_offered(api):
    offered = api.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(offered) == EVENTS


def test_models_are_listed_with_their_parameters(api):
    models = {model["key"]: model for model in api.predict(api_name="/models")}
    assert set(models) == set(MODELS)
    frames = next(p for p in models[WAN]["params"] if p["name"] == "num_frames")
    assert (frames["minimum"], frames["maximum"], frames["step"]) == (18, 162, 12)


def test_an_estimate_knows_a_bare_id(api):
    told = api.predict("kling/kling-2.5", {"prompt": "x"}, api_name="/estimate")
    assert told["seconds"] == 5
    assert told["cost"]["basis"] == "free: sandbox"


def test_an_order_is_carried_to_its_clip(api):
    job = api.predict(WAN, {"prompt": "An eagle", "num_frames": 20}, api_name="/submit")
    assert job["params"]["num_frames"] == 18
    while job["state"] not in ("completed", "failed"):
        time.sleep(0.1)
        job = api.predict(job["id"], api_name="/job")
    assert job["state"] == "completed"
    assert job["files"]["video"].startswith("/takes/")
    assert api.predict(1, None, api_name="/jobs")[0]["id"] == job["id"]
    older = api.predict(20, job["created_at"], api_name="/jobs")
    assert job["id"] not in [each["id"] for each in older]


def test_every_field_in_the_wrong_is_named_although_errors_are_hidden(api):
    with pytest.raises(AppError) as caught:
        api.predict(WAN, {"num_frames": 500}, api_name="/submit")
    assert "Prompt is needed." in str(caught.value)
    assert "Frames must be from 18 to 162 frames." in str(caught.value)


def test_an_unknown_job_is_said_to_be_unknown(api):
    with pytest.raises(AppError, match=r"\w+"):
        api.predict("0" * 32, api_name="/job")


def test_a_moment_that_is_none_is_refused_with_a_sentence(api):
    with pytest.raises(AppError, match="must be a time"):
        api.predict(20, "yesterday", api_name="/jobs")


def test_an_uploaded_file_is_taken(api, source):
    params = {"prompt": "As paper", "video_url": handle_file(source)}
    job = api.predict(WAN_VIDEO, params, api_name="/submit")
    assert job["params"]["video_url"].startswith("/takes/")
    assert api.predict(job["id"], api_name="/cancel")["id"] == job["id"]


def test_a_data_uri_is_taken(api, source):
    uri = f"data:video/mp4;base64,{base64.b64encode(source.read_bytes()).decode()}"
    job = api.predict(WAN_VIDEO, {"prompt": "x", "video_url": uri}, api_name="/submit")
    assert job["params"]["video_url"].startswith("/takes/")


def test_a_take_s_own_address_is_taken(world, source):
    studio, api = world
    params = {"prompt": "x", "video_url": handle_file(source)}
    first = api.predict(WAN_VIDEO, params, api_name="/submit")
    again = {"prompt": "y", "video_url": first["params"]["video_url"]}
    second = api.predict(WAN_VIDEO, again, api_name="/submit")
    assert second["params"]["video_url"].startswith("/takes/")
    assert studio.job(second["id"]).params["prompt"] == "y"


@pytest.mark.parametrize("path", ["/etc/passwd", "pyproject.toml", "/takes/../etc/passwd"])
def test_a_file_of_this_machine_is_refused_and_not_looked_at(api, path):
    with pytest.raises(AppError, match="uploaded to this app"):
        api.predict(WAN_VIDEO, {"prompt": "x", "video_url": path}, api_name="/submit")


def test_a_dict_that_points_elsewhere_is_refused(api):
    forged = {"prompt": "x", "video_url": {"path": "/etc/hostname"}}
    with pytest.raises(AppError):
        api.predict(WAN_VIDEO, forged, api_name="/submit")


def test_an_address_without_encryption_is_refused(api):
    params = {"prompt": "x", "video_url": "http://example.com/a.mp4"}
    with pytest.raises(AppError, match="https"):
        api.predict(WAN_VIDEO, params, api_name="/submit")


@pytest.mark.parametrize("event", ["/js_fn", "/js_fn_1", "/order"])
def test_what_the_page_does_within_cannot_be_called_by_name(api, event):
    with pytest.raises(ValueError, match="Cannot find"):
        api.predict(api_name=event)


def test_a_replayed_call_with_the_same_key_is_one_job(api):
    given = (WAN, {"prompt": "An eagle", "num_frames": 18}, "key-1", False)
    first = api.predict(*given, api_name="/submit_once")
    again = api.predict(*given, api_name="/submit_once")
    other = api.predict(*given[:2], "key-2", False, api_name="/submit_once")
    assert first["id"] == again["id"] != other["id"]


def test_a_plain_http_caller_names_its_key_in_a_header(api):
    address = api.src.rstrip("/")
    data = {"data": [WAN, {"prompt": "An eagle", "num_frames": 18}]}

    def submit(key):
        answer = httpx.post(
            f"{address}/gradio_api/run/submit", json=data, headers={"Idempotency-Key": key}
        )
        return answer.json()["data"][0]["id"]

    assert submit("a") == submit("a") != submit("b")
