"""What the name of a parameter tells: a label, a unit, a kind of file; words, no schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "num_frames": "Frames",
    "frames": "Frames",
    "number_of_frames": "Frames",
    "frames_per_second": "Frames per second",
    "fps": "Frames per second",
    "frame_rate": "Frame rate",
    "duration_seconds": "Duration",
    "duration_in_seconds": "Duration",
    "num_inference_steps": "Inference steps",
    "num_videos": "Videos",
    "n": "Videos",
}
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("duration", "seconds", "duration_seconds", "duration_in_seconds"), "s"),
    **dict.fromkeys(("video_length", "video_duration", "length_seconds", "clip_length"), "s"),
    **dict.fromkeys(("fps", "frames_per_second", "frame_rate", "framerate"), "fps"),
    **dict.fromkeys(("num_frames", "number_of_frames", "frames", "frame_count"), "frames"),
    **dict.fromkeys(("width", "height"), "px"),
}
IMAGES = frozenset(
    [
        "image",
        "img",
        "photo",
        "picture",
        "pic",
        "frame",
        "mask",
        "keyframe",
        "portrait",
        "poster",
        "still",
        "sketch",
        "depthmap",
    ]
)
VIDEOS = frozenset(["video", "clip", "footage", "movie"])
AUDIOS = frozenset(
    ["audio", "sound", "voice", "music", "speech", "song", "soundtrack", "voiceover", "narration"]
)
MEDIA_WORDS: Mapping[str, frozenset[str]] = {"image": IMAGES, "video": VIDEOS, "audio": AUDIOS}

# Words that show a file only where the schema already says that an address is wanted.
_LOOSE_IMAGES = frozenset(
    [
        "start",
        "end",
        "first",
        "last",
        "tail",
        "head",
        "begin",
        "final",
        "face",
        "pose",
        "character",
        "subject",
        "garment",
        "logo",
    ]
)
_LOOSE_FILES = frozenset(
    [
        "source",
        "input",
        "reference",
        "ref",
        "asset",
        "media",
        "file",
        "element",
        "guide",
        "driving",
        "driven",
        "base",
        "init",
    ]
)
_WRAPPING = frozenset(
    [
        "url",
        "urls",
        "uri",
        "uris",
        "link",
        "links",
        "path",
        "file",
        "files",
        "base64",
        "b64",
        "src",
        "data",
    ]
)
_ADDRESS = frozenset(["url", "urls", "uri", "uris", "link", "links", "src", "base64", "b64"])
_NEVER = frozenset(
    ["webhook", "callback", "notify", "notification", "notifications", "redirect", "hook"]
)
_NOT_MEDIA = frozenset(
    ["lora", "loras", "weights", "checkpoint", "model", "models", "site", "website", "return"]
)
_EITHER = re.compile(
    r"\b(image|video|audio|clip|photo)s?,? (?:or|and|/) (?:an? )?(image|video|audio|clip|photo)"
)
_CAPITALS = frozenset(
    [
        "cfg",
        "fps",
        "id",
        "ids",
        "ai",
        "hd",
        "sd",
        "nsfw",
        "apg",
        "lut",
        "rgb",
        "api",
        "3d",
        "2d",
        "cdn",
        "json",
        "css",
        "ip",
    ]
)
_SPELT = {"lora": "LoRA", "loras": "LoRAs", "url": "URL", "uri": "URL", "num": "Number of"}


def tokens(name: str) -> list[str]:
    """Return the words of a name, in lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word]


def snake(name: str) -> str:
    """Return the name as most vendors would write it."""
    return "_".join(tokens(name))


def label(name: str) -> str:
    """Return the name as a person reads it."""
    if known := LABELS.get(snake(name)):
        return known
    parts = tokens(name)
    if len(parts) > 1 and parts[0] == "enable":
        # The box to tick says that much.
        parts = parts[1:]
    while len(parts) > 1 and parts[-1] in {"url", "urls", "uri", "uris"}:
        # A person gives a file; that it travels as an address is not theirs to mind.
        wrapped = parts.pop()
        if wrapped.endswith("s") and not parts[-1].endswith("s"):
            parts[-1] += "s"
    told = [_SPELT.get(part, part.upper() if part in _CAPITALS else part) for part in parts]
    text = " ".join(told) or name
    return text[:1].upper() + text[1:60]


def unit(name: str) -> str:
    """Return the unit of a number with that name."""
    return UNITS.get(snake(name), "")


def is_file_name(name: str) -> bool:
    """Tell whether a plain string of that name is a file: `image`, `first_frame_url`."""
    parts = tokens(name)
    if not parts or _NEVER & set(parts):
        return False
    wrapped = [part for part in parts if not part.isdecimal()]
    told = [part for part in wrapped if part not in _WRAPPING]
    if not told:
        return False
    kind = _kind(told[-1])
    if _ADDRESS & set(wrapped):
        return any(_kind(part) or part in _LOOSE_IMAGES | _LOOSE_FILES for part in told)
    return kind in {"image", "video"} or told[-1] == "audio"


def media(name: str, words: str) -> str:
    """Return `image`, `video`, `audio` or `file` for an address of that name; "": no such thing.

    `words` is what the vendor says of it, asked where the name does not tell.
    """
    parts = [part for part in tokens(name) if not part.isdecimal()]
    if _NEVER & {*parts, *tokens(words[:80])}:
        return ""
    kinds = [kind for part in parts if (kind := _kind(part))]
    if len(set(kinds)) > 1 and {"or", "and"} & set(parts):
        return "file"
    return kinds[-1] if kinds else _loose_media(parts, words)


def _loose_media(parts: list[str], words: str) -> str:
    single = {part.removesuffix("s") for part in parts} | set(parts)
    if _NOT_MEDIA & single:
        return ""
    if told := _media_in(words):
        return told
    if _LOOSE_IMAGES & single:
        return "image"
    return "file" if _LOOSE_FILES & single else ""


def _kind(word: str) -> str:
    one = word.removesuffix("s")
    return next((kind for kind, known in MEDIA_WORDS.items() if {word, one} & known), "")


def _media_in(words: str) -> str:
    kinds = [kind for word in tokens(words[:400]) if (kind := _kind(word))]
    if not kinds:
        return ""
    either = _EITHER.search(words[:400].lower().replace("/", " / "))
    if either and _kind(either[1]) != _kind(either[2]):
        return "file"
    return kinds[0]
