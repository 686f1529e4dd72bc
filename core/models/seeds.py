"""Draws what a person left to chance, so that each take can be made again; it sends nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InvalidInput
from core.models.spec import Checked, ModelSpec, Values
from core.params import Choice, Json, Param, Seed, is_seed_name
from core.params.seed import Below

DEEPEST = 8
"""Levels of an object in which a seed is looked for."""


def clean_and_draw(
    spec: ModelSpec, values: Values, below: Below = secrets.randbelow
) -> dict[str, Any]:
    """Return the values to send, with a seed for each that was left open.

    Raises `InvalidInput` naming every field in the wrong.
    """
    checked = check_and_draw(spec, values, below)
    if checked.problems:
        raise InvalidInput(checked.problems)
    return checked.values


def check_and_draw(spec: ModelSpec, values: Values, below: Below = secrets.randbelow) -> Checked:
    """Check `values` as the model does, with a seed for each that was left open."""
    drawn = dict(_drawn(spec, values, below))
    if not drawn:
        return spec.check(values)
    checked = spec.check({**values, **drawn})
    if not checked.problems:
        return checked
    # A seed that the vendor's schema does not want here is left to the vendor.
    plain = spec.check(values)
    return plain if len(plain.problems) < len(checked.problems) else checked


def _drawn(spec: ModelSpec, values: Values, below: Below) -> Iterator[tuple[str, Any]]:
    for param in spec.params:
        given = values.get(param.name)
        found = _draw(param, param.default if given in (None, "") else given, below)
        if found is not None:
            yield param.name, found


def _draw(param: Param, given: Any, below: Below) -> Any:
    """Return what is drawn for a parameter, or None where nothing is."""
    match param:
        case Seed() if param.is_open(given):
            return param.draw(below)
        case Choice() if given is None and is_seed_name(param.name):
            return param.choices[below(len(param.choices))]
        case Json() if isinstance(given, Mapping):
            filled = _filled(param.shape, given, below)
            return None if filled == given else filled
        case _:
            return None


def _filled(
    shape: Mapping[str, Any], given: Mapping[str, Any], below: Below, depth: int = 0
) -> dict[str, Any]:
    """Return an object with the seeds in it that its schema names and that were left open."""
    filled, named = dict(given), shape.get("properties")
    for name, told in named.items() if isinstance(named, Mapping) and depth < DEEPEST else ():
        held = given.get(name)
        if not isinstance(told, Mapping):
            continue
        if isinstance(held, Mapping):
            filled[name] = _filled(told, held, below, depth + 1)
        elif is_seed_name(name) and (seed := _seed_of(name, told)) and seed.is_open(held):
            filled[name] = seed.draw(below)
    return filled


def _seed_of(name: str, told: Mapping[str, Any]) -> Seed | None:
    kinds = told.get("type")
    if "integer" not in (kinds if isinstance(kinds, list) else [kinds]) or "enum" in told:
        return None
    return Seed(
        name=name,
        label=name,
        help=str(told.get("description", ""))[:200],
        minimum=_edge(told.get("minimum"), told.get("exclusiveMinimum"), inwards=1),
        maximum=_edge(told.get("maximum"), told.get("exclusiveMaximum"), inwards=-1),
        step=_edge(told.get("multipleOf"), None, inwards=0),
        default=told.get("default"),
    )


def _edge(told: Any, beyond: Any, *, inwards: int) -> int | None:
    """Return the last whole number within a bound, of which `beyond` is the first outside."""
    if isinstance(beyond, int) and not isinstance(beyond, bool):
        return beyond + inwards
    return told if isinstance(told, int) and not isinstance(told, bool) else None
