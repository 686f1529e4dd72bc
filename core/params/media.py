"""Parameters that are files, one or several: a path in the form, an address on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.params.param import JsonSchema, Param


@dataclass(frozen=True, kw_only=True)
class Media(Param):
    """A file: a path in the form; an https URL or a data URI on the wire."""

    media: ClassVar[str]
    noun: ClassVar[str]

    def _clean(self, value: Any) -> str:
        text = value.get("path") if isinstance(value, dict) else value
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{self.label} must be a file, an https address or a data URI.")
        if text.startswith("http:"):
            raise ValueError(f"{self.label} must have an https address.")
        if text.startswith("data:") and not text.startswith(f"data:{self.prefix()}"):
            raise ValueError(f"{self.label} must be a data URI with {self.noun} in it.")
        return text.strip()

    @classmethod
    def prefix(cls) -> str:
        """Return how the media type of such a file begins."""
        return f"{cls.media}/"

    def _schema(self) -> JsonSchema:
        return {"type": "string", "format": "uri"}


@dataclass(frozen=True, kw_only=True)
class Video(Media):
    """A clip."""

    kind = "video"
    media = "video"
    noun = "a video"


@dataclass(frozen=True, kw_only=True)
class Image(Media):
    """A still."""

    kind = "image"
    media = "image"
    noun = "an image"


@dataclass(frozen=True, kw_only=True)
class Audio(Media):
    """A piece of sound."""

    kind = "audio"
    media = "audio"
    noun = "a sound"


@dataclass(frozen=True, kw_only=True)
class AnyFile(Media):
    """A clip, a still or a piece of sound, where a model takes more than one kind."""

    kind = "file"
    media = "file"
    noun = "a file"

    @classmethod
    def prefix(cls) -> str:
        """Return the empty beginning: any media type will do."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Several(Param):
    """Files of one kind, in order; `least` and `most` say how many."""

    of: ClassVar[type[Media]]
    verb = "are"

    least: int = 0
    most: int | None = None

    def clean(self, value: Any) -> Any:
        """Return `value` tidied, or raise ValueError; a list of nothing is unset."""
        return super().clean(None if value == [] else value)

    def item(self) -> Media:
        """Return the parameter that one of the files would be."""
        return self.of(name=self.name, label=self.label)

    def _clean(self, value: Any) -> list[str]:
        given = value.split("\n") if isinstance(value, str) else value
        if not isinstance(given, list | tuple):
            raise ValueError(f"{self.label} must be a list of files or addresses.")
        one = self.item()
        files = [one.clean(file) for file in given if file not in (None, "")]
        if self.most is not None and len(files) > self.most:
            raise ValueError(f"{self.label} takes at most {self.most}; {len(files)} were given.")
        if len(files) < self.least:
            raise ValueError(f"{self.label} takes at least {self.least}; {len(files)} were given.")
        return files

    def _schema(self) -> JsonSchema:
        counts = {"minItems": self.least or None, "maxItems": self.most}
        return {"type": "array", "items": {"type": "string", "format": "uri"}} | {
            key: count for key, count in counts.items() if count is not None
        }


@dataclass(frozen=True, kw_only=True)
class Videos(Several):
    """Clips."""

    kind = "videos"
    of = Video


@dataclass(frozen=True, kw_only=True)
class Images(Several):
    """Stills."""

    kind = "images"
    of = Image


@dataclass(frozen=True, kw_only=True)
class Audios(Several):
    """Pieces of sound."""

    kind = "audios"
    of = Audio


@dataclass(frozen=True, kw_only=True)
class AnyFiles(Several):
    """Files of whatever kind."""

    kind = "files"
    of = AnyFile
