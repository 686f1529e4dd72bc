"""The present form as a program: Python, JavaScript or curl, with a placeholder for the key."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any, Literal

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
task_id = {python_id}

while True:
    time.sleep(5)
    task = api.get({poll}).raise_for_status().json()
    if task["status"] in ("completed", "error", "failed", "cancelled"):
        break

url = {python_url}
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
const id = {js_id};

do {{
  await new Promise((done) => setTimeout(done, 5000));
  task = await (await fetch(base + {poll}, {{ headers }})).json();
}} while (!["completed", "error", "failed", "cancelled"].includes(task.status));

const clip = await fetch({js_url});
await writeFile("clip.mp4", Buffer.from(await clip.arrayBuffer()));
"""

_CURL = """\
# Costs money: send it once. If no answer comes, look the order up instead of sending it again.
curl {address} \\
  -H "Authorization: Bearer {placeholder}" \\
  -H "Content-Type: application/json" \\
  -d {body}

# With the id from the answer, until the status is "completed":
curl {poll} \\
  -H "Authorization: Bearer {placeholder}"
"""


def snippet(spec: ModelSpec, values: Mapping[str, Any], language: Language) -> str:
    """Return a program that orders `values` from the model's own provider and saves the clip."""
    provider = PROVIDERS[spec.provider]
    call = provider.create(spec, _shown(spec, values), "")
    facts = {"placeholder": f"<YOUR_{spec.provider.upper()}_KEY>", "body": call.json}
    match language:
        case "python":
            return _python(spec, call.path, provider.base_url, facts)
        case "javascript":
            return _javascript(spec, call.path, provider.base_url, facts)
        case "curl":
            return _curl(spec, call.path, provider.base_url, facts)


def _shown(spec: ModelSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    # A file of this app means nothing to the provider, and its address works like a key.
    files = {param.name for param in spec.media_params()}
    return {
        name: "https://example.com/source" if name in files and not _is_web(value) else value
        for name, value in values.items()
    }


def _is_web(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("https://")


def _polls_by_query(spec: ModelSpec) -> bool:
    return bool(PROVIDERS[spec.provider].poll(spec, "id").query)


def _python(spec: ModelSpec, path: str, base_url: str, facts: Mapping[str, Any]) -> str:
    by_query = _polls_by_query(spec)
    return _PYTHON.format(
        base_url=json.dumps(base_url),
        placeholder=facts["placeholder"],
        path=json.dumps(path),
        body=_python_literal(facts["body"]),
        python_id='task.get("id") or task["generation_id"]' if by_query else 'task["job_id"]',
        poll=f'{json.dumps(path)}, params={{"generation_id": task_id}}'
        if by_query
        else 'f"/jobs/{task_id}"',
        python_url='task["video"]["url"]' if by_query else 'task["result"]["urls"][0]',
    )


def _javascript(spec: ModelSpec, path: str, base_url: str, facts: Mapping[str, Any]) -> str:
    by_query = _polls_by_query(spec)
    return _JAVASCRIPT.format(
        base_url=json.dumps(base_url),
        placeholder=facts["placeholder"],
        path=json.dumps(path),
        body=json.dumps(facts["body"], ensure_ascii=False, indent=2),
        js_id="task.id ?? task.generation_id" if by_query else "task.job_id",
        poll=f"{json.dumps(path + '?generation_id=')} + encodeURIComponent(id)"
        if by_query
        else '"/jobs/" + id',
        js_url="task.video.url" if by_query else "task.result.urls[0]",
    )


def _curl(spec: ModelSpec, path: str, base_url: str, facts: Mapping[str, Any]) -> str:
    poll = f"{path}?generation_id=ID" if _polls_by_query(spec) else "/jobs/ID"
    return _CURL.format(
        address=shlex.quote(base_url + path),
        placeholder=facts["placeholder"],
        body=shlex.quote(json.dumps(facts["body"], ensure_ascii=False)),
        poll=shlex.quote(base_url + poll),
    )


def _python_literal(body: Mapping[str, Any]) -> str:
    lines = "".join(f"    {json.dumps(name)}: {value!r},\n" for name, value in body.items())
    return f"{{\n{lines}}}"
