"""The security headers of every answer, such that the page still works in a Space's frame."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio's own start-up is inline and compiles templates, so scripts are held to this origin and
# these two ways; nothing may be loaded from, or sent to, anywhere else.
RULES = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)
OWN = "frame-ancestors 'self'"
SPACES = "frame-ancestors 'self' https://huggingface.co https://*.hf.space"


class SecurityHeaders:
    """Adds what an answer does not say itself."""

    def __init__(self, app: ASGIApp, *, embedded: bool = False) -> None:
        """Guard `app`; `embedded` lets Hugging Face show it in a frame."""
        self._app = app
        self._headers = {
            "content-security-policy": "; ".join((*RULES, SPACES if embedded else OWN)),
            "x-content-type-options": "nosniff",
            # Addresses of takes work like keys, so no other site is told them.
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
            "cross-origin-opener-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
