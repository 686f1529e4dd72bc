"""Reads a clip that a provider put into its answer itself, as a data URI; pure."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from core.client.patience import Passing


def is_inline(url: str) -> bool:
    """Return whether an address is the file itself."""
    return url[:5].lower() == "data:"


def inline_bytes(url: str) -> bytes:
    """Return the file in a data URI. Raises `Passing` for one that cannot be read."""
    head, comma, data = url.partition(",")
    if not comma:
        raise Passing("The clip in the provider's answer is cut off.")
    plain = unquote_to_bytes(data)
    if not "".join(head.lower().split()).endswith(";base64"):
        return plain
    # Both alphabets, with line breaks, and without the padding, are in use.
    letters = b"".join(plain.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except binascii.Error as error:
        raise Passing("The clip in the provider's answer cannot be read.") from error
