"""How the page opens: what is there at once, what is fetched, and what does not flash."""

import pytest
from playwright.sync_api import expect
from screening import Screening

pytestmark = pytest.mark.browser

# Notes the theme of the page at every frame that is painted, from the first one on.
THEMES = """(function look() {
  requestAnimationFrame(look);
  if (!document.getElementById("header")) return;
  const dark = document.body.classList.contains("dark");
  if ((window.themes ??= []).at(-1) !== dark) window.themes.push(dark);
})();"""


@pytest.fixture
def context(chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    yield context
    context.close()


def test_without_any_script_the_frame_is_there_and_nothing_pretends_to_work(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#header .logo")).to_be_visible()
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("#generate")).to_be_disabled()
    expect(page.locator("#open-code")).to_be_disabled()
    context.close()


def test_the_styles_of_gradio_s_parts_come_with_ours(context, address):
    fetched = []
    page = context.new_page()
    page.on("request", lambda asked: fetched.append(asked.url.rpartition("/")[2].partition("?")[0]))
    room = Screening(page, address).open()
    styles = sorted(name.partition("-")[0] for name in fetched if name.endswith(".css"))
    assert styles == ["dailies.css", "fonts.css", "index", "theme.css"]
    assert room.style("#form fieldset .wrap", "display") == "grid"
    assert room.complaints == []


@pytest.mark.parametrize(("wish", "dark"), [("light", False), ("dark", True), (None, True)])
def test_the_theme_is_the_same_from_the_first_frame_on(context, address, wish, dark):
    page = context.new_page()
    kept = f"localStorage.setItem('dailies:theme', '{wish}');" if wish else ""
    page.add_init_script(kept + THEMES)
    room = Screening(page, address).open()
    assert room.page.evaluate("window.themes") == [dark]


def test_a_script_that_comes_after_gradio_finds_the_form_all_the_same(context, address):
    page = context.new_page()

    def later(route):
        page.wait_for_selector("#field-num_frames-grid input", state="attached")
        page.wait_for_timeout(500)
        route.continue_()

    page.route("**/dailies.js", later)
    room = Screening(page, address).open()
    expect(room.page.locator("#generate")).to_be_enabled()
    expect(room.page.locator("#fields #more-box")).to_be_attached()
    assert room.complaints == []


def test_the_letters_are_ours_once_the_page_can_be_used(room):
    room.page.wait_for_function("[...document.fonts].some((face) => face.status === 'loaded')")
    assert room.page.evaluate("""document.fonts.check('14px "Inter Variable"')""")
