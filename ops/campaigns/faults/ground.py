"""What every fault is done to: the same exports, and the rows of an undisturbed run to compare."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

from fixtures.world import generate
from warehouse.inbox import inbox_of, pending
from warehouse.store import open_store

ROOT = Path(__file__).parents[3]
#: What tells one run from another, and nothing about the rows.
VOLATILE = {"run_id", "revision_no", "loaded_at", "landed_at", "scored_at", "first_seen_at"}
VIEWS = ("messages", "revisions", "scores", "flagged", "indicators", "channels", "quarantine")
#: Seconds that anything may take before the campaign gives up on it.
PATIENCE = 600.0
_QUICK = "from ops.campaigns.faults.quick import main; main()"
_REAL = "from ops.cli import main; main()"

Rows = dict[str, Counter[str]]


@dataclass
class Row:
    """One fault: how often, what was lost and doubled, how often it was named, with an example.

    ``seconds``: the longest from the end of the fault until all was as it must be. ``how`` says
    how the fault is made, where it is not the real thing that is so.
    """

    fault: str
    how: str
    times: int = 0
    lost: int = 0
    doubled: int = 0
    named: int = 0
    says: str = ""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled, and every one was named; one left out does not."""
        right = not self.lost and not self.doubled and not self.problems
        return right and self.times > 0 and self.named == self.times and not self.skipped

    def name(self, said: str, *signs: str) -> None:
        """Count it as named where what was said holds one of the signs; the first is shown."""
        whole = " ".join(said.split())  # what is wide is folded where it is printed
        for sign in signs:
            if (at := whole.find(sign)) >= 0:
                self.named += 1
                self.says = self.says or f"… {whole[max(0, at - 80) : at + 120]} …"
                return
        self.problems.append(f"not named; it said: {whole[-300:]}")


@dataclass
class Ground:
    """The folder of a campaign, with the exports in it."""

    folder: Path
    messages: int
    seed: int
    say: Callable[[str], None]
    exports: Path = field(init=False)
    expected: dict[Path, Rows] = field(default_factory=dict)
    chance: Random = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.exports = self.folder / "world" / "exports"
        generate(self.folder / "world", self.messages, seed=self.seed)
        (self.exports / "broken.json").write_text('{"name": "cut off", "messages": [{"id": 1, "te')

    def fresh(self) -> Path:
        """The path of a warehouse that is not there yet, in a folder of its own."""
        self._made += 1
        folder = self.folder / f"made-{self._made}"
        folder.mkdir()
        return folder / "w.duckdb"

    def undisturbed(self, exports: Path) -> Rows:
        """The rows of a run to which nothing happens."""
        if exports not in self.expected:
            warehouse = self.fresh()
            said, code = finished(self.run(warehouse, exports))
            if code not in (0, 1):
                raise RuntimeError(f"the undisturbed run failed:\n{said}")
            self.expected[exports] = rows_of(warehouse)
            shutil.rmtree(warehouse.parent)
        return self.expected[exports]

    @cached_property
    def seconds(self) -> float:
        """Of an undisturbed run, once everything has been compiled and read before."""
        self.undisturbed(self.exports)
        warehouse = self.fresh()
        began = time.monotonic()
        finished(self.run(warehouse))
        shutil.rmtree(warehouse.parent)
        return time.monotonic() - began

    def run(
        self,
        warehouse: Path,
        exports: Path | None = None,
        environment: Mapping[str, str] | None = None,
        rows: int = 40,
    ) -> subprocess.Popen[str]:
        """Start a run of the quick scorer."""
        options = ["--direct", "--quiet", "--limit", "0", "--batch-rows", str(rows)]
        sources = str(exports or self.exports)
        return command(
            ["run", sources, "-w", str(warehouse), *options], quick=True, environment=environment
        )

    def settle(self, row: Row, warehouse: Path, exports: Path | None = None, rows: int = 40) -> str:
        """Run once more undisturbed, and hold what is there against what has to be."""
        began = time.monotonic()
        said, code = finished(self.run(warehouse, exports, rows=rows))
        row.seconds = max(row.seconds, time.monotonic() - began)
        if code not in (0, 1):
            row.problems.append(f"the run after it ended with {code}: {said[-300:]}")
        else:
            self.hold(row, warehouse, exports)
        return said

    def hold(self, row: Row, warehouse: Path, exports: Path | None = None) -> None:
        """Count what is lost and what doubled in all views."""
        expected, found = self.undisturbed(exports or self.exports), rows_of(warehouse)
        for view in VIEWS:
            row.lost += (expected[view] - found[view]).total()
            row.doubled += (found[view] - expected[view]).total()
        if waiting := pending(inbox_of(warehouse))[0]:
            row.problems.append(f"{len(waiting)} files are left in the inbox")
        shutil.rmtree(warehouse.parent)


def rows_of(warehouse: Path) -> Rows:
    """Every row of every view, but for what differs between any two runs."""
    found = {}
    with open_store(warehouse, read_only=True) as store:
        for view in VIEWS:
            table = store.connection.view(view).to_arrow_table()
            table = table.drop_columns([name for name in table.column_names if name in VOLATILE])
            found[view] = Counter(map(repr, table.to_pylist()))
    return found


def command(
    arguments: list[str], *, quick: bool, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start the command line in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", _QUICK if quick else _REAL, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[str, int]:
    """What a process said until its end, and its exit code."""
    said, _ = process.communicate(timeout=PATIENCE)
    return said, process.returncode


def killed(process: subprocess.Popen[str]) -> bool:
    """Kill a process with all of its own, as the kernel does; False where it had ended."""
    if process.poll() is not None:
        process.communicate()
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return True


def until(look: Callable[[], object], seconds: float = PATIENCE, pause: float = 0.02) -> bool:
    """Wait until something is so; False where it does not come to pass."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
