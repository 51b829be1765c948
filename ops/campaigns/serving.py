"""`channelwatch serve` as a campaign starts it: in a folder of its own, on free ports."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ops.benchmarks.console.server import add_users
from ops.campaigns.faults.ground import ROOT, until
from ops.campaigns.processes import Process, family

#: What is watched over, by what stands in its command.
CONSOLE, SERVER, WORKER = "ops.serving.console", "flows.local_server", "flows.serving"
FLOW = "a flow run"
#: How the supervisor calls them.
NAMES = {CONSOLE: "the console", SERVER: "the Prefect server", WORKER: "the schedules"}
READY = 300.0
# What died is started again sooner than it is as a rule, for there is much to be killed.
_SERVE = (
    "import ops.serving.children as c; c.LONGEST_BACKOFF = 2.0; from ops.cli import main; main()"
)


class Served:
    """A running `serve`, with users to review; ``watched`` is the folder that it watches.

    ``told`` is put into its environment.
    """

    def __init__(
        self,
        folder: Path,
        schedules: str,
        moderators: Sequence[str],
        told: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.warehouse = folder, folder / "w.duckdb"
        self.watched, self.log = folder / "in", folder / "serve.log"
        self.watched.mkdir()
        (folder / "schedules.yaml").write_text(schedules)
        add_users(self.warehouse, moderators, "moderator")
        environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-c", _SERVE, "serve", "-w", str(self.warehouse)),
                    *("--watch", str(self.watched), "--prefect-port", "0", "--port", "0"),
                    *("--schedules", str(folder / "schedules.yaml")),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment | {"PYTHONPATH": str(ROOT), "HOME": str(folder)} | dict(told or {}),
                cwd=folder,
            )
        began = time.monotonic()
        if not until(lambda: self.said("Ready after") or self.process.poll() is not None, READY):
            raise RuntimeError(f"serve is not ready: {self.log.read_text()[-2_000:]}")
        if self.process.poll() is not None:
            raise RuntimeError(f"serve ended early: {self.log.read_text()[-2_000:]}")
        self.seconds_to_start = time.monotonic() - began
        self.port = int(self._address(r"review console of \S+: http://[^:]+:(\d+)/"))
        self.api = self._address(r"Prefect's pages: (http://[^/]+)/") + "/api"

    def _address(self, pattern: str) -> str:
        found = re.search(pattern, self.log.read_text())
        if found is None:
            raise RuntimeError(f"serve does not say where it is: {self.log.read_text()[-2_000:]}")
        return found[1]

    def said(self, what: str) -> int:
        """How often something stands in what it said."""
        return self.log.read_text("utf-8", "replace").count(what)

    def last_words(self) -> str:
        """The last lines of what it said to people."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return " ".join([line for line in lines if not line.startswith("{")][-2:])

    def family(self) -> list[Process]:
        """Its processes."""
        return family(self.process.pid)

    def find(self, what: str) -> Process | None:
        """One of its processes; the youngest flow run, where that is asked for."""
        everybody = self.family()
        if what != FLOW:
            return next((each for each in everybody if what in each.command), None)
        workers = {each.pid for each in everybody if WORKER in each.command}
        runs = [each for each in everybody if each.parent in workers and "prefect" in each.command]
        return max(runs, key=lambda each: each.pid, default=None)

    def cut_off(self, run: str) -> str:
        """The line in which it said that a flow run, by its id, was cut off; empty without one."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return next((each for each in lines if f"({run})" in each and "was cut off" in each), "")

    def state(self, run: str) -> str:
        """The state of a flow run as Prefect has it; empty where it does not answer."""
        try:
            found = self.ask("flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        except OSError:
            return ""
        return str(found[0]["state_type"]) if found else ""

    def answers(self, what: str) -> bool:
        """Whether the console, or the server, answers."""
        address = f"http://127.0.0.1:{self.port}/health"
        if what == SERVER:
            address = f"{self.api}/health"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def runs(self, state: str) -> int:
        """How many flow runs are in a state, as Prefect has it; -1 where it does not answer."""
        try:
            return int(
                self.ask("flow_runs/count", {"flow_runs": {"state": {"type": {"any_": [state]}}}})
            )
        except OSError:
            return -1

    def ask(self, route: str, asked: Mapping[str, Any]) -> Any:
        """What Prefect's API answers to a POST."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.api}/{route}",
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def end(self) -> None:
        """As a service is ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(120)

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        for process in self.family():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


def drop(file: Path, watched: Path, number: int) -> None:
    """Put an export into a watched folder, at once."""
    target = watched / f"{number:03}"
    hidden = watched / f".{number:03}"
    hidden.mkdir()
    shutil.copy(file, hidden / file.name)
    hidden.rename(target)
