"""AI/ML API or Krea on a real socket, as scripts: each kind of request has answers of its own."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

from raw_server import CLOSE, RESET, _read, http

KINDS = ("creates", "polls", "logs", "files", "cancels", "uploads", "catalog")


@dataclass(frozen=True)
class Silence:
    """As an answer: read the request whole, then say nothing until the client gives up."""

    seconds: float = 5.0


@dataclass(frozen=True)
class CutWhileReading:
    """As an answer: read so many bytes of the request, then tear the connection down."""

    size: int


@dataclass(frozen=True)
class Trickle:
    """As an answer: one byte at a time."""

    answer: bytes
    gap: float = 0.05


@dataclass(frozen=True)
class Came:
    """A request that was read whole."""

    head: str
    body: bytes
    at: float

    @property
    def line(self):
        return self.head.partition("\r\n")[0]

    @property
    def path(self):
        return self.line.split(" ")[1]

    @property
    def headers(self):
        pairs = (line.split(":", 1) for line in self.head.split("\r\n")[1:] if ":" in line)
        return {name.strip().lower(): value.strip() for name, value in pairs}


def answer(status, body=b"", *headers):
    """Return bytes of an HTTP answer; a body that is no bytes and no text travels as JSON."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    return http(f"{status} Words", body, *headers)


@dataclass
class Provider:
    """`seen` holds what came whole, by kind; the last answer of a script serves for ever."""

    scripts: dict = field(default_factory=dict)
    seen: dict = field(default_factory=lambda: {kind: [] for kind in KINDS})
    connections: int = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def clip_url(self):
        return f"{self.url}/files/clip.mp4"

    @property
    def orders(self):
        """How many paid requests reached the provider whole."""
        return len(self.seen["creates"])

    def reply(self, request):
        kind = _kind(request)
        with self.lock:
            self.seen[kind].append(request)
            script = self.script(kind)
            turn = min(len(self.seen[kind]), len(script)) - 1
        given = script[turn]
        return given(request) if callable(given) else given

    def script(self, kind):
        """The answers to a kind of request; one that publishes no models says 404."""
        return self.scripts.get(kind) or [answer(404)]

    def script_of(self, head):
        """The next answer that this request will get, before it is read whole."""
        kind = _kind(Came(head, b"", 0.0))
        script = self.script(kind)
        return script[min(len(self.seen[kind]) + 1, len(script)) - 1]


def _kind(request):
    method, path = request.line.split(" ")[:2]
    if path.startswith("/files/"):
        return "files"
    if path.startswith("/assets"):
        return "uploads"
    if method != "GET":
        return {"POST": "creates", "DELETE": "cancels"}[method]
    if path.partition("?")[0] in ("/v2/logs", "/jobs"):
        return "logs"
    # A studio asks for more than its tasks: what models there are, and what is on the account.
    return "polls" if "generation_id=" in path or path.startswith("/jobs/") else "catalog"


@contextlib.contextmanager
def serving(provider, *, tls: ssl.SSLContext | None = None):
    """Serve on a free port of 127.0.0.1, each connection in a thread."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.settimeout(0.05)
    provider.port = listener.getsockname()[1]
    ended, threads = threading.Event(), []

    def accept():
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:  # a test has taken every descriptor
                time.sleep(0.01)
                continue
            provider.connections += 1
            thread = threading.Thread(target=talk, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    def talk(connection):
        connection.settimeout(2)
        # The client may go away, which is its right.
        with connection, contextlib.suppress(OSError):
            spoken = tls.wrap_socket(connection, server_side=True) if tls else connection
            with spoken:
                _talk(provider, spoken, ended)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield provider
    finally:
        ended.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listener.close()


def _talk(provider, connection, ended):  # noqa: C901  one branch a kind of misbehaviour
    if (cut := _cut(provider, connection)) is not None:
        return _reset(cut)
    raw = _read(connection)
    if not raw:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    given = provider.reply(Came(head.decode("latin-1"), body, time.monotonic()))
    if given is RESET:
        _reset(connection)
    elif isinstance(given, Silence):
        _hold(connection, given.seconds, ended)
    elif isinstance(given, Trickle):
        for index in range(len(given.answer)):
            connection.sendall(given.answer[index : index + 1])
            if ended.wait(given.gap):
                break
    elif isinstance(given, tuple):
        for piece in given:
            if piece is RESET:
                return _reset(connection)
            connection.sendall(piece)
    elif given is not CLOSE:
        for piece in [given] if isinstance(given, bytes) else given:
            connection.sendall(piece)
    return None


def _cut(provider, connection):
    """Return the connection where the script says that the request is not to be read whole."""
    peeked = (
        connection.recv(65536, socket.MSG_PEEK)
        if not isinstance(connection, ssl.SSLSocket)
        else b""
    )
    if b"\r\n\r\n" not in peeked:
        return None
    given = provider.script_of(peeked.partition(b"\r\n\r\n")[0].decode("latin-1"))
    if not isinstance(given, CutWhileReading):
        return None
    read = 0
    while read < given.size and (chunk := connection.recv(65536)):
        read += len(chunk)
    return connection


def _reset(connection):
    # Zero seconds of lingering make the close a reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hold(connection, seconds, ended):
    ends = time.monotonic() + seconds
    connection.settimeout(0.02)
    while time.monotonic() < ends and not ended.is_set():
        try:
            if not connection.recv(1024):
                return
        except TimeoutError:
            continue
