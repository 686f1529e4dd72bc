"""Whatever order clicks, faults and crashes come in: no order too many, and none forgotten."""

import asyncio
import json
import tempfile
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from vendor import make_workflow

from core import Clock, Settings, State, Studio
from core.accounts.balances import Balances
from core.accounts.households import Households
from core.accounts.keys import Keys
from core.accounts.routing import Routing
from core.catalog.service import Catalog
from core.jobs.durations import Durations
from core.jobs.files import JobFiles
from core.jobs.gif_orders import GifOrders
from core.jobs.inputs import JobInputs
from core.jobs.notifier import ChangeNotifier
from core.jobs.store import JobStore
from core.jobs.workflow import JobWorkflow
from core.studio import Parts
from core.system.data_folder import DataFolder
from core.system.loop_thread import Background

WAN, KLING = "aimlapi:krea/krea-wan-14b/text-to-video", "krea:kling/kling-2.5"
ORDERS = {WAN: {"prompt": "a fox", "num_frames": 18}, KLING: {"prompt": "a fox"}}


class Crash(BaseException):
    """The process is gone."""


class PatientClock:
    """Time that passes when somebody sleeps, and lets others go on meanwhile."""

    def __init__(self):
        self.now, self.passed = datetime.now(UTC), 0.0

    async def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.passed += seconds
        await asyncio.sleep(0)

    @property
    def as_clock(self):
        return Clock(
            sleep=self.sleep,
            random=lambda: 0.5,
            now=lambda: self.now,
            monotonic=lambda: self.passed,
        )


class Ledger:
    """Both vendors: every order that is taken is billed; faults are served in their order."""

    def __init__(self, clock):
        self.clock, self.billed, self.orders, self.faults, self.fuse = clock, [], [], [], None
        self.answers_end = False

    def __call__(self, request):
        self._burn()
        if request.method == "POST":
            return self._order(request)
        if request.method == "DELETE":
            return httpx.Response(404, json={"error": "too late"})
        if request.url.path in ("/v2/logs", "/jobs"):
            return self._log(request.url.path)
        if request.url.host == "cdn.test":
            return httpx.Response(404)
        return self._poll(request)

    def _burn(self):
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Crash

    def _order(self, request):
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "never sent":
            raise httpx.ConnectError("refused")
        if fault == "turned away":
            return httpx.Response(429, json={"message": "busy"}, headers={"Retry-After": "1"})
        if fault == "refused":
            return httpx.Response(400, json={"message": "no"})
        if fault == "lost on the way":
            raise httpx.WriteError("reset")
        name = f"task-{len(self.billed)}"
        ours = request.headers["x-client-request-id"]
        self.billed.append(name)
        shown = fault != "lost, not listed"
        model = WAN if "/v2/" in request.url.path else KLING
        self.orders.append((name, ours, self.clock.now, shown, model))
        if fault == "crash after":
            raise Crash
        if fault.startswith("lost"):
            raise httpx.ReadError("reset")
        if fault == "page":
            return httpx.Response(502, text="<title>Bad Gateway</title>")
        word = "id" if "/v2/" in request.url.path else "job_id"
        return httpx.Response(200, json={word: name, "status": "queued"})

    def _log(self, path):
        if self.faults[:1] == ["list away"]:
            self.faults.pop(0)
            return httpx.Response(503)
        ours = KLING if path == "/jobs" else WAN
        shown = [order for order in self.orders if order[3] and order[4] == ours]
        if path == "/v2/logs":
            rows = [{"inference_id": name, "client_request_id": ours} for name, ours, *_ in shown]
            return httpx.Response(200, json={"data": rows[::-1]})
        items = [{"job_id": name, "created_at": at.isoformat()} for name, _, at, *_ in shown]
        return httpx.Response(200, json={"items": items[::-1]})

    def _poll(self, request):
        fault = self.faults.pop(0) if self.faults else "none"
        if fault in ("page", "lost", "list away"):
            return httpx.Response(502)
        if fault == "crash after":
            raise Crash
        status = "error" if self.answers_end or fault == "refused" else "completed"
        video = {"video": {"url": "https://cdn.test/clip.mp4"}}
        return httpx.Response(200, content=json.dumps({"id": "x", "status": status, **video}))


class ByHand:
    """A runner whose jobs go on only when the test says so."""

    id = "by-hand"

    def __init__(self, workflow):
        self.workflow = workflow

    def begin(self, job_id):
        """Nothing: the row says it all."""

    again = begin

    def cancel_at_provider(self, job, *, timeout):
        return asyncio.run(self.workflow().cancel(job))


FAULTS = (
    "none", "never sent", "turned away", "refused", "lost on the way", "lost", "lost, not listed",
    "page", "crash after", "list away",
)  # fmt: skip


class World(RuleBasedStateMachine):
    """A person who clicks, a process that dies, and a vendor that bills what it takes."""

    jobs = Bundle("jobs")

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dailies-test-")
        self.path, self.clock, self.clicks = Path(self.folder.name), PatientClock(), 0
        self.vendor = Ledger(self.clock)
        self.store = JobStore(f"sqlite:///{self.path / 'jobs.db'}")
        chosen = Settings(dailies_data_dir=self.path, aimlapi_api_key="k", krea_api_key="k")
        keys, job_files = Keys(chosen.key), JobFiles(self.path / "takes")
        background, clock = (
            Background("dailies-test"),
            Clock(),
        )  # never begun: nothing is fetched
        catalog = Catalog(self.path / "catalog", [], background=background, clock=clock)
        self.studio = Studio(
            Parts(
                settings=chosen,
                store=self.store,
                job_files=job_files,
                keys=keys,
                inputs=JobInputs(self.store, job_files),
                durations=Durations(self.store),
                households=Households(b"a secret of the test"),
                gif_orders=GifOrders(job_files),
                routing=Routing(chosen, keys, catalog.find, lambda: None),
                runner=ByHand(self.workflow),
                catalog=catalog,
                balances=Balances(background, clock),
                notifier=ChangeNotifier(),
                folder=DataFolder(self.path),
            )
        )

    def workflow(self):
        parts = make_workflow(self.store, self.path, self.clock, self.vendor)._parts

        @asynccontextmanager
        async def open_connection(job):
            # What was read of the row is old by now, as it is with another process beside us.
            await asyncio.sleep(0)
            async with parts.open_connection(job) as line:
                yield line

        return JobWorkflow(replace(parts, open_connection=open_connection))

    def teardown(self):
        if hasattr(self, "store"):
            self.quieten()
            self.assert_nothing_is_forgotten()
            self.store.close()
            self.folder.cleanup()

    def run(self, *job_ids):
        """Carry these until they end or the process dies, which leaves all where they stand."""

        async def carry():
            carrying = [self.workflow().carry(job_id) for job_id in job_ids]
            await asyncio.gather(*carrying)

        try:
            asyncio.run(carry())
        except Crash:
            self.vendor.fuse = None

    @rule(target=jobs, model=st.sampled_from([WAN, KLING]), twice=st.booleans())
    def click(self, model, twice):
        self.clicks += 1
        name = f"click-{self.clicks}"
        job = self.studio.submit(model, ORDERS[model], request_key=name)
        if twice:
            assert self.studio.submit(model, ORDERS[model], request_key=name).id == job.id
        return job.id

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4))
    def trouble_ahead(self, faults):
        self.vendor.faults += faults

    @rule(job_id=jobs, fuse=st.none() | st.integers(0, 6))
    def carry(self, job_id, fuse):
        self.vendor.fuse = fuse
        self.run(job_id)
        self.vendor.fuse = None

    @rule(job_id=jobs, fuse=st.none() | st.integers(0, 6))
    def two_carry_the_same(self, job_id, fuse):
        self.vendor.fuse = fuse
        self.run(job_id, job_id)
        self.vendor.fuse = None

    @rule()
    def restart(self):
        self.store.close()
        self.store = self.studio._store = JobStore(f"sqlite:///{self.path / 'jobs.db'}")
        self.run(*(job.id for job in self.store.unfinished("by-hand")))

    @rule(job_id=jobs)
    def cancel(self, job_id):
        if self.studio.job(job_id).state is not State.SUBMITTING:
            self.studio.cancel(job_id)

    @rule(job_id=jobs)
    def look_again(self, job_id):
        self.studio.look_again(job_id)

    def quieten(self):
        """No more faults: every job is carried to its end."""
        self.vendor.faults, self.vendor.fuse, self.vendor.answers_end = [], None, True
        for job in self.store.unfinished("by-hand"):
            self.run(job.id)

    @invariant()
    def assert_no_order_too_many(self):
        if hasattr(self, "vendor"):
            assert len(self.vendor.billed) <= self.clicks
            clicked = [ours for _, ours, *_ in self.vendor.orders]
            assert len(set(clicked)) == len(clicked), "a job was ordered twice"

    def assert_nothing_is_forgotten(self):
        jobs = {job.request_id: job for job in self.store.recent("", limit=500)}
        assert all(job.state.is_final for job in jobs.values())
        known = [job.generation_id for job in jobs.values() if job.generation_id]
        assert len(set(known)) == len(known), "two jobs claim one task"
        for name, ours, *_ in self.vendor.orders:
            job = jobs[ours]
            assert job.generation_id in (None, name), "a job has another's task"
            assert name in known or job.state is State.UNCONFIRMED, (name, job)
            if job.state is State.UNCONFIRMED:
                assert job.error.charged == "unknown"


World.TestCase.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, derandomize=True
)
test_no_order_too_many_and_none_forgotten = World.TestCase
