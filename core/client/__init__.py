"""Does the HTTP: orders, questions and downloads. The only package that imports httpx."""

from core.client.api import Client, Pauses
from core.client.dial import (
    SANDBOX_KEY,
    SANDBOX_URL,
    Line,
    Route,
    dial,
    fetch_public,
    whatever_it_is,
)
from core.client.download import Downloader, Expired

__all__ = [
    "SANDBOX_KEY",
    "SANDBOX_URL",
    "Client",
    "Downloader",
    "Expired",
    "Line",
    "Pauses",
    "Route",
    "dial",
    "fetch_public",
    "whatever_it_is",
]
