"""Chooses which generation of a model's page an order follows, and turns its body into values.

A built-in model has two: what the project began with, and what its vendor's document says now.
Any other is held against its vendor's own schema, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.models import ModelSpec
from core.sandbox.body_check import (
    UNKNOWN,
    Problems,
    Schema,
    files_in,
    problems_in,
    strict_problems,
)

Body = Mapping[str, Any]

LONGEST_KEPT = 20_000
"""Characters of a text that is kept with the task: room for a prompt, none for a file in base64."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A body as one face of its model reads it: what is wrong with it, or what it says.

    `files` are addresses by parameter; of a list each has its place behind the name.
    """

    face: ModelSpec
    problems: Problems
    values: Mapping[str, Any]
    files: Mapping[str, tuple[str, str]]


def read_body(
    spec: ModelSpec, body: Body, schema_of: Callable[[ModelSpec], Schema] = ModelSpec.schema
) -> Reading:
    """Return the reading by the face that a body fits best; the vendor's present one first."""
    faces = [spec.when(live=True), spec.when(live=False)] if spec.built_in else [spec]
    found = [(face, _problems(face, body, schema_of)) for face in faces]
    face, problems = min(found, key=lambda pair: (len(unknown_in(pair[1])), len(pair[1])))
    if problems:
        return Reading(face=face, problems=problems, values={}, files={})
    return Reading(face=face, problems={}, values=_values(face, body), files=_files(face, body))


def unknown_in(problems: Problems) -> list[str]:
    """Return the fields that the model does not have."""
    return sorted(name for name, why in problems.items() if why == UNKNOWN)


def _problems(face: ModelSpec, body: Body, schema_of: Callable[[ModelSpec], Schema]) -> Problems:
    if _is_plain(face):
        return problems_in(schema_of(face), body)
    return strict_problems(face, body)


def _is_plain(face: ModelSpec) -> bool:
    return face.built_in and face.wire is None


def _values(face: ModelSpec, body: Body) -> dict[str, Any]:
    names = {param.name for param in face.media_params()}
    said = {name: value for name, value in body.items() if name not in names and value is not None}
    if _is_plain(face):
        return {name: value for name, value in face.check(said).values.items() if name not in names}
    preset = {param.name: param.default for param in face.params if param.default is not None}
    kept = {name: value for name, value in (preset | said).items() if name not in names}
    return {name: _without_files(value) for name, value in kept.items()}


def _files(face: ModelSpec, body: Body) -> dict[str, tuple[str, str]]:
    """Return each file's address and kind."""
    kinds = {param.name: param.kind.removesuffix("s") for param in face.media_params()}
    found = {}
    for name, addresses in files_in(face, body).items():
        several = isinstance(body[name], list)
        for index, address in enumerate(addresses):
            found[f"{name}.{index}" if several else name] = (address, kinds[name])
    return found


def _without_files(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_files(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_files(inner) for inner in value]
    return value[:LONGEST_KEPT] if isinstance(value, str) else value
