"""A real browser for the tests of the console: the system's Chromium, never a downloaded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """Path of the system's Chromium, or None; ``CHANNELWATCH_CHROMIUM`` may name another."""
    named = os.environ.get("CHANNELWATCH_CHROMIUM")
    return next(filter(None, map(shutil.which, (named, *NAMES) if named else NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; each opens contexts of its own in it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found: install it, or name it in CHANNELWATCH_CHROMIUM")
    with playwright.sync_playwright() as driver:
        # Without a sandbox as tests may run as root, in a container; only our own pages are opened.
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page in a context of its own, cut off from any network but this machine's."""
    context = browser.new_context(viewport={"width": 900, "height": 700})
    context.route(
        "**/*",
        lambda route: (
            route.continue_()
            if route.request.url.startswith(("http://127.0.0.1:", "http://localhost:"))
            else route.abort()
        ),
    )
    yield context.new_page()
    context.close()
