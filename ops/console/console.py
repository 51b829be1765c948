"""What every page of the console works with."""

from __future__ import annotations

import random
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from classifiers.knowledge import Knowledge
from ops.console.accounts import Accounts
from ops.console.claims import Claims
from ops.console.policy import Policy
from ops.console.tickets import Tickets
from ops.console.upcoming import Upcoming
from ops.console.wellbeing import Paces
from warehouse.alerting import record as alerting
from warehouse.audit import Audit
from warehouse.review import finding
from warehouse.store import Store

T = TypeVar("T")

#: What all pages show may be so many seconds old.
FRESH = 2.0
FACETS_FRESH = 30.0


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be reviewed: counts, and the age of the oldest; and the open alerts."""

    count: int
    oldest: timedelta | None
    escalated: int
    adjudication: int
    alerts: int = 0


@dataclass
class Console:
    """The warehouse, the accounts and what else handlers need.

    ``now`` (UTC) and ``chance`` (from 0 to 1) are replaced in tests.
    """

    store: Store
    accounts: Accounts
    claims: Claims
    policy: Policy
    knowledge: Knowledge
    now: Callable[[], datetime] = utc_now
    chance: Callable[[], float] = random.random
    paces: Paces = field(default_factory=Paces)
    tickets: Tickets = field(default_factory=Tickets)
    audit: Audit | None = None

    def __post_init__(self) -> None:
        self.upcoming = Upcoming(self.store)
        self._waiting = Kept(lambda: finding.waiting(self.store), FRESH)
        self._alerts = Kept(lambda: alerting.counted(self.store, self.now())["open"], FRESH)
        self._ranks = Kept(lambda: finding.ranks(self.store), FACETS_FRESH)
        self._facets = Kept(lambda: finding.facets(self.store), FACETS_FRESH)

    def note(self, who: str, what: str, **about: Any) -> None:
        """Have the audit log say what somebody did or saw; never what a message says."""
        if self.audit is not None:
            self.audit.note(who, what, about)

    def waiting(self) -> Waiting:
        """What waits to be reviewed, at most two seconds old."""
        found = self._waiting.get()
        oldest = found.oldest and max(self.now() - found.oldest, timedelta(0))
        return Waiting(
            found.waiting,
            oldest or None,
            found.escalated,
            found.adjudication,
            self._alerts.get(),
        )

    def priority(self, value: float) -> float:
        """A priority as pages show it; see :func:`shown_priority`."""
        return shown_priority(value, self._ranks.get())

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """The values that filters can have, at most half a minute old."""
        return self._facets.get()

    def close(self) -> None:
        """Give the files free."""
        self.claims.close()
        self.accounts.close()
        self.store.close()


def shown_priority(value: float, ranks: Sequence[float]) -> float:
    """A priority as pages show it: so many of a hundred open items are less urgent.

    Args:
        value: a natural logarithm, as in the queue.
        ranks: of :func:`warehouse.review.finding.ranks`.

    >>> shown_priority(2.0, [0.0, 1.0, 2.0, 3.0]), shown_priority(9.0, [])
    (66.66666666666666, 100.0)
    """
    if len(ranks) < 2:
        return 100.0
    return 100 * min(bisect_left(ranks, value) / (len(ranks) - 1), 1.0)


class Kept(Generic[T]):
    """An answer that is asked for anew when it is older than some seconds; one asks at a time."""

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: T | None = None

    def get(self) -> T:
        """The answer; whoever comes while another one asks is given the old one."""
        answer = self._answer
        if answer is not None and (
            time.monotonic() < self._until or not self._lock.acquire(blocking=False)
        ):
            return answer
        if answer is None:
            self._lock.acquire()
        try:
            if self._answer is None or time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + self._seconds
            return self._answer
        finally:
            self._lock.release()
