"""A vendor's catalog of as many models as one wishes, on loopback, in the vendor's own shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENUMS = {"aspect_ratio": ["16:9", "9:16", "1:1"], "resolution": ["480p", "720p", "1080p"]}
NUMBERS = ("guidance_scale", "motion", "strength", "cfg_scale", "shift")
TOGGLES = ("loop", "enable_safety_checker", "expand_prompt", "generate_audio")


def properties(number: int) -> dict[str, Any]:
    """Return what model `number` takes: up to twelve parameters, not the same for any two near."""
    taken: dict[str, Any] = {
        "duration": {
            "type": "integer",
            "enum": [4 + number % 3, 8 + number % 5],
            "default": 8 + number % 5,
        },
        "seed": {"type": "integer"},
        "negative_prompt": {"type": "string", "maxLength": 500 + number},
    }
    taken |= {
        name: {"type": "string", "enum": values, "default": values[0]}
        for name, values in ENUMS.items()
    }
    for place, name in enumerate(NUMBERS):
        if (number + place) % 2:
            taken[name] = {"type": "number", "minimum": 0, "maximum": 1 + place, "default": 0.5}
    for place, name in enumerate(TOGGLES):
        if (number >> place) % 2:
            taken[name] = {"type": "boolean", "default": bool(place % 2)}
    if number % 3 == 0:
        taken["image_url"] = {"type": "string", "format": "uri"}
    return taken


@contextmanager
def vendor(models: int) -> Iterator[dict[str, str]]:
    """Serve a catalog of so many models; gives the app's settings that lead there."""
    from published import document, entry, published  # noqa: PLC0415

    with published() as app:
        names = [f"maker-{number % 9}/model-{number}" for number in range(models)]
        app.publish([entry(name, price=0.05) for name in names])
        for number, name in enumerate(names):
            app.at[name] = document(name, **properties(number))
        yield {"AIMLAPI_BASE_URL": app.url}
