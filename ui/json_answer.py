"""An answer in JSON that can always be written, whatever texts and numbers stand in it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse

from core.untrusted import cleaned


class JsonAnswer(JSONResponse):
    """Repeats half an emoji that a caller sent as �, where UTF-8 could not repeat it at all."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        try:
            return _written(content)
        except ValueError:
            return _written(cleaned(content))


def _written(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()
