"""The models, as data: what each takes, where its orders go, what is known of it."""

from core.models.built_in import (
    BUILT_IN,
    KLING_16,
    KLING_25,
    KREA_WAN_TEXT,
    KREA_WAN_VIDEO,
    WAN_21,
)
from core.models.price import PerClip, PerSecond, Price
from core.models.seeds import check_and_draw, clean_and_draw
from core.models.spec import Checked, ModelSpec, Values, Withdrawal
from core.models.table import MODELS, find_model

__all__ = [
    "BUILT_IN",
    "KLING_16",
    "KLING_25",
    "KREA_WAN_TEXT",
    "KREA_WAN_VIDEO",
    "MODELS",
    "WAN_21",
    "Checked",
    "ModelSpec",
    "PerClip",
    "PerSecond",
    "Price",
    "Values",
    "Withdrawal",
    "check_and_draw",
    "clean_and_draw",
    "find_model",
]
