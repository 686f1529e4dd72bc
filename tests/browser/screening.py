"""The page as a person uses it: picks, types, presses, and looks at what is on the screen."""

from playwright.sync_api import expect

MODELS = (
    "Krea Wan 14B · text to video",
    "Krea Wan 14B · video to video",
    "Wan 2.1 1.3B · text to video",
    "Kling 1.6 Standard · text to video",
    "Kling 2.5 · text to video",
)
WAN, WAN_VIDEO, WAN_21, KLING_16, KLING_25 = MODELS
OVER = '#screen:is([data-state="completed"],[data-state="failed"],[data-state="cancelled"])'
PATIENCE = 45_000


class Screening:
    """One open page; `complaints` are console errors, page errors and calls to other hosts."""

    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.complaints = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def open(self):
        self.page.goto(self.address)
        return self.settle()

    def reload(self):
        self.page.reload()
        return self.settle()

    def settle(self):
        """Wait until the page's own scripts have taken over, and the draft is back in the form."""
        self.page.wait_for_selector("#generate .price:not(:empty)")
        self.page.wait_for_selector("#chips li >> nth=1", state="attached")
        self.page.wait_for_timeout(300)
        return self

    def pick(self, name):
        self.page.click("#model input")
        self.page.get_by_role("option", name=name, exact=True).click()
        expect(self.page.locator("#model input")).to_have_value(name)
        self.page.wait_for_timeout(150)

    def prompt(self, words):
        self.page.fill("#field-prompt-text textarea", words)

    def frames(self, number):
        box = self.page.locator("#field-num_frames-grid input[type=number]")
        box.fill(str(number))
        return box

    def generate(self):
        self.page.click("#generate")

    def make(self, words, *, frames=18):
        """Order a short clip of the first model and wait for the end of it."""
        self.prompt(words)
        if frames:
            self.frames(frames)
        before = self.page.locator("#takes-list .take").count()
        self.generate()
        self.page.wait_for_selector(f"#takes-list .take >> nth={before}")
        return self.wait()

    def wait(self, selector=OVER):
        self.page.wait_for_selector(selector, timeout=PATIENCE)
        return self.page.get_attribute("#screen", "data-state")

    def said(self, slot):
        return self.page.locator(f"#{slot} .said")

    def chosen(self, slot):
        return self.page.inner_text(f"#{slot} label.selected")

    def video(self):
        """Return what the player says of itself, once it plays."""
        self.page.wait_for_function(
            "() => { const v = document.querySelector('#screen video');"
            " return v && v.readyState >= 3 && v.currentTime > 0.1 && !v.paused; }",
            timeout=PATIENCE,
        )
        return self.page.evaluate(
            "() => { const v = document.querySelector('#screen video');"
            " return { width: v.videoWidth, height: v.videoHeight, seconds: v.duration,"
            " at: v.currentTime, muted: v.muted }; }"
        )

    def fetch(self, path):
        return self.page.request.get(self.address + path).body()

    def style(self, selector, name):
        return self.page.eval_on_selector(
            selector, "(node, name) => getComputedStyle(node).getPropertyValue(name)", name
        )

    def _heard(self, message):
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"another host: {request.url}")

    def _answered(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")
