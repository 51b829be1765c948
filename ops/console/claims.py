"""Who has which item: one reviewer at a time, for some minutes.

Claims are kept in memory under a lock, so that no item is ever given to two, and written to the
accounts' file, so that they outlive the process. What one act decides together is held for as long
as it is being decided, in memory alone: such an act ends with its process.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claim:
    """A reviewer has an item until some time, UTC."""

    item_no: int
    reviewer: str
    until: datetime


class Claims:
    """The claims on the items of one warehouse; safe to use from several threads.

    Args:
        path: the SQLite file that they are written to.
        lasting: how long a claim holds.
    """

    def __init__(self, path: Path, lasting: timedelta) -> None:
        self.lasting = lasting
        self._lock = threading.Lock()
        self._together: dict[int, Claim] = {}
        self._one_act = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute(
            "PRAGMA synchronous = NORMAL"
        )  # a power cut costs a claim, not a decision
        self._file.execute(_sql("create_claims"))
        self._held = {
            item_no: Claim(item_no, reviewer, datetime.fromtimestamp(until, UTC))
            for item_no, reviewer, until in self._file.execute(_sql("claims"))
        }

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def take(self, item_no: int, reviewer: str, now: datetime) -> Claim | None:
        """Claim an item, or claim it for longer; None where somebody else has it."""
        with self._lock:
            if not self._free(item_no, reviewer, now):
                return None
            claim = Claim(item_no, reviewer, now + self.lasting)
            self._keep(claim)
            return claim

    def take_first(self, items: Iterable[int], reviewer: str, now: datetime) -> Claim | None:
        """Claim the first of some items that is free, and let go of what the reviewer held."""
        for item_no in items:
            claim = self.take(item_no, reviewer, now)
            if claim is not None:
                self.release(reviewer, but=item_no)
                return claim
        return None

    @contextmanager
    def together(
        self, items: Iterable[int], reviewer: str, now: datetime
    ) -> Iterator[frozenset[int]]:
        """Hold those of some items that nobody else has, until they are decided; one act at a time.

        Meanwhile nobody is given one of them, the reviewer in another window neither. What the
        reviewer has claimed stays claimed.
        """
        with self._one_act:
            with self._lock:
                taken = frozenset(one for one in items if self._free(one, reviewer, now))
                until = now + self.lasting
                self._together = {one: Claim(one, reviewer, until) for one in taken}
            try:
                yield taken
            finally:
                with self._lock:
                    self._together = {}

    def holder(self, item_no: int, now: datetime) -> Claim | None:
        """The claim on an item that holds now."""
        with self._lock:
            held = self._together.get(item_no) or self._held.get(item_no)
            return held if held is not None and held.until > now else None

    def of(self, reviewer: str, now: datetime) -> list[Claim]:
        """What a reviewer holds now."""
        with self._lock:
            return [
                claim
                for claim in self._held.values()
                if claim.reviewer == reviewer and claim.until > now
            ]

    def held(self, now: datetime, *, but: str | None = None) -> dict[int, Claim]:
        """All claims that hold now, those of ``but`` left out; the expired are forgotten."""
        with self._lock:
            gone = [item_no for item_no, claim in self._held.items() if claim.until <= now]
            for item_no in gone:
                self._drop(item_no)
            held = self._held | self._together
            return {item_no: claim for item_no, claim in held.items() if claim.reviewer != but}

    def release(self, reviewer: str, *, but: int | None = None) -> None:
        """Let go of everything that a reviewer holds, ``but`` one item."""
        with self._lock:
            mine = [item_no for item_no, claim in self._held.items() if claim.reviewer == reviewer]
            for item_no in mine:
                if item_no != but:
                    self._drop(item_no)

    def _free(self, item_no: int, reviewer: str, now: datetime) -> bool:
        held = self._held.get(item_no)
        mine = held is None or held.reviewer == reviewer or held.until <= now
        return mine and item_no not in self._together

    def _keep(self, claim: Claim) -> None:
        self._held[claim.item_no] = claim
        self._write("keep_claim", claim.item_no, claim.reviewer, claim.until.timestamp())

    def _drop(self, item_no: int) -> None:
        self._held.pop(item_no, None)
        self._write("drop_claim", item_no)

    def _write(self, name: str, *values: object) -> None:
        """For the next start alone: on a disk that is full, claims hold as long as this process."""
        with suppress(sqlite3.OperationalError):
            self._file.execute(_sql(name), values)


def _sql(name: str) -> str:
    return (files(__package__) / "queries" / f"{name}.sql").read_text("utf-8")
