"""A real Chromium before the real app; every complaint of the page is noted."""

import os
from pathlib import Path

import pytest
from chromium import FLAGS, PROGRAM
from playwright.sync_api import sync_playwright
from running import running_app
from screening import Screening


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The app as visitors find it: each test's browser has a strip of its own."""
    with running_app(tmp_path_factory.mktemp("data")) as at:
        yield at


# One for each module: Playwright's event loop must not be there when other tests want one.
@pytest.fixture(scope="module")
def chromium():
    if not Path(PROGRAM).exists() and not os.environ.get("CI"):
        pytest.skip(f"there is no Chromium at {PROGRAM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """Open the page in a browser of its own; afterwards nothing may have gone wrong in it."""
    opened = []

    def opening(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        opened.append(context)
        return Screening(context.new_page(), address).open()

    yield opening
    for context in opened:
        context.close()


@pytest.fixture
def room(visit):
    """The page at its usual size, fresh; afterwards it must have no complaints."""
    screening = visit()
    yield screening
    assert screening.complaints == []
