"""About a hundred parameters, each in one of the ways in which vendors write such things."""

RATIOS = ["16:9", "9:16", "1:1", "4:3"]


def text(words=None, **more):
    return {"type": "string", **({"description": words} if words else {}), **more}


def address(words=None, **more):
    return text(words, format="uri", **more)


def whole(**more):
    return {"type": "integer", **more}


def figure(**more):
    return {"type": "number", **more}


def one_of(*values, **more):
    return {"type": "string", "enum": list(values), **more}


def yes(**more):
    return {"type": "boolean", **more}


def consts(*values, kind="number"):
    return {"anyOf": [{"type": kind, "const": value} for value in values]}


MEDIA = {
    "image_url": address("The still that the clip begins with, by address or as a data URI."),
    "image": text("A still, as an address or as Base64 text."),
    "image_urls": {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": 4},
    "start_image": address(),
    "end_image": address(),
    "tail_image_url": {"type": "string", "format": "uri", "nullable": True},
    "first_frame_image": text("Where the first frame is found: a URL."),
    "last_frame_image": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]},
    "last_image_url": text("Address of the closing frame."),
    "reference_image": address("A still to take the look from."),
    "reference_images": {
        "type": "array",
        "items": {"type": "string", "format": "uri"},
        "minItems": 1,
        "maxItems": 7,
        "description": "Stills of what must be seen.",
    },
    "reference_image_urls": {"type": "array", "items": {"type": "string"}},
    "subject_image_url": address(),
    "mask_url": address("Black where nothing may change."),
    "video_url": address("The clip to start from."),
    "video": {"type": ["string", "null"], "format": "uri"},
    "start_video": {"type": ["string", "null"], "format": "uri"},
    "reference_video_urls": {
        "type": "array",
        "items": {"type": "string", "format": "uri", "description": "A reference clip."},
        "maxItems": 3,
    },
    "audio_url": address("What is to be heard."),
    "audio": address(),
    "audio_urls": {"type": "array", "items": {"$ref": "#/components/schemas/Address"}},
    "voice_url": address(),
    "source_url": address("A video or an image to work on."),
    "reference": {"type": "string", "format": "uri", "description": "An image or a video."},
    "driving_video_url": address(),
    "face_image_url": address(),
    "pose_video": address(),
    "image_or_images": {
        "anyOf": [
            {"type": "string", "format": "uri"},
            {"type": "array", "items": {"type": "string", "format": "uri"}},
        ],
        "description": "One image or several images.",
    },
}

PLAIN = {
    "negative_prompt": text("What is to be kept out."),
    "seed": whole(minimum=0, maximum=4294967295),
    "random_seed": {"type": "integer", "nullable": True, "minimum": -1},
    "duration": whole(enum=[5, 10], default="5"),
    "duration_seconds": consts(4, 6, 8),
    "video_length": one_of("5", "8", default=5),
    "seconds": {"type": "string", "enum": ["4", "8", "12"], "default": "4"},
    "length": figure(description="How long, from 2 to 12 seconds."),
    "aspect_ratio": one_of(*RATIOS, default="16:9"),
    "ratio": {"oneOf": [{"const": "16:9"}, {"const": "9:16"}, {"const": "1:1"}]},
    "resolution": one_of("480p", "720p", "1080p", default="720P"),
    "size": one_of("1280*720", "720*1280", "960*960"),
    "quality": {"enum": ["low", "high", None], "nullable": True},
    "width": whole(minimum="256", maximum="1920", multipleOf=8, default="1280"),
    "height": whole(minimum="256", maximum="1080", multipleOf=8, default=720),
    "num_frames": whole(minimum=17, maximum=161, multipleOf=4, default=81),
    "frames_per_second": whole(minimum=5, maximum=30, default=16),
    "fps": consts(24, 25, 30, kind="integer"),
    "frame_rate": figure(minimum=8, maximum=60, default=24.0),
    "cfg_scale": figure(minimum=0, maximum=1, default=0.5),
    "guidance_scale": figure(description="How closely to follow the words. Range: 1-20."),
    "guidance": figure(minimum=0, exclusiveMinimum=True, maximum=10),
    "true_cfg": {"type": "float", "minimum": 1, "maximum": 8},
    "num_inference_steps": {"type": "int", "minimum": 1, "maximum": 60, "default": 30},
    "steps": whole(description="Between 1 and 50."),
    "shift": figure(default=5),
    "flow_shift": figure(exclusiveMinimum=0, exclusiveMaximum=20),
    "strength": figure(minimum=0, maximum=1, default=0.85, description=""),
    "motion_strength": figure(description="min 0, max 1", default=0.4),
    "motion": whole(minimum=1, maximum=255, default=127),
    "motion_mode": one_of("normal", "fast", default="normal"),
    "motion_bucket": whole(default=300, maximum=255),
    "camera_motion": {"anyOf": [{"type": "string", "enum": ["pan", "zoom"]}, {"type": "null"}]},
    "camera_fixed": yes(default=False),
    "camera_control": {
        "type": "object",
        "properties": {
            "type": one_of("simple", "forward"),
            "config": {
                "type": "object",
                "properties": {"zoom": figure(minimum=-10, maximum=10), "pan": figure()},
            },
        },
        "required": ["type"],
    },
    "loras": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"path": address(), "scale": figure(minimum=0, maximum=4, default=1)},
            "required": ["path"],
        },
        "maxItems": 3,
        "default": [],
    },
    "elements": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    "keyframes": {
        "type": "array",
        "items": {"type": "object", "properties": {"image_url": address(), "at": whole()}},
    },
    "trajectory": {"type": "array", "items": {"type": "array", "items": figure()}},
    "points": {"type": "array", "items": figure(), "minItems": 2},
    "tags": {"type": "array", "items": text(), "uniqueItems": True},
    "languages": {"type": "array", "items": one_of("en", "de", "fr")},
    "prompt_optimizer": yes(default=True),
    "enable_prompt_expansion": yes(default="true"),
    "prompt_extend": {"type": "bool"},
    "enable_safety_checker": yes(),
    "safety_tolerance": {"type": "string", "enum": [1, 2, 3, 4, 5, 6], "default": 2},
    "watermark": yes(default=False, nullable=True),
    "generate_audio": {"type": ["boolean", "null"], "default": None},
    "with_music": {"allOf": [{"type": "boolean"}], "default": False},
    "audio_prompt": text(maxLength=500),
    "voice_id": text("The id of a voice.", example="calm_woman"),
    "voice_language": {"$ref": "#/components/schemas/Language"},
    "voice_speed": figure(minimum=0.8, maximum=2.0, multipleOf=0.1, default=1),
    "style": {"$ref": "#/components/schemas/Style"},
    "style_preset": {"allOf": [{"$ref": "#/components/schemas/Style"}], "default": "film"},
    "mode": {"type": "string", "const": "pro", "default": "pro"},
    "model_version": {"const": 2},
    "effect": {"enum": ["bloom", "melt", "squish"]},
    "effect_scene": one_of("hug", "dance", "run"),
    "template": text(),
    "template_id": whole(format="int64"),
    "movement_amplitude": one_of("auto", "small", "medium", "large", default="auto"),
    "scheduler": one_of("unipc", "euler", "dpm++", default="Euler"),
    "sampler": {},
    "acceleration": one_of("none", "regular", default="turbo"),
    "interpolation": {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["film"]}]},
    "threshold": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    "bitrate": {"type": ["integer", "string"]},
    "loop": yes(),
    "reverse": {"type": "boolean", "required": False},
    "upscale": {"oneOf": [{"type": "boolean"}, {"type": "null"}]},
    "upscale_factor": {"oneOf": [{"type": "integer", "const": 2}, {"type": "integer", "const": 4}]},
    "turbo": yes(default=0),
    "webhook_url": address("Told when the clip is done."),
    "callback": address(),
    "lora_url": address("Address of the weights."),
    "client_id": text(pattern="^[a-z0-9-]{1,32}$"),
    "user_tag": text(pattern="^(a+)+$"),
    "background_color": text(pattern="^#[0-9a-f]{6}$", default="#000000"),
    "start_time": figure(minimum=0),
    "end_time": figure(minimum=0, maximum=600),
    "extend_at": whole(minimum=0, maximum=480000),
    "timestamps": {"type": "array", "prefixItems": [figure(), figure()], "items": False},
    "text_prompts": {"type": "array", "items": text(), "minItems": 1},
    "script": text("What is said."),
    "caption": text(minLength=0, maxLength=200),
    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
    "extra": {"type": "object"},
    "advanced_options": {"$ref": "#/components/schemas/Options"},
    "node": {"$ref": "#/components/schemas/Node"},
    "far": {"$ref": "https://elsewhere.example/schema.json#/Far"},
    "lost": {"$ref": "#/components/schemas/Nowhere"},
    "color_grade": {"type": "colour", "description": "No type that anyone knows."},
    "noise_scale": {"description": "No type at all.", "minimum": 0, "maximum": 1},
    "temperature": figure(minimum=1, maximum=0),
    "top_k": whole(minimum=0.5, maximum=99.5),
    "min_p": figure(default=float("1e-3"), minimum=0),
    "priority": {"type": "integer", "enum": ["1", "2", "3"], "default": "2"},
    "format": one_of("mp4", "webm", default="mp4"),
    "provider": text("Which mirror runs it.", example="auto"),
    "old_ratio": one_of(*RATIOS, deprecated=True, default="16:9"),
    "shot_count": {"type": "integer", "minimum": 1, "maximum": 4, "default": 9},
    "multi_shots": {"type": "array", "items": {"$ref": "#/components/schemas/Shot"}},
    "seed_image": address(),
    "internal_cost": {"type": "number", "readOnly": True},
}

SCHEMAS = {
    "Address": {"type": "string", "format": "uri"},
    "Language": {"type": "string", "enum": ["en", "de", "fr", "ja"], "default": "en"},
    "Style": {"type": "string", "enum": ["film", "anime", "clay"]},
    "Options": {
        "type": "object",
        "properties": {
            "grain": figure(minimum=0, maximum=1),
            "style": {"$ref": "#/components/schemas/Style"},
        },
        "additionalProperties": False,
    },
    "Node": {
        "type": "object",
        "properties": {"name": text(), "inside": {"$ref": "#/components/schemas/Node"}},
    },
    "Shot": {
        "allOf": [
            {"type": "object", "properties": {"prompt": text()}, "required": ["prompt"]},
            {"type": "object", "properties": {"seconds": whole(minimum=1, maximum=10)}},
        ]
    },
    "Prompted": {
        "type": "object",
        "properties": {"prompt": text("What is to be seen.")},
        "required": ["prompt"],
    },
}
