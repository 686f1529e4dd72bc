"""Prompts to begin with, for models that bring none of their own: data only."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "A paper boat sails down a rain-soaked gutter at dusk, street lamps mirrored in the water.",
        "Slow aerial shot over terraced rice fields at sunrise, mist lifting out of the valleys.",
        "A potter's hands shape a tall vase on a wheel, clay glistening, macro lens.",
    ),
    "image": (
        "The camera moves slowly closer while leaves and fabric stir in a light wind.",
        "Everything holds still but for the light: clouds pass, and shadows wander.",
        "The view glides to the right, and what is near slides past what is far.",
    ),
    "video": (
        "The same scene as a watercolour, soft edges and visible paper grain.",
        "Turn it into a night scene with neon light and wet streets.",
        "Everything is made of folded paper, in warm studio light.",
    ),
}


def examples(task: str) -> tuple[str, ...]:
    """Return the prompts for a task such as `image-to-video`."""
    return EXAMPLES.get(task.partition("-")[0], EXAMPLES["text"])
