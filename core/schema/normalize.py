"""Tidies a vendor's schema into one that is valid, self-contained and of bounded size.

The result is draft 2020-12 and asks what the vendor's asks, as far as that can be understood;
what cannot be is left open. Nothing raises: the worst schema becomes `{}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.schema.keywords import FILE_TYPES, KEYWORDS, is_name, types
from core.schema.merge import Schema, merge, set_types
from core.schema.openapi import Document, mapping
from core.schema.safe_regex import is_safe_regex
from core.schema.simplify import simplify

MOST_NODES = 60_000
DEEPEST = 24
MOST_BRANCHES = 400
MOST_PROPERTIES = 300

_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SEVERAL = ("anyOf", "oneOf", "prefixItems")


def normalize(schema: Any, document: Document) -> Schema:
    """Return `schema` tidied; `document` is where its references lead."""
    return Tidier(document=document, scope=schema).tidy(schema)


class Tidier:
    """Walks one schema; it counts what it has made, so that no reference can make it endless."""

    def __init__(self, *, document: Document, scope: Any) -> None:
        self._document = document
        self._scope = scope
        self._left = MOST_NODES

    def tidy(self, raw: Any, *, depth: int = 0, within: tuple[str, ...] = ()) -> Schema:
        """Return one schema tidied; `within` are the references that led to it."""
        self._left -= 1
        if raw is False:
            return {"not": {}}
        if not isinstance(raw, Mapping) or depth > DEEPEST or self._left < 0:
            return {}
        if isinstance(raw.get("$ref"), str):
            return self._followed(raw, depth, within)
        found = self._own(raw)
        self._nested(found, raw, (depth + 1, within))
        parts = raw.get("allOf")
        joined: Schema = {}
        for part in parts[:MOST_BRANCHES] if isinstance(parts, list) else []:
            joined = merge(joined, self.tidy(part, depth=depth + 1, within=within))
        # What stands beside the parts has the last word.
        return simplify(merge(joined, found))

    def _followed(self, raw: Mapping[str, Any], depth: int, within: tuple[str, ...]) -> Schema:
        ref = raw["$ref"]
        beside = {key: value for key, value in raw.items() if key != "$ref"}
        mine = self.tidy(beside, depth=depth + 1, within=within)
        if ref in within:
            return mine
        target = self._document.at(ref, within=self._scope)
        theirs = self.tidy(target, depth=depth + 1, within=(*within, ref))
        return simplify(merge(theirs, mine))

    def _own(self, raw: Mapping[str, Any]) -> Schema:
        found = {
            key: value
            for key, read in KEYWORDS.items()
            if key in raw and (value := read(raw[key])) is not None
        }
        for key in ("const", "default"):
            if key in raw:
                found[key] = raw[key]
        if "example" in raw:
            found.setdefault("examples", [raw["example"]])
        _read_type(found, raw)
        _read_old_words(found, raw)
        return found

    def _nested(
        self, found: Schema, raw: Mapping[str, Any], place: tuple[int, tuple[str, ...]]
    ) -> None:
        depth, within = place
        for key in _ONE:
            value = raw.get(key)
            if key == "additionalProperties" and isinstance(value, bool):
                found[key] = value
            elif isinstance(value, Mapping) or (value is False and key in {"items", "not"}):
                found[key] = self.tidy(value, depth=depth, within=within)
        for key in _SEVERAL:
            # A list of schemas for the items is what older drafts call the prefix.
            value = raw.get(key, raw.get("items") if key == "prefixItems" else None)
            if isinstance(value, list) and value:
                found[key] = [self._branch(raw, one, place) for one in value[:MOST_BRANCHES]]
        for key in ("properties", "patternProperties"):
            if isinstance(raw.get(key), Mapping):
                found[key] = self._properties(found, raw[key], place, named=key == "properties")
        if not found.get("patternProperties", True):
            del found["patternProperties"]
        if raw.get("unevaluatedProperties") is False:
            found["unevaluatedProperties"] = False

    def _properties(
        self,
        found: Schema,
        raw: Mapping[str, Any],
        place: tuple[int, tuple[str, ...]],
        *,
        named: bool,
    ) -> Schema:
        depth, within = place
        tidied: Schema = {}
        for name, schema in list(raw.items())[:MOST_PROPERTIES]:
            told = mapping(self._document.follow(schema))
            if not (is_name(name) if named else is_safe_regex(name)):
                continue
            if named and told.get("readOnly") is True:
                # What only the vendor may write must not be sent.
                found["required"] = [one for one in found.get("required", []) if one != name]
                continue
            tidied[name] = self.tidy(schema, depth=depth, within=within)
            if named and told.get("required") in (True, "true"):
                # Draft 3 said so, and some still do.
                found["required"] = list(dict.fromkeys([*found.get("required", []), name]))
        return tidied

    def _branch(
        self, raw: Mapping[str, Any], branch: Any, place: tuple[int, tuple[str, ...]]
    ) -> Schema:
        depth, within = place
        tidied = self.tidy(branch, depth=depth, within=within)
        teller = mapping(raw.get("discriminator"))
        name, ref = teller.get("propertyName"), mapping(branch).get("$ref")
        if not isinstance(name, str) or not isinstance(ref, str) or not is_name(name):
            return tidied
        values = [
            value
            for value, target in mapping(teller.get("mapping")).items()
            if isinstance(target, str) and (target == ref or ref.endswith(f"/{target}"))
        ]
        told = mapping(tidied.get("properties", {}).get(name))
        if not values or "enum" in told or "const" in told:
            return tidied
        return merge(tidied, {"properties": {name: {"enum": values}}})


def _read_type(found: Schema, raw: Mapping[str, Any]) -> None:
    told = types(raw["type"]) if "type" in raw else None
    if told is None:
        return
    if raw.get("nullable") in (True, "true") and "null" not in told:
        told.append("null")
    set_types(found, told)
    if isinstance(raw["type"], str) and raw["type"].strip().lower() in FILE_TYPES:
        found.setdefault("format", "uri")


def _read_old_words(found: Schema, raw: Mapping[str, Any]) -> None:
    for bound, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if raw.get(bound) in (True, "true") and edge in found:
            found[bound] = found.pop(edge)
    if raw.get("nullable") in (True, "true") and "enum" in found and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
