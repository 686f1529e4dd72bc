"""The sandbox on a real loopback port, with a gate before each kind of request, and a tally."""

import asyncio
import threading
from collections import Counter
from contextlib import contextmanager

import uvicorn

from core.sandbox import create_sandbox


class Gated:
    """Counts requests by kind; holds those of a closed kind, before they are handled or after."""

    def __init__(self, app):
        self.app = app
        self.tally = Counter()
        self.closed = set()
        self.keyed_files = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kind = _kind(scope)
        self.tally[kind] += 1
        self.keyed_files += kind == "file" and b"authorization" in dict(scope["headers"])
        await self._hold(f"before {kind}")
        held = []

        async def later(message):
            held.append(message)

        await self.app(scope, receive, later if kind == "create" else send)
        await self._hold(f"after {kind}")
        for message in held:
            await send(message)

    async def _hold(self, name):
        while name in self.closed:
            self.tally[f"held {name}"] += 1
            await asyncio.sleep(0.02)


def _kind(scope):
    path, method = scope["path"], scope["method"]
    if path.startswith("/files/"):
        return "file"
    if path in ("/openapi.json", "/docs-json", "/v2/billing") or path.startswith("/v1/models"):
        return "catalog"
    if method == "POST":
        return "create"
    return "list" if path in ("/v2/logs", "/jobs") else "poll"


@contextmanager
def serve_app(app):
    """Serve an ASGI app on a free port of 127.0.0.1; gives its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served_sandbox(folder):
    """Serve the sandbox behind a gate; gives the gate and the address."""
    gate = Gated(create_sandbox(folder))
    with serve_app(gate) as url:
        try:
            yield gate, url
        finally:
            gate.closed.clear()
