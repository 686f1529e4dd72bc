"""What the vendors' documents say of money, as rules; whatever is not plain is no price at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.models.price import PerClip, PerSecond, Price, Rule
from core.schema.keywords import number
from core.schema.openapi import mapping
from core.schema.param_names import tokens

MOST_RULES = 200
SOURCE = "the provider's own price list"

_SECONDS = frozenset(["second", "seconds", "sec", "secs", "s"])
_MINUTES = frozenset(["minute", "minutes", "min"])
_CLIPS = frozenset(
    ["video", "videos", "clip", "clips", "request", "requests", "generation", "generations", "call"]
)
_VOID = frozenset(["per", "of", "output", "generated", "video", "a", "an", "the"])
_AMOUNTS = ("price", "usd", "price_usd", "usd_price", "amount", "cost", "cost_usd", "value", "rate")
_WHEN = ("when", "params", "parameters", "conditions", "condition", "match", "dimensions", "values")
_ASIDE = frozenset(
    [
        "name",
        "label",
        "title",
        "description",
        "unit",
        "measure",
        "per",
        "currency",
        "type",
        "kind",
        "id",
        "units",
        "prices",
        "note",
    ]
)


def aimlapi_price(pricing: Any) -> Price | None:
    """Return the price in an entry of the list of models; None: it cannot be told."""
    told = mapping(pricing)
    if not _is_dollars(told):
        return None
    if told.get("kind", "fixed") == "fixed":
        return _price(_from_units(told.get("units"), {}))
    if told["kind"] == "variants" and isinstance(told.get("variants"), list):
        return _price(_from_variants(told))
    return None


def krea_price(pricing: Any) -> Price | None:
    """Return the price in `x-krea-pricing`; None: it cannot be told."""
    told = mapping(pricing)
    points = told.get("price_points", told.get("prices"))
    if not _is_dollars(told):
        return None
    if isinstance(points, Mapping | int | float | str):
        points = [points]
    if points is None:
        points = [told]
    if not isinstance(points, list):
        return None
    return _price([_point(one, told) for one in points[:MOST_RULES]])


def _price(rules: Sequence[Rule | None]) -> Price | None:
    known = [rule for rule in rules if rule is not None]
    if not known or len(known) < len(rules):
        return None
    # Of several prices for the same thing none can be told apart.
    conditions = [_conditions(rule) for rule in known]
    if any(conditions.count(one) > 1 for one in conditions):
        return None
    known.sort(key=lambda rule: -len(_conditions(rule)))
    return Price(rules=tuple(known), source=SOURCE)


def _conditions(rule: Rule) -> Mapping[str, Any]:
    return rule.when if isinstance(rule, PerSecond | PerClip) else {}


def _is_dollars(told: Mapping[str, Any]) -> bool:
    return bool(told) and str(told.get("currency") or "USD").upper() == "USD"


def _from_variants(told: Mapping[str, Any]) -> list[Rule | None]:
    names = [one for one in told.get("dimensions") or [] if isinstance(one, str)]
    rules: list[Rule | None] = []
    for variant in told["variants"][:MOST_RULES]:
        one = mapping(variant)
        when = _when(one, names)
        units = one.get("units", [one])
        rules += _from_units(units, when) if when else [None]
    return rules


def _from_units(units: Any, when: Mapping[str, Any]) -> list[Rule | None]:
    # A price of several parts (what goes in, what comes out) needs more than the form tells.
    if not isinstance(units, list) or len(units) != 1:
        return [None]
    unit = mapping(units[0])
    amount = _amount(unit)
    per = unit.get("per", 1)
    times = 1 if isinstance(per, str) and number(per) is None else number(per)
    said = unit.get("measure") or unit.get("unit") or (per if isinstance(per, str) else "")
    said = said or unit.get("name")
    if amount is None or not times or times < 0:
        return [None]
    return [_rule(said, amount / times, when)]


def _point(point: Any, told: Mapping[str, Any]) -> Rule | None:
    if isinstance(point, int | float | str):
        amount = _money(point)
        return None if amount is None else _rule(told.get("unit"), amount, {})
    one = mapping(point)
    amount = _amount(one)
    when = {} if one is told else _when(one, [])
    return (
        None
        if amount is None or when is None
        else _rule(one.get("unit", told.get("unit")), amount, when)
    )


def _rule(said: Any, usd: float, when: Mapping[str, Any]) -> Rule | None:
    words = [word for word in tokens(said) if word.isalpha()] if isinstance(said, str) else []
    left = set(words) - _VOID
    if left and left <= _SECONDS:
        return PerSecond(usd=usd, when=dict(when))
    if left and left <= _MINUTES:
        return PerSecond(usd=usd / 60, when=dict(when))
    if words and (left <= _CLIPS and (left or set(words) & _CLIPS)):
        return PerClip(usd=usd, when=dict(when))
    return None


def _amount(told: Mapping[str, Any]) -> float | None:
    found = [
        amount for key in _AMOUNTS if key in told and (amount := _money(told[key])) is not None
    ]
    return found[0] if len(set(found)) == 1 else None


def _money(value: Any) -> float | None:
    if isinstance(value, str):
        value = value.strip().removeprefix("$")
    found = number(value)
    return (
        float(found)
        if found is not None and 0 <= found < 100_000 and math.isfinite(found)
        else None
    )


def _when(point: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any] | None:
    """Return which values the price is for; None: that cannot be told."""
    for key in _WHEN:
        if isinstance(point.get(key), Mapping):
            return _plain(point[key])
    known = set(names)
    found = {
        key: value
        for key, value in point.items()
        if (key in known or not known) and key not in _ASIDE and key not in _AMOUNTS
    }
    return _plain(found)


def _plain(told: Mapping[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for name, value in told.items():
        if isinstance(value, list) and len(value) == 1:
            value = value[0]  # noqa: PLW2901 - a list of one is that one
        if not isinstance(value, str | int | float):
            return None
        whole = isinstance(value, float) and value.is_integer()
        found[name] = int(value) if whole else value
    return found
