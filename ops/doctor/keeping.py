"""The warehouse: can it be opened, who has it, how do its runs stand; with --deep, is it whole."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.doctor import holder
from ops.doctor.finding import Finding, Level, Place, fail, ok, size, span, warn
from ops.doctor.installation import first_line
from ops.doctor.machine import SKEW, warehouse_bytes
from ops.runbooks import Page

#: Bytes of a log that nobody writes into the file.
LARGE_LOG = 1 << 30
#: Of the items of the latest run, the share that could not be read before it is worth a word.
MANY_QUARANTINED = 0.05
#: How long a run may go on before it is taken for dead.
LONGEST_RUN = timedelta(hours=24)


def warehouse(place: Place) -> Iterator[Finding]:
    """It can be opened, by this version, or somebody has it who answers."""
    import duckdb

    from warehouse.store import StoreLocked, open_store

    path = place.warehouse
    if not path.exists():
        yield ok("warehouse", f"{path} is not there yet; `channelwatch run` makes it")
        return
    if not os.access(path, os.R_OK | os.W_OK):
        yield fail(
            "warehouse",
            f"{path} cannot be read and written by this user",
            "give it to the user that runs channelwatch",
            Page.DISK_READ_ONLY,
        )
        return
    yield from log(place)
    try:
        with open_store(path, read_only=True) as store:
            found = store.rows("watching/version")[0]
            yield ok(
                "warehouse",
                f"{path}, schema version {found['version']}, "
                f"{size(warehouse_bytes(path))}; nobody has it open",
            )
            yield from runs(store)
    except StoreLocked as locked:
        yield owner(place, locked.pid)
    except Exception as problem:  # told apart by what they say
        if not hasattr(problem, "exit_code") and not isinstance(problem, duckdb.Error):
            raise
        yield unusable(path, first_line(problem), type(problem).__name__)


def owner(place: Place, pid: int | None) -> Finding:
    """Who has the warehouse open, and whether it gets on."""
    says = f"{place.warehouse} is open in process {pid or '(not known)'}"
    if not holder.ours(place.warehouse, pid):
        return fail(
            "warehouse",
            f"{says}, which is not channelwatch: {' '.join(holder.command(pid))[:100]}",
            f"end it if it is yours (`kill {pid}`); meanwhile runs leave what they read in "
            "the inbox",
            Page.DATABASE_LOCKED,
        )
    if problem := sign(place):
        return fail(
            "warehouse",
            f"{says}, which says: {problem}",
            "do what it says; it tries again by itself",
            Page.INBOX_GROWING,
        )
    return ok("warehouse", f"{says}, its owner ({size(warehouse_bytes(place.warehouse))})")


def sign(place: Place) -> str | None:
    """What the owner says is wrong, in the sign that it puts up beside the inbox."""
    import msgspec

    try:
        told = msgspec.json.decode((place.inbox / "keeper.json").read_bytes(), type=dict)
    except (OSError, msgspec.MsgspecError):
        return None
    return str(told["problem"])[:300] if told.get("problem") else None


def unusable(path: Path, says: str, kind: str) -> Finding:
    """A warehouse that cannot be opened: the way that leads on."""
    lower = says.lower()
    if kind == "KeyProblem" or "encrypt" in lower or " key" in lower:
        return fail("warehouse", says, "give the key with CHANNELWATCH_KEY_FILE", Page.KEY_MISSING)
    if "older schema" in lower:
        return warn(
            "warehouse",
            says,
            "back it up; the next `channelwatch run` or console brings it up to date",
            Page.MIGRATION_FAILED,
        )
    if "schema version" in lower or "up to date" in lower:
        return fail(
            "warehouse",
            says,
            "use the channelwatch that wrote it, or a newer one",
            Page.MIGRATION_FAILED,
        )
    if "different configuration" in lower or "other settings" in lower:
        return ok("warehouse", f"{path} is open in this process")
    return fail(
        "warehouse",
        says,
        f"move {path} aside and restore a backup in its place",
        Page.DATABASE_DAMAGED,
    )


def log(place: Place) -> Iterator[Finding]:
    """What is in the log is written into the file from time to time."""
    path = place.warehouse.with_name(place.warehouse.name + ".wal")
    there = path.stat().st_size if path.is_file() else 0
    if there > LARGE_LOG:
        yield warn(
            "log",
            f"{path} has {size(there)}: nobody has written it into the file",
            "open the warehouse once with nothing else running: `channelwatch run` writes "
            "it in at its end",
            Page.DATABASE_LOCKED,
        )


def runs(store: Any) -> Iterator[Finding]:
    """The latest run ended well, none hangs, and none is of tomorrow."""
    now = datetime.now(UTC)
    latest = store.rows("watching/latest_runs", limit=1)
    if not latest:
        yield ok("runs", "none yet")
        return
    run = latest[0]
    left = store.rows("watching/open_runs")[0]
    findings = []
    if run["started_at"] and run["started_at"] > now + timedelta(seconds=SKEW):
        findings.append(
            fail(
                "runs",
                f"run {run['run_id']} started in the future: "
                f"{run['started_at']:%Y-%m-%d %H:%M} UTC",
                "set the clock before the next run",
                Page.CLOCK_JUMPED,
            )
        )
    if run["state"] == "failed":
        findings.append(
            fail(
                "runs",
                f"the latest one, {run['run_id']}, ended with problems",
                "run the same sources again: what is done is kept, and it names its problems",
                Page.RUN_FAILED,
            )
        )
    if left["runs"]:
        findings.append(
            warn(
                "runs",
                f"{left['runs']} started and did not end, the latest "
                f"{left['run_id']} of {left['latest']:%Y-%m-%d %H:%M} UTC",
                "start the same run again: it goes on from there",
                Page.WORKER_LOST,
            )
        )
    items = run["landed"] + run["unchanged"] + run["quarantined"]
    if items and run["quarantined"] / items > MANY_QUARANTINED:
        findings.append(
            warn(
                "runs",
                f"of {items:,} items of {run['run_id']}, {run['quarantined']:,} could not be read",
                f"see why: `channelwatch export quarantine -w {store.path} -o quarantine.csv`",
                Page.QUARANTINE_GROWING,
            )
        )
    ended = run["finished_at"]
    since = f", {span((now - ended).total_seconds())} ago" if ended and ended < now else ""
    yield from findings or [ok("runs", f"the latest, {run['run_id']}, {run['state']}{since}")]


def whole(place: Place) -> Iterator[Finding]:
    """With --deep: every block can be read, and the counts of every run add up."""
    import duckdb

    from warehouse.integrity import read_through
    from warehouse.store import StoreError, open_store

    if not place.warehouse.exists():
        return
    try:
        with open_store(place.warehouse, read_only=True, memory_limit="1GB") as store:
            rows, damaged = 0, []
            for name, number, problem in read_through(store):
                rows += number
                if problem:
                    damaged.append(f"{name}: {problem}")
            if damaged:
                yield fail(
                    "every block",
                    "; ".join(damaged),
                    "stop what uses it, keep a "
                    "copy of the file, restore a backup, and run the sources again",
                    Page.DATABASE_DAMAGED,
                )
                return
            yield ok("every block", f"{rows:,} rows read through")
            yield from adding_up(store)
    except (StoreError, duckdb.Error) as problem:  # the look before this one says why
        yield ok("every block", f"not looked at: {first_line(problem)}")


def adding_up(store: Any) -> Iterator[Finding]:
    """Items read = landed + unchanged + quarantined, in every run that ended."""
    began = time.monotonic()
    ids = store.query("watching/run_ids")["run_id"].to_pylist()
    wrong = [run_id for run_id in ids if not store.check_run(run_id).adds_up]
    if wrong:
        yield fail(
            "counts",
            f"of {len(wrong)} of {len(ids)} runs do not add up, as of {wrong[-1]}",
            "run the same sources again; if it stays so, keep the file and report it",
            Page.COUNTS_WRONG,
        )
    else:
        took = time.monotonic() - began
        yield ok("counts", f"of {len(ids)} runs add up (looked at for {took:.1f} s)")


def models_answer(_place: Place) -> Iterator[Finding]:
    """With --deep: the models are loaded and asked."""
    from ops.commands.check import model_problems

    problems = model_problems()
    if problems:
        yield fail(
            "models answer", "; ".join(problems), "restore the model files", Page.MODEL_DAMAGED
        )
    else:
        yield ok("models answer", "loaded and answering")


__all__ = ["Level", "models_answer", "warehouse", "whole"]
