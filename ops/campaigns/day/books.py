"""The books after the day: files, rows, decisions, the console's numbers, what is left behind."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ops.benchmarks.console.checks import problems
from ops.campaigns.faults.ground import Rows, command, finished, rows_of
from warehouse.inbox import inbox_of
from warehouse.store import open_store

_OUTCOMES = ("read", "scored", "landed", "unchanged", "quarantined")
#: What runs know of the files that they have read: it stays, from run to run.
_IDENTITIES = "files.msgpack"
_METRIC = re.compile(r"^channelwatch_(\w+?)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def files(warehouse: Path, dropped: Sequence[Path]) -> list[str]:
    """Whether each file is there, each source adds up, and nothing waits."""
    copies: dict[str, list[Path]] = defaultdict(list)
    for path in dropped:
        copies[hashlib.sha256(path.read_bytes()).hexdigest()].append(path)
    with open_store(warehouse) as store:
        known = {
            row[0] for row in store.connection.execute("SELECT path FROM base.sources").fetchall()
        }
        found = [
            f"{same[0]} was dropped and is no source"
            for same in copies.values()
            if not known & set(map(str, same))
        ]
        if len(known) != len(copies):
            found.append(f"{len(copies)} different files were dropped, {len(known)} are sources")
        for (run_id,) in store.connection.execute("SELECT run_id FROM base.runs").fetchall():
            found += [
                f"{each.file}: read {each.items_read}, landed {each.landed}, unchanged "
                f"{each.unchanged}, quarantined {each.quarantined}"
                for each in store.check_run(run_id).sources
                if not each.adds_up
            ]
        waits = store.connection.execute("SELECT count(*) FROM base.changed").fetchone()
        if waits and waits[0]:
            found.append(f"{waits[0]} revisions are not folded")
    return found


def decisions(warehouse: Path, lines: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many were confirmed; whether each is there once and all states follow from them."""
    confirmed = sum(line["saved"] for line in lines if line["route"] == "decide")
    with open_store(warehouse) as store:
        found = problems(store, lines)
    return confirmed, found if confirmed else [*found, "no moderator decided anything"]


def undisturbed(watched: Path, warehouse: Path) -> Rows:
    """The rows of one run over the same files, into a warehouse of its own.

    Raises:
        RuntimeError: that run failed.
    """
    options = ["--direct", "--quiet", "--limit", "0", "--batch-rows", "40"]
    said, code = finished(
        command(["run", str(watched), "-w", str(warehouse), *options], quick=False)
    )
    if code not in (0, 1):
        raise RuntimeError(f"the undisturbed run failed: {said[-300:]}")
    return rows_of(warehouse)


def different(expected: Rows, found: Rows) -> list[str]:
    """The views whose rows are not the same, and how many are lost and too many."""
    said = []
    for view in sorted({*expected, *found}):
        lost = expected.get(view, type(found[view])()) - found.get(view, type(expected[view])())
        more = found.get(view, type(expected[view])()) - expected.get(view, type(found[view])())
        if lost or more:
            example = next(iter([*lost, *more]))
            said.append(
                f"view {view}: {lost.total()} rows lost, {more.total()} too many; {example[:300]}"
            )
    return said


def exposed(text: str) -> dict[str, float]:
    """The numbers of `/metrics` that the warehouse has as well, by the names that it has."""
    found = {}
    for name, labels, value in _METRIC.findall(text):
        of = dict(_LABEL.findall(labels))
        if name == "warehouse_messages":
            found[of["outcome"]] = float(value)
        elif name == "runs":
            found[f"runs_{of['state']}"] = float(value)
        elif name == "decisions":
            found["decisions"] = float(value)
    return found


def drifted(told: Mapping[str, float], warehouse: Path) -> list[str]:
    """Where the console's numbers are not those of the warehouse."""
    with open_store(warehouse) as store:
        totals = store.rows("watching/totals")[0]
    names = (*_OUTCOMES, "decisions", "runs_finished", "runs_failed", "runs_open")
    return not_equal(told, {name: float(totals[name]) for name in names})


def not_equal(told: Mapping[str, float], there: Mapping[str, float]) -> list[str]:
    """Each number that is told otherwise than it is there, or not at all."""
    return [
        f"/metrics says {name} {told.get(name, 'nothing')}, the warehouse has {value:.0f}"
        for name, value in there.items()
        if told.get(name) != value
    ]


def left_behind(folder: Path, warehouse: Path, scratch: Path) -> list[str]:
    """Processes that still live, and files in the inbox and among temporary ones."""
    found = [f"process {pid} still lives: {what[:120]}" for pid, what in _ours(folder)]
    found += [
        f"left in the inbox: {path.name}"
        for path in _files(inbox_of(warehouse))
        if path.name != _IDENTITIES
    ]
    return found + [f"left among temporary files: {path.name}" for path in _files(scratch)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _ours(folder: Path) -> list[tuple[int, str]]:
    """Processes whose home is this folder, as `serve` and all that it starts have it."""
    sign = b"HOME=" + str(folder).encode() + b"\0"
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if sign in (entry / "environ").read_bytes():
                    said = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    found.append((int(entry.name), said.decode("utf-8", "replace")))
    return found
