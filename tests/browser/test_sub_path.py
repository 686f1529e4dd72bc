"""The page under a path of its own behind a real nginx, which takes that path away or leaves it."""

import pytest
from playwright.sync_api import expect
from proxy import running_proxy
from running import running_app
from screening import WAN_VIDEO, Screening

from core.accounts.users import hashed

pytestmark = pytest.mark.browser

WAYS = {
    "taken away": ("/any/path", "{address}/"),
    "left": ("/a/b/c/d", "{address}"),
    "of our own name": ("/dailies", "{address}"),
}


def rule(prefix, to, address):
    """What everybody writes first: nothing of who asks is passed on."""
    return f"location {prefix}/ {{ proxy_pass {to.format(address=address)}; }}"


@pytest.fixture
def below(chromium, address):
    opened = []

    def opening(proxy, prefix):
        context = chromium.new_context(
            viewport={"width": 1280, "height": 800}, ignore_https_errors=True
        )
        opened.append(context)
        return Screening(context.new_page(), f"{proxy}{prefix}/")

    yield opening
    for context in opened:
        context.close()


@pytest.mark.parametrize("way", WAYS)
def test_the_page_works_under_a_path_with_tls_that_ends_at_the_proxy(below, address, tmp_path, way):
    prefix, to = WAYS[way]
    with running_proxy(rule(prefix, to, address), tls=True) as proxy:
        room = below(proxy, prefix).open()
        assert room.make("A fox") == "completed"
        assert room.video()["width"] == 832
        room.reload()
        expect(room.page.locator("#takes-list .take")).to_have_count(1)
        assert room.page.evaluate("document.fonts.ready.then(() => document.fonts.size)") > 0
        source = tmp_path / "clip.mp4"
        with room.page.expect_download() as told:
            room.page.get_by_text("Download MP4").click()
        told.value.save_as(source)
        assert source.stat().st_size > 1000
        room.pick(WAN_VIDEO)
        room.page.set_input_files("#field-video_url-video input[type=file]", source)
        room.page.wait_for_selector("#field-video_url-video .filename")
        room.page.wait_for_selector("#field-video_url-video video.preview")
        assert room.make("Folded paper", frames=None) == "completed"
        room.page.get_by_role("button", name="Reuse settings").first.click()
        room.page.wait_for_selector("#field-video_url-video .filename")
        assert room.complaints == []


def test_every_file_of_a_take_lies_under_the_path(below, address):
    with running_proxy(rule("/any/path", "{address}/", address)) as proxy:
        room = below(proxy, "/any/path").open()
        found = room.page.evaluate(
            """async () => {
                const script = document.querySelector("script[src*='/dailies.js']").src;
                const { placed } = await import(script.replace("dailies.js", "request.js"));
                const job = placed({
                    files: { video: "/takes/t/clip.mp4", gif: null },
                    clips: [{ video: "/takes/t/clip.mp4" }, { video: "/takes/t/clip-2.mp4" }],
                    copy: { url: "/takes/t/playable.mp4", what: "HEVC" },
                    settings_file: "/takes/t/settings.json",
                });
                return [job.files.gif, job.files.video, ...job.clips.map((clip) => clip.video),
                    job.copy.url, job.settings_file];
            }"""
        )
        names = ("clip.mp4", "clip.mp4", "clip-2.mp4", "playable.mp4", "settings.json")
        assert found == [None, *(f"/any/path/takes/t/{name}" for name in names)]


def test_a_path_without_the_slash_at_its_end_is_the_same_page(below, address):
    rewriting = f"location /studio {{ rewrite ^/studio/?(.*)$ /$1 break; proxy_pass {address}; }}"
    with running_proxy(rewriting) as proxy:
        room = below(proxy, "/studio")
        room.address = f"{proxy}/studio"
        room.open()
        assert room.make("A fox") == "completed"
        room.reload()
        expect(room.page.locator("#takes-list .take")).to_have_count(1)


def test_a_log_in_works_under_a_path(below, tmp_path):
    users = tmp_path / "users"
    users.write_text(f"ann:{hashed('correct horse')}\n")
    with (
        running_app(tmp_path / "data", DAILIES_USERS=str(users)) as address,
        running_proxy(rule("/any/path", "{address}/", address), tls=True) as proxy,
    ):
        room = below(proxy, "/any/path")
        room.page.goto(room.address)
        assert room.page.url == f"{proxy}/any/path/login"
        room.page.fill("[name=name]", "ann")
        room.page.fill("[name=password]", "correct horse")
        room.page.click("button")
        room.page.wait_for_url(room.address)
        room.settle()
        assert room.make("A fox") == "completed"
        room.page.click("#log-out")
        room.page.wait_for_url("**/login")
        assert room.page.url.startswith(room.address)
        assert room.complaints == []
