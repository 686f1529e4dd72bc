"""Writes a model's price as the two vendors publish theirs; it reckons nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.models import PerClip, PerSecond, Price

Rate = PerSecond | PerClip
Facts = dict[str, Any]


def aimlapi_pricing(price: Price) -> Facts:
    """Return the section `pricing` of an entry in AI/ML API's list."""
    rates = _rates(price)
    if len(rates) == 1 and not rates[0].when:
        return {"kind": "fixed", "currency": "USD", "units": [_unit(rates[0])]}
    if not rates or not all(rate.when for rate in rates):
        return {"kind": "variable", "currency": "USD"}
    variants = [{"parameters": dict(rate.when), "units": [_unit(rate)]} for rate in rates]
    names = dict.fromkeys(name for rate in rates for name in rate.when)
    return {
        "kind": "variants",
        "currency": "USD",
        "dimensions": [*names],
        "variants": variants,
    }


def krea_pricing(price: Price) -> Facts:
    """Return the field `x-krea-pricing` of a model in Krea's document."""
    points = [
        {"unit": _measure(rate), "price": rate.usd}
        | ({"parameters": dict(rate.when)} if rate.when else {})
        for rate in _rates(price)
    ]
    return {"type": "fixed", "currency": "USD", "unit": "request", "price_points": points}


def _rates(price: Price) -> list[Rate]:
    return [rule for rule in price.rules if isinstance(rule, PerSecond | PerClip)]


def _unit(rate: Rate) -> Mapping[str, Any]:
    return {"name": "video", "measure": _measure(rate), "price": rate.usd, "per": 1}


def _measure(rate: Rate) -> str:
    return "second" if isinstance(rate, PerSecond) else "request"
