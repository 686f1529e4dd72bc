"""Processes that are killed, stopped or doubled, and a database that is away."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from postgres import running_postgres
from provider import Silence, Trickle, answer
from world import CANARY, WAN, WHOLE, assert_completed, task

from core.jobs.migrations import MIGRATIONS
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreAway
from core.providers.protocol import State

REPLICA = Path(__file__).with_name("replica.py")


def until(condition, seconds=30.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
    return value


class Replicas:
    """Studios in processes of their own over one database and one data folder."""

    def __init__(self, folder, provider, database):
        self.folder, self.provider, self.database = folder, provider, database
        self.running, self.said = [], []
        self.store = JobStore(database)

    def start(self, host, *order, ahead=0, more=None):
        """Start one, `ahead` seconds fast; returns its process and the first line it says."""
        environment = os.environ | {
            "AIMLAPI_API_KEY": CANARY,
            "AIMLAPI_BASE_URL": f"{self.provider.url}/{host}",
            "DAILIES_DATABASE_URL": self.database,
            "REPLICA_AHEAD": str(ahead),
            **(more or {}),
        }
        said = (self.folder / f"{host}-{len(self.running)}.keys-allowed").open("w+")
        child = subprocess.Popen(
            [sys.executable, str(REPLICA), str(self.folder / "data"), host, *order],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            cwd=self.folder,
        )
        self.running.append(child)
        self.said.append(said)
        return child, child.stdout.readline().strip()

    def end(self):
        for child in self.running:
            child.kill()
            child.wait()
            child.stdout.close()
        for said in self.said:
            said.seek(0)
            assert CANARY not in said.read(), "a key stood in the log of a process"
            said.close()
        self.store.close()

    def finished(self, job_id):
        until(lambda: self.store.get(job_id).state.is_final)
        job = self.store.get(job_id)
        assert job.state is State.COMPLETED, job.error
        takes = self.folder / "data" / "takes"
        assert [path.name for path in takes.iterdir()] == [job_id]
        assert {path.name for path in (takes / job_id).iterdir()} == WHOLE
        assert self.provider.orders == 1
        return job

    def pollers(self, since=0):
        """Which hosts the polls came from, by the address that each was told."""
        polls = self.provider.seen["polls"][since:]
        return {request.path.split("/")[1] for request in polls}


@contextmanager
def replicas_on(tmp_path, provider, database):
    (tmp_path / "data").mkdir(exist_ok=True)
    replicas = Replicas(tmp_path, provider, database)
    try:
        yield replicas
    finally:
        replicas.end()


@pytest.fixture
def replicas(tmp_path, provider):
    with replicas_on(tmp_path, provider, f"sqlite:///{tmp_path / 'data' / 'shared.db'}") as them:
        yield them


def hold(provider):
    """Let the task run until the returned function is called."""
    ended = []

    def poll(request):
        done = task("completed", video={"url": provider.clip_url})
        return done if ended else task("generating")

    provider.scripts["polls"] = [poll]
    return lambda: ended.append(True)


@pytest.mark.fault(
    38, "kill -9 while it is asked after", "completed after a new start; one order, one clip"
)
def test_a_kill_while_a_question_is_under_way_loses_nothing(replicas, provider):
    provider.scripts["polls"].insert(0, Silence(3))
    child, job_id = replicas.start("a", WAN)
    until(lambda: provider.seen["polls"])
    child.kill()
    child.wait()
    assert replicas.store.get(job_id).state is State.RUNNING
    replicas.start("a")
    replicas.finished(job_id)


@pytest.mark.fault(39, "two processes on one SQLite file", "completed; one of them asks")
def test_of_two_processes_on_one_file_one_asks_after_a_job(replicas, provider):
    end = hold(provider)
    _, job_id = replicas.start("a", WAN)
    _, said = replicas.start("a2")
    assert said == "a2"
    polls = len(provider.seen["polls"])
    until(lambda: len(provider.seen["polls"]) > polls + 5)
    end()
    replicas.finished(job_id)
    assert replicas.pollers() == {"a"}


@pytest.mark.fault(
    78, "SIGTERM in mid-download", "completed after a new start; no part left, one order"
)
def test_a_server_that_is_ended_politely_leaves_no_part(replicas, provider, big_clip):
    provider.scripts["files"] = [Trickle(answer(200, big_clip), 0.01), answer(200, big_clip)]
    child, job_id = replicas.start("a", WAN)
    until(lambda: list((replicas.folder / "data").rglob("*.part")))
    child.terminate()
    assert child.wait(timeout=10) == 0
    assert not list((replicas.folder / "data").rglob("*.part"))
    assert replicas.store.get(job_id).state is State.SAVING
    replicas.start("a")
    replicas.finished(job_id)


@pytest.mark.fault(
    79,
    "a process stands still, and wakes after its jobs were taken over",
    "completed; it lets go of them",
)
def test_a_process_that_wakes_up_lets_go_of_what_was_taken_over(replicas, provider):
    end = hold(provider)
    sleeper, job_id = replicas.start("a", WAN)
    until(lambda: replicas.store.get(job_id).state is State.RUNNING)
    replicas.start("b")
    sleeper.send_signal(signal.SIGSTOP)
    heir = until(lambda: replicas.store.get(job_id).runner)
    until(lambda: replicas.store.get(job_id).runner != heir)
    sleeper.send_signal(signal.SIGCONT)
    until(lambda: "b" in replicas.pollers(len(provider.seen["polls"]) - 1))
    time.sleep(0.6)
    polls = len(provider.seen["polls"])
    until(lambda: len(provider.seen["polls"]) > polls + 4)
    assert replicas.pollers(polls) == {"b"}
    end()
    replicas.finished(job_id)


@pytest.mark.fault(
    256,
    "two containers of one host name and one process number on one database",
    "completed; the job stays with the one that has it, and goes over when that one dies",
)
@pytest.mark.parametrize("boot", ["as it is", "not told"])
def test_twins_of_one_name_and_number_leave_each_other_s_jobs_alone(replicas, provider, boot):
    end = hold(provider)
    twin = {"REPLICA_PID": "1"} | ({"REPLICA_BOOT": ""} if boot == "not told" else {})
    first, job_id = replicas.start("twin", WAN, more=twin)
    until(lambda: replicas.store.get(job_id).state is State.RUNNING)
    _, said = replicas.start("twin", more=twin)
    assert said == "twin"
    owners = [replicas.store.get(job_id).runner]
    for _ in range(30):  # six signs of life of each
        if (owner := replicas.store.get(job_id).runner) != owners[-1]:
            owners.append(owner)
        time.sleep(0.1)
    assert len(owners) <= (1 if boot == "as it is" else 3), owners
    assert len(replicas.store.runners()) == 2
    if boot == "as it is":
        first.kill()
        first.wait()
        until(lambda: replicas.store.get(job_id).runner != owners[0])
    end()
    replicas.finished(job_id)


@pytest.fixture(scope="module")
def postgres():
    """A real PostgreSQL; gives its SQLAlchemy address."""
    with running_postgres("fsync=off") as address:
        if address is None:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        yield address


@pytest.mark.fault(
    80, "two replicas on one PostgreSQL, one dies", "completed by the other; one order, one clip"
)
def test_a_survivor_takes_up_the_jobs_of_a_replica_that_died(tmp_path, provider, postgres):
    end = hold(provider)
    with replicas_on(tmp_path, provider, postgres) as replicas:
        child, job_id = replicas.start("a", WAN)
        replicas.start("b")
        until(lambda: len(provider.seen["polls"]) > 3)
        assert replicas.pollers() == {"a"}
        child.kill()
        child.wait()
        until(lambda: "b" in replicas.pollers())
        end()
        replicas.finished(job_id)
        time.sleep(0.3)
        assert len(replicas.store.runners()) == 1


@pytest.mark.fault(
    84,
    "two replicas whose clocks are ten minutes apart; then the late one dies",
    "neither takes the other's live job; then it does; one order",
)
def test_a_clock_that_is_late_makes_no_runner_look_dead(replicas, provider):
    end = hold(provider)
    late, job_id = replicas.start("a", WAN, ahead=-600)
    replicas.start("b")
    until(lambda: replicas.store.get(job_id).state is State.RUNNING)
    owner = replicas.store.get(job_id).runner
    polls = len(provider.seen["polls"])
    # Twice as long as a runner may be silent.
    for _ in range(20):
        assert replicas.store.get(job_id).runner == owner
        time.sleep(0.1)
    assert replicas.pollers(polls) == {"a"}
    assert len(replicas.store.runners()) == 2
    late.kill()
    late.wait()
    until(lambda: "b" in replicas.pollers(polls))
    end()
    replicas.finished(job_id)


@pytest.mark.fault(
    84,
    "a dead replica whose clock was ten minutes ahead, and a start after it",
    "completed by the other; one order",
)
def test_a_last_sign_from_the_future_does_not_keep_a_runner_alive(replicas, provider):
    end = hold(provider)
    fast, job_id = replicas.start("a", WAN, ahead=600)
    until(lambda: provider.seen["polls"])
    fast.kill()
    fast.wait()
    replicas.start("b")
    until(lambda: "b" in replicas.pollers(), seconds=8)
    end()
    replicas.finished(job_id)


OPEN = """
import sys
sys.path.insert(0, {root!r})
from core.jobs.store import JobStore
for address in {addresses!r}:
    print("ready", flush=True)
    sys.stdin.readline()
    JobStore(address).close()
print("done", flush=True)
"""


def open_at_once(addresses, processes=6):
    """Let so many processes open each database at the same moment; none may fail."""
    script = OPEN.format(root=str(REPLICA.parents[2]), addresses=addresses)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with ExitStack() as running:
        children = [
            running.enter_context(
                subprocess.Popen([sys.executable, "-c", script], bufsize=0, **pipes)
            )
            for _ in range(processes)
        ]
        for _ in addresses:
            assert {child.stdout.readline() for child in children} == {b"ready\n"}
            for child in children:
                child.stdin.write(b"\n")
        assert {child.communicate(timeout=30)[0] for child in children} == {b"done\n"}


def versions(address):
    """The numbers of the migrations that a database has seen, as often as they are written."""
    engine = sqlalchemy.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as db:
        numbers = list(db.scalars(sqlalchemy.text("SELECT number FROM versions")))
    engine.dispose()
    return sorted(numbers)


def assert_made_once(addresses):
    open_at_once(addresses)
    for address in addresses:
        assert versions(address) == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.fault(
    85, "six processes start at once on an empty SQLite file", "all start; its tables made once"
)
def test_an_empty_file_is_made_ready_once_by_all_who_come_at_once(tmp_path):
    assert_made_once([f"sqlite:///{tmp_path}/{turn}/shared.db" for turn in range(10)])


@pytest.mark.fault(
    85, "six processes start at once on an empty PostgreSQL", "all start; its tables made once"
)
def test_an_empty_server_is_made_ready_once_by_all_who_come_at_once(postgres):
    names = [f"empty{turn}" for turn in range(5)]
    engine = sqlalchemy.create_engine(
        postgres.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        for name in names:
            db.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    assert_made_once([postgres.replace("/postgres?", f"/{name}?") for name in names])


class Lock:
    """Locks the job database until the clock has slept so often."""

    def __init__(self, path, clock):
        self.path, self.sleep, self.slept, self.most = path, clock.sleep, [], 0
        clock.sleep = self.sleeping

    def __call__(self, sleeps):
        self.slept, self.most = [], sleeps
        self.other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.other.execute("BEGIN EXCLUSIVE")

    async def sleeping(self, seconds):
        self.slept.append(seconds)
        if len(self.slept) == self.most:
            self.other.close()
        await self.sleep(seconds)


@pytest.fixture
def locked(tmp_path, clock):
    return Lock(tmp_path / "jobs.db", clock)


@pytest.fixture
def store(tmp_path):
    store = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}", patience=0.05)
    yield store
    store.close()


@pytest.mark.anyio
@pytest.mark.fault(
    77,
    "the database is locked while an order's answer comes",
    "completed; the id is kept until it can be written",
)
async def test_an_order_s_id_is_not_lost_with_the_database_away(locked, world, new_job):
    def create(request):
        locked(3)
        return answer(200, {"id": "task-1", "status": "queued"})

    world.script(creates=[create])
    job = await world.carry(new_job())
    assert_completed(world, job)
    assert len(locked.slept) >= 3
    assert world.provider.seen["logs"] == []


@pytest.mark.anyio
@pytest.mark.fault(
    77, "the database is locked while a task is asked after", "completed; nothing is ordered anew"
)
@pytest.mark.parametrize("kind", ["polls", "files"])
async def test_a_locked_database_fails_no_job(locked, world, new_job, kind):
    held = []

    def answering(request):
        if not held:
            held.append(True)
            locked(4)
        return world.done if kind == "polls" else None

    script = world.provider.scripts[kind][-1]
    world.script(**{kind: [lambda request: answering(request) or script]})
    assert_completed(world, await world.carry(new_job()))
    assert len(locked.slept) >= 4


@pytest.mark.anyio
@pytest.mark.fault(
    77,
    "the database is locked when a job is to be written down",
    "refused with a sentence; nothing is sent",
)
async def test_what_cannot_be_written_down_is_not_ordered(locked, world, make_job):
    world.orders = 0
    locked(99)
    with pytest.raises(StoreAway, match="does not answer") as caught:
        world.store.add(make_job())
    assert (caught.value.charged, caught.value.kind) == ("no", "storage")
    locked.other.close()
