"""The files that jobs start from: taken in at the order, made to travel before it goes out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.client import Connection
from core.client.trusted_hosts import NOBODY, TrustedHosts
from core.errors import InvalidInput, MediaError
from core.jobs.files import JobFiles
from core.jobs.inputs.accept import Intake
from core.jobs.inputs.addresses import out_of_reach
from core.jobs.inputs.file_types import MIMES
from core.jobs.inputs.send import Means, OrderFiles
from core.jobs.inputs.signed_links import Links
from core.jobs.inputs.transport import refusal, way_of
from core.jobs.inputs.upload_limits import CAPS, Caps
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models import ModelSpec
from core.providers.protocol import State

DONE = "sources"
"""The fact of a job that lists, in sentences, what was changed of its files."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A file that a signed link leads to, and its media type."""

    path: Path
    mime: str


class JobInputs:
    """Keeps what users hand in, in the job's own folder, and hands it on to providers."""

    def __init__(
        self,
        store: JobStore,
        job_files: JobFiles,
        links: Links | None = None,
        *,
        caps: Caps = CAPS,
        hosts: TrustedHosts = NOBODY,
    ) -> None:
        """Take where the files lie; without `links`, files travel inside the orders.

        `hosts` are those of inner networks that a provider reaches all the same.
        """
        self._hosts = hosts
        self._store = store
        self._means = Means(store=store, job_files=job_files, links=links, caps=caps)

    def take_in(self, job: Job, spec: ModelSpec) -> Job:
        """Return the job with its files kept, and named by their addresses on this app.

        Raises `InvalidInput` for a file that is missing, too large or not what it claims and for
        an address in a private network, and `StorageError`; nothing is left behind then.
        """
        try:
            return self._taken_in(job, spec)
        except BaseException:
            if any(param.name in job.params for param in spec.media_params()):
                shutil.rmtree(self._means.job_files.folder(job), ignore_errors=True)
            raise

    async def wire(self, job: Job, spec: ModelSpec, connection: Connection) -> dict[str, Any]:
        """Return the job's values as the provider takes them. Raises `StudioError`.

        Everything is fitted and weighed before anything is sent; doing it again does the same.
        """
        self._means.job_files.folder(job)  # a full disk is found out before money is spent
        order_files = OrderFiles(job, spec, connection, self._means)
        await order_files.pack()
        if order_files.done != job.facts.get(DONE, []):
            facts = {**job.facts, DONE: order_files.done}
            await self._store.off_loop.change(job.id, when=[State.QUEUED], facts=facts)
        return await order_files.send()

    def signed_file(self, token: str, name: str, *, expires: str, signature: str) -> Served | None:
        """Return the file that a link of this app leads to, while it is good."""
        links, job_files = self._means.links, self._means.job_files
        if not links or not links.is_good(token, name, expires=expires, signature=signature):
            return None
        job = self._store.by_token(token)
        path = job_files.public(job, name) if job else None
        return Served(path=path, mime=MIMES[path.suffix]) if path else None

    def _taken_in(self, job: Job, spec: ModelSpec) -> Job:
        params, problems = dict(job.params), out_of_reach(job.params, self._hosts)
        intake = Intake(self._store, self._means.job_files, job, self._means.caps)
        inline = way_of(job, self._means.links) == "inline"
        for param in spec.media_params():
            if not params.get(param.name) or param.name in problems:
                continue
            if inline and (why := refusal(spec, param, params)):
                problems[param.name] = why
                continue
            try:
                params[param.name] = intake.take(param, params[param.name])
            except (MediaError, ValueError) as error:
                problems[param.name] = str(error)
        if problems:
            raise InvalidInput(problems)
        return replace(job, params=params)
