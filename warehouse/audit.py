"""The audit log: who read and changed what, in rows that are chained so that tampering shows.

Each row's hash covers the row before it. What the chain alone cannot show is that its end was cut
off, or that all of it was made anew by somebody who can write the file: against that, keep the
head that `channelwatch audit verify` prints, or a backup's manifest, somewhere else. The text of
messages never goes in.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from warehouse.sql import query
from warehouse.store import Store

logger = logging.getLogger(__name__)

#: Seconds that an entry waits in memory at most; what a kill may cost.
FLUSH = 1.0
#: Entries that wait at most; who notes more writes them himself.
MOST_WAITING = 1_000
#: Characters of a name, and of what an entry is about.
LONGEST_NAME, LONGEST_ABOUT = 200, 4_000
#: The hash before the first row.
START = "0" * 64
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: ``what`` is a short name, ``about`` plain JSON."""

    who: str
    what: str
    about: str
    happened: int  # microseconds since 1970, UTC


@dataclass(frozen=True, slots=True)
class Verdict:
    """The chain was followed: how many entries, the last hash, and where it breaks, if it does."""

    entries: int
    head: str
    broken_at: int | None = None
    why: str = ""


def entry(
    who: str,
    what: str,
    about: Mapping[str, Any] | None = None,
    when: datetime | None = None,
) -> Entry:
    """An entry of a moment: of this one, unless it is said.

    >>> entry("asma", "read.item", {"item": 7}).about
    '{"item": 7}'
    """
    now = when or datetime.now(UTC)
    told = json.dumps(dict(about or {}), sort_keys=True, default=str, ensure_ascii=True)
    if len(told) > LONGEST_ABOUT:
        told = json.dumps(
            {"too_long": len(told), "sha256": hashlib.sha256(told.encode()).hexdigest()}
        )
    happened = int(now.timestamp()) * 1_000_000 + now.microsecond
    return Entry(who[:LONGEST_NAME], what[:LONGEST_NAME], told, happened)


def record(store: Store, *entries: Entry) -> None:
    """Write entries at the end of the chain.

    Raises:
        duckdb.Error: the database or the disk failed; none of them is written.
    """
    if not entries:
        return
    with store.transaction() as connection:
        last = connection.execute(query("audit/last")).fetchone()
        number, before = last or (0, START)
        rows = []
        for one in entries:
            number += 1
            before = _hash(before, number, one)
            rows.append(
                {
                    "entry_no": number,
                    "happened": one.happened,
                    "who": one.who,
                    "what": one.what,
                    "about": one.about,
                    "hash": before,
                }
            )
        connection.execute(query("audit/append"), {"entries": json.dumps(rows)})


def verify(store: Store, head: str | None = None) -> Verdict:
    """Follow the chain from its beginning to its end, or to where it breaks.

    With ``head``, a hash that was the last one once: it must be in the chain.
    """
    number, before = 0, START
    seen = head in (None, START)
    while rows := store.rows("audit/chain", after=number, most=CHUNK):
        for row in rows:
            if row["entry_no"] != number + 1:
                return Verdict(number, before, number + 1, "an entry is missing")
            told = Entry(row["who"], row["what"], row["about"], row["happened"])
            expected = _hash(before, row["entry_no"], told)
            if row["hash"] != expected:
                return Verdict(number, before, row["entry_no"], "an entry was changed")
            number, before = row["entry_no"], expected
            seen = seen or expected == head
    if not seen:
        return Verdict(
            number, before, number + 1, "the chain does not hold the head that was given"
        )
    return Verdict(number, before)


def listed(
    store: Store,
    *,
    who: str | None = None,
    what: str | None = None,
    since: datetime | None = None,
    most: int = 100,
) -> list[dict[str, Any]]:
    """The latest entries first; ``what`` is how its name begins."""
    return store.rows("audit/listed", who=who, what=what, since=since, most=most)


class Audit:
    """Notes what happens and writes it within a second, beside other work.

    Start it with :meth:`start` and end it with :meth:`close`, which writes what is left.
    """

    def __init__(self, store: Store, flush: float = FLUSH) -> None:
        self._store, self._pause = store, flush
        self._waiting: list[Entry] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="audit", daemon=True)

    def start(self) -> None:
        """Begin to write what is noted."""
        self._thread.start()

    def note(self, who: str, what: str, about: Mapping[str, Any] | None = None, /) -> None:
        """Note what somebody did; it is written within a second."""
        with self._lock:
            self._waiting.append(entry(who, what, about))
            full = len(self._waiting) >= MOST_WAITING
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what waits; what cannot be written waits for the next time."""
        with self._writing:
            with self._lock:
                taken, self._waiting = self._waiting, []
            try:
                record(self._store, *taken)
            except duckdb.Error as error:
                logger.error("the audit log cannot be written, trying again: %s", error)
                with self._lock:
                    self._waiting = [*taken, *self._waiting]

    def close(self) -> None:
        """Write the rest and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def _keep(self) -> None:
        while not self._stop.wait(self._pause):
            self.flush()


def _hash(before: str, number: int, told: Entry) -> str:
    parts: Sequence[object] = [before, number, told.happened, told.who, told.what, told.about]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
