"""What the page's own scripts ask for: orders, their code, keys."""

import httpx
import pytest
from served_page import served_page

from core import MODELS

WAN, WAN_VIDEO = list(MODELS)[:2]
KLING = "krea:kling/kling-2.5"
ORDER = {"model": WAN, "params": {"prompt": "A fox", "num_frames": 18}}
SECRET = "sk-never-to-be-seen-9876543210"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with (
        served_page(tmp_path_factory.mktemp("counter"), dailies_confirm_above=0.0) as (
            studio,
            address,
        ),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield studio, client


@pytest.fixture
def post(world):
    def posting(path, **body):
        return world[1].post(f"/dailies/{path}", json=body)

    return posting


def test_an_order_is_answered_with_its_job(world, post):
    said = post("orders", key="one", **ORDER).json()
    assert said["job"]["params"]["prompt"] == "A fox"
    assert world[0].wait(said["job"]["id"], timeout=60).state == "completed"


def test_the_same_key_is_the_same_job(post):
    first, second, other = (
        post("orders", key=key, **ORDER).json()["job"]["id"] for key in ("two", "two", "three")
    )
    assert first == second != other


def test_what_is_wrong_is_told_by_the_parameter(post):
    said = post("orders", key="four", model=WAN, params={"num_frames": 500}).json()
    assert set(said["problems"]) == {"prompt", "num_frames"}
    assert "job" not in said


def test_a_file_that_was_not_uploaded_here_is_refused(post):
    params = {"prompt": "x", "video_url": {"path": "/etc/hostname"}}
    said = post("orders", key="five", model=WAN_VIDEO, params=params).json()
    assert "uploaded to this app" in said["problems"]["video_url"]


def test_an_order_that_has_to_be_confirmed_is_taken_once_it_is(world, post):
    # A live order, and nobody listens at the address: what counts here is the asking.
    world[0].set_key("", "krea", SECRET)
    body = {"model": KLING, "params": {"prompt": "x"}, "key": "six"}
    try:
        said = post("orders", **body).json()
        assert "job" not in said
        assert said["confirm"]
        assert "job" not in post("orders", **body, confirmed="yes").json()
    finally:
        world[0].set_key("", "krea", "")


def test_a_model_that_is_not_there_is_refused_in_words(post):
    said = post("orders", model="nobody/none", params={}, key="seven").json()
    assert said["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"model": 3, "params": 4}'])
def test_a_body_that_is_no_order_orders_nothing(world, body):
    before = len(world[0].jobs(""))
    answer = world[1].post("/dailies/orders", content=body)
    assert answer.status_code in (200, 400)
    assert "job" not in answer.json()
    assert len(world[0].jobs("")) == before


def test_an_order_is_given_as_code_with_a_placeholder_for_the_key(post):
    programs = post("code", **ORDER).json()["programs"]
    assert [program["label"] for program in programs] == ["Python", "JavaScript", "curl"]
    assert all("A fox" in program["text"] for program in programs)


def test_half_a_form_can_be_seen_as_code(post):
    answer = post("code", model=WAN, params={})
    assert answer.status_code == 200
    assert len(answer.json()["programs"]) == 3


def is_live(browser):
    told = browser.get("/dailies/feed").json()["providers"]
    return next(one["live"] for one in told if one["name"] == "krea")


def test_a_key_is_used_and_forgotten_and_never_said(world, post):
    used = post("keys", provider="krea", key=f" {SECRET} ")
    assert "Krea is live now" in used.json()["said"]
    assert is_live(world[1])
    assert not is_live(httpx.Client(base_url=world[1].base_url))
    forgotten = post("keys", provider="krea", key="")
    assert forgotten.json() == {"said": "Forgotten."}
    assert not is_live(world[1])
    assert SECRET not in used.text + forgotten.text


def test_a_key_of_nothing_but_spaces_is_none(world, post):
    assert post("keys", provider="krea", key="   ").json() == {"said": "Forgotten."}
    assert not is_live(world[1])


def test_a_provider_that_is_not_there_takes_no_key(post):
    answer = post("keys", provider="nobody", key=SECRET)
    assert answer.status_code == 400
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["orders", "code", "keys"])
def test_another_site_s_script_gets_no_answer(world, path):
    answer = world[1].post(
        f"/dailies/{path}", json=ORDER, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "word", ["completed", "https://cdn.aimlapi.com", "k" * 513, "two words 12"]
)
def test_what_can_be_no_key_is_refused_with_the_reason_and_not_repeated(world, post, word):
    answered = post("keys", provider="krea", key=word)
    assert answered.status_code == 400
    assert answered.json()["error"].startswith("That is no API key")
    assert word not in answered.text
    assert not any(provider.live for provider in world[0].providers(""))
