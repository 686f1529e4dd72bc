"""Leaves out of the document's configuration what the page never draws: the public API's parts.

Gradio makes a component of each parameter and each answer of an endpoint, and its page begins by
drawing all that its configuration has. Callers of the API ask `/config`, which stays whole.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

Json = dict[str, Any]

START = "window.gradio_config = "
PUBLIC = "public"


def only_drawn(document: str) -> str:
    """Return Gradio's document, less the API's parts; unchanged where it is written otherwise."""
    before, found, rest = document.partition(START)
    try:
        config, end = json.JSONDecoder().raw_decode(rest)
        _leave_out(config, {c["id"] for c in config["components"] if c["type"] == "api"})
    except (ValueError, KeyError, TypeError):
        return document
    # As Gradio writes it: no text in it may end the script that it stands in.
    words = json.dumps(config).replace("<", "\\u003c")
    return f"{before}{found}{words}{rest[end:]}"


def _leave_out(config: Json, api: Collection[int]) -> None:
    events = [event for event in config["dependencies"] if event["api_visibility"] != PUBLIC]
    config["dependencies"] = events
    config["components"] = [part for part in config["components"] if part["id"] not in api]
    known = {event["id"] for event in events}
    _prune(config["layout"], api)
    for page in config["page"].values():
        _prune(page["layout"], api)
        page["components"] = [part for part in page["components"] if part not in api]
        page["dependencies"] = [event for event in page["dependencies"] if event in known]


def _prune(node: Json, api: Collection[int]) -> None:
    if "children" in node:
        node["children"] = [child for child in node["children"] if child["id"] not in api]
        for child in node["children"]:
            _prune(child, api)
