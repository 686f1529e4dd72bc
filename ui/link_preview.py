"""What other sites show of a link to this app: its own title, text and picture, not Gradio's.

Those who make such previews take addresses with a host only. It is the operator's public address,
or the one by which the page was asked for.
"""

from __future__ import annotations

import re
from html import escape

from starlette.datastructures import Headers
from starlette.types import Scope

from ui.proxies import prefix_of

TITLE = "Dailies"
TEXT = (
    "A studio for hosted video models: write a prompt, see the price, watch the take. "
    "Without a key it runs in a sandbox, free."
)
PICTURE, WIDTH, HEIGHT = "preview.jpg", 1200, 630
PICTURE_TEXT = (
    "The studio: the form beside a finished take of snow-capped peaks, and the strip below"
)

_THEIRS = re.compile(
    r"<meta\s+(?:property|name)=[\"'](?:og:|twitter:|description)[^>]*>\s*|<title>.*?</title>\s*",
    re.DOTALL,
)


def site_of(scope: Scope, public_url: str) -> str:
    """Return the page's address without the slash at its end, as the outside sees it."""
    if public_url:
        return public_url.rstrip("/")
    host = Headers(scope=scope).get("host", "")
    return f"{scope['scheme']}://{host}{prefix_of(scope)}"


def without_previews(document: str) -> str:
    """Return the document without what Gradio tells of it to other sites."""
    head, ends, rest = document.partition("</head>")
    return _THEIRS.sub("", head) + ends + rest


def markup(site: str, picture: str) -> str:
    """Return what belongs into the head; `picture` is its address below the page's."""
    told = {
        "og:type": "website",
        "og:site_name": TITLE,
        "og:title": TITLE,
        "og:description": TEXT,
        "og:url": f"{site}/",
        "og:image": f"{site}{picture}",
        "og:image:type": "image/jpeg",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": PICTURE_TEXT,
    }
    seen = {
        "description": TEXT,
        "twitter:card": "summary_large_image",
        "twitter:title": TITLE,
        "twitter:description": TEXT,
        "twitter:image": f"{site}{picture}",
        "twitter:image:alt": PICTURE_TEXT,
    }
    lines = [_meta("property", name, text) for name, text in told.items()]
    lines += [_meta("name", name, text) for name, text in seen.items()]
    return f"<title>{TITLE}</title>{''.join(lines)}"


def _meta(kind: str, name: str, text: str) -> str:
    return f'<meta {kind}="{name}" content="{escape(text)}">'
