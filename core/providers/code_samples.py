"""The present form as a program: Python, JavaScript or curl, with a placeholder for the key."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.models import ModelSpec
from core.params import Choice
from core.providers import PROVIDERS
from core.providers.code_sample_texts import CURL, JAVASCRIPT, PYTHON

Language = Literal["python", "javascript", "curl"]


@dataclass(frozen=True, kw_only=True)
class _Ways:
    """How one provider's answers are read and its tasks asked after, in each language.

    `asked` are expressions with the task's id in them, for curl an address; `@path@` stands there
    for the path of the order. `clips` are the places where clips lie in a finished task.
    """

    task_id: Mapping[Language, str]
    asked: Mapping[Language, str]
    clips: Mapping[Language, str]
    running: str
    done: str = "completed succeeded success"
    failed: str = "error failed cancelled canceled expired timeout"


_WAYS = {
    "aimlapi": _Ways(
        task_id={
            "python": 'order.get("id") or order.get("generation_id")',
            "javascript": "order.id ?? order.generation_id",
            "curl": "'id|generation_id'",
        },
        asked={
            "python": '"@path@", params={"generation_id": task_id}',
            "javascript": '"@path@?generation_id=" + encodeURIComponent(id)',
            "curl": '"@base@@path@?generation_id=$id"',
        },
        clips={
            "python": '[task.get("video"), task.get("videos"), task.get("output")]',
            "javascript": "[task.video, task.videos, task.output]",
        },
        running="queued generating waiting active processing",
    ),
    "krea": _Ways(
        task_id={
            "python": 'order.get("job_id")',
            "javascript": "order.job_id",
            "curl": "job_id",
        },
        asked={
            "python": 'f"/jobs/{task_id}"',
            "javascript": '"/jobs/" + encodeURIComponent(id)',
            "curl": '"@base@/jobs/$id"',
        },
        clips={
            "python": '[task.get("result"), task.get("urls")]',
            "javascript": "[task.result, task.urls]",
        },
        running="backlogged queued scheduled processing sampling intermediate-complete",
    ),
}


def snippet(spec: ModelSpec, values: Mapping[str, Any], language: Language) -> str:
    """Return a program that orders `values` from the model's own provider and saves the clips.

    It asks the provider itself, so it shows what that takes, whatever the sandbox's form has.
    """
    provider, live = PROVIDERS[spec.provider], spec.when(live=True)
    # A file of this app means nothing to the provider, and its address works like a key.
    call = provider.create(live, live.on_wire(_live_values(spec, live, values)), "")
    ways = _WAYS[provider.name]
    parts = {
        "base": provider.base_url,
        "path": call.path,
        "placeholder": f"<YOUR_{provider.name.upper()}_KEY>",
        "task_id": ways.task_id[language],
        "asked": ways.asked[language],
        "clips": ways.clips.get(language, ""),
        "running": _words(ways.running, language),
        "done": _words(ways.done, language),
        "failed": _words(ways.failed, language),
    }
    return _filled(_TEXTS[language], parts, _body(call.json or {}, language))


_TEXTS: Mapping[Language, str] = {"python": PYTHON, "javascript": JAVASCRIPT, "curl": CURL}


def _live_values(spec: ModelSpec, live: ModelSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    if spec.live_params is None:
        return dict(values)
    fitting = live.fit(values)
    width, height = values.get("width"), values.get("height")
    shape = live.param("aspect_ratio")
    if isinstance(shape, Choice) and width and height and "aspect_ratio" not in values:
        fitting["aspect_ratio"] = min(
            shape.choices, key=lambda choice: abs(math.log(_ratio(choice) * height / width))
        )
    return {name: value for name, value in fitting.items() if value is not None}


def _ratio(choice: Any) -> float:
    across, _, down = str(choice).partition(":")
    return float(across) / float(down)


def _filled(text: str, parts: Mapping[str, str], body: str) -> str:
    """Return the text with each part in its place, and parts in parts."""
    # The body comes last: what a person wrote into an order is never looked at for names of parts.
    for name in ("task_id", "asked", "clips", *parts):
        text = text.replace(f"@{name}@", parts[name])
    return text.replace("@body@", body)


def _body(body: Mapping[str, Any], language: Language) -> str:
    match language:
        case "python":
            return _literal(body)
        case "javascript":
            return json.dumps(body, ensure_ascii=False, indent=2)
        case "curl":
            return shlex.quote(json.dumps(body, ensure_ascii=False))


def _words(words: str, language: Language) -> str:
    """Return status words as each language lists them."""
    listed = words.split()
    if language == "curl":
        return " | ".join(listed)
    quoted = ", ".join(json.dumps(word) for word in listed)
    return f"({quoted})" if language == "python" else f"[{quoted}]"


def _literal(value: Any, indent: str = "") -> str:
    """Return a value as Python writes it, with a line for each of its parts."""
    inner = indent + "    "
    match value:
        case dict() if value:
            lines = [f"{inner}{name!r}: {_literal(held, inner)},\n" for name, held in value.items()]
            return f"{{\n{''.join(lines)}{indent}}}"
        case list() if value:
            lines = [f"{inner}{_literal(held, inner)},\n" for held in value]
            return f"[\n{''.join(lines)}{indent}]"
        case _:
            return repr(value)
