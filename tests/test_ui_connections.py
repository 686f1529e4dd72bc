"""Connections end when a stage of them takes too long, and when another needs the room."""

import asyncio
import socket
import threading
import time
from contextlib import ExitStack

import pytest
import uvicorn

from ui.connections import (
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    STALLED_SECONDS,
    SWEEP,
    Connections,
)
from ui.descriptors import batch_of, connections_of, raised_limit

MOST = 6


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


class App:
    """Reads the body; answers `/held` only when it is let, and `/endless` for ever."""

    def __init__(self):
        self.let = threading.Event()
        self.held = 0
        self.ended = 0

    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        while (await receive()).get("more_body"):
            pass
        if scope["path"] == "/held":
            self.held += 1
            while not self.let.is_set():  # noqa: ASYNC110  the test sets it from its own thread
                await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while scope["path"] == "/endless" and not self.let.is_set():
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        await send({"type": "http.response.body", "body": b"done"})


class World:
    def __init__(self):
        self.clock, self.app = Ticks(), App()
        self.connections = Connections(MOST, clock=self.clock)
        self.port = 0
        self.open = ExitStack()

    def connect(self, *sent, source="127.0.0.1"):
        wire = self.open.enter_context(
            socket.create_connection(("127.0.0.1", self.port), 5, (source, 0))
        )
        for piece in sent:
            wire.sendall(piece)
        return wire

    def ask(self, *, source="127.0.0.1"):
        wire = self.connect(GET, source=source)
        return b"".join(iter(lambda: wire.recv(65536), b""))

    def pass_seconds(self, seconds):
        self.clock.now += seconds


GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HELD = b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
ORDER = b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
BODY = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr("ui.connections.SWEEP", 0.02)
    world = World()
    config = uvicorn.Config(
        world.app, host="127.0.0.1", port=0, http=world.connections.protocol, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    world.port = server.servers[0].sockets[0].getsockname()[1]
    yield world
    world.app.let.set()
    world.open.close()
    server.should_exit = True
    thread.join()


def until(condition, seconds=10.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.005)


def is_over(wire):
    """Whether the other side has ended this connection."""
    wire.setblocking(False)
    try:
        while wire.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        wire.settimeout(5)
    return True


def stays(wire):
    """Whether a connection outlasts several looks at it."""
    time.sleep(0.15)
    return not is_over(wire)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ([], IDLE_SECONDS),
        ([b"GET / HT"], HEAD_SECONDS),
        ([b"GET / HTTP/1.1\r\nHost: a\r\nX: "], HEAD_SECONDS),
        ([BODY], BODY_SECONDS),
        ([BODY, bytes(1000)], BODY_SECONDS + 1),
    ],
    ids=["nothing", "half a line", "half a head", "no body", "half a body"],
)
def test_a_connection_that_stays_at_a_stage_is_ended(world, sent, seconds):
    wire = world.connect(*sent)
    until(lambda: len(world.connections) == 1)
    world.pass_seconds(seconds - 1)
    assert stays(wire)
    # What was sent may be read only now, and has its time from then on.
    until(lambda: world.pass_seconds(2) or is_over(wire))
    until(lambda: len(world.connections) == 0)


def test_a_head_that_trickles_in_gets_no_more_time_for_that(world):
    wire = world.connect(b"GET / HTTP/1.1\r\nHost: a\r\n")
    until(lambda: len(world.connections) == 1)
    for letter in b"X: abcdefgh":
        world.pass_seconds(HEAD_SECONDS / 8)
        time.sleep(0.03)
        try:
            wire.sendall(bytes([letter]))
        except OSError:
            break
    until(lambda: is_over(wire))


def test_a_body_that_comes_at_a_fair_rate_has_its_time(world):
    wire = world.connect(BODY)
    for _ in range(10):
        wire.sendall(bytes(100_000))
        world.pass_seconds(5)
        time.sleep(0.05)
    assert b"200 OK" in wire.recv(65536)


def test_an_answer_that_takes_long_is_waited_for(world):
    wire = world.connect(HELD)
    until(lambda: world.app.held)
    world.pass_seconds(1000)
    assert stays(wire)
    world.app.let.set()
    assert b"200 OK" in wire.recv(65536)


def test_a_reader_who_reads_nothing_is_let_go(world):
    wire = world.connect(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    until(lambda: any(c.flow.write_paused for c in list(world.connections._open)))
    time.sleep(0.1)
    world.pass_seconds(STALLED_SECONDS + 1)
    until(lambda: len(world.connections) == 0)
    until(lambda: is_over(wire))


def test_the_next_request_on_a_connection_begins_anew(world):
    wire = world.connect()
    for _ in range(3):
        wire.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        said = b""
        while b"done" not in said:
            said += wire.recv(65536)
        world.pass_seconds(IDLE_SECONDS - 1)
        assert stays(wire)


def fill(world, count, *sent, source="127.0.0.1"):
    wires = []
    for _ in range(count):
        before = len(world.connections)
        wires.append(world.connect(*sent, source=source))
        until(lambda before=before: len(world.connections) == min(before + 1, MOST))
        world.clock.now += 0.001
    return wires


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HELD], ids=["idle", "half a head", "reading"])
def test_whoever_comes_last_is_served_and_the_oldest_of_the_crowd_goes(world, sent):
    wires = fill(world, MOST, sent)
    time.sleep(0.1)
    assert b"200 OK" in world.ask()
    assert is_over(wires[0])
    assert not any(is_over(wire) for wire in wires[1:])
    assert b"200 OK" in world.ask(source="127.0.0.2")


def test_room_is_made_by_the_network_that_has_the_most(world):
    (guest,) = fill(world, 1, source="127.0.0.2")
    crowd = fill(world, MOST - 1)
    assert b"200 OK" in world.ask(source="127.0.0.3")
    assert not is_over(guest)
    assert is_over(crowd[0])


def test_an_order_under_way_is_never_closed_for_room(world):
    orders = fill(world, MOST, ORDER)
    until(lambda: world.app.held == MOST)
    late = world.connect(GET)
    until(lambda: is_over(late))
    assert not any(is_over(wire) for wire in orders)
    world.app.let.set()
    assert all(b"200 OK" in wire.recv(65536) for wire in orders)


def test_a_flood_leaves_no_more_open_than_there_may_be(world):
    for _ in range(200):
        world.connect()
    until(lambda: len(world.connections) <= MOST)
    assert b"200 OK" in world.ask()
    assert len(world.connections) <= MOST


def test_the_looking_ends_with_the_last_connection(world):
    assert b"200 OK" in world.ask()
    until(lambda: len(world.connections) == 0 and world.connections._sweeping is None)


def test_what_is_for_visitors_leaves_more_than_half_for_the_rest():
    for limit in (256, 1024, 20_000, 65_536):
        # Each may have a file open beside its socket.
        assert 2 * connections_of(limit) + batch_of(limit) <= 0.6 * limit
    assert connections_of(64) >= 16
    assert raised_limit() >= 256
    assert SWEEP <= 1
