"""The console as people have it: its process on a port of its own, and browsers that visit it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ops.console.keeper import Keeper
from ops.console.policy import BUILT_IN, read_policy
from warehouse.store import open_store

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

ROOT = Path(__file__).parents[3]
EXPORTS = ROOT / "fixtures" / "corpus" / "exports"
#: A part of the corpus: right to left in three languages, left to right, edits and deletions.
SOURCES = (
    "ChatExport_2025-01-20_azaim_ps",
    "ChatExport_2025-01-20_umar_media_ur",
    "ChatExport_2025-08-28_azaim_prs",
    "ChatExport_2025-08-28_azaim_ps",
    "ChatExport_2025-08-28_mirsad_en",
    "ChatExport_2025-08-28_umar_media_ur",
)
PASSWORD = "correct horse battery"
USERS = {
    "ana": "moderator",
    "bilal": "moderator",
    "lea": "lead",
    "omar": "auditor",
    "root": "admin",
}


def channelwatch(*arguments: str, given: str | None = None) -> None:
    """Run the command line; what it says is shown where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", *arguments],
        input=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def make(path: Path, sources: Sequence[str] = SOURCES) -> Path:
    """A warehouse of a part of the corpus, of all of it where ``sources`` is empty; its users."""
    table = str(ROOT / "fixtures" / "corpus" / "channels.csv")
    options = ("--direct", "-q", "--limit", "0", "-w", str(path))
    given = ("--channels", table, *(str(EXPORTS / name) for name in sources)) if sources else ()
    channelwatch("run", *options, *given)
    for name, role in USERS.items():
        adding = ("users", "add", name, "--role", role, "--stdin", "-w", str(path))
        channelwatch(*adding, given=PASSWORD + "\n")
    return path


def copied(made: Path, to: Path, policy: Path = BUILT_IN, *, users: bool = True) -> Path:
    """A copy of a warehouse, its queue folded as the policy has it; without its users if told."""
    shutil.copy(made, to)
    if users:
        shutil.copy(f"{made}.console", f"{to}.console")
    with open_store(to) as store:
        keeper = Keeper(store, read_policy(policy).rules)
        while keeper.look():
            pass
    return to


def rows(warehouse: Path, sql: str, *values: object) -> list[dict[str, Any]]:
    """What a warehouse says that no process has open."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        done = connection.execute(sql, list(values))
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


# Looks more often than Playwright's own waiting does, which is half of a hundred decisions' time.
READY = """([after, most]) => new Promise((ready, failed) => {
  const began = performance.now();
  const look = () => {
    const work = document.querySelector("#work[data-ready]");
    const act = work?.querySelector('#decide > input[name="act"]')?.value;
    if (act && act !== after) ready(act);
    else if (performance.now() - began > most) failed(new Error(`no act but ${after}`));
    else setTimeout(look, 10);
  };
  look();
})"""


@dataclass
class Served:
    """A console that runs, over a warehouse that it owns meanwhile."""

    warehouse: Path
    policy: Path | None = None
    port: int = 0
    address: str = ""
    link: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> Served:
        """Start it, on the port that it had if it ran before; wait until it says where it is."""
        told = ["--policy", str(self.policy)] if self.policy else []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ops.cli", "console", "-w", str(self.warehouse)),
                *("--port", str(self.port), *told),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:(\d+))/", said)
        assert found, said + self.process.stdout.read()
        self.address, self.port = found[1], int(found[2])
        return self

    def one_time_link(self) -> str:
        """The link that the start prints where there are no users."""
        assert self.process is not None
        assert self.process.stdout is not None
        found = re.search(r"http\S+/enter\?key=\S+", self.process.stdout.readline())
        assert found
        return found[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone; a second time does nothing."""
        if self.process is None:
            return
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=20)
        code, self.process = self.process.returncode, None
        if how is not signal.SIGKILL:
            assert code == 0, said
            assert "Traceback" not in said, said

    def read(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What the warehouse says; the console is ended for it, as it owns the file."""
        self.stop()
        return rows(self.warehouse, sql, *values)


@dataclass
class Visitor:
    """A browser of one person, and what went wrong in it.

    ``expected``: statuses of answers that a test provokes, which the browser reports as errors; 0
    stands for none at all.
    """

    served: Served
    context: BrowserContext
    page: Page
    expected: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note errors, requests to anywhere else and breaches of the content policy."""
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))

        def said(message: ConsoleMessage) -> None:
            known = "Failed to load resource" in message.text or any(
                f"Response Status Error Code {status} " in message.text
                if status
                else message.text.startswith(("htmx:sendError", "htmx:afterRequest"))
                for status in self.expected
            )
            if message.type in ("error", "warning") and not known:
                self.wrong.append(f"{message.type}: {message.text}")

        def asked(request: Request) -> None:
            if not request.url.startswith((self.served.address + "/", "data:")):
                self.wrong.append(f"request to {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 400 and response.status not in self.expected:
                self.wrong.append(f"{response.status} for {response.url}")

        page.on("console", said)

        def failed(request: Request) -> None:
            if 0 not in self.expected and request.failure != "net::ERR_ABORTED":
                self.wrong.append(f"{request.failure} for {request.url}")

        page.on("requestfailed", failed)
        page.on("request", asked)
        page.on("response", answered)

    def go(self, path: str) -> Page:
        """Open a page of the console."""
        self.page.goto(self.served.address + path)
        return self.page

    def sign_in(self, name: str, path: str = "/") -> Page:
        """Sign in through the page, on the way to ``path``."""
        page = self.go(path)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def ready(self, *, after: str | None = None) -> str:
        """Wait until the page takes keys, for another act than ``after``; the act it would be."""
        self.page.locator('#work[data-ready] #decide > input[name="act"]').wait_for(
            state="attached"
        )
        return str(self.page.evaluate(READY, [after, 20_000]))

    @property
    def item(self) -> int:
        """The number of the item that the page shows."""
        return int(self.page.locator("#work").get_attribute("data-item") or 0)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)


@contextmanager
def visiting(browser: Any, served: Served, **options: Any) -> Iterator[Visitor]:
    """A context of its own in the browser; at its end nothing may have gone wrong in it."""
    options.setdefault("viewport", {"width": 1280, "height": 800})
    options.setdefault("reduced_motion", "reduce")  # what is looked at has come to rest
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    context.add_init_script(
        """document.addEventListener("securitypolicyviolation", event =>
             console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
    )
    visitor = Visitor(served, context, context.new_page())
    visitor.watch(visitor.page)
    context.on("page", visitor.watch)
    try:
        yield visitor
    finally:
        context.close()
    assert not visitor.wrong, visitor.wrong


def text_of(item: dict[str, Any], span: dict[str, Any]) -> str:
    """What a span of an item's text says."""
    return str(item["text"][span["start"] : span["end"]])
