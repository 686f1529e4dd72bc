"""What must be true after every fault: one order, nothing left open, and the key nowhere."""

import asyncio
import contextlib
import gc
import logging
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from provider import Provider, answer, serving
from world import CANARY, TAKEN, World, padded, task


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "fault(row, what, outcome): a row of the fault matrix, see docs/faults.md"
    )


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.own_process)


def descriptors(folder):
    """What is open, less what belongs to an earlier test's clips that are still being made."""
    elsewhere = set().union(*map(opened, children() - children(folder)))
    # The page of a module keeps a few connections to its own database, up to a bound.
    return Counter(
        path
        for path in opened("self")
        if not re.search(r"/page\d+/data/", path)
        and not (path.startswith("pipe:") and path in elsewhere)
    )


def opened(pid):
    found = []
    with contextlib.suppress(OSError):  # a process that ends while it is looked at
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(str(entry.readlink()))
    return found


def children(folder=""):
    """Our processes that work in a folder."""
    found = set()
    for entry in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found |= set((entry / "children").read_text().split())
    return {pid for pid in found if str(folder) in command_line(pid)}


def command_line(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


class Kept(logging.Handler):
    """Everything that any logger says, formatted as a file would have it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, request):
    """No descriptor, child or temporary file more than before, and the key in none of it all."""
    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    before = descriptors(tmp_path)
    yield kept
    root.removeHandler(kept)
    root.setLevel(level)
    if descriptors(tmp_path).total() > before.total():
        gc.collect()  # slow with Gradio loaded, so only where something waits for it
    latest = time.monotonic() + 120
    ends = time.monotonic() + 3
    while descriptors(tmp_path).total() > before.total() or children(tmp_path):
        if time.monotonic() > ends:
            break
        if children() - children(tmp_path):
            # However slow the machine is: what an earlier clip still needs is no verdict's matter.
            ends = min(latest, time.monotonic() + 3)
        time.sleep(0.02)
    assert descriptors(tmp_path).total() <= before.total(), descriptors(tmp_path) - before
    assert not children(tmp_path)
    assert not list(tmp_path.rglob("*.part")), "a part was left behind"
    assert not list(tmp_path.rglob("dailies-ffmpeg-*"))
    assert CANARY not in "\n".join(kept.lines)
    for path in tmp_path.rglob("*"):
        if path.is_file() and "keys-allowed" not in path.name:
            assert CANARY.encode() not in path.read_bytes(), path


@pytest.fixture
async def no_task_is_left():
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if "TestRunner" not in repr(task)]
    assert not left


@pytest.fixture
def provider(nothing_is_left, clip_bytes):
    provider = Provider()
    with serving(provider):
        provider.scripts = {
            "creates": [answer(200, TAKEN)],
            "polls": [
                task("generating"),
                task("completed", video={"url": provider.clip_url}),
            ],
            "logs": [answer(200, {"data": []})],
            "files": [answer(200, clip_bytes)],
            "cancels": [answer(200)],
            "uploads": [answer(200, {"id": "1", "image_url": "https://assets.test/a.mp4"})],
        }
        yield provider


@pytest.fixture
async def world(provider, store, tmp_path, clock, no_task_is_left):
    """A world whose every promise is looked at once more at the end of the test."""
    world = World(provider=provider, store=store, folder=tmp_path, clock=clock)
    yield world
    assert provider.orders == world.orders, "orders that reached the provider"
    for request in provider.seen["files"]:
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
    for job in store.recent("", limit=500):
        assert CANARY not in repr(job)
        assert CANARY not in str(world.shown(job))


@pytest.fixture
def carry(world, new_job):
    """Write a job down, carry it to its end, and return it."""

    async def carry(*model, **changes):
        return await world.carry(new_job(*model, **changes))

    return carry


@pytest.fixture(scope="session")
def big_clip(clip_bytes):
    """The clip with a free box of half a megabyte, so that there is something to cut."""
    return padded(clip_bytes, 600_000)


@pytest.fixture
def disk_of():
    """Let no file of this process grow beyond so many bytes, until the test ends."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for `cdn.test`, of an authority that nobody but the test believes."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=cdn.test", "-addext", "subjectAltName=DNS:cdn.test"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"
