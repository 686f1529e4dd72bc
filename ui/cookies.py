"""How a cookie of this app may travel; every one of them is written with these flags."""

from __future__ import annotations

from starlette.types import Scope

KEPT_FOR_GOOD = ("/takes/", "/assets/", "/dailies/assets/")
"""Answers that caches between us and a browser may keep, and hand to others: no cookie on them."""


def flags(scope: Scope, *, embedded: bool) -> str:
    """Return the flags: by TLS only where it came by TLS, and not along with other sites' requests.

    `embedded` is for a page in another site's frame, as on a Space, which has TLS always.
    """
    if embedded:
        return "; HttpOnly; SameSite=None; Secure; Partitioned"
    secure = "; Secure" if scope.get("scheme") in ("https", "wss") else ""
    return f"; HttpOnly; SameSite=Lax{secure}"
