"""Does the HTTP: orders, questions and downloads. The only package that imports httpx."""

from core.client.clock import Clock
from core.client.connection import (
    SANDBOX_KEY,
    SANDBOX_URL,
    Connection,
    Route,
    connect,
    fetch_public,
    whatever_it_is,
)
from core.client.connection_pool import ConnectionPool
from core.client.download import Downloader
from core.client.provider_client import Client
from core.client.proxies import UnusableProxy, read_proxies

__all__ = [
    "SANDBOX_KEY",
    "SANDBOX_URL",
    "Client",
    "Clock",
    "Connection",
    "ConnectionPool",
    "Downloader",
    "Route",
    "UnusableProxy",
    "connect",
    "fetch_public",
    "read_proxies",
    "whatever_it_is",
]
