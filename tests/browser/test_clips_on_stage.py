"""A take of several clips: the first is on the stage, and a button for each shows and gives it."""

import shutil

import pytest
from playwright.sync_api import expect
from served_page import served_page

from core.jobs.job import CLIPS

pytestmark = pytest.mark.browser

WAN = "aimlapi:krea/krea-wan-14b/text-to-video"


@pytest.fixture
def two_of_three(tmp_path):
    """A studio with one take, whose third clip did not come; gives its address and the take."""
    with served_page(tmp_path) as (studio, address):
        job = studio.wait(studio.submit(WAN, {"prompt": "a fox", "num_frames": 18}).id)
        folder = tmp_path / "takes" / job.id
        shutil.copy(folder / "clip.mp4", folder / "clip-2.mp4")
        studio._parts.store.change(
            job.id,
            files={**job.files, "video_2": "clip-2.mp4"},
            facts={**job.facts, CLIPS: 3},
        )
        yield address, job


def test_each_clip_of_a_take_has_a_button(chromium, two_of_three):
    address, job = two_of_three
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.locator("#takes [data-id], #takes button").first.click()
    numbers = page.locator(".clip-numbers label")
    expect(numbers).to_have_text(["1", "2"])
    video = page.locator("#screen video")
    expect(video).to_have_attribute("src", f"/takes/{job.token}/clip.mp4")
    numbers.nth(1).click()
    expect(video).to_have_attribute("src", f"/takes/{job.token}/clip-2.mp4")
    link = page.get_by_text("Download MP4")
    expect(link).to_have_attribute("href", f"/takes/{job.token}/clip-2.mp4?download=1")
    expect(page.get_by_role("button", name="Fetch 1 more")).to_be_visible()
    page.locator("#tab-gif").click()
    page.locator("#tab-clip").click()
    expect(numbers.nth(1).locator("input")).to_be_checked()
    screen = page.locator("#screen").bounding_box()
    page.eval_on_selector(".clip-numbers", "(node) => node.style.setProperty('display', 'none')")
    assert page.locator("#screen").bounding_box() == screen, "they take nothing of the screen"
    assert errors == []
    page.context.close()
