"""Notes whether a request has begun to leave this machine; what has not can have cost nothing."""

from __future__ import annotations

from typing import Any

_BEGINS = "send_request_headers.started"


class Departure:
    """Listens to one request on its way out, by httpcore's `trace` extension.

    A transport without one, as the sandbox's is, tells of nothing: there, nothing is paid.
    """

    def __init__(self) -> None:
        self.begun = False

    async def note(self, event: str, _info: Any) -> None:
        """Take down one step of the transport's."""
        self.begun = self.begun or event.endswith(_BEGINS)
