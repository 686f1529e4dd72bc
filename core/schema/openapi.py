"""Reads JSON from strangers within bounds, and finds things in an OpenAPI document; no I/O.

Whatever is too large, too deep or no JSON at all is a `BrokenDocument`, told in a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from core.untrusted import cleaned

MOST_BYTES = 16 * 1024 * 1024
MOST_VALUES = 1_500_000
DEEPEST = 64
MOST_PATHS = 1000
LONGEST_PATH = 200

_PATH = re.compile(r"/(?!/)[A-Za-z0-9_.~%@:,+/-]*")
_ESCAPED = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_FIGURE = 1.7976931348623157e308


class BrokenDocument(ValueError):
    """A document that cannot be used, with the reason in a sentence."""


@dataclass(frozen=True)
class Operation:
    """One POST of a document: its address below the server, and what is said of it."""

    path: str
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Document:
    """An OpenAPI document."""

    root: Mapping[str, Any]

    def posts(self) -> Iterator[Operation]:
        """Yield what can be posted, in the document's order; an unsafe address is left out."""
        paths = self.root.get("paths")
        prefix = self._prefix()
        for path, item in list(mapping(paths).items())[:MOST_PATHS]:
            told = self.follow(mapping(self.follow(item)).get("post"))
            if isinstance(told, Mapping) and is_path(prefix + path):
                yield Operation(path=prefix + path, told=told)

    def body(self, operation: Operation) -> Any:
        """Return the schema of the JSON that the operation takes; None: it takes none."""
        content = mapping(mapping(self.follow(operation.told.get("requestBody"))).get("content"))
        for wanted in ("application/json", "json", "*/*", "multipart/form-data"):
            for kind, media in content.items():
                if wanted in str(kind).lower() and "schema" in mapping(self.follow(media)):
                    return mapping(self.follow(media))["schema"]
        return self._swagger_body(operation)

    def follow(self, node: Any) -> Any:
        """Return what `node` refers to, or `node` itself where it is no reference."""
        for _ in range(DEEPEST):
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                return node
            node = self.at(node["$ref"])
        return None

    def at(self, ref: str, *, within: Any = None) -> Any:
        """Return what stands at `#/a/b` of the document, or `within` a part of it, or None."""
        if not ref.startswith("#"):
            return None
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in ref[1:].split("/")]
        for start in (self.root, within):
            found = _walk(start, parts[1:])
            if found is not None:
                return found
        return None

    def _prefix(self) -> str:
        servers = self.root.get("servers")
        first = mapping(servers[0]) if isinstance(servers, list) and servers else {}
        url = first.get("url", self.root.get("basePath", ""))
        try:
            return urlsplit(url).path.rstrip("/") if isinstance(url, str) else ""
        except ValueError:
            return ""

    def _swagger_body(self, operation: Operation) -> Any:
        # Swagger 2, which OpenAPI grew out of, has the body among the parameters.
        parameters = operation.told.get("parameters")
        for raw in parameters if isinstance(parameters, list) else []:
            parameter = mapping(self.follow(raw))
            if parameter.get("in") == "body" and "schema" in parameter:
                return parameter["schema"]
        return None


def read_document(data: bytes) -> Document:
    """Return the OpenAPI document in `data`. Raises `BrokenDocument`."""
    root = read_json(data)
    if not isinstance(root, dict):
        raise BrokenDocument("The document is no JSON object.")
    return Document(root=root)


def read_json(data: bytes) -> Any:
    """Return the JSON in `data`. Raises `BrokenDocument`."""
    if len(data) > MOST_BYTES:
        raise BrokenDocument(f"The document is larger than {MOST_BYTES // 1024 // 1024} MB.")
    # Each value but the first stands behind one of these, so their number bounds the memory.
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise BrokenDocument(f"The document has more than {MOST_VALUES:,} values.")
    try:
        found = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except BrokenDocument:
        raise
    except (ValueError, RecursionError):
        raise BrokenDocument("The document is no JSON.") from None
    check_depth(found)
    # What UTF-8 or a database cannot say stands in JSON only in this spelling.
    return cleaned(found) if _ESCAPED.search(data) else found


def check_depth(value: Any) -> None:
    """Raise `BrokenDocument` where `value` is nested too deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for node in level for inner in _inner(node)]
        if not level:
            return
    raise BrokenDocument(f"The document is nested deeper than {DEEPEST} levels.")


def mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def is_path(path: Any) -> bool:
    """Tell whether `path` is a plain address on the vendor's own server."""
    return (
        isinstance(path, str)
        and len(path) <= LONGEST_PATH
        and bool(_PATH.fullmatch(path))
        and ".." not in path.lower().replace("%2e", ".").split("/")
    )


def _walk(start: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(start, Mapping):
            start = start.get(part)
        elif isinstance(start, list) and part.isdecimal() and int(part[:9]) < len(start):
            start = start[int(part[:9])]
        else:
            return None
    return start


def _inner(node: Any) -> Iterator[Any]:
    values = node.values() if isinstance(node, Mapping) else node
    if isinstance(node, Mapping | list):
        yield from (value for value in values if isinstance(value, Mapping | list))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BrokenDocument("The document names one thing twice in the same place.")
    return found


def _refuse(constant: str) -> Any:
    raise BrokenDocument(f"The document has {constant} in it, which is no JSON.")


def _float(text: str) -> float:
    # 1e999 is JSON, but no number here.
    return max(-_FIGURE, min(_FIGURE, float(text)))


def _integer(text: str) -> int:
    return int(text) if len(text) <= 30 else int(text[:30])
