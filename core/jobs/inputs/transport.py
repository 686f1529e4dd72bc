"""Decides how the files of an order travel: as an address, inside the order, or uploaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from core.jobs.inputs.signed_links import Links
from core.jobs.job import Job
from core.models import ModelSpec
from core.params import Media, Several, violations
from core.providers import PROVIDERS

Way = Literal["link", "inline", "upload"]

_MIMES = {"video": "video/mp4", "audio": "audio/mpeg"}
_LENGTH = 3000
"""Characters of the data URI that stands for all: longer than the address fields of any form."""

_PROSE = re.compile(r"\bonly\b[^.;]{0,60}\burls?\b|\burls?\b[^.;]{0,20}\bonly\b", re.IGNORECASE)
_BOTH = re.compile(r"\bdata[ -]?ur[il]s?\b|\bbase64\b", re.IGNORECASE)


def way_of(job: Job, links: Links | None) -> Way:
    """Return how this app's own files reach the provider of a job."""
    if not PROVIDERS[job.provider].takes_data_uris:
        return "upload"
    # The sandbox is this very app, and need not go out into the world to find it.
    return "link" if links and job.live else "inline"


def refusal(spec: ModelSpec, param: Media | Several, values: Mapping[str, Any]) -> str:
    """Return why a file of this app cannot travel inside the order, or the empty text.

    The vendor's own schema is asked, with a data URI in the place of each file.
    """
    if spec.wire is None or not _has_own(values.get(param.name)):
        return ""
    with_addresses = spec.on_wire(values)
    with_data = with_addresses | {param.name: _as_data(param, values[param.name])}
    if not violations(spec.wire, with_data).keys() - violations(spec.wire, with_addresses).keys():
        return ""
    return (
        f"{spec.name} takes {param.label} by address only: give an https address, or let whoever "
        "runs this app set DAILIES_PUBLIC_URL to the https address that it is reached at."
    )


def warning(spec: ModelSpec, param: Media | Several) -> str:
    """Return what to say of a file inside the order where the vendor's prose asks for an address.

    Prose is often wrong, so nothing is refused for it.
    """
    told = f"{param.help} {param.label}"
    if not _PROSE.search(told) or _BOTH.search(told):
        return ""
    return (
        f"{param.label}: sent inside the order, though the description of {spec.name} speaks of "
        "addresses only. If it is refused, give an https address or set DAILIES_PUBLIC_URL."
    )


def is_own_address(job: Job, address: str) -> bool:
    """Return whether an https address lies at the provider itself, so that it is taken as it is."""
    if not job.live:
        return False
    home = ".".join((urlsplit(PROVIDERS[job.provider].base_url).hostname or "").split(".")[-2:])
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host == home or host.endswith(f".{home}")


def _has_own(given: Any) -> bool:
    files = given if isinstance(given, list) else [given]
    return any(file and not str(file).startswith("https://") for file in files)


def _as_data(param: Media | Several, given: Any) -> Any:
    kind = param.of.media if isinstance(param, Several) else param.media
    start = f"data:{_MIMES.get(kind, 'image/png')};base64,".ljust(_LENGTH, "A")
    if not isinstance(given, list):
        return start
    return [
        str(file) if str(file).startswith("https://") else f"{start}{n:04d}"
        for n, file in enumerate(given)
    ]
