"""Where a JSON value breaks a JSON Schema; what finds it is loaded when it is first asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def violations(schema: Mapping[str, Any], value: Any) -> dict[str, str]:
    """Return what is wrong with `value`, by place: `a.0.b`, or the empty text for the whole.

    A schema that is itself broken forbids nothing.
    """
    # A twentieth of the app's start, which needs none of it.
    from core.params.schema_check import find_violations  # noqa: PLC0415

    return find_violations(schema, value)
