"""One property of a vendor's schema as a parameter of ours; what fits no widget becomes `Json`."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from core.params import (
    PROMPT_LIMIT,
    SAFE_INTEGER,
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
    Choice,
    Image,
    Images,
    Integer,
    Json,
    Media,
    Number,
    Param,
    Seed,
    Several,
    Text,
    Toggle,
    Video,
    Videos,
    is_seed_name,
    violations,
)
from core.schema.collapse_union import choices, collapse_union, kind
from core.schema.example_value import example_value
from core.schema.merge import Schema, same, types
from core.schema.param_names import is_file_name, label, media, tokens, unit
from core.schema.prose_ranges import find_range

LONGEST_HELP = 200
MOST_CHOICES = 500
LONGEST_MATCHED = 2000

ONE: Mapping[str, type[Media]] = {"image": Image, "video": Video, "audio": Audio, "file": AnyFile}
MANY: Mapping[str, type[Several]] = {
    "image": Images,
    "video": Videos,
    "audio": Audios,
    "file": AnyFiles,
}
_ADDRESSES = frozenset({"uri", "url", "uri-reference", "iri", "data-url"})
_WRITTEN = frozenset(
    ["prompt", "text", "script", "lyrics", "caption", "description", "story", "message", "title"]
)


def to_param(name: str, schema: Schema, *, required: bool) -> Param:
    """Return the parameter that holds the values of `schema`, with a default that it takes."""
    simple = collapse_union(schema)
    param = _param(name, schema, simple)
    # A seed that the vendor needs is drawn, so no person is asked for one.
    needed = required and not isinstance(param, Seed)
    param = replace(param, help=help_of(schema), required=needed)
    return replace(param, default=_default(param, schema))


def help_of(schema: Schema) -> str:
    """Return what the vendor says of it: one short line, without markup."""
    text = re.sub(r"<[^<>]{0,200}>", " ", html.unescape(schema.get("description", "")))
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", text)
    text = re.sub(r"[<>*`#|]|\\[nrt]", " ", text)
    text = re.sub(r"\s+([.,;:])", r"\1", " ".join(word for word in text.split()))
    text = "".join(letter for letter in text if letter.isprintable())
    if len(text) <= LONGEST_HELP:
        return text
    return text[: LONGEST_HELP - 1].rsplit(" ", 1)[0].rstrip(" .,;:") + "…"


def _param(name: str, schema: Schema, simple: Schema | None) -> Param:
    told = "any" if simple is None else kind(simple)
    if simple is not None and told in _READERS and (found := _READERS[told](name, schema, simple)):
        return found
    return Json(name=name, label=label(name), shape=schema)


def _choice(name: str, schema: Schema, simple: Schema) -> Param | None:
    found: list[Any] = []
    for value in choices(simple):
        # An empty choice is what unset means in a form.
        if value not in ("", *found) and not violations(schema, value):
            found.append(value)
    if not found or len(found) > MOST_CHOICES:
        return None
    named = unit(name) if all(_is_figure(value) for value in found) else ""
    return Choice(name=name, label=label(name), choices=tuple(found), unit=named)


def _is_figure(value: Any) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"\d+(\.\d+)?", value))


def _toggle(name: str, schema: Schema, simple: Schema) -> Param:
    del schema, simple
    return Toggle(name=name, label=label(name))


def _number(name: str, schema: Schema, simple: Schema) -> Param:
    made: type[Number] = Integer if kind(simple) == "integer" else Number
    if is_seed_name(name):
        made = Seed
    whole = issubclass(made, Integer)
    low, high = _bounds(simple, whole=whole)
    if low is None and high is None:
        low, high = _told_bounds(schema)
    step = _step(simple.get("multipleOf"), whole=whole)
    if step and not _has_points(low, high, step):
        step = None
    return made(name=name, label=label(name), unit=unit(name), minimum=low, maximum=high, step=step)


def _bounds(schema: Schema, *, whole: bool) -> tuple[float | None, float | None]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if whole:
        lows = [math.ceil(low)] if low is not None else []
        lows += [math.floor(above) + 1] if above is not None else []
        highs = [math.floor(high)] if high is not None else []
        highs += [math.ceil(below) - 1] if below is not None else []
    else:
        lows = [edge for edge in (low, above) if edge is not None]
        highs = [edge for edge in (high, below) if edge is not None]
    least = max(lows) if lows else None
    most = min(highs) if highs else None
    if whole:
        # Larger ones change in a browser, so none is offered.
        least = None if least is None or least < -SAFE_INTEGER else least
        most = None if most is None or most > SAFE_INTEGER else most
    return (
        (None, None) if least is not None and most is not None and least > most else (least, most)
    )


def _told_bounds(schema: Schema) -> tuple[float | None, float | None]:
    found = find_range(schema.get("description", ""))
    if found is None:
        return None, None
    low, high = (int(edge) if edge.is_integer() else edge for edge in found)
    default = schema.get("default")
    if isinstance(default, int | float) and not low <= default <= high:
        return None, None
    return low, high


def _step(told: float | None, *, whole: bool) -> float | None:
    if told is None:
        return None
    try:
        step = Fraction(str(told))
    except ValueError:
        return None
    if whole:
        # The whole numbers among the multiples of 3/2 are those of 3.
        return step.numerator if 1 < step.numerator <= SAFE_INTEGER else None
    return told if told >= 1e-6 else None


def _has_points(low: float | None, high: float | None, step: float) -> bool:
    if low is None or high is None:
        return True
    return math.ceil(low / step - 1e-9) * step <= high + 1e-9


def _string(name: str, schema: Schema, simple: Schema) -> Param:
    if what := _file_kind(name, schema, simple):
        return ONE[what](name=name, label=label(name))
    parts = set(tokens(name))
    most = min(simple.get("maxLength", PROMPT_LIMIT), PROMPT_LIMIT)
    if "pattern" in simple:
        most = min(most, LONGEST_MATCHED)
    lines = 4 if name == "prompt" else 2 if parts & _WRITTEN else 1
    return Text(name=name, label=label(name), lines=lines, max_length=max(1, most))


def _file_kind(name: str, schema: Schema, simple: Schema) -> str:
    words = f"{schema.get('description', '')} {schema.get('title', '')}"
    if simple.get("maxLength", 1000) < 60:
        return ""
    if simple.get("format") in _ADDRESSES:
        return media(name, words)
    if is_file_name(name):
        return media(name, words)
    if media(name, "") and re.search(r"\b(url|uri|base64|data:)\b", words.lower()):
        return media(name, words) if is_loose_file(name) else ""
    return ""


def is_loose_file(name: str) -> bool:
    """Tell whether a name that is no file's by itself ends in a word that can be one's."""
    return bool(media(tokens(name)[-1], "")) if tokens(name) else False


def _array(name: str, schema: Schema, simple: Schema) -> Param | None:
    items = simple.get("items")
    inner = collapse_union(items) if isinstance(items, dict) else None
    if inner is None or "prefixItems" in simple or kind(inner) not in {"string", "any"}:
        return None
    if kind(inner) == "any" and types(inner):
        return None
    about = {"description": f"{schema.get('description', '')} {inner.get('description', '')}"}
    what = _file_kind(name, about, inner)
    if not what:
        return None
    least, most = simple.get("minItems", 0), simple.get("maxItems")
    return MANY[what](name=name, label=label(name), least=least, most=most)


def _any(name: str, schema: Schema, simple: Schema) -> Param | None:
    del simple
    if types(schema) or set(schema) & {"enum", "const", "if"}:
        return None
    if is_file_name(name) and tokens(name)[-1] in {"url", "uri"}:
        return ONE[media(name, "") or "file"](name=name, label=label(name))
    if tokens(name)[-1:] == ["prompt"]:
        return _string(name, schema, {})
    return None


_READERS = {
    "choice": _choice,
    "boolean": _toggle,
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": _array,
    "any": _any,
}


def _default(param: Param, schema: Schema) -> Any:
    if isinstance(param, Media | Several):
        return None
    found = _taken(param, schema, schema.get("default"))
    if found is not None or not param.required:
        return found
    return _taken(param, schema, _first(param, schema))


def _first(param: Param, schema: Schema) -> Any:
    match param:
        case Choice():
            return param.choices[0]
        case Text():
            examples = schema.get("examples", [])
            written = set(tokens(param.name)) & _WRITTEN
            return examples[0] if examples and not written else None
        case Number():
            least = {} if param.minimum is None else {"minimum": param.minimum}
            return example_value({**least, **schema})
        case _:
            return example_value(schema)


def _taken(param: Param, schema: Schema, value: Any) -> Any:
    if value is None or violations(schema, value):
        return None
    try:
        cleaned = param.clean(value)
    except ValueError:
        return None
    if cleaned is None or violations(schema, cleaned):
        return None
    return value if same(cleaned, value) else cleaned
