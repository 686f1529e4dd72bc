"""Both vendors' whole catalogs played back by a strict server: every model, as its form begins."""

import base64
import io
import time
import wave

import pytest
from catalogs import krea_ids, on_disk, video_ids
from PIL import Image as Picture
from served import serve_app
from served_page import hurry

from core import MODELS, Clock, Settings, open_studio
from core.params import Audio, Media, Several, Text
from core.sandbox import create_sandbox
from core.sandbox.playback import read_recorded

# The sandbox fails such an order without drawing a clip: here it matters only that it is taken.
PROMPT = "[fail] Lanterns drift down a dark river."
ADDRESS = "https://example.com/source"


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server that takes an order only if the vendor's own document allows it."""
    recorded = read_recorded([on_disk.record(tmp_path_factory.mktemp("recorded"))])
    app = create_sandbox(tmp_path_factory.mktemp("sandbox"), models=recorded)
    with serve_app(app) as address:
        yield address


@pytest.fixture(scope="module")
def studio(strict, tmp_path_factory):
    settings = Settings(
        dailies_data_dir=tmp_path_factory.mktemp("data"),
        aimlapi_api_key="a",
        krea_api_key="k",
        aimlapi_base_url=strict,
        krea_base_url=strict,
    )
    with open_studio(settings, clock=Clock(sleep=hurry)) as studio:
        ends = time.monotonic() + 60
        wanted = len(MODELS) + 150
        while len(studio.models()) < wanted and time.monotonic() < ends:
            time.sleep(0.1)
        yield studio


def test_every_video_model_that_the_vendors_publish_is_there(studio):
    keys = {spec.key for spec in studio.models()}
    assert keys >= {f"aimlapi:{model}" for model in video_ids()}
    assert keys >= {f"krea:{model}" for model in krea_ids()}
    assert keys >= set(MODELS)


def test_nothing_but_video_models_is_there(studio):
    assert not [spec for spec in studio.models() if "chat" in spec.id or "paint" in spec.id]


def test_each_form_as_it_begins_is_an_order_that_the_strict_server_takes(studio):
    jobs = {}
    for spec in studio.models():
        if spec.built_in or spec.withdrawn:
            continue
        jobs[spec.key] = studio.submit(spec.key, given(spec))
    refused = {}
    for key, job in jobs.items():
        done = studio.wait(job.id, timeout=120)
        if not done.generation_id:
            refused[key] = done.error and (done.error.message, done.error.provider_message)
    assert not refused, "\n".join(f"{key}: {why}" for key, why in refused.items())
    assert len(jobs) > 150


def given(spec):
    """What a person has to give, and nothing else."""
    values = {}
    for param in spec.params:
        if isinstance(param, Text) and param.name == "prompt":
            values["prompt"] = PROMPT
        elif not param.required:
            continue
        elif isinstance(param, Media):
            values[param.name] = source(spec, param)
        elif isinstance(param, Several):
            values[param.name] = [source(spec, param.item())] * max(1, param.least)
        elif isinstance(param, Text):
            values[param.name] = "amber"
    return values


def source(spec, param):
    if spec.provider == "aimlapi":
        return ADDRESS
    if isinstance(param, Audio):
        return data_uri("audio/wav", tone())
    return data_uri("image/png", still()) if param.media != "video" else clip_uri()


def data_uri(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def still():
    kept = io.BytesIO()
    Picture.new("RGB", (640, 360), "#37474f").save(kept, "PNG")
    return kept.getvalue()


def tone():
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000)
    return kept.getvalue()


def clip_uri():
    from core.media import ffmpeg

    picture = "testsrc2=size=320x180:rate=12:duration=2"
    options = ["-pix_fmt", "yuv420p", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-"]
    return data_uri("video/mp4", ffmpeg.run(["-f", "lavfi", "-i", picture, *options]))
