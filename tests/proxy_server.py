"""A proxy on loopback, HTTP or SOCKS 5, which notes what it is asked for."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class ProxyServer:
    """`names` maps hosts to ports of 127.0.0.1; anything else is refused."""

    names: dict
    asked: list = field(default_factory=list)
    port: int = 0

    def url(self, scheme):
        return f"{scheme}://127.0.0.1:{self.port}"

    def connect(self, host, port):
        self.asked.append(f"{host}:{port}")
        return socket.create_connection(("127.0.0.1", self.names[host]), timeout=5)


@contextlib.contextmanager
def proxy_server(names):
    """Serve on a free port until the test ends."""
    proxy = ProxyServer(names=names)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    proxy.port = listener.getsockname()[1]
    ended, threads = threading.Event(), []

    def accept():
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=talk, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    def talk(connection):
        connection.settimeout(5)
        with connection, contextlib.suppress(OSError, KeyError):
            first = connection.recv(1, socket.MSG_PEEK)
            there = _socks(proxy, connection) if first == b"\x05" else _http(proxy, connection)
            with there:
                _pump(connection, there, ended)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield proxy
    finally:
        ended.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listener.close()


def _http(proxy, connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    line, _, rest = data.partition(b"\r\n")
    method, target, version = line.decode().split(" ")
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        there = proxy.connect(host.strip("[]"), int(port))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return there
    parts = urlsplit(target)
    there = proxy.connect(parts.hostname, parts.port or 80)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    there.sendall(f"{method} {path} {version}\r\n".encode() + rest)
    return there


def _socks(proxy, connection):
    _, methods = connection.recv(2)
    connection.recv(methods)
    connection.sendall(b"\x05\x00")
    kind = connection.recv(4)[3]
    assert kind == 3, "a name, and no address that was looked up here"
    host = connection.recv(connection.recv(1)[0]).decode()
    there = proxy.connect(host, int.from_bytes(connection.recv(2)))
    connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
    return there


def _pump(one, other, ended):
    one.settimeout(0.02)
    other.settimeout(0.02)
    while not ended.is_set():
        for here, there in ((one, other), (other, one)):
            with contextlib.suppress(TimeoutError):
                data = here.recv(65536)
                if not data:
                    return
                there.settimeout(5)
                there.sendall(data)
                there.settimeout(0.02)
