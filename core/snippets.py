"""The present form as a program: Python, JavaScript or curl, with a placeholder for the key."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.contract import Call, Provider
from core.models import ModelSpec
from core.providers import PROVIDERS

Language = Literal["python", "javascript", "curl"]

_PYTHON = """\
import time

import httpx

api = httpx.Client(
    base_url={base_url},
    headers={{"Authorization": "Bearer {placeholder}"}},
    timeout=60,
)

# Costs money: it is sent once. If no answer comes, look the order up instead of sending it again.
task = api.post({path}, json={body}).raise_for_status().json()
task_id = {task_id}

while True:
    time.sleep(5)
    task = api.get({asked}).raise_for_status().json()
    if task["status"] in ("completed", "error", "failed", "cancelled"):
        break

url = {clip_url}
with httpx.stream("GET", url, follow_redirects=True) as clip, open("clip.mp4", "wb") as file:
    for chunk in clip.iter_bytes():
        file.write(chunk)
"""

_JAVASCRIPT = """\
import {{ writeFile }} from "node:fs/promises";

const base = {base_url};
const headers = {{ Authorization: "Bearer {placeholder}", "Content-Type": "application/json" }};

// Costs money: it is sent once. If no answer comes, look the order up instead of sending it again.
const order = await fetch(base + {path}, {{
  method: "POST",
  headers,
  body: JSON.stringify({body}),
}});
let task = await order.json();
const id = {task_id};

do {{
  await new Promise((done) => setTimeout(done, 5000));
  task = await (await fetch(base + {asked}, {{ headers }})).json();
}} while (!["completed", "error", "failed", "cancelled"].includes(task.status));

const clip = await fetch({clip_url});
await writeFile("clip.mp4", Buffer.from(await clip.arrayBuffer()));
"""

_CURL = """\
# Costs money: send it once. If no answer comes, look the order up instead of sending it again.
curl {address} \\
  -H "Authorization: Bearer {placeholder}" \\
  -H "Content-Type: application/json" \\
  -d {body}

# With the id from the answer, until the status is "completed":
curl {asked} \\
  -H "Authorization: Bearer {placeholder}"
"""


@dataclass(frozen=True, kw_only=True)
class _Ways:
    """How one provider's answers are read and its tasks asked after, in each language.

    `asked` and `asked_js` are expressions with the task's id in them, `asked_curl` an address with
    ID in its place; {path} stands for the path of the order.
    """

    task_id: str
    clip_url: str
    asked: str
    task_id_js: str
    clip_url_js: str
    asked_js: str
    asked_curl: str


_WAYS = {
    "aimlapi": _Ways(
        task_id='task.get("id") or task["generation_id"]',
        clip_url='task["video"]["url"]',
        asked='"{path}", params={{"generation_id": task_id}}',
        task_id_js="task.id ?? task.generation_id",
        clip_url_js="task.video.url",
        asked_js='"{path}?generation_id=" + encodeURIComponent(id)',
        asked_curl="{path}?generation_id=ID",
    ),
    "krea": _Ways(
        task_id='task["job_id"]',
        clip_url='task["result"]["urls"][0]',
        asked='f"/jobs/{{task_id}}"',
        task_id_js="task.job_id",
        clip_url_js="task.result.urls[0]",
        asked_js='"/jobs/" + encodeURIComponent(id)',
        asked_curl="/jobs/ID",
    ),
}


def snippet(spec: ModelSpec, values: Mapping[str, Any], language: Language) -> str:
    """Return a program that orders `values` from the model's own provider and saves the clip."""
    provider = PROVIDERS[spec.provider]
    # A file of this app means nothing to the provider, and its address works like a key.
    call = provider.create(spec, spec.on_wire(values), "")
    write = {"python": _python, "javascript": _javascript, "curl": _curl}[language]
    return write(call, provider, _WAYS[provider.name])


def _python(call: Call, provider: Provider, ways: _Ways) -> str:
    return _PYTHON.format(
        base_url=json.dumps(provider.base_url),
        placeholder=_placeholder(provider),
        path=json.dumps(call.path),
        body=_literal(call.json),
        task_id=ways.task_id,
        asked=ways.asked.format(path=call.path),
        clip_url=ways.clip_url,
    )


def _javascript(call: Call, provider: Provider, ways: _Ways) -> str:
    return _JAVASCRIPT.format(
        base_url=json.dumps(provider.base_url),
        placeholder=_placeholder(provider),
        path=json.dumps(call.path),
        body=json.dumps(call.json, ensure_ascii=False, indent=2),
        task_id=ways.task_id_js,
        asked=ways.asked_js.format(path=call.path),
        clip_url=ways.clip_url_js,
    )


def _curl(call: Call, provider: Provider, ways: _Ways) -> str:
    return _CURL.format(
        address=shlex.quote(provider.base_url + call.path),
        placeholder=_placeholder(provider),
        body=shlex.quote(json.dumps(call.json, ensure_ascii=False)),
        asked=shlex.quote(provider.base_url + ways.asked_curl.format(path=call.path)),
    )


def _placeholder(provider: Provider) -> str:
    return f"<YOUR_{provider.name.upper()}_KEY>"


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
