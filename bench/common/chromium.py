"""Opens pages in Chromium, and reads their own clocks.

Times are taken inside the page: what a driver sees of it comes later, and in steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chromium import FLAGS, PROGRAM
from playwright.sync_api import Browser, Page, sync_playwright

READY = "#generate .price:not(:empty)"
"""What is there once our page can be used."""

# Resolves with the milliseconds since the page's start at which each selector first matched.
_SEEN = """(selectors) => new Promise((done) => {
  const found = new Map();
  const look = () => {
    for (const one of selectors) {
      if (!found.has(one) && document.querySelector(one)) found.set(one, performance.now());
    }
    if (selectors.every((one) => found.has(one))) done(selectors.map((one) => found.get(one)));
    else requestAnimationFrame(look);
  };
  look();
})"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(browser: Browser, *, scripts: str = "") -> Iterator[Page]:
    """Open an empty page without cookies or caches; `scripts` run before each document's own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        if scripts:
            page.add_init_script(scripts)
        yield page
    finally:
        context.close()


def ready(page: Page, url: str) -> None:
    """Open our page, and wait until the form that was left there stands."""
    page.goto(url)
    page.wait_for_selector(READY)
    page.wait_for_selector("#chips li >> nth=1", state="attached")
    page.wait_for_timeout(500)


def seen(page: Page, *selectors: str) -> list[float]:
    """Return for each selector the milliseconds from the start of the page until it matched."""
    return [float(found) for found in page.evaluate(_SEEN, list(selectors))]


def delay(page: Page, milliseconds: float) -> Any:
    """Let every answer come so much later, on all connections of the page's."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": milliseconds,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )
    return session
