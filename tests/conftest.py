"""What tests share: a clock that sleeping moves, and studios whose whole world is the sandbox."""

import os
from datetime import UTC, datetime, timedelta

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # its thread races our imports
for name in ("AIMLAPI_API_KEY", "KREA_API_KEY", "AIMLAPI_BASE_URL", "KREA_BASE_URL"):
    os.environ.pop(name, None)

from core.client import Pauses


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Clock:
    """Time that passes only when somebody sleeps, and the list of those sleeps."""

    def __init__(self):
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def pauses(self):
        return Pauses(sleep=self.sleep, random=lambda: 0.5, now=lambda: self.now)


@pytest.fixture
def clock():
    return Clock()
