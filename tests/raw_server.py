"""A server on loopback that sends, byte for byte, what a test wrote down, and counts what came."""

import contextlib
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

RESET = "reset"
"""As a scripted answer: read the request whole, then tear the connection down."""

CLOSE = "close"
"""As a scripted answer: read the request whole, then close politely, having said nothing."""


def http(status, body=b"", *headers):
    """Return an answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "Connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class RawServer:
    """`script` holds one answer a connection; the last one serves for all that follow."""

    script: list
    requests: list = field(default_factory=list)
    port: int = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def count(self, method):
        return sum(request.startswith(method.encode() + b" ") for request in self.requests)


@contextmanager
def raw_server(*script):
    """Serve the script on a free port of 127.0.0.1 until the test ends."""
    server = RawServer(script=list(script))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    server.port = listener.getsockname()[1]
    ended = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, listener, ended), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        thread.join()
        listener.close()


def _serve(server, listener, ended):
    while not ended.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(2)
            with contextlib.suppress(OSError):  # the client may go away, which is its right
                _answer(server, connection)


def _answer(server, connection):
    request = _read(connection)
    if not request:
        return
    server.requests.append(request)
    turn = min(len(server.requests), len(server.script)) - 1
    answer = server.script[turn]
    if answer is RESET:
        # Zero seconds of lingering make the close a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif answer is not CLOSE:
        for piece in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(piece)


def _read(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        if not (chunk := connection.recv(65536)):
            break
        body += chunk
    return head + b"\r\n\r\n" + body
