"""Gives the page's scripts, styles and fonts from memory, compressed once; ASGI middleware.

Their addresses change with their content, so browsers keep them for good. Gradio would read and
compress each anew for every visit, and a page asks for eighty of them.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".jpg": "image/jpeg",
}
FOR_GOOD = "public, max-age=31536000, immutable"
PACKED = (".js", ".css", ".svg")


class StaticCache:
    """Answers for the files of `folders`, by what their addresses begin with, and for those `made`.

    `made` are texts by their addresses.
    """

    def __init__(
        self, app: ASGIApp, *, folders: Mapping[str, Path], made: Mapping[str, str]
    ) -> None:
        """Wrap `app`, which answers for all else."""
        self._app = app
        self._folders = {start: folder.resolve() for start, folder in folders.items()}
        self._kept = {address: _packed(text.encode()) for address, text in made.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        address: str = scope["path"]
        if address not in self._kept and (path := self._file(address)):
            self._kept[address] = await run_in_threadpool(_read, path)
        if address not in self._kept:
            return await self._app(scope, receive, send)
        return await self._answer(scope)(scope, receive, send)

    def _file(self, address: str) -> Path | None:
        for start, folder in self._folders.items():
            if address.startswith(start):
                return inside(folder, address.removeprefix(start))
        return None

    def _answer(self, scope: Scope) -> Response:
        plain, packed = self._kept[scope["path"]]
        suffix = PurePosixPath(scope["path"]).suffix
        headers = {"cache-control": FOR_GOOD, "vary": "accept-encoding"}
        wanted = Headers(scope=scope).get("accept-encoding", "")
        if packed and "gzip" in wanted:
            headers["content-encoding"] = "gzip"
            plain = packed
        return Response(plain, headers=headers, media_type=KINDS[suffix])


def inside(folder: Path, name: str) -> Path | None:
    """Return the file of that name if it is one that a page may ask for, and in the folder."""
    try:
        # A name may have "..", or begin with a slash: what counts is where it leads.
        path = (folder / name).resolve()
        is_ours = path.suffix in KINDS and path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return None
    return path if is_ours else None


def _read(path: Path) -> tuple[bytes, bytes]:
    plain = path.read_bytes()
    return _packed(plain) if path.suffix in PACKED else (plain, b"")


def _packed(plain: bytes) -> tuple[bytes, bytes]:
    """Return the bytes as they are, and compressed."""
    return plain, gzip.compress(plain, 6, mtime=0)
