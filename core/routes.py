"""Decides how a job reaches its provider: whose key, which address, or the sandbox in-process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from core.client import SANDBOX_KEY, SANDBOX_URL, Route
from core.jobs import Job
from core.keyring import Keyring
from core.models import ModelSpec, find_model
from core.providers import PROVIDERS
from core.settings import Settings


class Routes:
    """Keyless mode is decided here and nowhere else: the same client, another transport."""

    def __init__(
        self, settings: Settings, keyring: Keyring, make_sandbox: Callable[[], Any]
    ) -> None:
        self._settings = settings
        self._keyring = keyring
        self._make_sandbox = make_sandbox

    def route(self, job: Job) -> Route:
        """Return the route of a job. Raises `MissingKey`."""
        provider = PROVIDERS[job.provider]
        if not job.live:
            return Route(
                provider=provider, key=SANDBOX_KEY, base_url=SANDBOX_URL, app=self._sandbox
            )
        base_url = self._settings.base_url(provider.name) or provider.base_url
        return Route(provider=provider, key=self._keyring.key(job), base_url=base_url)

    def spec(self, job: Job) -> ModelSpec:
        """Return the model as it stood for this job."""
        return find_model(job.model).when(live=job.live)

    @cached_property
    def _sandbox(self) -> Any:
        return self._make_sandbox()
