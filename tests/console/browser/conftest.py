"""A real browser for the tests of the console: the system's Chromium, never a downloaded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.browser.real import Served, Visitor, copied, make, visiting

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


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of a part of the corpus with its users; copied, never opened for writing."""
    return make(tmp_path_factory.mktemp("made") / "w.duckdb")


@pytest.fixture(scope="session")
def bundled(made: Path) -> Path:
    """The same, its queue folded under the built-in policy."""
    return copied(made, made.with_name("folded.duckdb"))


@pytest.fixture
def serve(tmp_path: Path, made: Path, bundled: Path) -> Iterator[Callable[..., Served]]:
    """Start a console over a fresh copy, under the text of a policy, or without users."""
    running: list[Served] = []

    def start(policy: str | None = None, *, users: bool = True) -> Served:
        path, rules = tmp_path / f"w{len(running)}.duckdb", None
        if policy is not None:
            rules = path.with_suffix(".yaml")
            rules.write_text(policy, "utf-8")
            copied(made, path, rules, users=users)
        else:
            copied(bundled, path, users=users)
        running.append(Served(path, rules))
        return running[-1].start()

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, bundled: Path) -> Iterator[Served]:
    """One console for all tests of a module that leave nothing behind that disturbs the next."""
    served = Served(copied(bundled, tmp_path_factory.mktemp("shared") / "w.duckdb")).start()
    yield served
    served.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Open a browser of one's own at a console: ``visit(served)``, with options of Playwright."""
    with ExitStack() as stack:
        yield lambda served, **options: stack.enter_context(visiting(browser, served, **options))
