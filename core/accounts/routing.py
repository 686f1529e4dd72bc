"""Decides how a job reaches its provider: whose key, which address, or the sandbox in-process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from core.accounts.keys import Keys
from core.client import SANDBOX_KEY, SANDBOX_URL, Route
from core.errors import InvalidInput, MissingKey
from core.jobs.job import Job
from core.models import ModelSpec
from core.providers import PROVIDERS
from core.providers.protocol import Provider
from core.settings import Settings

FindModel = Callable[[str, str], ModelSpec]
"""From a model's key, and whose it is, to its entry. Raises `InvalidInput` where there is none."""


class Routing:
    """Keyless mode is decided here and nowhere else: the same client, another transport."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        find_model: FindModel,
        make_sandbox: Callable[[], Any],
    ) -> None:
        self._settings = settings
        self._hosts = settings.trusted_hosts()
        self._keyring = keys
        self._find_model = find_model
        self._make_sandbox = make_sandbox

    def close(self) -> None:
        """Let go of the sandbox, if there is one."""
        if "_sandbox" in self.__dict__:
            self._sandbox.state.close()

    def route(self, job: Job) -> Route:
        """Return the route of a job. Raises `MissingKey`."""
        provider = PROVIDERS.get(job.provider)
        if provider is None:
            raise MissingKey(
                f"This version of Dailies knows no provider called {job.provider}: start the one "
                "that made this take."
            )
        if not job.live:
            return Route(
                provider=provider, key=SANDBOX_KEY, base_url=SANDBOX_URL, app=self._sandbox
            )
        key = self._keyring.key(job)
        return Route(
            provider=provider,
            key=key,
            account=self._keyring.mark(provider.name, key),
            base_url=self._address(provider),
            hosts=self._hosts,
        )

    def account(self, owner: str, provider: str, browser: str = "") -> Route | None:
        """Return the way to the account that would pay for an owner's order; None: the sandbox."""
        key, row = self._keyring.purse(owner, provider, browser), PROVIDERS[provider]
        return Route(provider=row, key=key, base_url=self._address(row)) if key else None

    def spec(self, job: Job) -> ModelSpec:
        """Return the model as it stood for this job.

        A job whose model is not known here, for want of the copies that were there when it was
        ordered, gets one that can be watched: what was paid for must not be stuck.
        """
        try:
            found = self._find_model(job.model, job.owner)
        except InvalidInput:
            found = _stand_in(job)
        return found.when(live=job.live)

    def _address(self, provider: Provider) -> str:
        return self._settings.base_url(provider.name) or provider.base_url

    @cached_property
    def _sandbox(self) -> Any:
        return self._make_sandbox()


def _stand_in(job: Job) -> ModelSpec:
    model = job.model.removeprefix(f"{job.provider}:")
    return ModelSpec(
        id=model,
        provider=job.provider,
        name=model,
        task="video",
        params=(),
        path=_PATHS.get(job.provider, "").format(model=model),
        built_in=False,
    )


_PATHS = {"aimlapi": "/v2/video/generations", "krea": "/generate/video/{model}"}
