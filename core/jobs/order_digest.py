"""Names what an order asks for by a hash, so that the same one is known when it comes again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.models import ModelSpec


def order_digest(spec: ModelSpec, params: Mapping[str, Any]) -> str:
    """Return the hash of a model and of what was asked of it, as it was asked.

    A file counts by its bytes, wherever it lies; what was left open counts as not said.
    """
    files = {param.name for param in spec.media_params()}
    asked = {
        name: _contents(value) if name in files else value
        for name, value in params.items()
        if value not in (None, "", [])
    }
    said = json.dumps([spec.key, asked], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _contents(given: Any) -> Any:
    if isinstance(given, list):
        return [_contents(one) for one in given]
    if not isinstance(given, str) or given.startswith(("https://", "http://", "data:")):
        return given
    try:
        with Path(given).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return given
