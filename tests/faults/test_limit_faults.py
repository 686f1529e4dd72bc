"""What an outsider takes too much of: GIFs, connections, derivations, room on the disk."""

import contextlib
import errno
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from served_page import served_page
from world import CANARY, WAN, assert_completed, task

from core.accounts.users import hashed
from core.jobs.gif_orders import KEPT

ROOT = Path(__file__).parents[2]

# Gradio's own use of pandas warns in its own thread, where nobody can catch it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def sandboxed(tmp_path_factory):
    """The page over the sandbox; gives the studio and the address."""
    folder = tmp_path_factory.mktemp("page") / "data"
    with served_page(folder) as opened:
        yield opened


@pytest.mark.fault(
    210,
    "40 GIFs to order at once, of slightly different rates and widths",
    "400 for sizes off the list; two at a time, else 429 with a wait; four files stay",
)
def test_gifs_to_order_take_no_more_than_two_places(sandboxed):
    studio, address = sandboxed
    job = studio.wait(studio.submit(WAN, {"prompt": "a fox", "num_frames": 18}).id)
    sizes = [(960, 8 + number / 100) for number in range(20)]
    sizes += [(width, fps) for width in (416, 480, 640, 800, 960) for fps in (8, 10, 12, 25)]

    def ask(size):
        order = {"width": size[0], "fps": size[1]}
        return httpx.post(f"{address}/dailies/jobs/{job.id}/gif", json=order, timeout=60)

    with ThreadPoolExecutor(40) as visitors:
        said = list(visitors.map(ask, sizes))
    statuses = [answer.status_code for answer in said]
    assert statuses[1:20] == [400] * 19
    assert {200, 400} <= set(statuses) <= {200, 400, 429}
    assert all(
        int(answer.headers["retry-after"]) >= 1 for answer in said if answer.status_code == 429
    )
    folder = studio.settings.dailies_data_dir / "takes" / job.id
    assert 1 <= len(list(folder.glob("gif-*"))) <= KEPT


class Full:
    """Takes every descriptor that this process may have, until the clock has slept so often.

    The provider of these tests is of the same process: what it cannot accept waits half a second.
    """

    def __init__(self, clock, sleeps=3):
        self.clock, self.sleep, self.left = clock, clock.sleep, sleeps
        self.held, self.lock = [], threading.Lock()
        self.timer = threading.Timer(0.5, self.end)
        self.limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    def __call__(self):
        self.clock.sleep = self.sleeping
        self.timer.start()
        highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, self.limits[1]))
        try:
            while True:
                self.held.append(os.dup(0))
        except OSError as error:
            assert error.errno == errno.EMFILE

    async def sleeping(self, seconds):
        self.left -= 1
        if self.left == 0:
            self.end()
        await self.sleep(seconds)

    def end(self):
        self.timer.cancel()
        with self.lock:
            resource.setrlimit(resource.RLIMIT_NOFILE, self.limits)
            while self.held:
                os.close(self.held.pop())


@pytest.fixture
def full(clock):
    full = Full(clock)
    yield full
    full.end()


@pytest.mark.anyio
@pytest.mark.fault(
    211, "no file can be opened (EMFILE) when an order is to go out", "completed; one order"
)
async def test_an_order_waits_while_nothing_can_be_opened(world, new_job, full):
    job = new_job()
    full()
    assert_completed(world, await world.carry(job))
    assert full.left <= 0


@pytest.mark.anyio
@pytest.mark.fault(
    211, "no file can be opened while a task is asked after, or its clip fetched", "completed"
)
@pytest.mark.parametrize("after", ["the first poll", "the end"])
async def test_a_paid_take_outlasts_a_want_of_descriptors(world, new_job, full, after):
    answers = {"the first poll": task("generating"), "the end": world.done}
    filled = []

    def poll(_request):
        if not filled:
            filled.append(True)
            full()
            return answers[after]
        return world.done

    world.script(polls=[poll])
    assert_completed(world, await world.carry(new_job()))
    assert filled


@contextlib.contextmanager
def app_of_few_descriptors(folder, provider, most=256):
    """`python app.py` with a key, where so many files may be open; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DAILIES_DATA_DIR": str(folder / "data"),
        "GRADIO_SERVER_PORT": str(port),
        "AIMLAPI_BASE_URL": provider.url,
        "AIMLAPI_API_KEY": CANARY,
        "KREA_BASE_URL": "http://127.0.0.1:9",
    }
    command = f"ulimit -n {most}; exec {sys.executable} app.py"
    app = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=environment)
    try:
        until(lambda: answers(port), seconds=60)
        yield port
    finally:
        app.terminate()
        app.wait(20)


def answers(port):
    with contextlib.suppress(OSError, httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/dailies/feed", timeout=5).status_code == 200


def until(condition, seconds=20.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)
    return value


HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "


@pytest.mark.fault(
    212,
    "1,000 connections that say nothing, or half a head, where 256 files may be open",
    "the page answers; a paid take is ordered, fetched and completed meanwhile",
)
def test_a_paid_take_ends_while_an_attacker_holds_a_thousand_connections(tmp_path, provider):
    provider.scripts["polls"] = [
        task("generating"),
        task("completed", video={"url": provider.clip_url}),
    ]
    with app_of_few_descriptors(tmp_path, provider) as port, contextlib.ExitStack() as attack:

        def hold(count):
            for number in range(count):
                wire = attack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                with contextlib.suppress(OSError):
                    wire.sendall(HALF if number % 2 else b"")

        hold(500)
        order = {"model": WAN, "params": {"prompt": "a fox", "num_frames": 18}}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as browser:
            said = browser.post("/dailies/orders", json=order).json()
            hold(500)
            assert browser.get("/").status_code == 200
            address = "/gradio_api/run/job"
            told = until(
                lambda: completed(browser.post(address, json={"data": [said["job"]["id"]]}))
            )
            assert browser.get(told["files"]["video"]).status_code == 200
    assert provider.orders == 1


def completed(answer):
    """The job that an answer tells of, once it is final."""
    job = answer.json()["data"][0]
    assert job["state"] not in ("failed", "unconfirmed", "cancelled"), job["error"]
    return job if job["state"] == "completed" else None


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """The page for people who log in; gives its address."""
    folder = tmp_path_factory.mktemp("page")
    people = folder / "people"
    people.write_text(f"ann:{hashed('one')}\n")
    with served_page(folder / "data", dailies_users=people) as (_, address):
        yield address


def log_in(address, name, password, *, source="127.0.0.1"):
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, timeout=30) as browser:
        return browser.post(f"{address}/login", data={"name": name, "password": password})


def resident():
    """Bytes of memory that this process, the app in it, has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.fault(
    213,
    "40 log-ins of unknown names at once",
    "two passwords at a time are derived (32 MB); who cannot wait gets 429 with a time",
)
def test_log_ins_at_once_take_no_more_memory_than_two(team):
    before, peak, done = resident(), [0], threading.Event()

    def watch():
        while not done.wait(0.002):
            peak[0] = max(peak[0], resident())

    poller = threading.Thread(target=watch)
    poller.start()
    with ThreadPoolExecutor(40) as strangers:
        said = list(
            strangers.map(
                lambda n: log_in(team, f"x{n}", "y", source=f"127.0.3.{n + 1}"), range(40)
            )
        )
    done.set()
    poller.join()
    assert {answer.status_code for answer in said} <= {401, 429}
    assert all("retry-after" in answer.headers for answer in said if answer.status_code == 429)
    assert peak[0] - before < 250e6


@pytest.mark.fault(
    214,
    "wrong passwords for a known name, again and again",
    "429 for that address with a time, which grows; elsewhere, and for who is logged in, nothing",
)
def test_nobody_locks_another_out(team):
    with httpx.Client(base_url=team) as ann:
        assert ann.post("/login", data={"name": "ann", "password": "one"}).status_code == 303
        tried = [log_in(team, "ann", "wrong", source="127.0.4.1") for _ in range(8)]
        assert [answer.status_code for answer in tried] == [401] * 5 + [429] * 3
        assert log_in(team, "ann", "one", source="127.0.4.1").status_code == 429
        assert log_in(team, "ann", "one", source="127.0.4.2").status_code == 303
        assert ann.get("/dailies/feed").status_code == 200


@pytest.mark.fault(
    215, "another site logs a person out: by a link, a picture, a form", "405, 403: logged in still"
)
def test_another_site_logs_nobody_out(team):
    with httpx.Client(base_url=team) as ann:
        ann.post("/login", data={"name": "ann", "password": "one"})
        assert ann.get("/logout").status_code == 405
        foreign = {"origin": "https://evil.example"}
        assert ann.post("/logout", headers=foreign).status_code == 403
        assert ann.post("/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert ann.get("/dailies/feed").status_code == 200
        assert ann.post("/logout", headers={"origin": team}).status_code == 303
        assert ann.get("/dailies/feed").status_code == 401


@pytest.fixture(scope="module")
def roomy(tmp_path_factory):
    """The page with room for 3 MB of uploads a visitor, and 5 in all; gives folder and address."""
    folder = tmp_path_factory.mktemp("page") / "data"
    room = {"dailies_uploads_per_visitor": 3, "dailies_uploads_in_all": 5}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        with served_page(folder, **room) as (_, address):
            yield folder / "uploads", address


def upload(address, content, *, source="127.0.0.1"):
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, timeout=30) as browser:
        files = {"files": ("clip.mp4", content)}
        return browser.post(f"{address}/gradio_api/upload", files=files)


@pytest.mark.fault(
    216,
    "a stranger uploads large files again and again, and breaks off in the middle",
    "his oldest go, then the oldest of all; nothing else stays; 413 for more than there is room",
)
def test_uploads_take_no_more_than_their_room(roomy):
    folder, address = roomy
    for number in range(12):
        content = bytes([number]) * 900_000
        said = upload(address, content, source=f"127.0.5.{number // 6 + 1}")
        assert said.status_code == 200
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in kept) <= 5e6
    assert Path(said.json()[0]) in kept
    assert upload(address, bytes(3_100_000)).status_code == 413
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as wire:
            head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: {address[7:]}\r\n"
            head += (
                "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000\r\n\r\n"
            )
            part = '--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
            wire.sendall((head + part).encode() + bytes(500_000))
    until(lambda: not list(folder.glob("tmp*")))


@pytest.fixture
def complaints(caplog):
    """What the server says of requests that ended in an error."""
    server = logging.getLogger("uvicorn.error")
    level = server.level
    server.setLevel(logging.ERROR)
    server.addHandler(caplog.handler)
    yield lambda: [record for record in caplog.records if record.levelno >= logging.ERROR]
    server.removeHandler(caplog.handler)
    server.setLevel(level)


def parts(count):
    part = b'--x\r\nContent-Disposition: form-data; name="files"; FILENAME="a"\r\n\r\n\r\n'
    return part * count


@pytest.mark.fault(
    282,
    "an upload of very many files, a body without a length and without an end",
    "413 with a sentence, and nothing in the log",
)
def test_a_body_that_is_too_much_is_answered_in_a_sentence(roomy, complaints):
    _, address = roomy
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for path, body in (
        ("/gradio_api/upload", iter([parts(20)] * 3)),
        ("/dailies/catalog/import", iter([bytes(2**20)] * 3)),
    ):
        said = httpx.post(f"{address}{path}", content=body, headers=form, timeout=20)
        assert said.status_code == 413
        assert said.json()["error"].endswith(".")
    assert not complaints()


@pytest.mark.fault(283, "bodies that break off, again and again", "not a line in the log")
@pytest.mark.parametrize("path", ["/gradio_api/upload", "/dailies/catalog/import"])
def test_who_goes_in_the_middle_of_a_body_is_no_fault_of_ours(roomy, complaints, path):
    _, address = roomy
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as wire:
        head = f"POST {path} HTTP/1.1\r\nHost: {address[7:]}\r\nContent-Length: 90000\r\n"
        form = "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        wire.sendall((head + form).encode() + parts(1))
        time.sleep(0.2)
    assert httpx.get(f"{address}/dailies/feed").status_code == 200
    time.sleep(0.2)
    assert not complaints()
