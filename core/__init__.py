"""Video generation without a page: the public names, and `open_studio`, which wires the parts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.accounts.account_marks import AccountMarks
from core.accounts.balances import Balances
from core.accounts.households import Households
from core.accounts.keys import Keys, doubts
from core.accounts.routing import Routing
from core.catalog.fetcher import Source
from core.catalog.service import Catalog
from core.client import Clock, ConnectionPool, fetch_public, read_proxies
from core.errors import InvalidInput, StudioError
from core.jobs.durations import Durations
from core.jobs.files import JobFiles
from core.jobs.finalizer import Finalizer
from core.jobs.gif_orders import GifOrders
from core.jobs.inputs import JobInputs
from core.jobs.inputs.signed_links import open_links, open_secret
from core.jobs.job import Job
from core.jobs.notifier import ChangeNotifier
from core.jobs.poller import Poller
from core.jobs.runner import Runner
from core.jobs.store import JobStore
from core.jobs.store_troubles import told_at_start
from core.jobs.workflow import JobWorkflow
from core.jobs.workflow import Parts as CarrierParts
from core.models import MODELS, ModelSpec
from core.params import Param
from core.providers import PROVIDERS
from core.providers.model_source import DISCOVERIES
from core.providers.protocol import State
from core.settings import DATABASE_FILE, Settings, read_settings
from core.studio import Parts, ProviderStatus, Studio
from core.system.data_folder import DataFolder
from core.system.loop_thread import Background

__all__ = [
    "MODELS",
    "PROVIDERS",
    "Clock",
    "InvalidInput",
    "Job",
    "ModelSpec",
    "Param",
    "ProviderStatus",
    "Settings",
    "State",
    "Studio",
    "StudioError",
    "open_studio",
    "read_proxies",
    "read_settings",
]

log = logging.getLogger(__name__)


@contextmanager
def open_studio(settings: Settings, *, clock: Clock | None = None) -> Iterator[Studio]:
    """Wire the parts, take up the jobs that were under way, and let go of them at the end."""
    clock = clock or Clock()
    notifier = ChangeNotifier()
    read_proxies()
    folder = DataFolder(
        settings.dailies_data_dir, "" if settings.dailies_database_url else DATABASE_FILE
    )
    with told_at_start(settings.database_name()):
        store = JobStore(settings.database_url(), ring=notifier.ring)
        store.under_way()  # a file that opens may be damaged where its rows lie
    folder.opened()
    job_files = JobFiles(settings.dailies_data_dir / "takes")
    for doubt in doubts(settings.key):
        log.warning(doubt)
    marks = AccountMarks(open_secret(settings.dailies_data_dir))
    keys, durations = Keys(settings.key, marks), Durations(store)
    links = open_links(settings.dailies_public_url, settings.dailies_data_dir)
    inputs = JobInputs(store, job_files, links, hosts=settings.trusted_hosts())
    background = Background("dailies-catalog")
    catalog = Catalog(
        settings.dailies_data_dir / "catalog",
        _catalog_sources(settings),
        background=background,
        clock=clock,
    )
    routing = Routing(settings, keys, catalog.find, lambda: _sandbox(settings, clock, catalog))
    poller = Poller(store, durations, clock)

    def make_workflow() -> JobWorkflow:
        connections = ConnectionPool(clock)
        return JobWorkflow(
            CarrierParts(
                store=store,
                open_connection=lambda job: connections.connection(routing.route(job)),
                find_model=routing.spec,
                inputs=inputs,
                poller=poller,
                finalizer=Finalizer(store, job_files, poller, clock),
                clock=clock,
            )
        )

    runner = Runner(store, make_workflow, clock.now)
    background.start()
    catalog.start()
    runner.start()
    try:
        yield Studio(
            Parts(
                settings=settings,
                store=store,
                job_files=job_files,
                keys=keys,
                inputs=inputs,
                durations=durations,
                households=Households(open_secret(settings.dailies_data_dir)),
                gif_orders=GifOrders(job_files),
                routing=routing,
                runner=runner,
                catalog=catalog,
                balances=Balances(background, clock),
                notifier=notifier,
                folder=folder,
            )
        )
    finally:
        runner.stop()
        routing.close()
        background.stop()
        store.close()


def _catalog_sources(settings: Settings) -> list[Source]:
    return [
        Source(
            provider=provider,
            discovery=DISCOVERIES[name],
            base_url=settings.base_url(name) or provider.base_url,
            key=settings.key(name),
            by_itself=settings.asks_by_itself(name),
        )
        for name, provider in PROVIDERS.items()
    ]


def _sandbox(settings: Settings, clock: Clock, catalog: Catalog) -> Any:
    # numpy and the renderer are not loaded before the first take that needs them.
    from core.sandbox import create_sandbox  # noqa: PLC0415

    async def fetch(url: str) -> bytes:
        with TemporaryDirectory(prefix="dailies-source-") as folder:
            target = Path(folder) / "source"
            await fetch_public(url, target, hosts=settings.trusted_hosts(), clock=clock)
            return target.read_bytes()

    return create_sandbox(
        settings.dailies_data_dir / "sandbox",
        models=catalog.known,
        pace=settings.dailies_sandbox_pace,
        fetch=fetch,
    )
