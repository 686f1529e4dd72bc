"""The kinds of parameter: a frozen value that alone drives widget, check, request and schema.

A `Param` may describe and check. The widget that shows it lives in `ui.widgets`.
"""

from core.params.json import LONGEST_JSON, Json
from core.params.media import (
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
    Image,
    Images,
    Media,
    Several,
    Video,
    Videos,
)
from core.params.numbers import SAFE_INTEGER, Integer, Number
from core.params.param import JsonSchema, Param
from core.params.seed import Seed, is_seed_name
from core.params.violations import violations
from core.params.words import PROMPT_LIMIT, Choice, Text, Toggle

__all__ = [
    "LONGEST_JSON",
    "PROMPT_LIMIT",
    "SAFE_INTEGER",
    "AnyFile",
    "AnyFiles",
    "Audio",
    "Audios",
    "Choice",
    "Image",
    "Images",
    "Integer",
    "Json",
    "JsonSchema",
    "Media",
    "Number",
    "Param",
    "Seed",
    "Several",
    "Text",
    "Toggle",
    "Video",
    "Videos",
    "is_seed_name",
    "violations",
]
