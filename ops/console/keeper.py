"""The thread that keeps the warehouse: it loads the inbox, folds the queue, obeys orders."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import duckdb

from flows.owner import carry_out
from flows.watching.events import tell
from flows.watching.runs import tell_loaded
from warehouse import presence
from warehouse.gathering import Gathering
from warehouse.inbox import pending
from warehouse.review.folding import fold, keep_rules
from warehouse.review.rules import Rules
from warehouse.store import Store, StoreError

#: Seconds between two looks into the inbox, and after an error.
PAUSE, PAUSE_AFTER_ERROR = 0.5, 10.0
#: Seconds between two signs of life beside the inbox.
SIGN = 5.0
#: How nice the thread is: pages come before what is loaded, that before what is still read.
GIVING_WAY = 3
#: Seconds without anything new after which the log is written into the file.
QUIET = 20.0
#: Seconds after which it is written at the latest: what is not lies in memory.
UNWRITTEN = 60.0


class Keeper:
    """Keeps one store, from :meth:`start` to :meth:`stop`.

    Args:
        store: open for writing; nobody else loads its inbox.
        rules: how the queue is ordered.
        now: the time, UTC.
    """

    def __init__(
        self,
        store: Store,
        rules: Rules,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._rules, self._now = store, rules, now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._ordered = False
        self._gathering = Gathering()
        self._since, self._shown = time.time(), 0.0
        self._heard: float | None = None  # when a run last brought something or asked for it
        self.problem: str | None = None  # why the last look failed, in words

    def start(self) -> None:
        """Begin to keep it."""
        self._show(now=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction that is going on; what waits is loaded by the next owner."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        presence.take_down(self._store.path)

    def look(self, *, gather: bool = False) -> bool:
        """Load what waits, fold it, do what was ordered; whether there was anything.

        With ``gather``, what waits is left until it is worth a transaction
        (:mod:`warehouse.gathering`).

        Raises:
            StoreError: loading failed; the files stay.
            duckdb.Error: folding failed; it is tried again.
        """
        if not self._ordered:
            keep_rules(self._store, self._rules, self._now())
            self._ordered = True
        loaded = self._load(gather)
        folded = False
        while not self._stop.is_set() and fold(self._store, self._rules, self._now()):
            folded = True
        done = carry_out(self._store)
        if loaded or done:
            self._heard = time.time()
        return folded or loaded or done > 0

    def _load(self, gather: bool) -> bool:
        waiting, strangers = pending(self._store.inbox)
        files = self._gathering.ready(waiting) if gather else len(waiting)
        if not files and not strangers:
            return False
        began = time.monotonic()
        report = self._store.load_inbox(limit=files)
        if report.files or report.rejected:
            tell_loaded(report, time.monotonic() - began)
        return report.files > 0

    def _show(self, *, now: bool = False) -> None:
        """Say beside the inbox that orders are answered here, and how it goes."""
        if now or time.monotonic() - self._shown >= SIGN:
            sign = presence.Sign(os.getpid(), self._since, problem=self.problem, heard=self._heard)
            with suppress(OSError):
                presence.show(self._store.path, sign)
            self._shown = time.monotonic()

    def _keep(self) -> None:
        _give_way()
        quiet, written, since = 0.0, True, time.monotonic()
        while not self._stop.is_set():
            try:
                busy = self.look(gather=True)
                if busy and written:
                    written, since = False, time.monotonic()
                quiet = 0.0 if busy else quiet
                if not written and quiet >= QUIET:
                    written = self._store.checkpoint()
                elif not written and time.monotonic() - since >= UNWRITTEN:
                    written = self._store.checkpoint(busy=True)
                self.problem = None
                self._show()
            except (StoreError, duckdb.Error, OSError) as error:
                self.problem = str(error).split("\n", 1)[0]
                self._show(now=True)
                tell("keeping_failed", level=logging.ERROR, problem=self.problem)
                self._stop.wait(PAUSE_AFTER_ERROR)
                continue
            if not busy:
                self._stop.wait(PAUSE)
                quiet += PAUSE


def _give_way() -> None:
    """Let who waits for a page come before this thread; where threads have no priority, nothing."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVING_WAY)
