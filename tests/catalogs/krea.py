"""The one document of a vendor that has one for everything."""

from copy import deepcopy

from catalogs.parameters import MEDIA, PLAIN, address, consts, one_of, text

MODELS = {
    "kling": ("kling-1.6", "kling-2.1", "kling-2.5", "kling-2.6", "kling-3.0", "kling-o1"),
    "minimax": ("hailuo-02", "hailuo-2.3", "hailuo-2.3-fast"),
    "lumen": ("lumen-2", "lumen-3", "lumen-3-fast"),
    "cobalt": ("v1.5", "v2", "v2-lite", "v2-lite-fast"),
    "harbor": ("drift", "drift-pro", "drift-act"),
    "wide": ("wan-a", "wan-b", "wan-c", "wan-c-fast"),
    "quill": ("a", "b", "c"),
    "otter": ("river", "rapids", "delta", "lipsync", "extend"),
}
FILES = ("start_image", "end_image", "start_video", "reference_images", "audio_url")
NAMES = [
    "aspect_ratio",
    "duration",
    "resolution",
    "mode",
    "seed",
    "negative_prompt",
    "cfg_scale",
    "generate_audio",
    "fps",
    "loop",
    "style",
    "camera_fixed",
    "quality",
    "movement_amplitude",
    "upscale_factor",
    "camera_motion",
    "effect",
    "multi_shots",
    "elements",
    "with_music",
    "motion_strength",
    "safety_tolerance",
    "num_inference_steps",
    "guidance_scale",
    "prompt_optimizer",
    "voice_language",
    "template_id",
    "start_time",
    "watermark",
]


def krea_ids():
    return [f"{maker}/{model}" for maker, models in MODELS.items() for model in models]


def krea_document():
    paths = {
        f"/generate/video/{model}": {"post": _operation(place, model)}
        for place, model in enumerate(krea_ids())
    }
    paths["/generate/image/lumen/paint"] = {"post": _operation(0, "lumen/paint")}
    paths["/jobs/{id}"] = {"get": {"responses": {}}, "delete": {"responses": {}}}
    paths["/assets"] = {
        "post": {"requestBody": {"content": {"multipart/form-data": {"schema": {}}}}}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Second catalog of our own", "version": "v1"},
        "servers": [{"url": "https://api.krea.ai", "description": ""}],
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _schemas():
    return {
        "Style": one_of("film", "anime", "clay"),
        "Language": one_of("en", "de"),
        "Shot": {"type": "object", "properties": {"prompt": text()}, "required": ["prompt"]},
    }


def _operation(place, model):
    operation = {
        "tags": ["Video"],
        "summary": model.split("/")[1].replace("-", " ").title(),
        "description": "Makes a clip.\n| Duration | Compute Units |\n|---|---|\n| 5s | 200 |\n",
        "parameters": [
            {"name": "X-Webhook-URL", "in": "header", "schema": {"type": "string", "format": "uri"}}
        ],
        "requestBody": {"content": {"application/json": {"schema": _body(place)}}},
        "responses": {"200": {"description": ""}},
    }
    if price := PRICES[place % len(PRICES)]:
        operation["x-krea-pricing"] = price
    if place % 13 == 12:
        operation["deprecated"] = True
    return operation


PRICES = (
    None,
    {"type": "fixed", "currency": "USD", "unit": "request", "price_points": [{"price": 0.35}]},
    {
        "type": "per_unit",
        "currency": "USD",
        "unit": "second",
        "price_points": [{"price_usd": "0.07"}],
    },
    {
        "type": "variants",
        "currency": "USD",
        "unit": "request",
        "price_points": [
            {"when": {"duration": 5}, "price": 0.4},
            {"when": {"duration": 10}, "price": 0.8},
        ],
    },
    {"type": "credits", "currency": "CU", "unit": "request", "price_points": [{"price": 200}]},
)


def _body(place):
    names = [NAMES[(place * 5 + n) % len(NAMES)] for n in range(8)]
    properties = {"prompt": {"type": "string"}}
    properties |= {name: deepcopy(PLAIN[name]) for name in names}
    properties |= {"duration": consts(5, 10) | {"default": 5}, "start_image": address()}
    properties[FILES[place % len(FILES)]] = deepcopy(MEDIA[FILES[place % len(FILES)]])
    needed = ["prompt", "start_image"] if place % 4 == 3 else ["prompt"]
    body = {
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }
    if place % 6 == 5:
        body["properties"] |= {"end_image": address()}
        body["dependentRequired"] = {"end_image": ["start_image"]}
    return body
