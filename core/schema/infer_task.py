"""What a model makes of what: its task in the vendors' words, such as `image-to-video`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.params import Media, Param, Several

_WORDS: tuple[tuple[str, str], ...] = (
    (r"(text|image|video|audio|reference|speech)[-_]to[-_]video", ""),
    (r"\bt2v\b", "text-to-video"),
    (r"\bi2v\b", "image-to-video"),
    (r"\bv2v\b", "video-to-video"),
    (r"\br2v\b", "reference-to-video"),
    (r"\b(a2v|s2v|lip-?sync|avatar|omni-?human)\b", "audio-to-video"),
    (r"\b(video-(edit|extend|upscale)\w*|effects?-video)\b", "video-to-video"),
)


def infer_task(model: str, params: Sequence[Param]) -> str:
    """Return the task of the model of that id with those parameters."""
    for pattern, task in _WORDS:
        if found := re.search(pattern, model.lower()):
            return task or found[0].replace("_", "-").replace("speech", "audio")
    needed = {_kind(p) for p in params if isinstance(p, Media | Several) and p.required}
    for kind in ("audio", "video", "image"):
        if kind in needed:
            return f"{kind}-to-video"
    return "text-to-video" if any(p.name == "prompt" for p in params) else _only(params)


def _kind(param: Param) -> str:
    return param.kind.removesuffix("s")


def _only(params: Sequence[Param]) -> str:
    kinds = [_kind(param) for param in params if isinstance(param, Media | Several)]
    known = [kind for kind in kinds if kind in {"image", "video", "audio"}]
    return f"{known[0]}-to-video" if known else "text-to-video"
