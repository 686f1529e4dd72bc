"""What tests share: a clock that sleeping moves, and studios whose whole world is the sandbox."""

import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # its thread races our imports
for name in ("AIMLAPI_API_KEY", "KREA_API_KEY", "AIMLAPI_BASE_URL", "KREA_BASE_URL"):
    os.environ.pop(name, None)

from own_process import pytest_configure  # noqa: F401  pytest calls it

from core.client import Clock
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.media import ffmpeg

settings.register_profile("whatever the load", deadline=None)
settings.load_profile("whatever the load")


@pytest.fixture
def anyio_backend():
    return "asyncio"


class FakeClock:
    """Time that passes only when somebody sleeps, and the list of those sleeps."""

    def __init__(self):
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.slept = []
        self.passed = 0.0

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.passed += seconds

    @property
    def as_clock(self):
        return Clock(
            sleep=self.sleep,
            random=lambda: 0.5,
            now=lambda: self.now,
            monotonic=lambda: self.passed,
        )


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(scope="session")
def clip_bytes(tmp_path_factory):
    """A real MP4: one second, 160 by 96 pixels, 10 frames."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    source = "testsrc2=size=160x96:rate=10:duration=1"
    ffmpeg.run(["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(path)])
    return path.read_bytes()


@pytest.fixture
def store(tmp_path):
    store = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield store
    store.close()


@pytest.fixture
def make_job(clock):
    """Gives a job as `Studio.submit` would make it, not written down yet."""

    def make_job(model="aimlapi:krea/krea-wan-14b/text-to-video", **changes):
        facts = {
            "id": secrets.token_hex(16),
            "token": secrets.token_hex(16),
            "owner": "",
            "model": model,
            "provider": model.partition(":")[0],
            "live": True,
            "key_from": "operator",
            "params": {"prompt": "a fox", "num_frames": 78},
            "request_id": f"dailies-{secrets.token_hex(8)}",
            "created_at": clock.now,
        }
        return Job(**facts | changes)

    return make_job


@pytest.fixture
def new_job(store, make_job):
    """Writes a job down, and returns it."""
    return lambda *model, **changes: store.add(make_job(*model, **changes))
