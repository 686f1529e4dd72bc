"""Other models than the built-in ones, in the browser: brought in, looked through, ordered from."""

import json
import re
from pathlib import Path

import pytest
from catalogs import on_disk
from PIL import Image
from playwright.sync_api import expect
from running import running_app
from screening import Screening

from core.catalog.export import as_schema, from_schema

pytestmark = pytest.mark.browser

FORTY = on_disk.specs()[::4][:40]

# Puts a model into the form as the picker does, and tells what the page then shows and how soon.
SWITCH = """async (key) => {
  const version = (await (await fetch("/dailies/feed?since=-1")).json()).catalog.version;
  window.sheets ??= {};
  window.sheets[version] ??= (await (await fetch(`/dailies/models/${version}`)).json()).models;
  const faces = window.sheets[version][key];
  const wanted = new Set((faces.both ?? faces.sandbox).fields.map((field) => field.slot));
  const fields = () => [...document.querySelectorAll("#fields .field:not(.address)")];
  const shown = () => fields().map((node) => node.id);
  const begun = performance.now();
  window.dailies.filling = { model: key, keep: true };
  document.querySelector("#wire textarea").dispatchEvent(new Event("blur"));
  while (performance.now() - begun < 5000) {
    const now = shown();
    if (now.length === wanted.size && now.every((id) => wanted.has(id))) break;
    await new Promise(requestAnimationFrame);
  }
  return { wanted: [...wanted].sort(), shown: shown().sort(), took: performance.now() - begun };
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with running_app(tmp_path_factory.mktemp("data")) as at:
        yield at


@pytest.fixture(scope="module")
def stocked(chromium, address, tmp_path_factory):
    """The page, after forty models were brought in through its own button."""
    # Ten loops that play for minutes would keep the machine from everything else.
    still = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 800}}
    context = chromium.new_context(**still)
    room = Screening(context.new_page(), address).open()
    room.page.click("#browse")
    files = on_disk.entries(tmp_path_factory.mktemp("entries"), FORTY)
    room.page.set_input_files("#models-file", files)
    expect(room.page.locator("#models-list li")).to_have_count(45, timeout=30_000)
    room.page.keyboard.press("Escape")
    yield room
    assert room.complaints == []
    context.close()


def test_forty_models_are_switched_through_and_the_page_does_not_grow(stocked):
    widgets = len(stocked.page.evaluate("window.gradio_config.components"))
    took = []
    for spec in FORTY:
        told = stocked.page.evaluate(SWITCH, spec.key)
        assert told["shown"] == told["wanted"], spec.key
        took.append(told["took"])
        expect(stocked.page.locator("#fields .said[data-bad]")).to_have_count(0)
    assert len(stocked.page.evaluate("window.gradio_config.components")) == widgets
    # A bound against folly, not a benchmark: the machine may be busy. bench/switching.py measures.
    assert sorted(took)[len(took) // 2] < 1000


@pytest.mark.parametrize("spec", FORTY[::4], ids=lambda spec: spec.key)
def test_a_clip_is_ordered_from_a_model_that_was_brought_in(stocked, spec, tmp_path):
    stocked.page.evaluate(SWITCH, spec.key)
    fill_in(stocked, spec, tmp_path)
    before = stocked.page.locator("#takes-list .take").count()
    stocked.generate()
    stocked.page.wait_for_selector(f"#takes-list .take >> nth={before}", timeout=15_000)
    assert stocked.wait() == "completed", stocked.page.inner_text("#screen")


def fill_in(room, spec, folder):
    """Give what a person must give, and nothing else."""
    picture = folder / "still.png"
    Image.new("RGB", (640, 360), "#37474f").save(picture)
    sheet = room.page.evaluate("(key) => Object.values(window.sheets).at(-1)[key].both", spec.key)
    for field in sheet["fields"]:
        if field["advanced"] and field["rule"]["required"]:
            room.page.evaluate("document.getElementById('more').click()")
            break
    for field in sheet["fields"]:
        if field["name"] == "prompt":
            room.page.fill(f"#{field['slot']} textarea", "Lanterns drift down a dark river.")
        elif field["rule"]["required"] and field["rule"]["kind"] == "file":
            give_file(room, field, picture, folder)
        elif field["rule"]["required"] and field["rule"]["kind"] == "text":
            room.page.fill(f"#{field['slot']} textarea", "amber")


def give_file(room, field, picture, folder):
    made = {"image": picture, "file": picture}.get(field["media"]) or sample(field["media"], folder)
    room.page.set_input_files(f"#{field['slot']} input[type=file]", made)
    room.page.wait_for_selector(f"#{field['slot']} .filename")


def sample(media, folder):
    from core.media import ffmpeg

    if media == "audio":
        path, source = folder / "tone.wav", "sine=frequency=440:duration=2"
        ffmpeg.run(["-f", "lavfi", "-i", source, str(path)])
    else:
        path, source = folder / "clip.mp4", "testsrc2=size=320x180:rate=12:duration=2"
        ffmpeg.run(["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", str(path)])
    return path


def test_a_model_is_found_by_words_and_by_what_goes_in(stocked):
    page = stocked.page
    page.click("#browse")
    wanted = FORTY[7]
    page.fill("#models-search", f"{wanted.name} {wanted.task.split('-')[0]}")
    rows = page.locator("#models-list .choose")
    expect(page.locator(f'#models-list [data-key="{wanted.key}"]')).to_be_visible()
    assert rows.count() < 45
    page.fill("#models-search", "")
    page.get_by_role("button", name="Audio", exact=True).click()
    sounding = [spec.key for spec in FORTY if "audio" in spec.inputs]
    expect(rows).to_have_count(len(sounding))
    page.get_by_role("button", name="Audio", exact=True).click()
    page.keyboard.press("Escape")


def test_a_favourite_and_what_was_used_last_stand_first(stocked):
    page = stocked.page
    stocked.page.evaluate(SWITCH, FORTY[0].key)
    page.click("#browse")
    loved = FORTY[30]
    row = page.locator("#models-list li", has=page.locator(f'[data-key="{loved.key}"]'))
    row.locator(".star").click()
    page.get_by_role("button", name="Favourites", exact=True).click()
    expect(page.locator("#models-list .choose")).to_have_count(1)
    page.get_by_role("button", name="Favourites", exact=True).click()
    page.keyboard.press("Escape")
    stocked.reload()
    page.click("#browse")
    kept = page.evaluate("JSON.parse(localStorage.getItem('dailies:favourites'))")
    assert kept == [loved.key]
    expect(page.locator("#models-list .star[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("Escape")


def test_escape_closes_the_panel_and_the_next_search_begins_afresh(stocked):
    page = stocked.page
    page.click("#browse")
    page.fill("#models-search", "nothing is called like this")
    expect(page.locator("#models-list .choose")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#models")).to_be_hidden()
    page.click("#browse")
    expect(page.locator("#models-list .choose")).to_have_count(45)
    page.keyboard.press("Escape")


def test_the_search_alone_picks_a_model_by_the_keyboard(stocked):
    page = stocked.page
    wanted = FORTY[11]
    page.click("#browse")
    page.fill("#models-search", wanted.id)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#model-side")).to_contain_text("sandbox")
    expect(page.locator("#model input")).to_have_value(re.compile(re.escape(wanted.name)))


def test_a_file_that_is_no_model_is_refused_in_the_panel(stocked, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"type": "object"}))
    stocked.page.click("#browse")
    stocked.complaints.clear()
    stocked.page.set_input_files("#models-file", wrong)
    expect(stocked.page.locator("#models-said")).to_contain_text("wrong.json")
    # The refusal itself is a complaint of the browser's, and the only one.
    assert [said for said in stocked.complaints if "400" not in said] == []
    stocked.complaints.clear()
    stocked.page.keyboard.press("Escape")


def test_the_chosen_model_leaves_as_a_file_that_could_come_back(stocked):
    stocked.page.evaluate(SWITCH, FORTY[5].key)
    stocked.page.click("#browse")
    with stocked.page.expect_download() as told:
        stocked.page.click("#models-export")
    entry = json.loads(Path(told.value.path()).read_text())
    assert from_schema(entry).params == from_schema(as_schema(FORTY[5])).params
    stocked.page.keyboard.press("Escape")
