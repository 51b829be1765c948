"""`channelwatch serve` from nothing: pages that open, a file that is flagged in time, a clean end.

The one test that starts all of it; a Prefect server takes some fifteen seconds in a new home.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from fixtures.world import generate
from flows.pipeline import run_directly
from flows.settings import Settings
from warehouse.store import open_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "fixtures" / "corpus" / "exports" / "ChatExport_2025-08-28_azaim_en"
#: Seconds between two runs, that a busy machine may take for one, and to be ready.
EVERY, PATIENCE, READY = 3.0, 120.0, 240.0
#: Messages of the file that is worked on while things are killed.
MESSAGES = 8_000
COUNTED = ("messages", "revisions", "deleted", "flagged", "review", "quarantined")
T = TypeVar("T")

SCHEDULES = f"""\
deployments:
  - name: watch
    flow: flows.monitor:monitor
    description: Reads what is new.
    parameters: {{sources: $watch, warehouse: $warehouse, settle_seconds: 0.5}}
    every_minutes: {EVERY / 60}
    retries: 1
    retry_wait_seconds: 1
  - name: elsewhere
    flow: of_others:flow
    description: Is not installed.
"""


class Served:
    """`channelwatch serve` as a process, and what it has said."""

    def __init__(self, folder: Path, schedules: str) -> None:
        self.folder = folder
        self.warehouse = folder / "w.duckdb"
        self.watched = folder / "in"
        self.watched.mkdir(exist_ok=True)
        (folder / "schedules.yaml").write_text(schedules)
        (folder / "of_others.py").write_text("import not_there\n")
        self.log = folder / "serve.log"
        environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ops.cli", "serve", "-w", str(self.warehouse)),
                    *("--watch", str(self.watched), "--prefect-port", "0", "--port", "0"),
                    *("--schedules", str(folder / "schedules.yaml")),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment | {"PYTHONPATH": str(ROOT), "HOME": str(folder)},
                cwd=folder,
            )

    def said(self, pattern: str, seconds: float = READY) -> str:
        """The first group of a pattern, once it stands in what was said."""

        def look() -> str | None:
            found = re.search(pattern, self.log.read_text("utf-8"))
            if found is None and self.process.poll() is not None:
                pytest.fail(f"serve ended early:\n{self.log.read_text('utf-8')}")
            return found and found[1]

        return until(look, seconds)

    def runs(self, state: str) -> list[dict[str, Any]]:
        """The flow runs in a state, the latest first, as Prefect's pages have them."""
        wanted = {
            "sort": "EXPECTED_START_TIME_DESC",
            "flow_runs": {"state": {"type": {"any_": [state]}}},
        }
        found: list[dict[str, Any]] = httpx.post(
            f"{self.pages}/api/flow_runs/filter", json=wanted, timeout=30
        ).json()
        return found

    @property
    def pages(self) -> str:
        return self.said(r"Prefect's pages: (http://[^/]+)/")


def until(look: Callable[[], T | None], seconds: float) -> T:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


@contextmanager
def served(folder: Path, schedules: str = SCHEDULES) -> Iterator[Served]:
    running = Served(folder, schedules)
    try:
        yield running
    finally:
        family = [running.process, *psutil.Process(running.process.pid).children(recursive=True)] \
            if running.process.poll() is None else []  # fmt: skip
        for process in family:
            process.kill()


@contextmanager
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    assert chromium is not None
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened.new_page()
        opened.close()


def test_from_nothing_to_a_flag_in_the_console_and_to_nothing_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with served(tmp_path) as running:
        console = running.said(r"review console of \S+: (http://[^/\s]+)/")
        link = running.said(r"Sign in once within 10 minutes: (\S+)")
        assert running.said(r"(elsewhere: of_others needs not_there)")
        ready = float(running.said(r"Ready after (\d+) s"))
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert len(family) >= 3
        assert httpx.get(f"{running.pages}/api/health", timeout=30).json() is True
        assert httpx.get(f"{running.pages}/", follow_redirects=True, timeout=30).status_code == 200
        assert re.search(r"watch +now, next \d{4}-", running.log.read_text())

        shutil.copytree(EXPORT, running.watched / "export")
        dropped = time.monotonic()
        with httpx.Client(base_url=console, timeout=30) as client:
            assert client.get(link).status_code == 303
            until(lambda: "/item/" in client.get("/queue").text, PATIENCE)
            flagged = time.monotonic() - dropped
            health = client.get("/health?details").json()
            assert (health["status"], health["owner"]) == ("ok", health["owner"])
            assert health["last_run"]["run_id"]
            cookies = dict(client.cookies)
        # The files are known now: a further run reads nothing, although it cannot open the file.
        done = running.runs("COMPLETED")
        until(lambda: len(running.runs("COMPLETED")) > len(done), PATIENCE)

        if shutil.which("chromium") or shutil.which("chromium-browser"):
            with browser() as page:
                page.context.add_cookies(
                    [
                        {"name": name, "value": value, "url": console}
                        for name, value in cookies.items()
                    ]
                )
                page.goto(f"{console}/queue")
                assert page.locator("a[href*='/item/']").count() > 0
                page.goto(f"{running.pages}/")
                page.wait_for_selector("text=/Flow runs|Dashboard/i", timeout=60_000)

        health_check = subprocess.run(
            [sys.executable, "-m", "ops.cli", "health", "-w", str(running.warehouse)],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert health_check.returncode == 0, health_check.stdout

        family = psutil.Process(running.process.pid).children(recursive=True)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(90) == 0
        _, alive = psutil.wait_procs(family, timeout=20)
        assert not alive
        assert "Traceback" not in running.log.read_text("utf-8")
        assert not (tmp_path / "w.duckdb.wal").exists(), "closed, not only left"
        assert not (tmp_path / "w.duckdb.inbox" / "keeper.json").exists()
    record_property("seconds until ready", ready)
    record_property("seconds until flagged", flagged)


@pytest.mark.parametrize("together", [False, True])
def test_cancelled_and_killed_it_leaves_a_whole_warehouse(tmp_path: Path, together: bool) -> None:
    """Cancelled from Prefect's pages, then by SIGKILL of serve, alone or with the flows' runner."""
    generate(tmp_path / "made", MESSAGES, seed=3)
    few = SCHEDULES.replace("settle_seconds: 0.5", "settle_seconds: 0.5, batch_rows: 100")
    with served(tmp_path, few) as running:
        running.said(r"(Ready after \d+ s)")
        (tmp_path / "made" / "exports").rename(running.watched / "exports")
        inbox = tmp_path / "w.duckdb.inbox"
        until(lambda: list(inbox.glob("*.messages.*.arrow")), PATIENCE)
        [run] = running.runs("RUNNING")
        cancelling = {"state": {"type": "CANCELLING"}}
        address = f"{running.pages}/api/flow_runs/{run['id']}"
        httpx.post(f"{address}/set_state", json=cancelling, timeout=30).raise_for_status()
        state = until(
            lambda: (
                found := httpx.get(address, timeout=30).json()["state_type"]
            ) not in ("RUNNING", "CANCELLING") and found,
            PATIENCE,
        )  # fmt: skip
        assert state == "CANCELLED"
        until(lambda: running.runs("RUNNING"), PATIENCE)
        family = psutil.Process(running.process.pid).children(recursive=True)
        for process in family if together else []:
            if "flows.serving" in process.cmdline():
                process.kill()
        running.process.kill()
        running.process.wait(30)
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not alive, "children notice that serve is gone"

    settings = Settings(sources=(running.watched,), warehouse=running.warehouse, batch_rows=100)
    report = run_directly(settings)
    assert (report.problems, report.queued) == ((), 0)
    with open_store(running.warehouse, read_only=True) as store:
        runs = store.connection.sql("SELECT run_id FROM runs").fetchall()
        assert runs
        assert all(store.check_run(run_id).adds_up for (run_id,) in runs)
        whole = store.totals()
    other = run_directly(
        Settings(sources=(running.watched,), warehouse=tmp_path / "o.duckdb", batch_rows=100)
    )
    with open_store(tmp_path / "o.duckdb", read_only=True) as store:
        never_disturbed = store.totals()
    assert other.problems == ()
    assert {name: whole[name] for name in COUNTED} == {
        name: never_disturbed[name] for name in COUNTED
    }
