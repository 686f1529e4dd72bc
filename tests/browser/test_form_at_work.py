"""The form in the browser: the grid, refusals, what is kept, and the same rules as the server."""

import pytest
from playwright.sync_api import expect
from screening import KLING_16, KLING_25, WAN, WAN_21, WAN_VIDEO

from core import MODELS
from core.media import ffmpeg

pytestmark = pytest.mark.browser

FRAMES = "field-num_frames-grid"


def test_eighty_frames_become_seventy_eight_and_the_page_says_why(room):
    box = room.frames(80)
    expect(room.said(FRAMES)).to_have_text(
        "80 is not on this model's grid of 12n+6: 78 frames, 4.9 s"
    )
    expect(box).to_have_value("78")
    expect(room.said(FRAMES)).to_contain_text("80 is not on")


def test_a_number_is_not_moved_under_the_fingers(room):
    box = room.page.locator(f"#{FRAMES} input[type=number]")
    box.fill("")
    box.press_sequentially("102", delay=60)
    room.page.wait_for_timeout(400)
    expect(box).to_have_value("102")
    expect(room.said(FRAMES)).to_have_text("102 frames, 6.4 s")


def test_a_missing_prompt_is_refused_on_its_field_and_nothing_is_sent(room):
    room.generate()
    expect(room.said("field-prompt-text")).to_have_text("Prompt is needed.")
    prompt = room.page.locator("#field-prompt-text textarea")
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(prompt).to_be_focused()
    assert room.page.locator("#takes-list .take").count() == 0
    room.prompt("A fox")
    expect(room.said("field-prompt-text")).to_have_text("")
    expect(prompt).not_to_have_attribute("aria-invalid", "true")


def test_a_number_beyond_its_range_stays_as_typed_and_is_refused(room):
    room.prompt("A fox")
    box = room.frames(500)
    room.page.keyboard.press("Tab")
    room.generate()
    expect(room.said(FRAMES)).to_have_text("Frames must be from 18 to 162 frames.")
    expect(box).to_have_value("500")
    expect(box).to_be_focused()
    assert room.page.locator("#takes-list .take").count() == 0


def test_a_source_that_only_the_server_refuses_is_refused_on_its_field(room, tmp_path):
    room.pick(WAN_VIDEO)
    sound = tmp_path / "sound.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", str(sound)])
    room.prompt("A fox")
    room.page.set_input_files("#field-video_url-video input[type=file]", sound)
    room.page.wait_for_selector("#field-video_url-video .filename")
    room.generate()
    expect(room.said("field-video_url-video")).not_to_be_empty()
    expect(room.page.locator("#generate")).not_to_have_attribute("aria-busy", "true")
    assert room.page.locator("#takes-list .take").count() == 0


def test_a_source_that_was_missing_leaves_no_mark_once_it_is_there(room, tmp_path):
    room.pick(WAN_VIDEO)
    room.prompt("A fox")
    room.generate()
    marked = room.page.locator("#field-video_url-video [aria-invalid]")
    expect(marked).not_to_have_count(0)
    clip = tmp_path / "clip.mp4"
    picture = "testsrc2=size=64x48:rate=16:duration=1"
    ffmpeg.run(["-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(clip)])
    room.page.set_input_files("#field-video_url-video input[type=file]", clip)
    room.page.wait_for_selector("#field-video_url-video .filename")
    expect(marked).to_have_count(0)
    expect(room.said("field-video_url-video")).to_be_empty()


def test_an_address_without_encryption_is_refused_on_its_field(room):
    room.pick(WAN_VIDEO)
    room.prompt("A fox")
    room.page.fill("#field-video_url-video-address", "http://example.com/a.mp4")
    room.generate()
    expect(room.said("field-video_url-video")).to_contain_text("https")


def test_what_was_typed_survives_another_model(room):
    room.pick(KLING_16)
    room.prompt("A raccoon with a lantern")
    room.page.get_by_text("1:1", exact=True).click()
    room.page.get_by_text("10 s", exact=True).click()
    room.pick(WAN_21)
    assert room.chosen("field-aspect_ratio-segments") == "16:9"
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value(
        "A raccoon with a lantern"
    )
    room.pick(KLING_16)
    assert room.chosen("field-aspect_ratio-segments") == "1:1"
    assert room.chosen("field-duration-segments") == "10 s"


def test_the_draft_and_the_model_survive_a_reload(room):
    room.pick(KLING_25)
    room.prompt("An eagle")
    room.page.fill("#field-width-slider input[type=number]", "640")
    room.page.wait_for_timeout(400)
    room.reload()
    expect(room.page.locator("#model input")).to_have_value(KLING_25)
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value("An eagle")
    expect(room.page.locator("#field-width-slider input[type=number]")).to_have_value("640")


def test_the_dice_throw_a_seed_that_can_be_kept(room):
    room.page.get_by_role("button", name="dice").click()
    seed = room.page.locator("#field-seed-seed input")
    expect(seed).not_to_have_value("")
    assert 0 <= int(seed.input_value()) < 2**31


def test_the_facts_of_a_model_stand_under_its_name(room):
    facts = room.page.locator("#model-facts .facts")
    expect(facts).to_have_text("832×480 · 16 fps · about 12 s · silent")
    room.pick(KLING_25)
    expect(facts).to_have_text("1280×720 · 24 fps · about 94 s · silent")


def test_a_withdrawn_model_says_so(room):
    room.pick(WAN_21)
    expect(room.page.locator("#model-facts .notice")).to_contain_text("withdrew this model")
    room.pick(WAN)
    expect(room.page.locator("#model-facts .notice")).to_be_hidden()


def test_more_holds_the_advanced_ones_and_says_when_there_are_none(room):
    expect(room.page.locator("#more")).to_be_hidden()
    room.pick(WAN_21)
    negative = room.page.locator("#field-negative_prompt-text textarea")
    expect(negative).to_be_hidden()
    room.page.click("#more")
    expect(negative).to_be_visible()
    room.page.click("#more")
    expect(negative).to_be_hidden()


def test_control_enter_generates_from_any_field(room):
    room.frames(18)
    room.page.fill("#field-prompt-text textarea", "A kite")
    room.page.keyboard.press("Control+Enter")
    room.page.wait_for_selector("#takes-list .take")


def test_the_button_says_that_the_sandbox_is_free(room):
    expect(room.page.locator("#generate")).to_contain_text("free: sandbox")


def test_the_form_as_code_in_three_languages(room):
    room.prompt('A fox says "hello"')
    room.page.click("#open-code")
    code = room.page.locator("#code-text")
    expect(code).to_contain_text("import httpx")
    expect(code).to_contain_text("A fox says")
    room.page.get_by_role("tab", name="curl").click()
    expect(code).to_contain_text(
        "curl -sS --fail-with-body 'https://api.aimlapi.com/v2/video/generations'"
    )
    assert "<YOUR_AIMLAPI_KEY>" in code.inner_text()
    room.page.keyboard.press("Escape")
    expect(room.page.locator("#code")).to_be_hidden()


PROBES = {
    "number": [
        None,
        "",
        0,
        -1,
        0.5,
        1,
        5,
        17,
        18,
        19,
        24,
        80,
        80.5,
        96,
        162,
        163,
        500,
        2**53,
        1e300,
    ],
    "text": [None, "", "  ", "a", "ä" * 20_000, "x" * 20_001, "🦊" * 20_000],
    "file": [None, "", "http://a/b.mp4", "https://a/b.mp4"],
}


@pytest.mark.parametrize("live", [False, True], ids=["sandbox", "live"])
def test_the_page_and_the_server_judge_alike_and_say_the_same(room, live):
    judged = room.page.evaluate(
        """async ([face, probes]) => {
            const table = JSON.parse(document.getElementById("dailies-table").textContent);
            const fieldsOf = (faces) => (faces.both ?? faces[face]).fields;
            const script = document.querySelector("script[src*='/dailies.js']").src;
            const { check } = await import(script.replace("dailies.js", "rules.js"));
            return Object.entries(table.models).flatMap(([model, faces]) =>
                fieldsOf(faces).flatMap(({ name, rule }) =>
                    (probes[rule.kind] ?? []).map((value) => {
                        const { note, problem } = check(rule, value);
                        return { model, name, value, note, problem };
                    })));
        }""",
        ["live" if live else "sandbox", PROBES],
    )
    assert len(judged) > 80
    for told in judged:
        spec = MODELS[told["model"]].when(live=live)
        checked = spec.check({told["name"]: told["value"]})
        assert told["problem"] == checked.problems.get(told["name"], ""), told["name"]
        assert told["note"] == checked.notes.get(told["name"], ""), told["name"]


def test_an_address_stands_in_for_a_file_and_survives_another_model(room):
    room.pick(WAN_VIDEO)
    room.page.fill("#field-video_url-video-address", "https://example.com/a.mp4")
    room.pick(WAN_21)
    expect(room.page.locator("#field-video_url-video-address")).to_have_count(0)
    room.pick(WAN_VIDEO)
    box = room.page.locator("#field-video_url-video-address")
    expect(box).to_have_value("https://example.com/a.mp4")
    assert box.get_attribute("aria-label") == "Address of Source video"
    room.page.click("#open-code")
    expect(room.page.locator("#code-text")).to_contain_text("https://example.com/a.mp4")


def test_the_code_is_that_of_what_was_typed_a_moment_ago(room):
    room.page.locator("#field-prompt-text textarea").fill("A heron at dawn")
    room.page.evaluate("document.getElementById('open-code').click()")
    expect(room.page.locator("#code-text")).to_contain_text("A heron at dawn")


def test_the_seed_of_a_take_can_be_kept_and_thrown_anew(room):
    seed = room.page.locator("#field-seed-seed input")
    keep = room.page.get_by_role("button", name="Keep this seed")
    expect(keep).to_be_hidden()
    room.make("A red fox in snow")
    drawn = room.page.locator(".facts-grid dd").nth(3).inner_text()
    assert drawn.isdecimal()
    expect(seed).to_have_value("")
    keep.click()
    expect(seed).to_have_value(drawn)
    expect(keep).to_be_hidden()
    room.page.locator("#stage").get_by_role("tab", name="Settings").click()
    room.page.get_by_role("button", name="With a new seed").click()
    expect(seed).to_have_value("")
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value("A red fox in snow")
    room.page.get_by_role("button", name="Reuse settings").click()
    expect(seed).to_have_value(drawn)


def test_a_phrase_finds_the_model_that_has_it_and_enter_takes_it(room):
    room.page.click("#browse")
    room.page.fill("#models-search", "Video-to-Video")
    first = room.page.locator("#models-list .what").first
    expect(first).to_contain_text("video to video")
    room.page.keyboard.press("Enter")
    expect(room.page.locator("#model input")).to_have_value("Krea Wan 14B · video to video")


def test_takes_are_searched_at_the_server_and_the_old_strip_stays_till_it_answers(room):
    room.make("Ein Café im Regen")
    room.make("A hen at noon")
    tiles, strip = room.page.locator("#takes-list .take"), room.page.locator("#takes-list")
    held = []

    def hold(route):
        held.append(route)

    room.page.route("**/dailies/feed?search=*", hold)
    room.page.fill("#takes-search", "CAFE")
    expect(strip).to_have_attribute("aria-busy", "true")
    expect(tiles).to_have_count(2)
    room.page.wait_for_timeout(400)
    assert len(held) == 1, "one question, when the typing rests"
    held[0].continue_()
    room.page.unroute("**/dailies/feed?search=*")
    expect(tiles).to_have_count(1)
    expect(tiles).to_contain_text("Ein Café im Regen")
    expect(room.page.locator("#takes-count")).to_have_text("1 found")
    room.page.fill("#takes-search", "no such words")
    expect(room.page.locator("#takes-list .none")).to_have_text("No take has these words.")
    room.page.fill("#takes-search", "")
    expect(tiles).to_have_count(2)
