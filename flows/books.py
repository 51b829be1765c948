"""What a run asks of the warehouse at its beginning and its end, whoever owns it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.duties import UnansweredError, do
from flows.owner import on_warehouse
from warehouse import presence
from warehouse.inbox import inbox_of
from warehouse.store import RunCheck, SourceCheck, Store, StoreLocked

#: Seconds to wait for an owner to answer, and for it to load what waits in the inbox.
ANSWER, DRAIN = 600.0, 1800.0
PAUSE = 0.2


@dataclass(frozen=True)
class Begun:
    """What is known when a run begins.

    ``sources`` are the files that need not be read again, ``batches`` those that need not be
    scored again, ``unfinished`` the run that was cut short, ``before`` the totals before it.
    """

    sources: frozenset[str] = frozenset()
    batches: frozenset[str] = frozenset()
    totals: dict[str, int] = field(default_factory=dict)
    unfinished: str | None = None
    before: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """What became of a run, by the warehouse."""

    checked: RunCheck
    totals: dict[str, int]


@dataclass(frozen=True)
class Books:
    """Asks this process's own store, or another process that owns the warehouse and answers."""

    warehouse: Path
    store: Store | None
    answered: bool  # whether there is anybody to ask

    @classmethod
    def of(cls, warehouse: Path, store: Store | None, locked: StoreLocked | None) -> Books:
        """The books of a warehouse that is open here, or of one that another process has."""
        answered = store is not None or presence.answers(warehouse, locked.pid if locked else None)
        return cls(warehouse, store, answered)

    def begin(self, model_version: str, reading: str, fingerprint: str) -> Begun | None:
        """What is loaded already; None where nobody can say."""
        told = self._ask(
            "run_begins", model_version=model_version, reading=reading, fingerprint=fingerprint
        )
        if told is None:
            return None
        return Begun(
            frozenset(told["sources"]),
            frozenset(told["batches"]),
            told["totals"],
            told["unfinished"],
            told["before"],
        )

    def end(self, run_id: str) -> Ended | None:
        """What became of what the run handed over; None where nobody can say yet."""
        told = self._ask("run_ends", run_id=run_id)
        if told is None:
            return None
        sources = tuple(SourceCheck(**source) for source in told["sources"])
        return Ended(RunCheck(run_id, sources), told["totals"])

    def _ask(self, duty: str, **parameters: Any) -> dict[str, Any] | None:
        """The answer once nothing waits any more; None where it does not come in time.

        Raises:
            DutyError: the owner answered that it could not.
        """
        if not self.answered:
            return None
        end = time.monotonic() + DRAIN
        while time.monotonic() < end:
            if self.store is not None:
                told = do(self.store, duty, parameters)
            else:
                try:
                    told = on_warehouse(self.warehouse, duty, timeout=ANSWER, **parameters)
                except UnansweredError:
                    return None
            if "waiting" not in told:
                return told
            time.sleep(0 if self.store is not None else PAUSE)
        return None


@contextmanager
def alone(warehouse: Path, fingerprint: str) -> Iterator[bool]:
    """Whether no other process on this machine does the run with this fingerprint just now.

    Held until the end; a process that is killed lets go of it. Only then may a run that seems to
    have been cut short be taken up.
    """
    path = inbox_of(warehouse) / "runs" / f"{fingerprint}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            if not _is(path, file.fileno()):  # its last holder has just removed it
                continue
            try:
                yield True
            finally:
                path.unlink(missing_ok=True)
            return


def _is(path: Path, handle: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False


def rejected(warehouse: Path, run_id: str) -> list[str]:
    """What a run handed over and its owner could not load, in words."""
    folder = inbox_of(warehouse) / "rejected"
    return [
        f"{path}: not loaded, {_reason(path)}" for path in sorted(folder.glob(f"{run_id}-*.arrow"))
    ]


def _reason(path: Path) -> str:
    try:
        return path.with_name(path.name + ".reason.txt").read_text("utf-8").strip()
    except OSError:
        return "for a reason that was not kept"
