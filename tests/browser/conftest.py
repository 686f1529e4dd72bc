"""A real app in a process of its own, and a real Chromium that notes every complaint."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright
from screening import Screening

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def running_app(folder, **settings):
    """The app in a process of its own, over a folder of its own; gives its address."""
    port = free_port()
    environment = {
        **os.environ,
        "DAILIES_DATA_DIR": str(folder),
        "GRADIO_SERVER_PORT": str(port),
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


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The app as visitors find it: each test's browser has a strip of its own."""
    with running_app(tmp_path_factory.mktemp("data")) as at:
        yield at


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip(f"there is no Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """Open the page in a browser of its own; afterwards nothing may have gone wrong in it."""
    opened = []

    def opening(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        opened.append(context)
        return Screening(context.new_page(), address).open()

    yield opening
    for context in opened:
        context.close()


@pytest.fixture
def room(visit):
    """The page at its usual size, fresh; afterwards it must have no complaints."""
    screening = visit()
    yield screening
    assert screening.complaints == []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, app, seconds=60):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert app.poll() is None, "the app has ended"
        try:
            return httpx.get(f"{address}/favicon.ico").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the app does not answer")
