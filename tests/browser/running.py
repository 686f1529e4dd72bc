"""The app in a process of its own, as `python app.py` starts it, on a free loopback port."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


@contextmanager
def running_app(folder, **settings):
    """The app in a process of its own, over a folder of its own; gives its address."""
    port = free_port()
    environment = {
        **os.environ,
        "DAILIES_DATA_DIR": str(folder),
        "GRADIO_SERVER_PORT": str(port),
        # Nothing listens there: no test asks the real vendors for their lists of models.
        "AIMLAPI_BASE_URL": "http://127.0.0.1:9",
        "KREA_BASE_URL": "http://127.0.0.1:9",
        **settings,
    }
    app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    at = f"http://127.0.0.1:{port}"
    try:
        wait_for(at, app)
        yield at
    finally:
        app.terminate()
        app.wait(20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, app, seconds=60):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert app.poll() is None, "the app has ended"
        try:
            return httpx.get(f"{address}/favicon.ico")
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the app does not answer")
