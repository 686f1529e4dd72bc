"""Decides what becomes of a body that is no whole clip by our checks: asked for again, or kept.

It was paid for, and our checks may be wrong. A page, a text or nothing at all is never a clip; any
other body is asked for once more, and kept when the same one comes again or nothing better does.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from pathlib import Path

from core import media

DOUBTFUL = (
    "What came is no whole clip by our checks. It is kept as it came: download it and try it in "
    "your own player."
)
"""What a take's note says of such a file."""


_PACKED = b"\x1f\x8b"
"""How gzip begins: what it holds is looked at by itself."""


class Doubts:
    """The doubtful bodies of one clip; the largest so far lies at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[bytes] = set()

    def best(self) -> Path | None:
        """Return the largest body so far, or None; it is the caller's to move away."""
        return self._path if self._path.exists() else None

    def came_again(self, received: Path) -> bool:
        """Look at a body; say whether it is the same as one before, which more asking won't mend.

        Raises `OSError` and `StorageError`.
        """
        head = media.read_head(received)
        if media.is_text(head) or head.startswith(_PACKED):
            return False
        with received.open("rb") as file:
            digest = hashlib.file_digest(file, "blake2b").digest()
        again = digest in self._seen
        self._seen.add(digest)
        if not self._path.exists() or received.stat().st_size >= self._path.stat().st_size:
            self._keep(received)
        return again

    def _keep(self, received: Path) -> None:
        self.forget()
        try:
            self._path.hardlink_to(received)
        except OSError:  # not on every file system
            shutil.copyfile(received, self._path)

    def forget(self) -> None:
        """Remove what is kept for want of better."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
