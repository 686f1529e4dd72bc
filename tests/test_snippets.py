"""The form as a program: it runs, it orders what the form says, and it holds no key and no file."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from served import served_sandbox

from core.models import MODELS, ModelSpec
from core.params import Images, Json, Text
from core.providers import PROVIDERS
from core.snippets import snippet

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
    import shlex

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


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("provider", ORDERS)
def test_a_program_runs_and_saves_a_clip(tmp_path, monkeypatch, provider, language):
    with served_sandbox(tmp_path / "provider") as (gate, url):
        here = replace(PROVIDERS[provider], base_url=url)
        monkeypatch.setattr("core.snippets.PROVIDERS", {provider: here})
        program = snippet(*ORDERS[provider], language)
        program = program.replace(f"<YOUR_{provider.upper()}_KEY>", "a-key")
        program = program.replace("time.sleep(5)", "time.sleep(0.3)").replace("5000", "300")
        name, runs = {
            "python": ("clip.py", [sys.executable]),
            "javascript": ("clip.mjs", ["node"]),
        }[language]
        (tmp_path / name).write_text(program)
        said = subprocess.run(
            [*runs, name], cwd=tmp_path, timeout=60, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        assert gate.tally["create"] == 1
        assert gate.keyed_files == 0
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("provider", ORDERS)
def test_the_curl_commands_run(tmp_path, monkeypatch, provider):
    with served_sandbox(tmp_path / "provider") as (gate, url):
        here = replace(PROVIDERS[provider], base_url=url)
        monkeypatch.setattr("core.snippets.PROVIDERS", {provider: here})
        program = snippet(*ORDERS[provider], "curl")
        program = program.replace(f"<YOUR_{provider.upper()}_KEY>", "a-key")
        order, _, ask = program.partition("# With the id")
        answer = json.loads(run_shell(order))
        task = answer.get("id") or answer["job_id"]
        ask = ask.partition("\n")[2].replace("=ID", f"={task}").replace("/ID", f"/{task}")
        assert json.loads(run_shell(ask))["status"]
        assert gate.tally["create"] == gate.tally["poll"] == 1


def run_shell(script):
    return subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, timeout=30, check=True
    ).stdout
