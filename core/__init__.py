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
from core.accounts.keys import Keyring, doubts
from core.accounts.routing import Routes
from core.catalog.fetcher import Source
from core.catalog.service import Catalog
from core.client import Pauses, Switchboard, fetch_public, read_proxies
from core.errors import InvalidInput, StudioError
from core.jobs.durations import History
from core.jobs.files import Shelf
from core.jobs.finalizer import Saver
from core.jobs.gif_orders import GifOrders
from core.jobs.inputs import Sources
from core.jobs.inputs.signed_links import open_links, open_secret
from core.jobs.job import Job
from core.jobs.notifier import Bell
from core.jobs.poller import Watcher
from core.jobs.runner import Runner
from core.jobs.store import JobStore
from core.jobs.workflow import Carrier
from core.jobs.workflow import Parts as CarrierParts
from core.models import MODELS, ModelSpec
from core.params import Param
from core.providers import PROVIDERS
from core.providers.model_source import DISCOVERIES
from core.providers.protocol import State
from core.settings import Settings, read_settings
from core.studio import Parts, ProviderStatus, Studio
from core.system.loop_thread import Background

__all__ = [
    "MODELS",
    "PROVIDERS",
    "InvalidInput",
    "Job",
    "ModelSpec",
    "Param",
    "Pauses",
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
def open_studio(settings: Settings, *, pauses: Pauses | None = None) -> Iterator[Studio]:
    """Wire the parts, take up the jobs that were under way, and let go of them at the end."""
    pauses = pauses or Pauses()
    bell = Bell()
    store = JobStore(settings.database_url(), ring=bell.ring)
    shelf = Shelf(settings.dailies_data_dir / "takes")
    for doubt in doubts(settings.key):
        log.warning(doubt)
    marks = AccountMarks(open_secret(settings.dailies_data_dir))
    keyring, history = Keyring(settings.key, marks), History(store)
    links = open_links(settings.dailies_public_url, settings.dailies_data_dir)
    sources = Sources(store, shelf, links, hosts=settings.trusted_hosts())
    background = Background("dailies-catalog")
    catalog = Catalog(
        settings.dailies_data_dir / "catalog",
        _catalog_sources(settings),
        background=background,
        pauses=pauses,
    )
    routes = Routes(settings, keyring, catalog.find, lambda: _sandbox(settings, pauses, catalog))
    watcher = Watcher(store, history, pauses)

    def make_carrier() -> Carrier:
        switchboard = Switchboard(pauses)
        return Carrier(
            CarrierParts(
                store=store,
                open_line=lambda job: switchboard.line(routes.route(job)),
                find_model=routes.spec,
                sources=sources,
                watcher=watcher,
                saver=Saver(store, shelf, watcher, pauses),
                pauses=pauses,
            )
        )

    runner = Runner(store, make_carrier, pauses.now)
    background.start()
    catalog.start()
    runner.start()
    try:
        yield Studio(
            Parts(
                settings=settings,
                store=store,
                shelf=shelf,
                keyring=keyring,
                sources=sources,
                history=history,
                households=Households(open_secret(settings.dailies_data_dir)),
                gif_orders=GifOrders(shelf),
                routes=routes,
                runner=runner,
                catalog=catalog,
                balances=Balances(background, pauses),
                bell=bell,
            )
        )
    finally:
        runner.stop()
        routes.close()
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


def _sandbox(settings: Settings, pauses: Pauses, catalog: Catalog) -> Any:
    # numpy and the renderer are not loaded before the first take that needs them.
    from core.sandbox import create_sandbox  # noqa: PLC0415

    async def fetch(url: str) -> bytes:
        with TemporaryDirectory(prefix="dailies-source-") as folder:
            target = Path(folder) / "source"
            await fetch_public(url, target, hosts=settings.trusted_hosts(), pauses=pauses)
            return target.read_bytes()

    return create_sandbox(
        settings.dailies_data_dir / "sandbox",
        models=catalog.known,
        pace=settings.dailies_sandbox_pace,
        fetch=fetch,
    )
