"""The form as a program: it runs, it orders what the form says, and it holds no key and no file."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from served import served_sandbox
from snippet_runs import run

from core.models import MODELS, ModelSpec
from core.params import Images, Json, Text
from core.providers import PROVIDERS
from core.providers.code_samples import snippet

WAN = MODELS["aimlapi:krea/krea-wan-14b/text-to-video"]
WAN_VIDEO = MODELS["aimlapi:krea/krea-wan-14b/video-to-video"]
KLING = MODELS["krea:kling/kling-2.5"].when(live=True)
LANGUAGES = ("python", "javascript", "curl")
PROMPT = 'a fox\'s "den" – 100 % {fog} $HOME `ls` \\ end'

ORDERS = {
    "aimlapi": (WAN, {"prompt": PROMPT, "num_frames": 18, "enable_prompt_expansion": True}),
    "krea": (KLING, {"prompt": PROMPT, "duration": 5}),
}
COMPLEX = ModelSpec(
    id="maker/one",
    provider="aimlapi",
    name="One",
    task="image-to-video",
    path="/v2/video/generations",
    params=(
        Text(name="prompt", label="Prompt"),
        Images(name="images", label="Images"),
        Json(name="camera", label="Camera"),
    ),
)
CAMERA = {"moves": [{"at": 0.5, "loop": True, "note": None}], "name": "it's"}


def bodies(language, program):
    """Return the order's body as the program writes it."""
    if language == "python":
        found = re.search(r"json=(\{.*?\n\})\)", program, re.DOTALL)
        return eval(found[1], {"__builtins__": {}})
    if language == "javascript":
        return json.loads(re.search(r"JSON\.stringify\((\{.*?\n\})\)", program, re.DOTALL)[1])
    first = program.split("# With the id")[0]
    words = shlex.split(first, comments=True)
    return json.loads(words[words.index("-d") + 1])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_a_program_orders_exactly_what_the_form_says(spec, language):
    spec = spec.when(live=True)
    values = spec.fit({}) | {"prompt": PROMPT}
    values = {name: value for name, value in values.items() if value is not None}
    order = PROVIDERS[spec.provider].create(spec, values, "")
    program = snippet(spec, values, language)
    assert bodies(language, program) == order.json
    assert spec.path in program
    assert f"<YOUR_{spec.provider.upper()}_KEY>" in program


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_and_nested_values_are_written_in_each_language(language):
    values = {"prompt": "x", "images": ["https://a.test/1.png"], "camera": CAMERA, "empty": []}
    body = bodies(language, snippet(COMPLEX, values, language))
    assert body == {"model": "maker/one", **values}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_this_app_is_not_given_away(language):
    token = "0" * 32
    files = [f"/takes/{token}/a.png", "https://a.test/1.png", "data:image/png;base64,AAAA"]
    program = snippet(COMPLEX, {"prompt": "x", "images": files}, language)
    first, web, last = bodies(language, program)["images"]
    assert web == files[1]
    assert all(shown.startswith("https://example.com/source") for shown in (first, last))
    single = snippet(WAN_VIDEO, {"prompt": "x", "video_url": f"/takes/{token}/a.mp4"}, language)
    assert token not in program + single


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("provider", ORDERS)
def test_a_program_runs_and_saves_a_clip(tmp_path, monkeypatch, provider, language):
    with served_sandbox(tmp_path / "provider") as (gate, url):
        here = replace(PROVIDERS[provider], base_url=url)
        monkeypatch.setattr("core.providers.code_samples.PROVIDERS", {provider: here})
        said = run(snippet(*ORDERS[provider], language), language, tmp_path, pause=0.3)
        assert said.returncode == 0, said.stderr
        assert said.stdout.startswith("id: ")
        assert gate.tally["create"] == 1
        assert gate.keyed_files == 0
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_key_the_program_orders_what_the_provider_itself_takes(language):
    in_sandbox = MODELS["krea:kling/kling-2.5"].when(live=False)
    values = {"prompt": PROMPT, "duration": 7.5, "width": 720, "height": 1280, "fps": 24, "seed": 3}
    body = bodies(language, snippet(in_sandbox, values, language))
    assert body == {"prompt": PROMPT, "duration": 5, "aspect_ratio": "9:16", "mode": "pro"}
    assert not KLING.check(body).problems


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("provider", ORDERS)
def test_what_a_person_wrote_is_never_taken_for_a_part_of_the_program(provider, language):
    spec, values = ORDERS[provider]
    odd = "@body@ @path@ @base@ @task_id@ @clips@"
    assert bodies(language, snippet(spec, values | {"prompt": odd}, language))["prompt"] == odd


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("provider", ORDERS)
def test_a_program_is_short_enough_to_be_read(provider, language):
    program = snippet(*ORDERS[provider], language)
    assert len(program.splitlines()) <= 85
    written = [line for line in program.splitlines() if not line.startswith("  -d ")]
    assert max(map(len, written)) <= 110
