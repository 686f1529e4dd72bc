"""The models that we know by hand, as data: sizes, grids, rates, hints and prices seen.

One entry here is all that a new model of a known provider needs.
"""

from __future__ import annotations

from core.models.price import PerSecond, Price
from core.models.spec import ModelSpec, Withdrawal
from core.params import Choice, Image, Integer, Number, Seed, Text, Toggle, Video

# Names in brackets, as in (AI/ML: models), are sections of docs/contract.md.

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
# The vendor's default has changed between pages, so it is always sent explicitly (AI/ML: models).
EXPANSION = Toggle(
    name="enable_prompt_expansion",
    label="Prompt expansion",
    default=True,
    help="Lets a language model add detail to the prompt.",
)
FIVE_OR_TEN = Choice(
    name="duration",
    label="Duration",
    unit="s",
    choices=(5, 10),
    default=5,
    help="The clip's length.",
)
WIDE = {"16:9": (832, 480)}
KLING_SIZES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960)}
UNIVERSAL = "/v2/video/generations"

# $0.1575 for 90 frames of 16 a second is six whole seconds, seen 2025-10 (AI/ML: models).
WAN_PRICE = Price(rules=(PerSecond(usd=0.02625),), source="a documented answer of October 2025")

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
    # Only ever documented on the address that names its maker (AI/ML: addresses).
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
        # The vendor's schema gives a string as the default of an integer (AI/ML: models).
        FIVE_OR_TEN,
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
    # The page that the project began with (Krea: orders) ...
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
    # ... and what Krea's present document takes; it refuses every other field (Krea: orders).
    live_params=(
        PROMPT,
        FIVE_OR_TEN,
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

BUILT_IN = (KREA_WAN_TEXT, KREA_WAN_VIDEO, WAN_21, KLING_16, KLING_25)
