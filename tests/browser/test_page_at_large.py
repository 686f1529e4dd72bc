"""The page as a whole: its size, its themes, its keys, its manners."""

import re

import pytest
from playwright.sync_api import expect
from screening import KLING_25, MODELS, WAN_21

pytestmark = pytest.mark.browser

STILL, MOVING = re.compile(r"poster\.jpg$"), re.compile(r"preview\.webp$")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_everything_is_on_one_screen(room):
    room.make("A red fox in snow")
    for model in MODELS:
        room.pick(model)
        box = room.page.locator("#generate").bounding_box()
        assert box["y"] + box["height"] <= 800, model
        high, wide = room.page.evaluate(
            "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        )
        assert (high, wide) == (800, 1280), model
    strip = room.page.locator("#takes").bounding_box()
    assert strip["y"] + strip["height"] <= 800


def test_the_stage_keeps_its_size_through_a_take(room):
    def size():
        return room.page.locator("#screen").bounding_box()

    empty = size()
    room.prompt("A red fox in snow")
    room.frames(18)
    room.generate()
    room.page.wait_for_selector('#screen[data-state="running"]')
    running = size()
    room.wait()
    room.video()
    done = size()
    room.page.click("#tab-settings")
    assert empty == running == done == size()


def test_a_phone_shows_the_stage_first_and_nothing_wider_than_itself(visit):
    room = visit(**PHONE)
    for model in MODELS:
        room.pick(model)
        assert room.page.evaluate("document.documentElement.scrollWidth") == 390, model
    tops = [
        room.page.locator(f"#{part}").bounding_box()["y"] for part in ("stage", "form", "takes")
    ]
    assert tops == sorted(tops)
    assert room.complaints == []


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_what_can_be_pressed_is_large_enough(visit, options):
    room = visit(**options)
    room.make("A red fox in snow")
    least = 44 if options else 32
    for model in MODELS:
        room.pick(model)
        assert too_small(room, "body", least) == [], model
    for opener, panel in (("#open-code", "#code"), ("#browse", "#models"), ("#open-keys", "#keys")):
        room.page.click(opener)
        room.page.wait_for_selector(f"{panel}:popover-open")
        assert too_small(room, panel, least) == []
        room.page.keyboard.press("Escape")


def too_small(room, where, least):
    """What can be pressed there and is lower; a slider is dragged, a link in a text is read."""
    return room.page.evaluate(
        """([where, least]) => [...document.querySelector(where).querySelectorAll(
                `button, a:not(p a), [role=tab],
                input:not([type=range], [type=radio], [type=file])`)]
            .filter((node) => node.checkVisibility() && node.getClientRects().length)
            .filter((node) => node.getBoundingClientRect().height < least - 0.5)
            .map((node) => node.id || node.className || node.ariaLabel || node.textContent)""",
        [where, least],
    )


def test_an_example_is_one_click_away_from_the_form(room):
    expect(room.page.locator("#screen .promise")).to_contain_text("sandbox")
    words = room.page.locator("#screen .example").first.inner_text()
    room.page.locator("#screen .example").first.click()
    expect(room.page.locator("#field-prompt-text textarea")).to_have_value(words)
    room.pick(WAN_21)
    expect(room.page.locator("#screen .example").first).not_to_have_text(words)


def test_the_theme_is_turned_and_remembered(room):
    light = room.style("#form", "background-color")
    room.page.click("#theme")
    dark = room.style("#form", "background-color")
    assert light != dark
    room.reload()
    assert room.style("#form", "background-color") == dark


def test_the_system_s_dark_is_followed(visit):
    room = visit(color_scheme="dark")
    assert room.style("body", "background-color") == "rgb(19, 18, 17)"
    assert room.style("#form", "background-color") == "rgb(27, 26, 24)"
    assert room.complaints == []


def test_a_key_makes_its_provider_live_for_this_visit_and_is_kept_nowhere(room):
    room.pick(KLING_25)
    expect(room.page.locator("#model-side")).to_have_text("Krea · sandbox")
    room.page.click("#open-keys")
    room.page.fill("#key-krea", "sk-browser-canary-1234")
    room.page.click("#use-krea")
    expect(room.page.locator("#chips")).to_contain_text("Krea · live")
    expect(room.page.locator("#key-krea")).to_have_value("")
    room.page.keyboard.press("Escape")
    expect(room.page.locator("#model-side")).to_have_text("Krea · live")
    expect(room.page.locator("#field-duration-segments")).to_be_visible()
    expect(room.page.locator("#field-width-slider")).to_have_count(0)
    expect(room.page.locator("#generate")).to_contain_text("price unknown")
    stored = room.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert "canary" not in stored + room.page.content()
    room.page.click("#open-keys")
    room.page.click("#forget-krea")
    expect(room.page.locator("#chips")).to_contain_text("Krea · sandbox")


def test_a_hostile_prompt_is_only_words(room):
    hostile = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
    room.make(hostile)
    room.page.click("#tab-settings")
    expect(room.page.locator("#screen .settings")).to_contain_text("<img src=x")
    expect(room.page.locator("#takes-list .words").first).to_have_text(hostile)
    assert room.page.evaluate("window.owned") is None


def test_a_change_of_state_is_told_to_those_who_cannot_see_it(room):
    room.make("A red fox in snow")
    expect(room.page.locator("#announcer")).to_have_text("Ready: A red fox in snow")


def test_previews_stand_still_where_motion_is_not_welcome(visit):
    room = visit(reduced_motion="reduce")
    room.make("A red fox in snow")
    picture = room.page.locator("#takes-list img").first
    expect(picture).to_have_attribute("src", STILL)
    room.page.locator("#takes-list .take").first.hover()
    expect(picture).to_have_attribute("src", MOVING)
    assert room.complaints == []


def test_two_visitors_do_not_see_each_other_s_takes(visit):
    one, other = visit(), visit()
    one.make("Mine alone")
    other.reload()
    assert other.page.locator("#takes-list .take").count() == 0


def test_the_page_says_when_the_server_is_gone(visit):
    room = visit()
    room.page.route("**/dailies/feed**", lambda route: route.abort())
    expect(room.page.locator("#today")).to_contain_text("no connection", timeout=10_000)
    room.page.unroute("**/dailies/feed**")
    expect(room.page.locator("#today")).to_contain_text("today", timeout=10_000)


def test_an_order_that_cannot_be_taken_frees_the_button(visit):
    room = visit()
    room.prompt("A fox")
    room.page.route("**/dailies/orders", lambda route: route.fulfill(status=500, body="{}"))
    room.generate()
    expect(room.page.locator("#trouble")).to_be_visible(timeout=10_000)
    expect(room.page.locator("#generate")).not_to_have_attribute("aria-busy", "true")


def test_an_order_whose_answer_is_lost_says_to_look_before_ordering_again(visit):
    room = visit()
    room.prompt("A fox")
    room.page.route("**/dailies/orders", lambda route: route.abort())
    room.generate()
    expect(room.page.locator("#trouble")).to_contain_text("Look at the strip", timeout=10_000)
    expect(room.page.locator("#generate")).not_to_have_attribute("aria-busy", "true")
