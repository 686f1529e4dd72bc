"""A session is a signed cookie that a restart and a replica know, and that can be taken back."""

import pytest
from itsdangerous import URLSafeSerializer

from ui.sessions import LASTS, PURPOSE, EndedSessions, Sessions

SECRET = b"s" * 32


class World:
    def __init__(self, path):
        self.now, self.versions, self.path = 1000.0, {"ann": "v1", "ben": "v1"}, path

    def replica(self, secret=SECRET):
        """Sessions as another process, or the next one, has them."""
        ended = EndedSessions(self.path)
        return Sessions(secret, lambda n: self.versions.get(n, ""), ended, now=lambda: self.now)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "sessions.ended")


def test_a_session_holds_after_a_restart_and_at_every_replica(world):
    cookie = world.replica().begin("ann")
    assert world.replica().read(cookie).name == "ann"


def test_a_session_of_another_secret_purpose_or_shape_is_none(world):
    here = world.replica()
    foreign = world.replica(b"t" * 32).begin("ann")
    links = URLSafeSerializer(SECRET, salt="links").dumps(["x", "ann", "v1", 1000.0])
    shapes = [URLSafeSerializer(SECRET, salt=PURPOSE).dumps(body) for body in ([], {}, "ann", 7)]
    for cookie in ("", "x", foreign, links, *shapes, here.begin("ann")[:-1]):
        assert here.read(cookie) is None


def test_a_new_password_or_a_name_struck_out_ends_its_sessions_alone(world):
    here = world.replica()
    ann, ben = here.begin("ann"), here.begin("ben")
    world.versions["ann"] = "v2"
    assert here.read(ann) is None
    assert here.read(ben).name == "ben"
    del world.versions["ben"]
    assert here.read(ben) is None


def test_a_session_that_was_logged_out_is_over_everywhere_and_the_others_are_not(world):
    here, there = world.replica(), world.replica()
    one, other = here.begin("ann"), here.begin("ann")
    assert there.read(one)
    here.end(here.read(one))
    assert here.read(one) is there.read(one) is world.replica().read(one) is None
    assert there.read(other)


def test_what_was_logged_out_is_forgotten_once_it_is_over_anyway(world):
    here = world.replica()
    here.end(here.read(here.begin("ann")))
    world.now += LASTS + 1
    last = here.read(here.begin("ann"))
    here.end(last)
    assert [line.split()[0] for line in world.path.read_text().splitlines()] == [last.id]


def test_a_renewed_session_is_the_same_session(world):
    here = world.replica()
    cookie = here.begin("ann")
    world.now += LASTS - 1
    renewed = here.renewed(here.read(cookie))
    world.now += LASTS - 1
    assert here.read(cookie) is None
    here.end(here.read(renewed))
    assert here.read(renewed) is None
