"""A person's way with each model: pick, write, generate, watch the clip and the GIF."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect
from screening import KLING_16, KLING_25, WAN, WAN_21, WAN_VIDEO

from core.media import ffmpeg

pytestmark = pytest.mark.browser

SHOT = Path(__file__).parents[2] / "assets" / "screenshot.png"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "holiday.mp4"
    picture = "testsrc2=size=832x480:rate=16:duration=1.2"
    ffmpeg.run(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(path)])
    return path


@pytest.mark.parametrize(
    ("model", "size", "seconds"),
    [
        (WAN, (832, 480), 1.1),
        (WAN_VIDEO, (832, 480), 1.2),
        (WAN_21, (832, 480), 5.1),
        (KLING_16, (1280, 720), 5),
        (KLING_25, (640, 360), 3),
    ],
    ids=["wan", "wan-video", "wan-2.1", "kling-1.6", "kling-2.5"],
)
def test_a_clip_is_ordered_and_watched(room, source, model, size, seconds):
    room.pick(model)
    room.prompt("A lighthouse above a stormy sea at dusk")
    if model is WAN:
        room.frames(18)
    if model is WAN_VIDEO:
        room.page.set_input_files("#field-video_url-video input[type=file]", source)
        room.page.wait_for_selector("#field-video_url-video .filename")
    if model is KLING_25:
        for name, value in (("duration-length", 3), ("width-slider", 640), ("height-slider", 360)):
            room.page.fill(f"#field-{name} input[type=number]", str(value))
    room.generate()
    assert room.wait() == "completed"
    playing = room.video()
    assert (playing["width"], playing["height"]) == size
    assert playing["seconds"] == pytest.approx(seconds, abs=0.3)
    assert playing["muted"]
    later = room.video()
    room.page.wait_for_function(
        f"() => Math.abs(document.querySelector('#screen video').currentTime - {later['at']}) > 0.2"
    )
    watch_the_gif(room)


def watch_the_gif(room):
    room.page.click("#tab-gif")
    picture = room.page.locator("#screen img.gif")
    expect(picture).to_be_visible()
    moving = Image.open(io.BytesIO(room.fetch(picture.get_attribute("src"))))
    assert moving.format == "GIF"
    assert moving.n_frames > 1


def test_a_gif_is_made_to_order_and_shown(room):
    room.make("An eagle over snow-capped peaks")
    room.page.click("#tab-gif")
    room.page.get_by_text("320 px").click()
    room.page.get_by_text("8 fps", exact=True).click()
    room.page.get_by_role("button", name="Make GIF").click()
    said = room.page.locator("#under .maker .hint")
    expect(said).to_contain_text("320×", timeout=20_000)
    expect(said).to_contain_text("8 fps")
    shown = room.page.locator("#screen img.gif")
    expect(shown).to_have_attribute("src", r := shown.get_attribute("src"))
    assert Image.open(io.BytesIO(room.fetch(r))).size[0] == 320


def test_a_reload_in_mid_job_shows_it_running_and_then_finished(room):
    room.prompt("Lanterns on a dark river")
    room.generate()
    room.page.wait_for_selector('#screen[data-state="running"]')
    room.reload()
    expect(room.page.locator("#screen .script")).to_have_text("Lanterns on a dark river")
    assert room.wait() == "completed"
    assert room.video()["seconds"] == pytest.approx(4.9, abs=0.1)


def test_the_video_is_not_started_anew_by_news_of_the_job(room):
    room.prompt("A train crosses an iron bridge")
    room.generate()
    room.page.wait_for_selector("#screen video:not([hidden])", timeout=45_000)
    room.page.evaluate("document.querySelector('#screen video').dataset.same = 'yes'")
    room.page.evaluate(
        "window.starts = 0;"
        "document.querySelector('#screen video').addEventListener('loadstart', () => starts++)"
    )
    room.wait()
    room.page.wait_for_timeout(1500)
    assert room.page.get_attribute("#screen video", "data-same") == "yes"
    assert room.page.evaluate("window.starts") == 0


def test_a_double_click_orders_one_take(room):
    room.prompt("One fox")
    room.frames(18)
    room.page.dblclick("#generate")
    room.wait()
    assert room.page.locator("#takes-list .take").count() == 1


def test_a_failure_says_what_happened_and_that_it_cost_nothing(room):
    assert room.make("[fail] A harbour in fog") == "failed"
    scene = room.page.locator("#screen .failure")
    expect(scene).to_contain_text("This take failed")
    expect(scene).to_contain_text("Not charged.")
    room.prompt("Something else")
    scene.get_by_role("button", name="Try again").click()
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value(
        "[fail] A harbour in fog"
    )
    assert "failed" in room.page.get_attribute("#takes-list .take", "aria-label")


def test_a_running_take_can_be_given_up_in_plain_words(room):
    room.prompt("[slow] A glacier")
    room.generate()
    room.page.wait_for_selector('#screen[data-state="running"]')
    room.page.get_by_role("button", name="Stop watching").click()
    room.wait('#screen[data-state="cancelled"]')
    expect(room.page.locator("#screen .failure")).to_contain_text("may finish, and be charged")


def test_the_title_tells_of_running_takes(room):
    room.prompt("[slow] A glacier")
    room.generate()
    room.page.wait_for_function("() => document.title === '● 1 running · Dailies'")


def test_settings_are_put_back_with_their_model_and_their_source(room, source):
    room.pick(WAN_VIDEO)
    room.prompt("Folded paper")
    room.page.set_input_files("#field-video_url-video input[type=file]", source)
    room.page.wait_for_selector("#field-video_url-video .filename")
    room.page.fill("#field-strength-slider input[type=number]", "0.4")
    room.generate()
    room.wait()
    room.pick(KLING_16)
    room.prompt("Something else")
    room.page.click("#under >> text=Reuse settings")
    expect(room.page.locator("#model input")).to_have_value(WAN_VIDEO)
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value("Folded paper")
    expect(room.page.locator("#field-strength-slider input[type=number]")).to_have_value("0.4")
    expect(room.page.locator("#field-video_url-video video")).to_be_visible()
    room.generate()
    room.page.wait_for_function("() => document.querySelectorAll('#takes-list .take').length === 2")


def test_the_strip_is_searched_and_walked_with_keys(room):
    room.make("A red fox in snow")
    room.make("A potter's wheel")
    room.page.fill("#takes-search", "fox")
    expect(room.page.locator("#takes-list .take")).to_have_count(1)
    room.page.fill("#takes-search", "")
    room.page.locator("#takes-list .take").first.focus()
    room.page.keyboard.press("ArrowRight")
    room.page.keyboard.press("Enter")
    expect(room.page.locator("#takes-list .take").nth(1)).to_have_attribute("aria-current", "true")
    room.page.click("#tab-settings")
    expect(room.page.locator("#screen .settings")).to_contain_text("A red fox in snow")


@pytest.mark.skipif(
    not os.environ.get("DAILIES_SCREENSHOT"),
    reason="set DAILIES_SCREENSHOT to take the README's picture anew",
)
def test_a_picture_of_the_page_for_the_readme(visit):
    room = visit(device_scale_factor=2)
    room.pick(KLING_16)
    room.make("An old tram climbs a steep street in the rain", frames=None)
    room.pick(WAN)
    for words in (
        "Slow aerial shot over terraced rice fields at sunrise",
        "A night train in the rain",
        "An eagle soars over snow-capped peaks at sunrise",
    ):
        room.make(words, frames=78)
    room.video()
    room.page.wait_for_timeout(1200)
    room.page.screenshot(path=SHOT)
    assert room.complaints == []
