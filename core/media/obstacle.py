"""Tells what may keep a browser from playing a clip as it is: its pictures, sound or container."""

from __future__ import annotations

from dataclasses import dataclass

from core.media.clip import Clip

PLAIN = frozenset((66, 77, 88, 100))
"""H.264's profiles of eight bits and 4:2:0, which every browser plays."""

_HEVC = "HEVC", "video/mp4", "hvc1.1.6.L93.B0"
_CODECS = {
    "hvc1": _HEVC,
    "hev1": _HEVC,
    "hevc": _HEVC,
    "av01": ("AV1", "video/mp4", "av01.0.08M.08"),
    "av1": ("AV1", "video/webm", "av01.0.08M.08"),
    "vp09": ("VP9 in an MP4", "video/mp4", "vp09.00.40.08"),
    "mp4v": ("MPEG-4 Part 2", "", ""),
    "jpeg": ("Motion JPEG", "", ""),
    "mjpeg": ("Motion JPEG", "", ""),
    "mpeg4": ("MPEG-4 Part 2", "", ""),
}
_CODECS |= dict.fromkeys(("apch", "apcn", "apcs", "apco", "ap4h", "ap4x"), ("ProRes", "", ""))
_CODECS |= dict.fromkeys(("AVdn", "AVdh", "dnxhd"), ("DNxHD", "", ""))
_CODECS |= dict.fromkeys(("s263", "h263"), ("H.263", "", ""))
_CODECS |= dict.fromkeys(("rle ", "qtrle"), ("QuickTime Animation", "", ""))
_AVC = "avc1.640028"
_MATROSKA = "Matroska", "video/x-matroska", _AVC
"""Name, type and codec: what a browser can be asked about, "" where none plays it."""

_PLAYED = {
    "vp8": ("VP8", "video/webm", "vp8"),
    "vp9": ("VP9", "video/webm", "vp09.00.40.08"),
}
"""What plays in Matroska as it is, and what it is called where its sound does not."""

_HEARD = {
    "mp4a": "mp4a.40.2",
    "aac": "mp4a.40.2",
    ".mp3": "mp3",
    "mp3": "mp3",
    "Opus": "opus",
    "opus": "opus",
    "fLaC": "flac",
    "flac": "flac",
    "vorbis": "vorbis",
}
"""Sound that browsers play, by the container's name for it or ffmpeg's → the codec to ask about."""

_UNHEARD = {
    "ac-3": ("AC-3", "ac-3"),
    "ac3": ("AC-3", "ac-3"),
    "ec-3": ("E-AC-3", "ec-3"),
    "eac3": ("E-AC-3", "ec-3"),
    "alac": ("ALAC", "alac"),
    "ima4": ("ADPCM", ""),
    "dtsc": ("DTS", ""),
    "dts": ("DTS", ""),
    "samr": ("AMR", ""),
    "sawb": ("AMR", ""),
}
"""Sound that few browsers play, or none → its name, and the codec to ask about."""

_PCM = frozenset(
    ("sowt", "twos", "in24", "in32", "lpcm", "raw ", "NONE", "fl32", "fl64", "ipcm", "fpcm")
)


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a browser may not play a clip: in a word, and the type that it can be asked about.

    `mime` is "" where no browser plays it as it is meant. `silent` says that the copy made for it
    lacks the sound, which cannot be decoded here.
    """

    what: str
    mime: str = ""
    silent: bool = False


def obstacle(clip: Clip, *, see_through: bool = False) -> Obstacle | None:
    """Return what may keep a browser from playing a clip, None where all of them play it."""
    if see_through:
        return Obstacle(what="a video that can be seen through")
    pictures, sound = _of_pictures(clip), _of_sound(clip)
    if pictures is None and sound is None:
        return None
    what, kind, codec = pictures or _PLAYED.get(clip.codec, ("H.264", "video/mp4", _AVC))
    name, heard = sound or ("", _HEARD.get(clip.sound, ""))
    asked = codec and (heard or not clip.audio)
    codecs = ", ".join(filter(None, (codec, heard)))
    return Obstacle(
        what=f"{what} with {name} sound" if name else what,
        mime=f'{kind}; codecs="{codecs}"' if asked else "",
    )


def _of_pictures(clip: Clip) -> tuple[str, str, str] | None:
    if clip.codec in ("avc1", "avc3"):
        if clip.profile is None or clip.profile in PLAIN:
            return None
        codec = f"avc1.{clip.profile:02x}0028"
        return "H.264 of more than eight bits or full colour", "video/mp4", codec
    matroska = clip.container == "matroska"
    if matroska and clip.codec in _PLAYED:
        return None
    if matroska and clip.codec == "h264":
        return _MATROSKA
    unknown = clip.codec.strip() or "an unknown kind of video", "", ""
    return _CODECS.get(clip.codec, unknown)


def _of_sound(clip: Clip) -> tuple[str, str] | None:
    if not clip.audio or clip.sound in _HEARD:
        return None
    if clip.sound in _PCM or clip.sound.startswith("pcm_"):
        return "PCM", ""
    return _UNHEARD.get(clip.sound, (clip.sound.strip() or "an unknown kind of", ""))
