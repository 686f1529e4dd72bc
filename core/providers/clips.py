"""Finds the clips in whatever a provider answers; it may only read, and knows no vendor.

A clip is known by its address (`.mp4`), by what is said beside it (`video/mp4`), or by the names
that lead to it (`videos`, `video_url`). Pictures, sounds, and what was sent with the order are
known by the same and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from core.untrusted import read_leniently

MOST_CLIPS = 16
DEEPEST = 12

# In one object these are ways to the same clip; the first that is there is taken.
_ADDRESSES = (
    *("video_url", "videoUrl", "url", "download_url", "downloadUrl", "signed_url", "public_url"),
    *("file_url", "fileUrl", "href", "uri", "link", "src"),
)
_KINDS = ("content_type", "contentType", "mime_type", "mimeType", "media_type", "mime", "type")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VIDEO_WORDS = _set("video videos clip clips movie movies film films mp4 webm mov")
_RESULT_WORDS = _set(
    "url urls output outputs result results file files asset assets artifact artifacts data media "
    "content generation generations generated item items download downloads href uri uris link "
    "links src sample samples work works response creation creations final"
)
_OTHER_WORDS = _set(
    "thumb thumbs thumbnail thumbnails cover covers poster posters preview previews image images "
    "img picture pictures photo photos frame frames gif audio sound music voice speech subtitle "
    "subtitles caption captions mask masks logo icon avatar input inputs request requests param "
    "params parameter parameters prompt prompts arguments args options settings config reference "
    "references ref refs start end init source sources webhook callback status cancel get self "
    "poll polling doc docs documentation help support terms billing pricing web page share error "
    "errors next prev previous log logs"
)
_OTHER_NAMES = _set("response_url task_url job_url")

_VIDEO_ENDINGS = _set(".mp4 .m4v .mov .webm .mkv .avi .mpg .mpeg .ts")
_OTHER_ENDINGS = _set(
    ".jpg .jpeg .png .webp .avif .heic .gif .bmp .svg .mp3 .wav .m4a .aac .ogg .flac .json .txt "
    ".html .htm .vtt .srt .zip .glb .pdf .m3u8"
)
_IN_WORDS = re.compile(r"https?://[^\s\"'<>()]+")
_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,9}://")
_INLINE = ("video/", "application/octet-stream", "application/mp4", "binary/", ";", ",")
_BARE_BASE64 = re.compile(r"(?:AAAA.GZ0eX|GkXfo)[A-Za-z0-9+/]{200}")


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Addresses, the main clip's first; not `sure` where nothing but their place speaks for it."""

    addresses: tuple[str, ...] = ()
    sure: bool = False


@dataclass(frozen=True, kw_only=True)
class _Found:
    address: str
    sure: bool


def clips_in(answer: Any, *documented: Any) -> Clips:
    """Return the clips in an answer; what stands in a `documented` place is one in any case."""
    found = [each for place in documented for each in _walk(place, frozenset({"video"}), 0)]
    found += _walk(answer, frozenset(), 0)
    sure = any(each.sure for each in found)
    addresses = _once(each.address for each in found if each.sure is sure)
    # A clip inside the answer is often the echo of one that was sent; an address speaks louder.
    lighter = [address for address in addresses if not address.startswith("data:")]
    return Clips(addresses=tuple((lighter or addresses)[:MOST_CLIPS]), sure=sure)


def _walk(value: Any, names: frozenset[str], depth: int) -> Iterator[_Found]:
    if depth > DEEPEST:
        return
    match value:
        case str():
            yield from _in_text(value.strip(), names)
        case list():
            for item in value[:100]:
                yield from _walk(item, names, depth + 1)
        case dict():
            yield from _in_object(value, names, depth + 1)
        case _:
            pass


def _in_object(value: dict[str, Any], names: frozenset[str], depth: int) -> Iterator[_Found]:
    kind = " ".join(str(value[name]) for name in _KINDS if isinstance(value.get(name), str))
    said = _words(kind)
    if said & _OTHER_WORDS or (said & {"application"} and said & {"json", "zip", "pdf"}):
        return
    names |= said & _VIDEO_WORDS
    direct = False
    for name in (*_ADDRESSES, *(name for name in value if name not in _ADDRESSES)):
        if name not in value or name in _OTHER_NAMES or _words(name) & _OTHER_WORDS:
            continue
        if direct and name in _ADDRESSES and isinstance(value[name], str):
            continue
        found = list(_walk(value[name], names | _words(name), depth))
        direct = direct or (bool(found) and name in _ADDRESSES)
        yield from found


def _in_text(text: str, names: frozenset[str]) -> Iterator[_Found]:
    named = bool(names & _VIDEO_WORDS)
    if address := _whole_address(text):
        ending = _ending(address)
        sure = named or ending in _VIDEO_ENDINGS or address.startswith("data:video/")
        if ending not in _OTHER_ENDINGS and (sure or names & _RESULT_WORDS):
            yield _Found(address=address, sure=sure)
    elif text[:1] in ("[", "{"):
        yield from _walk(_inside(text), names, DEEPEST - 2)
    elif "http" in text:
        for match in _IN_WORDS.finditer(text[:5000]):
            if _ending(match[0]) in _VIDEO_ENDINGS:
                yield _Found(address=match[0], sure=True)


def _inside(text: str) -> Any:
    try:
        return read_leniently(text)
    except ValueError:
        return _IN_WORDS.findall(text[:5000])


def _whole_address(text: str) -> str | None:
    if text[:5].lower() == "data:":
        head = text[5:60].lower().lstrip()
        return text if head.startswith(_INLINE) else None
    if _BARE_BASE64.match(text):
        return f"data:video/mp4;base64,{text}"
    if _WITH_SCHEME.match(text):
        # One that is no web address, too: the fetcher says so, with the address.
        return re.sub(r"\s", "%20", text)
    if any(letter.isspace() for letter in text):
        return None
    if text.startswith("//"):
        return f"https:{text}"
    return text if text.startswith("/") and _ending(text) in _VIDEO_ENDINGS else None


def _ending(address: str) -> str:
    if address.startswith("data:"):
        return ""
    try:
        return PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    except ValueError:
        return ""


def _once(addresses: Iterable[str]) -> list[str]:
    """Leave out what is there twice, be it with another signature."""
    kept: dict[str, str] = {}
    for address in addresses:
        file = address.partition("?")[0] if _ending(address) in _VIDEO_ENDINGS else address
        kept.setdefault(file, address)
    return list(kept.values())


def _words(name: str) -> frozenset[str]:
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+\d?|[A-Z]+(?![a-z])", name)]
    # What is made *from* something, as in `image_to_video`, is none of it.
    made = parts[len(parts) - parts[::-1].index("to") :] if "to" in parts else []
    return frozenset(made or parts)
