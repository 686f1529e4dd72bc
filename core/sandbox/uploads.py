"""Files that were uploaded, each with a JSON file of its facts; only this module writes them."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from core.sandbox.order_files import dimensions, media_type
from core.sandbox.tasks import write_atomically

LARGEST_ASSET = 75 * 2**20

SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "model/gltf-binary": "glb",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """What is known of an uploaded file; `uploaded` is in seconds of the epoch."""

    id: str
    file: str
    uploaded: float
    size: int
    mime_type: str
    width: int | None = None
    height: int | None = None
    description: str = ""


class AssetFolder:
    """A folder of uploaded files, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def add(self, data: bytes, *, now: float, description: str) -> Asset | None:
        """Keep a file, or return None where its size or type is not taken."""
        kind = media_type(data[:16])
        if kind not in SUFFIXES or len(data) > LARGEST_ASSET:
            return None
        width, height = (dimensions(data) if kind.startswith("image/") else None) or (None, None)
        asset_id = str(uuid.uuid4())
        asset = Asset(
            id=asset_id,
            file=f"{asset_id}.{SUFFIXES[kind]}",
            uploaded=now,
            size=len(data),
            mime_type=kind,
            width=width,
            height=height,
            description=description,
        )
        write_atomically(self.path(asset.file), data)
        write_atomically(self.path(f"{asset_id}.json"), json.dumps(asdict(asset)).encode())
        return asset

    def get(self, asset_id: str) -> Asset | None:
        """Return the asset of that id, if there is one."""
        try:
            name = str(uuid.UUID(asset_id))
            return Asset(**json.loads(self.path(f"{name}.json").read_bytes()))
        except (ValueError, FileNotFoundError):
            return None

    def all(self) -> list[Asset]:
        """Return every asset, newest first."""
        found = [asset for path in self._folder.glob("*.json") if (asset := self.get(path.stem))]
        return sorted(found, key=lambda asset: (asset.uploaded, asset.id), reverse=True)

    def remove(self, asset: Asset) -> None:
        """Delete a file and its facts."""
        for name in (f"{asset.id}.json", asset.file):
            self.path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return where a file of that name lies."""
        return self._folder / name
