"""Makes the JSON Schema of a body out of an OpenAPI document as it stands, by OpenAPI's own rules.

It is deliberately not what `core.catalog` makes of the same document: a mistake there shows here,
as an order that the contract forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.params import violations

Schema = dict[str, Any]

BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def contract_of(root: Mapping[str, Any], body: Mapping[str, Any]) -> Schema:
    """Return the JSON Schema that `body`, a schema in the document `root`, comes to.

    The document stays around it, since that is where its references lead.
    """
    contract: Schema = {**_modern(root), **_modern(body)}
    return contract


def forbidden(contract: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, str]:
    """Return what a contract forbids in a body, by the name of the field."""
    found: dict[str, str] = {}
    for place, why in violations(contract, body).items():
        found.setdefault(place.partition(".")[0] or "body", why)
    return found


def _modern(value: Any) -> Any:
    """Return what OpenAPI 3.0 says in the words of JSON Schema; 3.1 says it in those already."""
    if isinstance(value, list):
        return [_modern(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    schema = {key: _modern(inner) for key, inner in value.items()}
    for name, limit in BOUNDS.items():
        if isinstance(schema.get(name), bool):
            is_open = schema.pop(name)
            if is_open and limit in schema:
                schema[name] = schema.pop(limit)
    # Beside a flag of that name there may be a property of that name, which is no flag.
    if schema.get("nullable") is not True:
        return schema
    del schema["nullable"]
    return {"anyOf": [schema, {"type": "null"}]}
