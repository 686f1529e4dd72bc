"""The security headers of every answer, such that the page still works in a Space's frame.

What Gradio 6.31 needs of the policy, measured in Chromium (`tests/browser/test_policy.py`): its
document starts by scripts, and has styles, that stand in it; those are allowed by their hashes, of
which this app knows them all. Its `Blocks.js` makes functions of texts (`js=` of events) when it
starts: without 'unsafe-eval' the page stays a picture. Three elements of its document have a
`style` attribute, which no hash can name, so 'unsafe-inline' holds for style attributes alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

INLINE = "dailies.inline"
"""Where a scope has the `Inline` of its answer: `allow_inline` fills it."""

# Nothing may be loaded from, or sent to, anywhere else.
RULES = (
    "default-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)
_ELEMENT = re.compile(r"<(script|style)([^>]*)>(.*?)</\1>", re.DOTALL)
OWN = "frame-ancestors 'self'"
SPACES = "frame-ancestors 'self' https://huggingface.co https://*.hf.space"


@dataclass
class Inline:
    """SHA-256, in base64, of the scripts and styles that stand in a document."""

    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)


class SecurityHeaders:
    """Adds what an answer does not say itself."""

    def __init__(self, app: ASGIApp, *, embedded: bool = False) -> None:
        """Guard `app`; `embedded` lets Hugging Face show it in a frame."""
        self._app = app
        self._rules = (*RULES, SPACES if embedded else OWN)
        self._headers = {
            "x-content-type-options": "nosniff",
            # Addresses of takes work like keys, so no other site is told them.
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
            "cross-origin-opener-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        inline = Inline()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", self._policy(inline))
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return await self._app({**scope, INLINE: inline}, receive, with_headers)

    def _policy(self, inline: Inline) -> str:
        # Only Gradio's own document makes functions of texts
        functions = " 'unsafe-eval'" if inline.scripts else ""
        return "; ".join(
            (
                f"script-src {_sources(inline.scripts)}{functions}",
                f"style-src {_sources(inline.styles)}",
                *self._rules,
            )
        )


def inline_of(document: str) -> Inline:
    """Return the hashes of what stands in a document."""
    inline = Inline()
    for kind, attributes, text in _ELEMENT.findall(document):
        if "src=" not in attributes:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            (inline.scripts if kind == "script" else inline.styles).append(digest)
    return inline


def allow_inline(scope: Scope, inline: Inline) -> None:
    """Let the answer's document use the scripts and styles that stand in it."""
    allowed = scope.get(INLINE, Inline())
    allowed.scripts.extend(inline.scripts)
    allowed.styles.extend(inline.styles)


def _sources(hashes: Iterable[str]) -> str:
    return " ".join(("'self'", *(f"'sha256-{digest}'" for digest in dict.fromkeys(hashes))))
