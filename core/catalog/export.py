"""One entry as a JSON Schema document and back: what is exported orders the same when imported.

The schema binds the order; what a form needs beside it stands under `x-dailies-…`. An import is a
stranger's document like any other: it is read within bounds and nothing in it is believed untried.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from core.models import MODELS, ModelSpec, PerClip, PerSecond, Price, Withdrawal
from core.models.price import Rule
from core.params import (
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
    Choice,
    Image,
    Images,
    Integer,
    Json,
    Number,
    Param,
    Seed,
    Text,
    Toggle,
    Video,
    Videos,
    violations,
)
from core.schema.keywords import is_name
from core.schema.merge import Schema
from core.schema.model_body import properties
from core.schema.normalize import normalize
from core.schema.openapi import BrokenDocument, Document, is_path, mapping, read_json
from core.schema.to_form import DRAFT, to_form

X = "x-dailies-"
VERSION = 1
LONGEST = 2_000_000
PROVIDERS = frozenset(spec.provider for spec in MODELS.values())

_CLASSES = (Text, Choice, Toggle, Number, Integer, Seed, Json, Image, Video, Audio, AnyFile)
KINDS: Mapping[str, type[Param]] = {
    one.__name__.lower(): one for one in (*_CLASSES, Images, Videos, Audios, AnyFiles)
}
_WORDS = ("id", "provider", "name", "task", "path", "developer", "about", "called")


def as_schema(spec: ModelSpec) -> dict[str, Any]:
    """Return the entry, as it stands at its provider, as a JSON Schema document."""
    live = spec.when(live=True)
    schema = dict(live.wire) if live.wire is not None else live.schema()
    told = {
        "entry": VERSION,
        **{word: getattr(live, word) for word in _WORDS},
        "aliases": list(live.aliases),
        "examples": list(live.examples),
        "sizes": {ratio: list(size) for ratio, size in live.sizes.items()},
        "fps": live.fps,
        "wait": live.wait,
        "sound": live.sound,
        "price": _price_out(live.price),
        "withdrawn": _withdrawn_out(live.withdrawn),
        "bound": live.wire is not None,
        "params": [_param_out(param) for param in live.params],
    }
    document = {"$schema": DRAFT, **schema, "title": live.key}
    found = document | {f"{X}{key}": value for key, value in told.items()}
    copied: dict[str, Any] = json.loads(json.dumps(found))
    return copied


def from_schema(body: Any) -> ModelSpec:
    """Return the entry in such a document, given as JSON or as what it says.

    Raises `BrokenDocument` with the reason. A plain schema will do, with the provider, the id and
    the path beside it; its form is then made from the schema alone.
    """
    told = _read(body)
    wire = _wire(told)
    filled = to_form({key: value for key, value in wire.items() if key not in {"$schema", "title"}})
    params = _params(told, filled.wire) or filled.params
    return ModelSpec(
        id=_word(told, "id"),
        provider=_provider(told),
        name=_word(told, "name", "") or _word(told, "id"),
        task=_word(told, "task", "text-to-video"),
        params=params,
        path=_path(told),
        sizes=_sizes(told.get(f"{X}sizes")),
        fps=_fps(told.get(f"{X}fps")),
        wait=_seconds(told.get(f"{X}wait")),
        sound=told.get(f"{X}sound") is True,
        price=_price_in(told.get(f"{X}price")),
        withdrawn=_withdrawn_in(told.get(f"{X}withdrawn")),
        examples=_texts(told.get(f"{X}examples"), 20, 2000),
        aliases=_texts(told.get(f"{X}aliases"), 50, 200),
        developer=_word(told, "developer", ""),
        about=_word(told, "about", ""),
        called=_word(told, "called", ""),
        wire=filled.wire if told.get(f"{X}bound", True) is not False else None,
        built_in=False,
    )


def _read(body: Any) -> Mapping[str, Any]:
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
    except (TypeError, ValueError, RecursionError):
        raise BrokenDocument("The entry is no JSON.") from None
    if len(data) > LONGEST:
        raise BrokenDocument("The entry is larger than 2 MB.")
    told = read_json(data)
    if not isinstance(told, dict):
        raise BrokenDocument("The entry is no JSON object.")
    return told


def _wire(told: Mapping[str, Any]) -> Schema:
    schema = {key: value for key, value in told.items() if not key.startswith("x-")}
    found = normalize(schema, Document(root=schema))
    if not properties(found):
        raise BrokenDocument("The entry's schema has no parameters.")
    return {"$schema": DRAFT, **found}


def _word(told: Mapping[str, Any], key: str, otherwise: str | None = None) -> str:
    value = told.get(f"{X}{key}", otherwise)
    if value is None and otherwise is not None:
        value = otherwise
    right = isinstance(value, str) and len(value) <= 300 and (not value or value.isprintable())
    if not right or (not value and otherwise is None) or value != value.strip():
        raise BrokenDocument(f"The entry's {X}{key} must be a short text.")
    return str(value)


def _provider(told: Mapping[str, Any]) -> str:
    name = _word(told, "provider")
    if name not in PROVIDERS:
        raise BrokenDocument(f"The entry's provider must be {' or '.join(sorted(PROVIDERS))}.")
    return name


def _path(told: Mapping[str, Any]) -> str:
    path = told.get(f"{X}path")
    if not is_path(path):
        raise BrokenDocument(
            "The entry's path must begin with / and stay on the provider's server."
        )
    return str(path)


def _texts(value: Any, most: int, longest: int) -> tuple[str, ...]:
    told = value[:most] if isinstance(value, list) else []
    return tuple(one for one in told if isinstance(one, str) and 0 < len(one) <= longest)


def _sizes(value: Any) -> dict[str, tuple[int, int]]:
    found = {}
    for ratio, size in list(mapping(value).items())[:50]:
        if isinstance(size, list) and len(size) == 2 and all(_is_side(side) for side in size):
            found[ratio[:20]] = (int(size[0]), int(size[1]))
    return found


def _is_side(side: Any) -> bool:
    return isinstance(side, int) and not isinstance(side, bool) and 16 <= side <= 16384


def _fps(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and 1 <= value <= 240 else None


def _seconds(value: Any) -> float:
    plain_ = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain_ and 0 < value <= 86400 else 120.0


def _withdrawn_out(withdrawn: Withdrawal | None) -> dict[str, str] | None:
    if withdrawn is None:
        return None
    return {"since": withdrawn.since, "replaced_by": withdrawn.replaced_by}


def _withdrawn_in(value: Any) -> Withdrawal | None:
    told = mapping(value)
    since, instead = told.get("since", ""), told.get("replaced_by", "")
    if not told or not isinstance(since, str) or not isinstance(instead, str):
        return None
    return Withdrawal(since=since[:40], replaced_by=instead[:200])


def _price_out(price: Price | None) -> dict[str, Any] | None:
    if price is None:
        return None
    rules = [rule for rule in price.rules if isinstance(rule, PerSecond | PerClip)]
    told = [
        {
            "per": "second" if isinstance(rule, PerSecond) else "clip",
            "usd": rule.usd,
            "when": dict(rule.when),
        }
        for rule in rules
    ]
    return {"source": price.source, "rules": told}


def _price_in(value: Any) -> Price | None:
    told = mapping(value)
    rules = told.get("rules")
    found = [_rule_in(mapping(one)) for one in rules[:200]] if isinstance(rules, list) else []
    known = tuple(rule for rule in found if rule is not None)
    source = told.get("source")
    if not known or len(known) < len(found) or not isinstance(source, str):
        return None
    return Price(rules=known, source=source[:200])


def _rule_in(told: Mapping[str, Any]) -> Rule | None:
    usd, when = told.get("usd"), mapping(told.get("when"))
    if not isinstance(usd, int | float) or isinstance(usd, bool) or not 0 <= usd < 100_000:
        return None
    if not all(isinstance(wanted, str | int | float) for wanted in when.values()):
        return None
    match told.get("per"):
        case "second":
            return PerSecond(usd=usd, when=dict(when))
        case "clip":
            return PerClip(usd=usd, when=dict(when))
        case _:
            return None


def _param_out(param: Param) -> dict[str, Any]:
    told = {
        one.name: value
        for one in fields(param)
        if (value := getattr(param, one.name)) != one.default
    }
    return {"kind": type(param).__name__.lower(), **told}


def _params(told: Mapping[str, Any], wire: Mapping[str, Any]) -> tuple[Param, ...]:
    raw = told.get(f"{X}params")
    if not isinstance(raw, list):
        return ()
    known = properties(dict(wire))
    found = [_param_in(mapping(one)) for one in raw]
    names = [param.name for param in found]
    if set(names) != set(known) or len(set(names)) != len(names):
        raise BrokenDocument("The entry's parameters are not those of its schema.")
    return tuple(_with_legal_default(param, known[param.name]) for param in found)


def _with_legal_default(param: Param, schema: Schema) -> Param:
    if param.default is None:
        return param
    try:
        legal = not violations(schema, param.clean(param.default))
    except ValueError:
        legal = False
    if not legal:
        raise BrokenDocument(f"{param.label} has a default that its schema forbids.")
    return param


def _param_in(told: Mapping[str, Any]) -> Param:
    made = KINDS.get(str(told.get("kind")))
    if made is None:
        raise BrokenDocument("The entry has a parameter of a kind that this app does not know.")
    values: dict[str, Any] = {}
    for one in fields(made):
        if one.name in told:
            values[one.name] = _fact(one.name, told[one.name])
        elif one.default is MISSING and one.default_factory is MISSING:
            raise BrokenDocument(f"A parameter of the entry has no {one.name}.")
    if not is_name(values["name"]):
        raise BrokenDocument("A parameter of the entry has no fit name.")
    return made(**values)


def _fact(name: str, value: Any) -> Any:
    """Return one fact of a parameter, or refuse it."""
    if name == "shape":
        return normalize(value, Document(root={}))
    if name == "choices" and isinstance(value, list):
        value = tuple(value)
    if name in _FACTS and not _FACTS[name](value):
        raise BrokenDocument(f"A parameter of the entry has a wrong {name}.")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 2000 and "\x00" not in value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


_FACTS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "label", "help", "unit"), _is_text),
    **dict.fromkeys(("required", "advanced"), lambda value: isinstance(value, bool)),
    **dict.fromkeys(("minimum", "maximum"), lambda value: value is None or _is_number(value)),
    "step": lambda value: value is None or (_is_number(value) and value > 0),
    "offset": _is_number,
    **dict.fromkeys(("lines", "max_length", "least"), _is_count),
    "most": lambda value: value is None or _is_count(value),
    "choices": lambda value: (
        isinstance(value, tuple)
        and 0 < len(value) <= 1000
        and all(isinstance(one, str) or _is_number(one) for one in value)
    ),
}
