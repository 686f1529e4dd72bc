"""The public API under "Use via API": JSON in and out, checked by the model's own rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from core import InvalidInput, Job, ModelSpec, Studio, StudioError
from core.params import Several
from core.untrusted import cleaned_text
from ui.arguments import moment, switch, text, values, whole
from ui.gradio_bodies import refuse
from ui.proxies import caller_of, prefix_of
from ui.status import status_of
from ui.uploads import used
from ui.visitor import owner_of, visitor_of

Json = dict[str, Any]

LONGEST_KEY = 200
"""Characters of an idempotency key."""

_OURS_ALONE = ("self", "request")

# The address of a file of a take; its token cannot be guessed, so whoever has it may use it. Before
# it may stand the path under which a proxy shows this app.
_OURS = re.compile(r"(?:/[^/?#]+)*?(/takes/[0-9a-f]{32}/[\w.-]{1,100})")


class Api:
    """The endpoints over one studio."""

    def __init__(self, studio: Studio) -> None:
        """Take the studio that answers."""
        self._studio = studio

    def models(self, request: gr.Request) -> list[dict]:  # type: ignore[type-arg]
        """List the models with their parameters, as they stand for this caller."""
        visitor = visitor_of(request)
        return [spec.as_json() for spec in self._studio.models(visitor.owner, visitor.browser)]

    def estimate(self, model: str, params: dict, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Tell what an order would cost, how long the clip and the wait would be."""
        model, params = text("model", model), values(params)
        visitor = visitor_of(request)
        return self._studio.estimate(model, params, visitor.owner, visitor.browser)

    def submit(self, model: str, params: dict, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Order a clip. A file may be an uploaded file, an https address or a data URI.

        With an `Idempotency-Key` header, the same key gives the same job again.
        """
        return self._ordered(request, model, params, request.headers.get("idempotency-key"))

    def submit_once(
        self,
        model: str,
        params: dict,  # type: ignore[type-arg]
        idempotency_key: str,
        confirmed: bool,  # noqa: FBT001  Gradio passes by position
        request: gr.Request,
    ) -> dict:  # type: ignore[type-arg]
        """Order as /submit does: the same key gives the same job; `confirmed` accepts any price."""
        return self._ordered(request, model, params, idempotency_key, confirmed=confirmed)

    def job(self, job_id: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Give a job as it stands."""
        job_id = text("job_id", job_id)
        return self._told(self._studio.job(job_id, owner_of(request)), request)

    def jobs(self, request: gr.Request, limit: int = 20, before: str | None = None) -> list[dict]:  # type: ignore[type-arg]
        """List this caller's jobs, newest first; `before` is a `created_at`."""
        most, until = whole("limit", limit, least=1, most=500), moment("before", before)
        found = self._studio.jobs(owner_of(request), limit=most, before=until)
        return [self._told(job, request) for job in found]

    def cancel(self, job_id: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Stop a job at the provider where it can, else stop watching it."""
        job_id = text("job_id", job_id)
        return self._told(self._studio.cancel(job_id, owner_of(request)), request)

    def _ordered(
        self,
        request: gr.Request,
        model: str,
        params: Json,
        request_key: str | None,
        *,
        confirmed: bool = False,
    ) -> Json:
        key = text("idempotency_key", request_key, longest=LONGEST_KEY) or None
        visitor = visitor_of(request, key)
        owner, browser = visitor.owner, visitor.browser
        spec = self._studio.spec(text("model", model), owner, browser)
        given = with_files(spec, values(params))
        job = self._studio.submit(
            model,
            given,
            owner=owner,
            browser=browser,
            request_key=key,
            confirmed=switch("confirmed", confirmed),
            address=caller_of(request),
        )
        return self._told(job, request)

    def _told(self, job: Job, request: gr.Request) -> Json:
        """Return the job, its files under the path by which the caller reaches this app."""
        said, root = self._studio.describe(job), prefix_of(request.request.scope)
        files = {role: path and root + path for role, path in said["files"].items()}
        return said | {"files": files}


ENDPOINTS: Mapping[str, Mapping[str, bool]] = {
    name: {
        word: told.default is told.empty
        for word, told in signature(getattr(Api, name)).parameters.items()
        if word not in _OURS_ALONE
    }
    for name in ("models", "estimate", "submit", "submit_once", "job", "jobs", "cancel")
}
"""The endpoints, what they take in the order of a call, and whether they need it."""


def build(studio: Studio) -> None:
    """Add the endpoints to the page that the caller stands in."""
    answers = Api(studio)
    for name in ENDPOINTS:
        gr.api(_spoken(getattr(answers, name)), api_name=name, queue=False)


def _spoken(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return the endpoint with its errors as sentences that reach the caller."""

    @wraps(endpoint)
    def speaking(*args: Any, **named: Any) -> Any:
        try:
            return endpoint(*args, **named)
        except StudioError as error:
            request = next(one for one in (*args, *named.values()) if isinstance(one, gr.Request))
            refuse(request, status_of(error))
            said = cleaned_text(str(error))
            raise gr.Error(said, print_exception=False) from error

    return speaking


def with_files(spec: ModelSpec, params: Json) -> Json:
    """Return `params` with each file as a path, an address or a data URI; refuses other paths."""
    values = dict(params)
    for param in spec.media_params():
        given = values.get(param.name)
        if isinstance(given, str) and isinstance(param, Several):
            given = [line.strip() for line in given.split("\n") if line.strip()]
        if isinstance(given, list):
            values[param.name] = [_file(param.name, file) for file in given]
        elif given not in (None, ""):
            values[param.name] = _file(param.name, given)
    return values


def _file(name: str, given: Any) -> str:
    words = given.get("path") or given.get("url") if isinstance(given, dict) else given
    if not isinstance(words, str):
        raise InvalidInput({name: "must be an uploaded file, an https address or a data URI."})
    if words.startswith(("https://", "http://", "data:")):
        return words
    if ours := _OURS.fullmatch(words):
        return ours[1]
    path = _uploaded(words)
    if path is None:
        raise InvalidInput(
            {name: "Only a file that was uploaded to this app can be used by its path."}
        )
    used(path)
    return str(path)


def _uploaded(words: str) -> Path | None:
    try:
        path = Path(words).resolve()
        is_ours = path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file()
    except (OSError, ValueError):  # what no file can be called
        return None
    return path if is_ours else None
