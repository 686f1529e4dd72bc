"""Lays an entry that is known by hand over what the vendor's document says of the same model.

The document decides what is sent: names, kinds, limits, choices, defaults, what is needed. The
entry keeps what no document tells: labels, hints, units, grids, sizes, rates.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from core.models import ModelSpec
from core.params import Choice, Integer, Json, Number, Param, Several, Text, Toggle


def overlay(built_in: ModelSpec, read: ModelSpec) -> ModelSpec:
    """Return `built_in` with the live face that `read` gives it.

    `updated` tells what differs from the entry as the sandbox has it, which a person sees first.
    """
    known = built_in.when(live=True).params
    params = tuple(_ordered(known, [_dressed(built_in, param) for param in read.params]))
    return replace(
        built_in,
        live_params=params,
        path=read.path,
        wire=read.wire,
        price=read.price or built_in.price,
        aliases=read.aliases or built_in.aliases,
        developer=read.developer or built_in.developer,
        about=read.about or built_in.about,
        called=read.called,
        updated=tuple(_changes(built_in.params, params)),
    )


def _dressed(built_in: ModelSpec, param: Param) -> Param:
    known = built_in.when(live=True).param(param.name) or built_in.param(param.name)
    if known is None:
        return param if param.required else replace(param, advanced=True)
    if isinstance(known, Number) and isinstance(param, Choice) and _are_points(known, param):
        param = replace(
            known,
            required=param.required,
            minimum=min(map(float, param.choices)),
            maximum=max(map(float, param.choices)),
            default=known.default if param.default is None else param.default,
        )
    told = replace(param, label=known.label, help=known.help or param.help, advanced=known.advanced)
    if _same_kind(known, param):
        told = replace(told, unit=known.unit)
    if isinstance(told, Text) and isinstance(known, Text):
        told = replace(told, lines=known.lines)
    if isinstance(told, Choice) and isinstance(known, Choice) and _alike(known, told):
        return replace(told, choices=known.choices)
    if isinstance(told, Number) and isinstance(known, Number):
        return _gridded(told, known)
    return told


def _are_points(known: Number, told: Choice) -> bool:
    # JSON Schema has no grid that starts beside zero, so a document may list its points.
    figures = sorted(float(c) for c in told.choices if not isinstance(c, str))
    if not known.step or len(figures) < len(told.choices) or len(figures) < 2:
        return False
    steps = {round(high - low, 6) for low, high in itertools.pairwise(figures)}
    return steps == {known.step} and known.snap(figures[0]) == figures[0]


def _gridded(told: Number, known: Number) -> Number:
    # Where the document is silent, a limit that is known by hand still stands.
    low = known.minimum if told.minimum is None else told.minimum
    high = known.maximum if told.maximum is None else told.maximum
    if low is not None and high is not None and low > high:
        low, high = told.minimum, told.maximum
    found = replace(told, minimum=low, maximum=high)
    if known.step and not told.step:
        found = replace(found, step=known.step, offset=known.offset)
    return found if _holds_default(found) else told


def _holds_default(param: Number) -> bool:
    try:
        return param.default is None or param.clean(param.default) == param.default
    except ValueError:
        return False


def _same_kind(one: Param, other: Param) -> bool:
    return _family(one) == _family(other)


def _family(param: Param) -> str:
    # Five or ten seconds are a duration still, whether they are chosen or typed.
    figures = isinstance(param, Choice) and all(not isinstance(c, str) for c in param.choices)
    return "number" if figures or isinstance(param, Number) else param.kind


def _alike(one: Choice, other: Choice) -> bool:
    return {repr(c) for c in one.choices} == {repr(c) for c in other.choices}


def _ordered(known: Sequence[Param], params: Sequence[Param]) -> list[Param]:
    places = {param.name: place for place, param in enumerate(known)}
    return sorted(params, key=lambda param: places.get(param.name, len(places)))


def _changes(known: Sequence[Param], now: Sequence[Param]) -> Iterator[str]:
    before = {param.name: param for param in known}
    after = {param.name: param for param in now}
    for name, param in after.items():
        if name not in before:
            needed = ", and it is needed" if param.required else ""
            yield f"The model now takes {param.label}{needed}."
        else:
            yield from _differences(before[name], param)
    for name, param in before.items():
        if name not in after:
            yield f"The model no longer takes {param.label}."


def _differences(before: Param, now: Param) -> Iterator[str]:
    if type(before) is not type(now) and not _plainly_alike(before, now):
        yield f"{now.label} is now {_WORDS[now.kind]}."
        return
    if isinstance(before, Choice) and isinstance(now, Choice) and not _alike(before, now):
        yield f"{now.label} now offers {', '.join(map(str, now.choices))}."
    if isinstance(before, Number) and isinstance(now, Number):
        yield from _limits(before, now)
    if isinstance(before, Several) and isinstance(now, Several) and before.most != now.most:
        many = "any number" if now.most is None else f"at most {now.most}"
        yield f"{now.label} now takes {many}."
    if before.default != now.default:
        yield _about_default(now)
    if now.required and not before.required:
        yield f"{now.label} is now needed."
    if before.required and not now.required:
        yield f"{now.label} is no longer needed."


def _plainly_alike(before: Param, now: Param) -> bool:
    return isinstance(before, Number) and isinstance(now, Number) and before.kind == now.kind


def _limits(before: Number, now: Number) -> Iterator[str]:
    if (before.minimum, before.maximum) == (now.minimum, now.maximum):
        return
    match now.minimum, now.maximum:
        case None, None:
            yield f"{now.label} no longer has limits."
        case None, most:
            yield f"{now.label} is now at most {most:g}."
        case least, None:
            yield f"{now.label} is now at least {least:g}."
        case least, most:
            yield f"{now.label} now goes from {least:g} to {most:g}."


def _about_default(now: Param) -> str:
    if now.default is None:
        return f"{now.label} no longer has a default."
    return f"{now.label} is now {_said(now.default)} unless set."


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)[:60]


_WORDS = {
    Text.kind: "a text",
    Choice.kind: "a choice",
    Toggle.kind: "a switch",
    Number.kind: "a number",
    Integer.kind: "a whole number",
    Json.kind: "a JSON value",
    "image": "an image",
    "video": "a video",
    "audio": "a sound",
    "file": "a file",
    "images": "a list of images",
    "videos": "a list of videos",
    "audios": "a list of sounds",
    "files": "a list of files",
}
