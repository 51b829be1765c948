"""What comes next in the queue, looked up once for all who ask within some seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence

from warehouse.recent import Recent
from warehouse.review.finding import Candidate, Filter, find_next
from warehouse.store import Store

#: Candidates that are kept for a filter, and for how many seconds.
MOST, SECONDS = 100, 2.0
#: Filters of which some are kept.
FILTERS = 64


class Upcoming:
    """The most urgent items under each filter, less what was touched since they were looked up.

    Everything that changes how items stand is told by :meth:`touched`; what else becomes of the
    queue is seen some seconds later.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._kept: Recent[Filter, list[Candidate]] = Recent(FILTERS, SECONDS, clock)
        self._touched: dict[int, float] = {}
        self._lock = threading.Lock()

    def touched(self, items: Collection[int]) -> None:
        """Somebody has decided these items, or taken a decision on them back."""
        until = self._clock() + 2 * SECONDS
        with self._lock:
            # Longer than a list is kept that was being looked up when the decision was written.
            self._touched.update(dict.fromkeys(items, until))

    def first(
        self, wanted: Filter, *, reviewer: str, claimed: Collection[int], rest: int | None
    ) -> list[int]:
        """The items to give a reviewer next, most urgent first; as :func:`find_next` of them."""
        kept = self._kept.get(wanted, lambda: find_next(self._store, wanted, limit=MOST))
        now = self._clock()
        with self._lock:
            for item_no in [each for each, until in self._touched.items() if until < now]:
                del self._touched[item_no]
            passed_over = {*claimed, *self._touched}
        found = [
            one.item_no
            for one in kept
            if one.item_no not in passed_over and reviewer not in one.done_by
        ]
        if found and rest is None:
            return found
        return _numbers(
            find_next(self._store, wanted, reviewer=reviewer, claimed=claimed, rest=rest)
        )


def _numbers(candidates: Sequence[Candidate]) -> list[int]:
    return [one.item_no for one in candidates]
