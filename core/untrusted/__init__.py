"""Texts and JSON that came from outside, judged or cleaned before anything else reads them.

What a person typed is judged, and refused with the reason; what a provider said, or an old row
holds, is cleaned, since refusing it would lose a take that was paid for.
"""

from core.untrusted.json_text import DEEPEST, read_leniently, read_strictly
from core.untrusted.text import cleaned, cleaned_text, flaw, text_flaw

__all__ = [
    "DEEPEST",
    "cleaned",
    "cleaned_text",
    "flaw",
    "read_leniently",
    "read_strictly",
    "text_flaw",
]
