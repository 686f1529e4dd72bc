"""Puts the page, its routes and its doors into one web app and serves it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.routing import Route

from core import Settings, Studio
from core.accounts.users import Users
from ui.api import ENDPOINTS
from ui.connections import Connections
from ui.counter import OrderRoutes
from ui.descriptors import batch_of, connections_of, raised_limit
from ui.document import Document
from ui.frame import around
from ui.gradio_bodies import GradioBodies
from ui.gradio_styles import styles_of
from ui.guard import Guard
from ui.head import Head, address
from ui.headers import SecurityHeaders
from ui.hosts import hosts_of
from ui.limits import Limits
from ui.login import Login
from ui.page import Page
from ui.proxies import Proxies
from ui.routes import Routes
from ui.sessions import open_sessions
from ui.shipped import KINDS, StaticCache
from ui.source_links import SourceLinks
from ui.sub_path import SubPath
from ui.theme import theme
from ui.uploads import Quota, UploadFolder, Uploads
from ui.visitor import Visitors

ASSETS = Path(__file__).parent.parent / "assets"
GRADIO = Path(gr.__file__).parent / "templates" / "frontend"
MOST_UPLOADED = "200mb"
MOST_EVENTS = 500
UPLOADS = "uploads"
WAITING = 1024
"""Connections that the system holds until they are taken; they need no descriptor yet."""


def serve(studio: Studio) -> None:
    """Serve the studio until it is stopped, where Gradio's variables say."""
    settings = studio.settings
    host, port = settings.server_name, settings.gradio_server_port
    # Gradio's own is shared by every such app of this machine, so nothing in it is ours to clear
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.dailies_data_dir.resolve() / UPLOADS))
    app = build_app(studio, embedded=bool(settings.space_id))
    sys.stdout.write(f"Dailies is on http://{host}:{port}\n")
    sys.stdout.flush()
    server_of(app, host=host, port=port).run()


def server_of(app: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """Return what serves the app, with its connections bounded by what this process may open."""
    limit = raised_limit()
    connections = Connections(connections_of(limit))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        # Uvicorn would believe anybody on this machine about who asks: `ui.proxies` decides that.
        proxy_headers=False,
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", connections.protocol),
        backlog=batch_of(limit),
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Lets more connections wait to be taken than are taken in one go, which asyncio makes one."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for listening in (sock for server in self.servers for sock in server.sockets):
            with socket.socket(fileno=os.dup(listening.fileno())) as same:
                same.listen(WAITING)


def build_app(studio: Studio, *, embedded: bool = False) -> FastAPI:
    """Return the web app; `embedded` is for a page in another site's frame, as on a Space."""
    page = Page(studio)
    theirs = styles_of(GRADIO, page.kinds)
    version = assets_version(ASSETS, theirs)
    # Gradio also caps async events by its thread count, and `mount_gradio_app` cannot set it.
    page.blocks.max_threads = MOST_EVENTS
    page.blocks.queue(default_concurrency_limit=None)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend(Routes(studio, ASSETS).all())
    app.router.routes.extend(page.sheets.routes())
    app.router.routes.extend(OrderRoutes(studio).routes())
    head = Head(ASSETS, version, theirs)
    frame = around(studio, theme=(ASSETS / "theme.js").read_text(encoding="utf-8"))
    app.add_middleware(
        Document,
        head=head.markup(page.table),
        first=head.first,
        around=frame,
        preview=head.preview,
        public_url=studio.settings.dailies_public_url.strip(),
    )
    app.add_middleware(
        StaticCache,
        folders={"/assets/": GRADIO / "assets", address(version): ASSETS},
        made=head.files,
    )
    add_doors(app, studio, embedded=embedded)
    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        show_error=False,
        max_file_size=MOST_UPLOADED,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=theme(),
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )
    return app


def add_doors(app: FastAPI, studio: Studio, *, embedded: bool) -> None:
    """Put what every request passes before the app; the last one added is the first passed."""
    settings = studio.settings
    shared = settings.dailies_visitors == "together"
    app.add_middleware(Uploads, folder=upload_folder(settings))
    app.add_middleware(GradioBodies, names=ENDPOINTS)
    app.add_middleware(Visitors, shared=shared, embedded=embedded)
    if settings.dailies_users:
        users = Users.read(settings.dailies_users)
        sessions = open_sessions(settings.dailies_data_dir, users.version)
        app.add_middleware(Login, users=users, sessions=sessions, embedded=embedded)
    app.add_middleware(SourceLinks, find=studio.source_file)
    app.add_middleware(Limits)
    app.add_middleware(
        Guard,
        hosts=hosts_of(settings),
        public_url=settings.dailies_public_url.strip(),
        login=settings.dailies_users is not None,
    )
    app.add_middleware(SecurityHeaders, embedded=embedded)
    app.add_middleware(
        SubPath,
        root=settings.gradio_root_path or settings.dailies_public_url,
        routes=own_routes(app),
    )
    app.add_middleware(Proxies, trusted=settings.trusted_proxies)


def own_routes(app: FastAPI) -> list[str]:
    """Return what stands after `/dailies/` in the addresses of our own routes."""
    paths = [route.path for route in app.router.routes if isinstance(route, Route)]
    return [path.split("/")[2] for path in paths if path.startswith("/dailies/")]


def upload_folder(settings: Settings) -> UploadFolder:
    """Return the folder of uploads, with what may lie there."""
    folder = Path(get_upload_folder()).resolve()
    mb = 10**6
    quota = Quota(
        each=settings.dailies_uploads_per_visitor * mb, in_all=settings.dailies_uploads_in_all * mb
    )
    own = folder == settings.dailies_data_dir.resolve() / UPLOADS
    return UploadFolder(folder, quota, own=own)


def assets_version(folder: Path, more: Sequence[Path] = ()) -> str:
    """Return a short name that changes with the content of the folder, and of `more` files."""
    digest = hashlib.sha256()
    for path in [*sorted(folder.rglob("*")), *more]:
        if path.suffix in KINDS:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
