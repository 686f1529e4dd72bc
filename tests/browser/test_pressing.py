"""What two quick presses order, and what a page learns that nobody looks at."""

from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.browser

# What Chromium does to a tab in the background at its worst: its own timers wait a minute, nothing
# is painted. A worker's timers go on.
HIDE = """
  for (const name of ["setTimeout", "setInterval"]) {
    const real = window[name].bind(window);
    window[name] = (what, wait, ...more) => real(what, Math.max(wait ?? 0, 60_000), ...more);
  }
  window.requestAnimationFrame = () => 0;
  for (const [name, value] of [["hidden", true], ["visibilityState", "hidden"]])
    Object.defineProperty(document, name, { get: () => value, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
"""
ORDERS = "**/dailies/orders"


@contextmanager
def slow_orders(page):
    """Hold the orders that the page sends until the block ends; gives those that were sent."""
    held = []

    def hold(route):
        held.append(route)

    page.route(ORDERS, hold)
    yield held
    for route in held:
        route.continue_()
    page.unroute(ORDERS)


def test_two_quick_presses_order_one_take(room):
    room.prompt("One fox")
    room.frames(18)
    room.page.wait_for_timeout(400)
    with slow_orders(room.page) as held:
        room.generate()
        room.page.wait_for_timeout(300)
        # A person's finger does not wait, as Playwright does, until the button says that it may.
        room.page.click("#generate", force=True)
        room.page.wait_for_timeout(500)
        assert len(held) == 1
    # A second key would leave the button waiting for an answer to an order that never went out.
    room.page.wait_for_selector("#generate:not([aria-busy])", timeout=10_000)
    assert room.wait() == "completed"
    room.page.wait_for_timeout(1500)
    assert room.page.locator("#takes-list .take").count() == 1


def test_after_an_answer_the_button_orders_again(room):
    assert room.make("One fox") == "completed"
    room.generate()
    room.page.wait_for_selector("#takes-list .take >> nth=1")


@pytest.mark.parametrize("hidden", [False, True], ids=["left alone", "hidden"])
def test_a_page_that_nobody_touches_learns_that_a_take_is_ready(room, hidden):
    room.prompt("One fox")
    room.frames(18)
    room.generate()
    room.page.wait_for_selector("#takes-list .take")
    if hidden:
        room.page.evaluate(HIDE)
    words = "✓ take ready · Dailies" if hidden else "Dailies"
    room.page.wait_for_function(
        "words => document.querySelector('#announcer').textContent.startsWith('Ready')"
        " && document.title === words",
        arg=words,
        polling=200,
        timeout=30_000,
    )
