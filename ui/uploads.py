"""How much visitors' uploads may take on the disk, each and all; ASGI middleware before Gradio's.

An order copies its files into the job's own folder, so an upload is needed between the choosing of
a file and the order only: the one that lies there longest goes first.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.accounts.households import network_of
from ui.bounded_body import Judge, bounded
from ui.limits import LARGEST_UPLOAD, UPLOAD, told_length
from ui.proxies import caller_of

AT_ONCE, AT_ONCE_EACH = 6, 3
"""Uploads under way: of all, and of one visitor."""

MOST_FILES = 32
"""Files in one upload: Gradio opens one for each, and keeps all open to the end."""

MOST_EACH, MOST_IN_ALL = 500, 5000
"""Files that lie there, of one visitor and of all: an empty one takes a place on the disk too."""

WAIT = 5
"""Seconds after which a refused one is worth another try."""

_PART = b"content-disposition"
"""What each part of an upload has once, in whatever case."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Bytes of uploads that lie there at a time: a visitor's, and all."""

    each: int
    in_all: int


@dataclass(frozen=True, kw_only=True)
class _Upload:
    path: Path
    size: int
    used_at: int
    visitor: str


class UploadFolder:
    """The folder that Gradio puts uploads into; with `own`, all that lies there is ours to clear.

    A folder that other programs use too is cleared of what came through here alone.
    """

    def __init__(self, folder: Path, quota: Quota, *, own: bool) -> None:
        self._folder = folder
        self._quota = quota
        self._own = own
        self._visitors: dict[Path, str] = {}

    def note(self, visitor: str, paths: list[Path]) -> None:
        """Remember whose the files are."""
        for path in paths:
            self._visitors.setdefault(path, visitor)

    def make_room(self, visitor: str, size: int) -> bool:
        """Clear the oldest away until so many bytes more may lie there; False where that fails."""
        if size > min(self._quota.each, self._quota.in_all):
            return False
        found = sorted(self._found(), key=lambda upload: upload.used_at)
        mine = [upload for upload in found if upload.visitor == visitor]
        self._clear(mine, sum(u.size for u in mine) + size - self._quota.each, MOST_EACH)
        left = [upload for upload in found if upload.path.exists()]
        self._clear(left, sum(u.size for u in left) + size - self._quota.in_all, MOST_IN_ALL)
        return True

    def clear_parts(self) -> None:
        """Remove what broken uploads left; to be called while none is under way."""
        if self._own and self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name.startswith("tmp") and path.is_file():
                    path.unlink(missing_ok=True)

    def _clear(self, uploads: list[_Upload], size: int, most: int) -> None:
        for left, upload in zip(range(len(uploads), 0, -1), uploads, strict=True):
            if size <= 0 and left < most:
                return
            with suppress(OSError):
                upload.path.unlink()
                upload.path.parent.rmdir()  # Gradio makes a folder for each content
            self._visitors.pop(upload.path, None)
            size -= upload.size

    def _found(self) -> Iterator[_Upload]:
        paths = set(self._visitors)
        if self._own:
            paths.update(path for path in self._folder.glob("*/*") if path.is_file())
        for path in paths:
            try:
                state = path.stat()
            except OSError:
                self._visitors.pop(path, None)
                continue
            yield _Upload(
                path=path,
                size=state.st_size,
                used_at=state.st_mtime_ns,
                visitor=self._visitors.get(path, ""),
            )


class Uploads:
    """Lets uploads through while there are places and room for them."""

    def __init__(self, app: ASGIApp, folder: UploadFolder) -> None:
        """Stand before `app`."""
        self._app = app
        self._folder = folder
        self._under_way: Counter[str] = Counter()
        self._clearing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_upload = scope["type"] == "http" and scope["path"].rstrip("/") == UPLOAD
        if not is_upload or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        visitor = visitor_of(scope)
        refused = self._refusal(visitor)
        if refused:
            await refused(scope, receive, send)
            return
        async with self._place(visitor):
            size = told_length(scope) or LARGEST_UPLOAD
            if await self._has_room(visitor, size):
                app = partial(bounded, self._app, _few_files())
                await app(scope, receive, self._noting(send, visitor))
            else:
                said = "That is more than one visitor may upload here."
                await JSONResponse({"error": said}, 413)(scope, receive, send)

    def _refusal(self, visitor: str) -> Response | None:
        if self._under_way.total() < AT_ONCE and self._under_way[visitor] < AT_ONCE_EACH:
            return None
        said = "Other files are being uploaded: try again in a moment."
        return JSONResponse({"error": said}, 429, {"retry-after": str(WAIT)})

    @asynccontextmanager
    async def _place(self, visitor: str) -> AsyncIterator[None]:
        self._under_way[visitor] += 1
        try:
            yield
        finally:
            self._under_way[visitor] -= 1
            if not self._under_way[visitor]:
                del self._under_way[visitor]
            if not self._under_way:
                self._folder.clear_parts()

    async def _has_room(self, visitor: str, size: int) -> bool:
        async with self._clearing:
            return await run_in_threadpool(self._folder.make_room, visitor, size)

    def _noting(self, send: Send, visitor: str) -> Send:
        """Return a `send` that hears under which names Gradio keeps the files."""
        heard = bytearray()

        async def noting(message: Message) -> None:
            heard.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._folder.note(visitor, _paths(bytes(heard)))
            await send(message)

        return noting


def visitor_of(scope: Scope) -> str:
    """Return by what an upload counts: a name that logged in, else the network it came from."""
    if "user_name" in scope:
        return f"user:{scope['user_name']}"
    address = caller_of(Request(scope))
    return network_of(address) or address


def _paths(body: bytes) -> list[Path]:
    try:
        said = json.loads(body)
    except ValueError:
        return []
    return [Path(path) for path in said if isinstance(path, str)] if isinstance(said, list) else []


def _few_files() -> Judge:
    """Return what says of a body, piece by piece, whether it holds more files than one may."""
    count, tail = 0, b""

    def judge(piece: bytes) -> str:
        nonlocal count, tail
        body = tail + piece.lower()
        count += body.count(_PART)
        tail = body[-(len(_PART) - 1) :]
        return f"At most {MOST_FILES} files can be uploaded at once." if count > MOST_FILES else ""

    return judge


def used(path: Path) -> None:
    """Note that an upload was used just now."""
    with suppress(OSError):
        os.utime(path)
