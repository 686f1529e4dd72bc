"""Takes in the files that a job starts from, and turns them into what travels to the provider."""

from core.sources.caps import CAPS, Caps
from core.sources.sources import Served, Sources

__all__ = ["CAPS", "Caps", "Served", "Sources"]
