"""Who gets in, how often, with how much: the middleware before the app, over plain HTTP."""

import base64
import hashlib

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.accounts.attempts import FREE, FREE_OF_A_NETWORK
from core.accounts.users import Users, hashed
from ui.cookies import flags
from ui.headers import SecurityHeaders, inline_of
from ui.limits import (
    BURST,
    LARGE_AT_ONCE,
    LARGEST_CALL,
    LARGEST_UPLOAD,
    LARGEST_WORD,
    TOO_LARGE,
    Limits,
)
from ui.login import MOST_WAITING, Login
from ui.sessions import LASTS, RENEWED, EndedSessions, Sessions

ANN = hashed("correct horse")


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


async def echo(request: Request):
    try:
        size = len(await request.body())
    except ClientDisconnect:
        return JSONResponse({"size": None}, 400)
    return JSONResponse({"name": request.scope.get("user_name"), "size": size})


APP = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])


@pytest.fixture
def sessions(ticks, tmp_path):
    users = Users({"ann": ANN})
    return Sessions(b"s" * 32, users.version, EndedSessions(tmp_path / "ended"), now=ticks)


@pytest.fixture
def door(ticks, sessions):
    return Login(APP, Users({"ann": ANN}), sessions, clock=ticks)


@pytest.fixture
def team(door):
    return caller(door)


def caller(door, source="198.51.100.1", scheme="http"):
    return TestClient(
        door, base_url=f"{scheme}://studio", client=(source, 1), follow_redirects=False
    )


def log_in(team, password="correct horse", name="ann"):
    return team.post("/login", data={"name": name, "password": password})


def test_without_a_login_there_is_a_login_page_or_a_401(team):
    assert team.get("/", headers={"accept": "text/html"}).headers["location"] == "./login"
    for path in ("/", "/takes/x/clip.mp4", "/gradio_api/run/jobs", "/config"):
        assert team.get(path, headers={"accept": "*/*"}).status_code == 401
    assert team.post("/gradio_api/run/submit", json={}).status_code == 401


def test_a_login_opens_everything_under_its_name(team):
    answer = log_in(team)
    assert (answer.status_code, answer.headers["location"]) == (303, "./login?entered")
    assert team.get("/login?entered").headers["location"] == "./"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert team.get("/anything").json()["name"] == "ann"


def test_wrong_passwords_slow_down_their_network_and_nobody_else(door, team, ticks):
    for _ in range(FREE):
        assert log_in(team, "wrong").status_code == 401
    slowed = log_in(team)
    assert slowed.status_code == 429
    assert slowed.headers["retry-after"] == "2"
    assert "try again in 2 seconds" in slowed.text
    assert log_in(caller(door, "198.51.100.2")).status_code == 303
    ticks.now += 2
    assert log_in(team, "wrong").status_code == 401
    assert log_in(team).headers["retry-after"] == "4"
    ticks.now += 4
    assert log_in(team).status_code == 303
    assert log_in(team).status_code == 303


def test_who_is_logged_in_stays_so_whatever_is_tried_at_his_name(door, team):
    log_in(team)
    stranger = caller(door)
    for _ in range(30):
        log_in(stranger, "wrong")
    assert team.get("/x").json()["name"] == "ann"


def test_a_network_that_tries_many_names_is_slowed_too(door, team):
    statuses = [log_in(team, "wrong", f"name {n}").status_code for n in range(25)]
    assert statuses.count(401) == FREE_OF_A_NETWORK
    assert log_in(team).status_code == 429
    assert log_in(caller(door, "198.51.100.2")).status_code == 303


def test_a_session_ends_after_a_silence_and_at_log_out(team, ticks):
    log_in(team)
    for _ in range(3):
        ticks.now += LASTS - 1
        assert team.get("/x").status_code == 200
    ticks.now += LASTS + 1
    assert team.get("/x").status_code == 401
    log_in(team)
    cookie = team.cookies["dailies_session"]
    answer = team.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "./login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert team.get("/x").status_code == 401
    team.cookies.set("dailies_session", cookie)
    assert team.get("/x").status_code == 401


def test_a_link_logs_nobody_out(team):
    log_in(team)
    answer = team.get("/logout")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert team.get("/x").status_code == 200


def test_a_cookie_goes_by_tls_only_where_it_came_by_tls(door):
    assert "Secure" not in log_in(caller(door)).headers["set-cookie"]
    cookie = log_in(caller(door, scheme="https")).headers["set-cookie"]
    assert "; Secure" in cookie
    assert "; HttpOnly; SameSite=Lax" in cookie
    embedded = flags({"scheme": "http"}, embedded=True)
    assert embedded == "; HttpOnly; SameSite=None; Secure; Partitioned"


def test_no_cookie_is_written_anew_on_what_caches_keep(team, ticks):
    log_in(team)
    ticks.now += RENEWED
    assert "set-cookie" not in team.get("/takes/x/clip.mp4").headers
    assert "set-cookie" in team.get("/x").headers
    assert "set-cookie" not in team.get("/x").headers


def test_more_log_ins_than_can_wait_are_told_when_to_come_again(door, team):
    door._queue = MOST_WAITING
    answer = log_in(team)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("cookie", ["0" * 32, "", "a.b", "W10.x", "." * 5000])
def test_a_made_up_session_is_none(team, cookie):
    team.cookies.set("dailies_session", cookie)
    assert team.get("/x").status_code == 401


def test_an_endless_login_form_is_no_login(team):
    assert team.post("/login", content=b"name=ann&" * 10_000).status_code == 401


def test_a_burst_of_calls_is_let_through_and_then_slowed(ticks):
    caller = TestClient(Limits(APP, clock=ticks))
    statuses = [caller.post("/gradio_api/run/jobs").status_code for _ in range(int(BURST) + 5)]
    assert statuses == [200] * int(BURST) + [429] * 5
    ticks.now += 1
    assert [caller.post("/x").status_code for _ in range(11)] == [200] * 10 + [429]
    assert {caller.get("/x").status_code for _ in range(100)} == {200}


def test_the_addresses_of_one_ipv6_network_are_one_caller(ticks):
    app = Limits(APP, clock=ticks)
    statuses = [
        TestClient(app, client=(f"2001:db8::{n:x}", 1)).post("/x").status_code
        for n in range(int(BURST) + 1)
    ]
    assert statuses == [200] * int(BURST) + [429]
    assert TestClient(app, client=("2001:db8:0:1::1", 1)).post("/x").status_code == 200


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/gradio_api/run/submit", LARGEST_CALL),
        ("/gradio_api/upload", LARGEST_UPLOAD),
        ("/dailies/keys", LARGEST_WORD),
        ("/login", LARGEST_WORD),
    ],
)
def test_a_body_that_says_it_is_too_large_is_refused_unread(path, most):
    caller = TestClient(Limits(APP))
    assert caller.post(path, headers={"content-length": str(most + 1)}).status_code == 413
    assert caller.post(path, content=b"x" * 1000).json()["size"] == 1000


def test_large_calls_are_let_in_as_far_as_memory_goes_and_small_ones_always(ticks):
    limits = Limits(APP, clock=ticks)
    limits._under_way = LARGE_AT_ONCE - 3 * 2**20
    calls = TestClient(limits)
    assert calls.post("/gradio_api/run/submit", content=bytes(3 * 2**20)).status_code == 200
    refused = calls.post("/gradio_api/run/submit", content=bytes(4 * 2**20))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    untold = calls.post("/gradio_api/run/submit", content=iter([b"x"]))
    assert untold.status_code == 429
    assert calls.post("/dailies/orders", content=b"{}").status_code == 200
    assert limits._under_way == LARGE_AT_ONCE - 3 * 2**20


def test_a_body_that_does_not_say_its_length_ends_at_the_limit():
    def endless():
        for _ in range(LARGEST_CALL // 2**20 + 2):
            yield bytes(2**20)

    ended = TestClient(Limits(APP)).post("/gradio_api/x", content=endless())
    assert (ended.status_code, ended.json()) == (413, {"error": TOO_LARGE})


def test_every_answer_carries_the_security_headers():
    headers = TestClient(SecurityHeaders(APP)).get("/x").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "object-src 'none'" in policy
    assert policy.endswith("frame-ancestors 'self'")


def test_what_stands_in_the_log_in_page_is_allowed_by_its_hash_alone(door):
    said = caller(SecurityHeaders(door)).get("/login")
    policy = said.headers["content-security-policy"]
    style = said.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy


def test_hashes_are_of_the_scripts_and_styles_that_stand_in_a_document():
    page = '<script src="a.js"></script><script type="module">one</script><style>two</style>'
    inline = inline_of(page)
    assert [len(inline.scripts), len(inline.styles)] == [1, 1]
    one = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
    assert inline.scripts == [one]


def test_on_a_space_the_page_may_stand_in_its_frame():
    headers = TestClient(SecurityHeaders(APP, embedded=True)).get("/x").headers
    assert "https://huggingface.co" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


def test_where_no_cookie_holds_a_log_in_it_is_said_instead_of_asked_again(team):
    assert log_in(team).headers["location"] == "./login?entered"
    team.cookies.clear()
    page = team.get("/login?entered", headers={"accept": "text/html"})
    assert page.status_code == 401
    assert "did not keep the cookie" in page.text
    assert "location" not in page.headers
