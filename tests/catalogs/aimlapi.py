"""The list of models and the documents of a vendor with one document a model."""

from copy import deepcopy
from urllib.parse import quote

from catalogs.parameters import MEDIA, PLAIN, SCHEMAS

MAKERS = {
    "lumen": ("Lumen Labs", ("lumen-1", "lumen-2", "lumen-2-turbo", "lumen-3")),
    "cobalt": ("Cobalt", ("cobalt-v1.5", "cobalt-v2", "cobalt-v2-fast", "cobalt-v2.5")),
    "harbor": ("Harbor AI", ("drift", "drift-mini", "drift-pro")),
    "tundra": ("Tundra", ("sora-bora-1", "sora-bora-2", "sora-bora-2-hd")),
    "minimax": ("MiniMax", ("hailuo-02",)),
    "quill": ("Quill", ("quill-a", "quill-b", "quill-c", "quill-d")),
    "meridian": ("Meridian", ("m1", "m1-lite", "m2", "m2-lite", "m2-pro")),
    "otter": ("Otter Film", ("river", "river-fast", "river-hd")),
}
TASKS = (
    "text-to-video",
    "image-to-video",
    "video-to-video",
    "reference-to-video",
    "audio-to-video",
)
PATHS = (
    "/v2/video/generations",
    "/v2/generate/video/lumen/generation",
    "/v2/generate/video/cobalt/generation",
    "/v2/generate/video/otter/generation",
)
NEEDED = {
    "text-to-video": (),
    "image-to-video": ("image_url", "start_image", "first_frame_image", "image", "image_urls"),
    "video-to-video": ("video_url", "video", "source_url"),
    "reference-to-video": ("reference_images", "reference_image_urls", "reference"),
    "audio-to-video": ("audio_url", "audio", "voice_url"),
}
BARE = ("minimax/hailuo-02", "otter/river", "quill/quill-a")
OTHERS = (
    ("wordy/chat-9", "openai/chat-completions", ["playground:chat"]),
    ("wordy/seer", "openai/chat-completions", ["playground:chat", "video-understanding"]),
    ("lumen/paint-2", "openai/images/generations", ["playground:image"]),
    ("harbor/hum", "internal/audio-generations/submit", ["playground:audio"]),
    ("wordy/vectors", "openai/embeddings", []),
)


def video_ids():
    ids = [
        f"{maker}/{model}/{task}"
        for maker, (_, models) in MAKERS.items()
        for model in models
        for task in TASKS
    ]
    ids += [f"meridian/m{n}/{task}" for n in (3, 4) for task in TASKS[:3]]
    return [*BARE, *ids]


def aimlapi_list(base_url):
    entries = [_entry(base_url, place, model) for place, model in enumerate(video_ids())]
    others = [
        {
            "id": name,
            "aliases": [],
            "type": kind,
            "info": {"name": name, "developer": "x"},
            "tags": tags,
        }
        for name, kind, tags in OTHERS
    ]
    return {"object": "list", "data": [*entries[:50], *others, *entries[50:]]}


def aimlapi_document(model):
    place = video_ids().index(model)
    body = SHAPES[place % len(SHAPES)](place, model)
    operation = {
        "operationId": f"make_{place}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": ""}},
    }
    document = {
        "openapi": ("3.0.0", "3.1.0")[place % 2],
        "info": {"title": "Catalog of our own", "version": "1"},
        "servers": [{"url": "https://api.aimlapi.com"}],
        "paths": {PATHS[place % 7] if place % 7 < len(PATHS) else PATHS[0]: {"post": operation}},
        "components": {"schemas": deepcopy(SCHEMAS)},
    }
    if place % 9 == 4:
        document["components"]["requestBodies"] = {"Order": operation["requestBody"]}
        operation["requestBody"] = {"$ref": "#/components/requestBodies/Order"}
    return document


def deprecations():
    return {
        "object": "list",
        "generated_at": "2026-11-21T00:00:00Z",
        "data": [
            {
                "id": "lumen/lumen-1/text-to-video",
                "aliases": ["lumen-1/text-to-video"],
                "status": "withdrawn",
                "deprecated_at": "2026-01-01",
                "shutdown_at": "2026-03-01T00:00:00Z",
                "replaced_by": "lumen/lumen-2/text-to-video",
                "reason": "The maker has a newer one.",
            },
            {
                "id": "cobalt/cobalt-v1.5/image-to-video",
                "aliases": [],
                "status": "deprecated",
                "deprecated_at": "2026-10-01",
                "shutdown_at": "2027-03-01",
                "replaced_by": None,
                "reason": "",
            },
            {
                "id": "cobalt/cobalt-v1.5/text-to-video",
                "status": "superseded",
                "shutdown_at": "2026-11-20",
                "replaced_by": "cobalt/cobalt-v2/text-to-video",
            },
        ],
    }


def _entry(base_url, place, model):
    maker = model.split("/")[0]
    entry = {
        "id": model,
        "aliases": [model.split("/", 1)[1]] if place % 3 == 0 and model not in BARE else [],
        "type": "internal/video-generations/submit",
        "info": {
            "name": " ".join(model.split("/")[1:]).replace("-", " ").title(),
            "developer": MAKERS[maker][0],
            "description": "Makes a clip.",
            "docsJson": f"{base_url}/docs-json?model={quote(model, safe='')}"
            "&endpoint=internal%2Fvideo-generations%2Fsubmit",
        },
        "tags": ["playground:video"],
    }
    if place % 4 == 1:
        entry["type"] = "video"
    if place % 4 == 2:
        entry |= {
            "type": "internal/generations",
            "modalities": {"input": ["text"], "output": ["video"]},
        }
    if price := PRICES[place % len(PRICES)]:
        entry["pricing"] = price
    return entry


PRICES = (
    {
        "kind": "fixed",
        "currency": "USD",
        "units": [{"name": "output", "measure": "second", "price": 0.05, "per": 1}],
    },
    {
        "kind": "fixed",
        "currency": "USD",
        "units": [{"name": "video", "measure": "video", "price": "0.42", "per": 1}],
    },
    {"kind": "variable", "currency": "USD"},
    {
        "kind": "fixed",
        "currency": "USD",
        "units": [{"name": "tokens", "measure": "token", "price": 2, "per": 1000000}],
    },
    None,
    {
        "kind": "variants",
        "currency": "USD",
        "dimensions": ["resolution"],
        "variants": [
            {"resolution": "480p", "units": [{"measure": "second", "price": 0.03, "per": 1}]},
            {"resolution": "720p", "units": [{"measure": "second", "price": 0.06, "per": 1}]},
            {"resolution": "1080p", "units": [{"measure": "second", "price": 0.12, "per": 1}]},
        ],
    },
)


def _task(model):
    return next((task for task in TASKS if model.endswith(task)), "text-to-video")


def _fields(place, model):
    """Return the properties of a model but its name, and which of them are needed."""
    files = NEEDED[_task(model)]
    needed = [files[place % len(files)]] if files else []
    names = list(PLAIN)
    more = [names[(place * 11 + n) % len(names)] for n in range(11)]
    other = list(MEDIA)[place % len(MEDIA)]
    optional = [] if not files or other in needed else [other]
    found = {"prompt": {"type": "string", "description": "What is to be seen."}}
    found |= {name: deepcopy(MEDIA[name]) for name in (*needed, *optional)}
    found |= {name: deepcopy(PLAIN[name]) for name in more}
    return found, ["prompt", *needed]


def _plain(place, model):
    fields, needed = _fields(place, model)
    properties = {"model": {"type": "string", "enum": [model]}, **fields}
    return {
        "type": "object",
        "properties": properties,
        "required": ["model", *needed],
        "title": model,
    }


def _closed(place, model):
    body = _plain(place, model)
    body["properties"]["model"] = {"const": model}
    return body | {"additionalProperties": False}


def _parts(place, model):
    fields, needed = _fields(place, model)
    del fields["prompt"]
    half = dict(list(fields.items())[:5])
    rest = {name: schema for name, schema in fields.items() if name not in half}
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Prompted"},
            {
                "type": "object",
                "properties": {"model": {"type": "string", "enum": [model]}},
                "required": ["model"],
            },
            {"properties": half, "required": [name for name in needed if name in half]},
            {"type": "object", "properties": rest},
        ]
    }


def _many_names(place, model):
    body = _plain(place, model)
    body["properties"]["model"] = {"anyOf": [{"const": model}, {"const": f"{model}-next"}]}
    return body


def _variants(place, model):
    mine = _closed(place, model)
    other = _closed(place + 3, f"{model}-other")
    return {"oneOf": [other, mine], "discriminator": {"propertyName": "model"}}


def _any_file(place, model):
    body = _plain(place, model)
    body["properties"] |= {
        "image_url": deepcopy(MEDIA["image_url"]),
        "video_url": deepcopy(MEDIA["video_url"]),
    }
    body["required"] = ["model", "prompt"]
    body["not"] = {"required": ["image_url", "video_url"]}
    return body


def _conditional(place, model):
    body = _plain(place, model)
    body["properties"]["model"]["enum"].append("someone/else")
    body["if"] = {"properties": {"model": {"const": "someone/else"}}}
    body["then"] = {"required": ["nothing_here"]}
    return body


SHAPES = (_plain, _closed, _parts, _many_names, _variants, _any_file, _conditional)
