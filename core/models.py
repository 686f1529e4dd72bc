"""The models, as data: one entry here is all that a new model of a known provider needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import InvalidInput
from core.params import Choice, Image, Integer, Media, Number, Param, Seed, Text, Toggle, Video

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """A model that its vendor no longer runs: since when, and what to use instead."""

    since: str
    replaced_by: str


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a clip was seen to cost: dollars a second of video, whole seconds charged."""

    usd_per_second: float
    source: str

    def of(self, seconds: float) -> float:
        """Return the dollars for a clip of `seconds`."""
        return round(math.ceil(seconds) * self.usd_per_second, 4)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Values after the check: what will be sent, what was moved and why, what is refused."""

    values: dict[str, Any]
    notes: dict[str, str]
    problems: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One model of one provider: what it takes, where its orders go, and what is known of it.

    `sizes` maps an aspect ratio to (width, height) in pixels; `fps` is frames a second;
    `wait` the seconds that a clip usually takes. `live_params`, where given, replace `params`
    when the provider itself is asked rather than the sandbox.
    """

    id: str
    provider: str
    name: str
    task: str
    params: tuple[Param, ...]
    path: str
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fps: int | None = None
    wait: float = 60.0
    sound: bool = False
    price: Price | None = None
    withdrawn: Withdrawal | None = None
    live_params: tuple[Param, ...] | None = None
    examples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name that is unique among all providers."""
        return f"{self.provider}:{self.id}"

    def when(self, *, live: bool) -> ModelSpec:
        """Return the entry as it stands at the provider (`live`) or in the sandbox."""
        if live and self.live_params is not None:
            return replace(self, params=self.live_params, live_params=None)
        return self

    def param(self, name: str) -> Param | None:
        """Return the parameter of that name, if the model has it."""
        return next((param for param in self.params if param.name == name), None)

    def check(self, values: Values) -> Checked:
        """Tidy `values`, fill in the defaults, and say of each what was moved or refused."""
        checked = Checked(values={}, notes={}, problems={})
        for param in self.params:
            self._check_one(param, values.get(param.name), checked)
        for name in values:
            if self.param(name) is None:
                checked.problems[name] = f"{self.name} has no such parameter."
        return checked

    def clean(self, values: Values) -> dict[str, Any]:
        """Return the values to send, or raise `InvalidInput` naming every field in the wrong."""
        checked = self.check(values)
        if checked.problems:
            raise InvalidInput(checked.problems)
        return checked.values

    def fit(self, values: Values) -> dict[str, Any]:
        """Return a value for each parameter: the given one where it fits, else the default."""
        return {param.name: param.fit(values.get(param.name)) for param in self.params}

    def seconds(self, values: Values) -> float | None:
        """Return the length in seconds of the clip that `values` ask for, where they tell it."""
        for param in self.params:
            value = values.get(param.name)
            if param.unit == "frames" and value is not None and self.fps:
                return float(value) / self.fps
            if param.unit == "s" and value is not None:
                return float(value)
        return None

    def media_params(self) -> tuple[Media, ...]:
        """Return the parameters that take a file."""
        return tuple(param for param in self.params if isinstance(param, Media))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameters, as they travel on the wire."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.key,
            "type": "object",
            "properties": {param.name: param.schema() for param in self.params},
            "required": [param.name for param in self.params if param.required],
            "additionalProperties": False,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the model as the public API describes it."""
        return {
            "key": self.key,
            "id": self.id,
            "provider": self.provider,
            "name": self.name,
            "kind": self.task,
            "params": [param.as_json() for param in self.params],
            "schema": self.schema(),
            "withdrawn": bool(self.withdrawn),
            "replaced_by": self.withdrawn.replaced_by if self.withdrawn else None,
        }

    def _check_one(self, param: Param, given: Any, checked: Checked) -> None:
        try:
            value = param.clean(given)
        except ValueError as error:
            checked.problems[param.name] = str(error)
            return
        if value is None:
            value = param.default
        if value is not None:
            checked.values[param.name] = value
        if note := self._note(param, given, value):
            checked.notes[param.name] = note

    def _note(self, param: Param, given: Any, value: Any) -> str:
        if not isinstance(param, Number) or not param.step or given in (None, "", value):
            return ""
        if float(given) == value:
            return ""
        grid = f"{param.step:g}n+{param.offset:g}" if param.offset else f"steps of {param.step:g}"
        return f"{given} is not on this model's grid of {grid}: {self._length(param, value)}"

    def _length(self, param: Param, value: Any) -> str:
        if param.unit == "frames" and self.fps:
            return f"{value} frames, {value / self.fps:.1f} s"
        return f"{value} {param.unit}".strip()


# A.9 and B.2 in the comments below are sections of the wire contract, gathered 2026-08 from the
# vendors' documents; S0 to S4 are the pages that the project began with.

PROMPT = Text(
    name="prompt",
    label="Prompt",
    lines=4,
    required=True,
    help="The scene, its subject, and what moves.",
)
NEGATIVE = Text(
    name="negative_prompt",
    label="Negative prompt",
    lines=2,
    advanced=True,
    help="What should not be seen.",
)
SEED = Seed(
    name="seed",
    label="Seed",
    help="The same seed and settings give nearly the same clip. Empty: a random one.",
)
# The vendor's default has changed between pages, so it is always sent explicitly (A.9).
EXPANSION = Toggle(
    name="enable_prompt_expansion",
    label="Prompt expansion",
    default=True,
    help="Lets a language model add detail to the prompt.",
)
WIDE = {"16:9": (832, 480)}
KLING_SIZES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960)}
UNIVERSAL = "/v2/video/generations"

# $0.1575 for 90 frames of 16 a second is six whole seconds (A.9, a documented answer of 2025-10).
WAN_PRICE = Price(usd_per_second=0.02625, source="a documented answer of October 2025")

KREA_WAN_TEXT = ModelSpec(
    id="krea/krea-wan-14b/text-to-video",
    provider="aimlapi",
    name="Krea Wan 14B",
    task="text-to-video",
    path=UNIVERSAL,
    sizes=WIDE,
    fps=16,
    wait=12,
    price=WAN_PRICE,
    params=(
        PROMPT,
        Integer(
            name="num_frames",
            label="Frames",
            unit="frames",
            minimum=18,
            maximum=162,
            step=12,
            offset=6,
            default=78,
            help="The length: 16 frames make a second.",
        ),
        SEED,
        EXPANSION,
    ),
    examples=(
        "A paper boat sails down a rain-soaked gutter at dusk, street lamps mirrored in the water.",
        "Slow aerial shot over terraced rice fields at sunrise, mist lifting out of the valleys.",
        "A lighthouse keeper climbs a spiral stair with a lantern while a storm beats the windows.",
    ),
)

KREA_WAN_VIDEO = ModelSpec(
    id="krea/krea-wan-14b/video-to-video",
    provider="aimlapi",
    name="Krea Wan 14B",
    task="video-to-video",
    path=UNIVERSAL,
    sizes=WIDE,
    fps=16,
    wait=12,
    price=WAN_PRICE,
    params=(
        PROMPT,
        Video(
            name="video_url",
            label="Source video",
            required=True,
            help="An MP4, MOV or WebM file, or an https address. The clip gets its length.",
        ),
        Number(
            name="strength",
            label="Strength",
            minimum=0,
            maximum=1,
            default=0.85,
            help="0 keeps the source as it is, 1 remakes it.",
        ),
        SEED,
        EXPANSION,
    ),
    examples=(
        "The same scene as a watercolour, soft edges and visible paper grain.",
        "Turn it into a night scene with neon light and wet streets.",
        "Everything is made of folded paper, in warm studio light.",
    ),
)

WAN_21 = ModelSpec(
    id="wan/v2.1/1.3b/text-to-video",
    provider="aimlapi",
    name="Wan 2.1 1.3B",
    task="text-to-video",
    # Only ever documented on the address that names its maker (A.2).
    path="/v2/generate/video/alibaba/generation",
    sizes={"16:9": (832, 480), "9:16": (480, 832)},
    fps=16,
    wait=240,
    withdrawn=Withdrawal(since="2025-08-05", replaced_by="alibaba/wan2.1-t2v-turbo"),
    params=(
        PROMPT,
        Choice(
            name="aspect_ratio",
            label="Aspect ratio",
            choices=("16:9", "9:16"),
            default="16:9",
            help="Wide or upright.",
        ),
        SEED,
        NEGATIVE,
        Integer(
            name="inference_steps",
            label="Inference steps",
            minimum=1,
            default=30,
            advanced=True,
            help="More steps look better and take longer.",
        ),
        Number(
            name="guidance_scale",
            label="Guidance scale",
            default=5,
            advanced=True,
            help="How closely the clip follows the prompt.",
        ),
        Number(
            name="shift",
            label="Shift",
            default=5,
            advanced=True,
            help="Moves the noise schedule; it changes how things move.",
        ),
        Choice(
            name="sampler",
            label="Sampler",
            choices=("unipc", "dpm+"),
            default="unipc",
            advanced=True,
            help="The method that turns noise into frames.",
        ),
        Toggle(
            name="enable_safety_checker",
            label="Safety checker",
            advanced=True,
            help="Whether the provider checks the clip for unsafe content.",
        ),
        Toggle(
            name="enable_prompt_expansion",
            label="Prompt expansion",
            advanced=True,
            help="Lets a language model add detail to the prompt.",
        ),
    ),
    examples=(
        "A red fox trots across fresh snow and stops to listen.",
        "Steam rises from a bowl of noodles on a wooden counter, close-up.",
        "Waves roll onto a black sand beach under a low sun.",
    ),
)

KLING_16 = ModelSpec(
    id="kling-video/v1.6/standard/text-to-video",
    provider="aimlapi",
    name="Kling 1.6 Standard",
    task="text-to-video",
    path=UNIVERSAL,
    sizes=KLING_SIZES,
    wait=186,
    params=(
        PROMPT,
        # The vendor's schema gives the default as a string beside an integer type (A.9); we send 5.
        Choice(
            name="duration",
            label="Duration",
            unit="s",
            choices=(5, 10),
            default=5,
            help="The clip's length.",
        ),
        Choice(
            name="aspect_ratio",
            label="Aspect ratio",
            choices=("16:9", "9:16", "1:1"),
            help="Unset, the provider chooses; it has been 16:9.",
        ),
        NEGATIVE,
        Number(
            name="cfg_scale",
            label="Guidance scale",
            minimum=0,
            maximum=1,
            advanced=True,
            help="How closely the clip follows the prompt. Unset, the provider chooses.",
        ),
    ),
    examples=(
        "A raccoon walks through a sequoia forest with a lantern, light falling in shafts.",
        "A potter's hands shape a tall vase on a wheel, clay glistening, macro lens.",
        "An old tram climbs a steep street in the rain, its bell swinging.",
    ),
)

KLING_25 = ModelSpec(
    id="kling/kling-2.5",
    provider="krea",
    name="Kling 2.5",
    task="text-to-video",
    path="/generate/video/kling/kling-2.5",
    sizes=KLING_SIZES,
    wait=94,
    # The page that the project began with (S3) ...
    params=(
        PROMPT,
        Number(
            name="duration",
            label="Duration",
            unit="s",
            minimum=3,
            maximum=10,
            default=5,
            help="The clip's length.",
        ),
        Integer(name="width", label="Width", unit="px", minimum=256, maximum=1920, default=1280),
        Integer(name="height", label="Height", unit="px", minimum=256, maximum=1080, default=720),
        Choice(name="fps", label="Frame rate", unit="fps", choices=(12, 24, 30), default=24),
        SEED,
    ),
    # ... and what Krea's present document takes; it refuses every other field (B.2, 2026-08-03).
    live_params=(
        PROMPT,
        Choice(
            name="duration",
            label="Duration",
            unit="s",
            choices=(5, 10),
            default=5,
            help="The clip's length.",
        ),
        Choice(
            name="aspect_ratio",
            label="Aspect ratio",
            choices=("16:9", "9:16", "1:1"),
            default="16:9",
            help="Wide, upright or square.",
        ),
        Image(
            name="start_image", label="First frame", advanced=True, help="The clip begins with it."
        ),
        Image(name="end_image", label="Last frame", advanced=True, help="The clip ends with it."),
        Video(
            name="start_video", label="Start video", advanced=True, help="The clip goes on from it."
        ),
        Choice(
            name="mode",
            label="Mode",
            choices=("pro",),
            default="pro",
            advanced=True,
            help="The only one that the provider offers.",
        ),
    ),
    examples=(
        "An eagle soars over snow-capped peaks at sunrise, the camera gliding beside it.",
        "Lanterns drift down a dark river, one after another, ripples of gold around them.",
        "A night train crosses an iron bridge, its windows a line of warm light.",
    ),
)

MODELS: Mapping[str, ModelSpec] = {
    spec.key: spec for spec in (KREA_WAN_TEXT, KREA_WAN_VIDEO, WAN_21, KLING_16, KLING_25)
}


def find_model(name: str, models: Mapping[str, ModelSpec] = MODELS) -> ModelSpec:
    """Return the model of that key, or of that bare id where only one provider has it."""
    if name in models:
        return models[name]
    found = [spec for spec in models.values() if spec.id == name]
    if len(found) == 1:
        return found[0]
    if found:
        keys = " or ".join(spec.key for spec in found)
        raise InvalidInput({"model": f"Two providers have {name}: say {keys}."})
    raise InvalidInput({"model": f"There is no model called {name}."})
