"""The façade that the page, the public API, scripts and tests call; safe from any thread.

Its methods are synchronous and quick: jobs run elsewhere, and here they are begun and looked at.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.accounts.balances import LONG_AGO, Balances
from core.accounts.households import Households
from core.accounts.keys import Keys
from core.accounts.routing import Routing
from core.catalog.export import as_schema
from core.catalog.service import Catalog
from core.errors import (
    InvalidInput,
    MissingKey,
    NotAllowed,
    OtherOrder,
    Rejected,
    StudioError,
    UnknownJob,
)
from core.jobs.as_json import describe
from core.jobs.durations import Durations
from core.jobs.files import JobFiles
from core.jobs.gif_orders import GifOrders
from core.jobs.inputs import JobInputs, Served
from core.jobs.job import Job, missing_clips
from core.jobs.notifier import ChangeNotifier
from core.jobs.order_digest import order_digest
from core.jobs.runner import Runner
from core.jobs.search_words import fold, read_question
from core.jobs.store import JobStore
from core.models import ModelSpec, clean_and_draw
from core.providers import PROVIDERS
from core.providers.parsing import typed_id
from core.providers.protocol import State
from core.settings import Settings
from core.system.data_folder import DataFolder, take_size

LATELY = 600.0
"""Seconds: each key that a visitor types fetches the models, but not so soon after the last one."""

CANCEL_DEADLINE = 20.0
ORDER_GOES_OUT = 5.0
DEAF = 1.0
"""Seconds between two looks at the database while nothing is heard."""


@dataclass(frozen=True, kw_only=True)
class ProviderStatus:
    """A provider as one caller finds it."""

    name: str
    label: str
    live: bool
    keys_page: str
    can_cancel: bool


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the façade stands before."""

    settings: Settings
    store: JobStore
    job_files: JobFiles
    keys: Keys
    inputs: JobInputs
    durations: Durations
    households: Households
    gif_orders: GifOrders
    routing: Routing
    runner: Runner
    catalog: Catalog
    balances: Balances
    notifier: ChangeNotifier
    folder: DataFolder


class Studio:
    """Makes, shows and stops takes. `owner` says whose; the empty one is a single person's.

    `browser` is where a key was typed: it serves there alone. Without one, it serves all of them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._daily_limits = parts.settings.daily_limits()
        self._last_end = lru_cache(maxsize=1000)(self._find_last_end)

    @property
    def settings(self) -> Settings:
        """What the operator chose."""
        return self._parts.settings

    def models(self, owner: str = "", browser: str = "") -> list[ModelSpec]:
        """Return every model as it stands for this caller: at the provider, or in the sandbox."""
        return [
            self._standing(spec, owner, browser)
            for spec in self._parts.catalog.models(owner).values()
        ]

    def spec(self, model: str, owner: str = "", browser: str = "") -> ModelSpec:
        """Return a model by its key, bare id or alias. Raises `InvalidInput`."""
        return self._standing(self._parts.catalog.find(model, owner), owner, browser)

    @property
    def catalog_version(self) -> str:
        """A word that changes whenever the models that are there for all do."""
        return self._parts.catalog.version

    def catalog_version_of(self, owner: str) -> str:
        """Return a word that changes whenever an owner's models do."""
        return self._parts.catalog.version_of(owner)

    def catalog_status(self) -> dict[str, dict[str, Any]]:
        """Return by provider how many `models`, `fetched_at`, `busy` and a `note` of trouble."""
        return self._parts.catalog.status()

    def refresh_catalog(self, owner: str = "") -> None:
        """Begin to bring every provider's models up to date; `catalog_version` tells when."""
        del owner  # the lists are the same for all, and no visitor's key is used for them
        self._parts.catalog.refresh()

    def catalog(self, owner: str = "") -> Mapping[str, ModelSpec]:
        """Return every model by its key, with both its faces: at the provider, in the sandbox."""
        return self._parts.catalog.models(owner)

    def export_entry(self, model: str, owner: str = "") -> dict[str, Any]:
        """Return a model as JSON Schema, which `import_entry` takes. Raises `InvalidInput`."""
        return as_schema(self._parts.catalog.find(model, owner))

    def import_entry(self, body: Any, owner: str = "") -> ModelSpec:
        """Add a model that was exported as JSON Schema. Raises `InvalidInput`.

        It is its owner's alone; that of the empty one, the operator's in a script and a shared
        studio's, is there for all. What it says of its price is not believed.
        """
        return self._parts.catalog.import_entry(body, owner)

    def balances(self, owner: str = "", browser: str = "") -> dict[str, dict[str, Any] | None]:
        """Return by provider what is left in the account that would pay, as last heard.

        {"amount": float, "currency": str}; None in the sandbox, and where it is not known (yet).
        """
        routing = {name: self._parts.routing.account(owner, name, browser) for name in PROVIDERS}
        if not any(routing.values()):
            return dict.fromkeys(PROVIDERS)
        ended = self._last_end(owner, self.revision(owner))
        return {
            name: self._parts.balances.of(route, ended) if route else None
            for name, route in routing.items()
        }

    def providers(self, owner: str = "", browser: str = "") -> list[ProviderStatus]:
        """Return every provider, and whether an order placed now would be live."""
        return [
            ProviderStatus(
                name=provider.name,
                label=provider.label,
                live=self._is_live(provider.name, owner, browser),
                keys_page=provider.keys_page,
                can_cancel=provider.can_cancel,
            )
            for provider in PROVIDERS.values()
        ]

    def set_key(self, owner: str, provider: str, key: str, browser: str = "") -> None:
        """Keep a key for this visit, in memory, or forget it where it is empty."""
        if provider not in PROVIDERS:
            raise InvalidInput({"provider": f"There is no provider called {provider}."})
        self._parts.keys.put(owner, provider, key, browser)
        for job in self._store.unfinished(self._parts.runner.id):
            concerned = job.key_from == "visitor" or self._parts.runner.waits_for_a_key(job.id)
            if job.owner == owner and job.provider == provider and concerned:
                self._parts.runner.again(job.id)
        if key.strip():
            self._parts.catalog.refresh([provider], older_than=LATELY)

    def estimate(
        self, model: str, params: Mapping[str, Any], owner: str = "", browser: str = ""
    ) -> dict[str, Any]:
        """Return what such a clip will cost in dollars (None: unknown), its length and the wait."""
        spec = self.spec(model, owner, browser)
        live = self._is_live(spec.provider, owner, browser)
        values = spec.check(params).values
        seconds = spec.seconds(values)
        return {
            "cost": _price(spec, values, live=live),
            "seconds": seconds,
            "expected_wait": round(self._parts.durations.expected(spec, values, live=live), 1),
        }

    def submit(  # noqa: PLR0913  what is ordered, and whose it is: each is named at the call
        self,
        model: str,
        params: Mapping[str, Any],
        *,
        owner: str = "",
        request_key: str | None = None,
        confirmed: bool = False,
        address: str = "",
        browser: str = "",
    ) -> Job:
        """Write a new job down, set it going, and return it at once.

        `address` is where a caller without a log-in calls from: he counts by it too.
        Where the model takes a seed and none was given, one is drawn, and is in the job's `params`.
        The same `request_key` from the same owner gives the same job, however often it comes.
        Raises `InvalidInput`, with a reason for each field in the wrong, `NotConfirmed` for an
        order whose price was not `confirmed`, `OtherOrder` for a `request_key` that came before
        with another order, `NotAllowed`, and `StorageError` where the disk has no room to keep
        it; nothing was sent then.
        """
        spec = self.spec(model, owner, browser)
        job = self._new(spec, clean_and_draw(spec, params), owner, request_key, browser)
        if request_key:
            job = replace(job, order_digest=order_digest(spec, params))
        if job.live:
            self._daily_limits.check_price(job.dollars, confirmed=confirmed)
        with self._parts.folder.room_kept(self._size(job, spec), self._size_under_way):
            job = self._parts.inputs.take_in(job, spec)
            kept = self._add(job, self._parts.households.of(address))
        if kept.id != job.id:
            shutil.rmtree(self._parts.job_files.folder(job), ignore_errors=True)
        else:
            self._parts.runner.begin(kept.id)
        return kept

    def _size(self, job: Job, spec: ModelSpec) -> int:
        seconds, room = spec.seconds(job.params), self.settings.dailies_room_mb
        return take_size(live=job.live, seconds=seconds, room_mb=room)

    def _size_under_way(self) -> int:
        room = self.settings.dailies_room_mb
        return sum(
            count * take_size(live=live, seconds=None, room_mb=room)
            for live, count in self._store.under_way().items()
        )

    def job(self, job_id: str, owner: str = "") -> Job:
        """Return a job. Raises `UnknownJob`."""
        return self._find(job_id, owner)

    def jobs(
        self,
        owner: str = "",
        *,
        limit: int = 20,
        before: datetime | None = None,
        search: str = "",
    ) -> list[Job]:
        """Return an owner's jobs, newest first; `before` leaves out those not older.

        With words in `search`, those that have all of them in what they were made from, in their
        model's name or in an id.
        """
        sought = read_question(search, self._folded_names()) if search else []
        most = max(1, min(limit, 500))
        return self._store.recent(owner, limit=most, before=before, sought=sought)

    def changed(self, owner: str = "", *, after: int, among: int = 20) -> list[Job]:
        """Return which of so many newest jobs of an owner's changed after that `revision`."""
        return self._store.changed(owner, after, among=max(1, min(among, 500)))

    def revision(self, owner: str = "") -> int:
        """Return a number that grows whenever one of the owner's jobs changes."""
        return self._store.revision(owner)

    async def news(self, owner: str, since: int, seconds: float) -> None:
        """Wait until a job of the owner's has changed since that revision, at most so long."""
        ends = time.monotonic() + seconds
        with self._parts.notifier.listening(owner) as rung:
            while (left := ends - time.monotonic()) > 0:
                rung.clear()
                if await asyncio.to_thread(self.revision, owner) != since:
                    return
                # Another process that shares the database rings no bell here.
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), min(left, DEAF))

    def spent(self, owner: str, since: datetime) -> float:
        """Return the dollars that an owner's live takes since then cost, as far as told."""
        return round(self._store.charged(owner, since), 6)

    def cancel(self, job_id: str, owner: str = "") -> Job:
        """Stop a job at the provider where that can be done, else stop watching it."""
        job = self._settled(self._find(job_id, owner))
        if job.state is State.QUEUED:
            note = "Cancelled before it was ordered."
            job = self._cancelled(job, note, when=State.QUEUED)
        if job.state is not State.RUNNING:
            return job
        return self._cancelled(job, self._stop_at_provider(job), when=State.RUNNING)

    def look_again(self, job_id: str, owner: str = "") -> Job:
        """Take up a job that ended without a clip of its own; nothing is ordered, so it is free."""
        job = self._find(job_id, owner)
        if job.generation_id and job.state in (State.FAILED, State.CANCELLED, State.UNCONFIRMED):
            return self._resume(job, State.RUNNING)
        if job.state is State.UNCONFIRMED:
            return self._resume(job, State.SUBMITTING)
        if job.state is State.COMPLETED and missing_clips(job):
            return self._resume(job, State.SAVING)
        return job

    def adopt(self, job_id: str, generation_id: str, owner: str = "") -> Job:
        """Give an unconfirmed job the provider's id for it, found by a person.

        Raises `InvalidInput`, `Rejected`, and `TaskTaken` for the id of another job's task.
        """
        job = self._find(job_id, owner)
        found = typed_id(generation_id)
        if found is None:
            raise InvalidInput({"generation_id": "That does not look like a generation id."})
        if job.state is not State.UNCONFIRMED:
            raise Rejected("Only an unconfirmed take can be given a generation id.", status=0)
        return self._resume(job, State.RUNNING, generation_id=found, exclusive=True)

    def make_gif(self, job_id: str, *, width: Any, fps: Any, owner: str = "") -> dict[str, Any]:
        """Make a GIF of a take to order; returns its address, pixels, bytes and rate.

        Raises what `GifOrders.make` raises.
        """
        job = self._find(job_id, owner)
        name, made = self._parts.gif_orders.make(job, width=width, fps=fps)
        return {
            "url": f"/takes/{job.token}/{name}",
            "width": made.width,
            "height": made.height,
            "fps": made.fps,
            "frames": made.frames,
            "bytes": made.size_bytes,
        }

    def describe(self, job: Job) -> dict[str, Any]:
        """Return a job as the public API gives it."""
        spec = self._spec_of(job)
        expected = self._parts.durations.expected(spec, job.params, live=job.live)
        return describe(job, spec, PROVIDERS.get(job.provider), expected, datetime.now(UTC))

    def file(self, token: str, name: str, owner: str = "") -> Path | None:
        """Return the file behind an address `/takes/{token}/{name}`, if there is one."""
        job = self._store.by_token(token)
        if job is None or not self._may_see(job, owner):
            return None
        return self._parts.job_files.public(job, name)

    def source_file(self, token: str, name: str, expires: str, signature: str) -> Served | None:
        """Return the file that a signed link leads to, while it is good."""
        return self._parts.inputs.signed_file(token, name, expires=expires, signature=signature)

    def wait(self, job_id: str, *, timeout: float = 600.0) -> Job:
        """Wait in a script until a job is final. Raises TimeoutError after `timeout` seconds."""
        ends = time.monotonic() + timeout
        while not (job := self._store.get(job_id)).state.is_final:
            if time.monotonic() > ends:
                raise TimeoutError(f"job {job_id} is still {job.state}")
            time.sleep(0.1)
        return job

    def _find(self, job_id: str, owner: str) -> Job:
        job = self._store.get(job_id)
        if not self._may_see(job, owner):
            raise UnknownJob("There is no such job here.")
        return job

    def _may_see(self, job: Job, owner: str) -> bool:
        # Without a login, an id works like a key: a script finds its job again after a restart,
        # when its session, and with it its owner, is another.
        return self.settings.dailies_users is None or job.owner == owner

    def _add(self, job: Job, household: str) -> Job:
        try:
            if job.key_from != "operator":
                return self._store.add(job)
            return self._store.add(
                job,
                self._daily_limits.check_day,
                household=household,
                everybody=self._daily_limits.caps_everybody,
            )
        except (NotAllowed, OtherOrder):
            shutil.rmtree(self._parts.job_files.folder(job), ignore_errors=True)
            raise

    def _standing(self, spec: ModelSpec, owner: str, browser: str) -> ModelSpec:
        return spec.when(live=self._is_live(spec.provider, owner, browser))

    def _is_live(self, provider: str, owner: str, browser: str) -> bool:
        return self._parts.keys.payer(owner, provider, browser) != "sandbox"

    def _folded_names(self) -> dict[str, str]:
        return {spec.key: _folded(spec.name) for spec in self._parts.catalog.known().values()}

    def _find_last_end(self, owner: str, revision: int) -> datetime:
        del revision  # with another one, another answer
        return self._store.last_end(owner, among=20) or LONG_AGO

    def _spec_of(self, job: Job) -> ModelSpec:
        return self._parts.routing.spec(job)

    def _new(
        self,
        spec: ModelSpec,
        values: Mapping[str, Any],
        owner: str,
        request_key: str | None,
        browser: str,
    ) -> Job:
        job_id = secrets.token_hex(16)
        keys = self._parts.keys
        payer = keys.payer(owner, spec.provider, browser)
        return Job(
            id=job_id,
            token=secrets.token_hex(16),
            owner=owner,
            model=spec.key,
            provider=spec.provider,
            live=payer != "sandbox",
            key_from=payer,
            account=keys.visitors_mark(owner, spec.provider, browser),
            params=dict(values),
            request_id=f"dailies-{job_id}",
            request_key=request_key,
            dollars=spec.dollars(values),
            created_at=datetime.now(UTC),
            runner=self._parts.runner.id,
        )

    def _settled(self, job: Job) -> Job:
        # While an order is going out nobody can tell whether there is anything to cancel.
        ends = time.monotonic() + ORDER_GOES_OUT
        while job.state is State.SUBMITTING:
            if time.monotonic() > ends:
                raise StudioError("The order is just going out: try again in a moment.")
            time.sleep(0.05)
            job = self._store.get(job.id)
        return job

    def _stop_at_provider(self, job: Job) -> str:
        provider = PROVIDERS.get(job.provider)
        label = provider.label if provider else job.provider
        if provider is None or not provider.can_cancel:
            return f"No longer watched. {label} cannot stop a task: it may finish, and be charged."
        try:
            stopped = self._parts.runner.cancel_at_provider(job, timeout=CANCEL_DEADLINE)
        except MissingKey as error:
            said = f"No longer watched, and {label} was not asked: it may finish, and be charged."
            return f"{said} {error}"
        except (StudioError, TimeoutError):
            return f"No longer watched. {label} did not answer: it may finish, and be charged."
        if stopped:
            return f"Cancelled at {label}: not charged."
        return f"No longer watched. {label} says that the task cannot be cancelled any more."

    def _cancelled(self, job: Job, note: str, *, when: State) -> Job:
        changed = self._store.change(
            job.id,
            when=[when],
            state=State.CANCELLED,
            note=note,
            completed_at=datetime.now(UTC),
        )
        return changed or self._store.get(job.id)

    def _resume(self, job: Job, state: State, **changes: Any) -> Job:
        changed = self._store.change(
            job.id,
            when=[job.state],
            state=state,
            note="",
            error=None,
            completed_at=None,
            runner=self._parts.runner.id,
            **changes,
        )
        if changed is None:
            return self._store.get(job.id)
        self._parts.runner.again(job.id)
        return changed


_folded = lru_cache(maxsize=2000)(fold)


def _price(spec: ModelSpec, values: Mapping[str, Any], *, live: bool) -> dict[str, Any]:
    if not live:
        return {"amount": 0.0, "currency": "USD", "basis": "free: sandbox"}
    dollars = spec.dollars(values)
    if spec.price is None or dollars is None:
        return {"amount": None, "currency": "USD", "basis": "price unknown"}
    return {"amount": dollars, "currency": "USD", "basis": spec.price.source}
