"""Video generation without a page: the public names, and `open_studio`, which wires the parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.carrier import Carrier
from core.carrier import Parts as CarrierParts
from core.client import Pauses, Switchboard, fetch_public
from core.contract import State
from core.errors import InvalidInput, StudioError
from core.history import History
from core.jobs import Job
from core.keyring import Keyring
from core.models import MODELS, ModelSpec
from core.params import Param
from core.providers import PROVIDERS
from core.routes import Routes
from core.runner import Runner
from core.saver import Saver
from core.settings import Settings
from core.shelf import Shelf
from core.sources import Sources
from core.store import JobStore
from core.studio import Parts, ProviderStatus, Studio
from core.watcher import Watcher

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
]


@contextmanager
def open_studio(settings: Settings, *, pauses: Pauses | None = None) -> Iterator[Studio]:
    """Wire the parts, take up the jobs that were under way, and let go of them at the end."""
    pauses = pauses or Pauses()
    store, shelf = JobStore(settings.database_url()), Shelf(settings.dailies_data_dir / "takes")
    keyring, sources, history = Keyring(settings.key), Sources(store, shelf), History(store)
    routes = Routes(settings, keyring, lambda: _sandbox(settings, pauses))
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
                routes=routes,
                runner=runner,
            )
        )
    finally:
        runner.stop()
        store.close()


def _sandbox(settings: Settings, pauses: Pauses) -> Any:
    # numpy and the renderer are not loaded before the first take that needs them.
    from core.sandbox import create_sandbox  # noqa: PLC0415

    async def fetch(url: str) -> bytes:
        with TemporaryDirectory(prefix="dailies-source-") as folder:
            target = Path(folder) / "source"
            await fetch_public(url, target, pauses=pauses)
            return target.read_bytes()

    return create_sandbox(
        settings.dailies_data_dir / "sandbox", pace=settings.dailies_sandbox_pace, fetch=fetch
    )
