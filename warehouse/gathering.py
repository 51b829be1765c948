"""When to load what waits in the inbox: little at once, much when it fills whole row groups.

DuckDB writes a full row group (122,880 rows) straight to its file while it is loaded, and anything
less first to its log and then, at a checkpoint, again; whoever changes something waits for both. So
where much is coming it is quicker for all to load it a quarter of a million rows at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from warehouse.inbox import Pending
from warehouse.loading import GROUP_BYTES

#: Bytes below which nothing is gained by waiting: some thousand messages.
LITTLE = 1 << 20
#: Seconds without anything new after which no more is awaited, and that it is awaited at the most.
STILL, LONGEST = 3.0, 15.0


class Gathering:
    """Looks at the inbox of one owner again and again.

    Times are those of ``clock``, not of the files: that of the machine may jump.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._seen, self._grew = 0, 0.0

    def ready(self, waiting: Sequence[Pending]) -> int:
        """How many of the files that wait, the first ones, are to be loaded now; mostly all or 0.

        What is named is taken to be loaded.
        """
        if not waiting:
            self._since = None
            return 0
        now = self._clock()
        if self._since is None:
            self._since, self._seen = now, 0
        if len(waiting) != self._seen:
            self._seen, self._grew = len(waiting), now
        total = 0
        for number, entry in enumerate(waiting):
            total += _size(entry)
            if total > GROUP_BYTES:
                self._since = None
                return max(number, 1)
        if total < LITTLE or now - self._grew >= STILL or now - self._since >= LONGEST:
            self._since = None
            return len(waiting)
        return 0


def _size(entry: Pending) -> int:
    """Its bytes; 0 where it has gone since the look."""
    try:
        return entry.path.stat().st_size
    except FileNotFoundError:
        return 0
