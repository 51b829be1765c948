"""What protects those who read: calmer items between severe ones, and a word about a break."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Who does nothing for so long has had a break.
BREAK = timedelta(minutes=10)


@dataclass
class _Pace:
    since: datetime
    last: datetime
    severe: int = 0
    reminded: datetime | None = None


class Paces:
    """How long each reviewer has worked without a break, and how many severe items in a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paces: dict[str, _Pace] = {}

    def decided(self, reviewer: str, *, severe: bool, now: datetime) -> None:
        """A reviewer has finished an item."""
        with self._lock:
            pace = self._pace(reviewer, now)
            pace.severe = pace.severe + 1 if severe else 0

    def wants_rest(self, reviewer: str, most: int | None) -> bool:
        """Whether calmer items should come first; ``most`` severe ones in a row, 0 is never."""
        with self._lock:
            pace = self._paces.get(reviewer)
            return bool(most and pace and pace.severe >= most)

    def reminder(self, reviewer: str, minutes: int | None, now: datetime) -> str | None:
        """A word about a break after so many minutes of work, once in as many; 0 is never."""
        with self._lock:
            pace = self._pace(reviewer, now)
            worked = now - pace.since
            if not minutes or worked < timedelta(minutes=minutes):
                return None
            if pace.reminded and now - pace.reminded < timedelta(minutes=minutes):
                return None
            pace.reminded = now
            return (
                f"You have been reviewing for {int(worked.total_seconds() // 60)} minutes. "
                "A break helps; your place is kept."
            )

    def _pace(self, reviewer: str, now: datetime) -> _Pace:
        pace = self._paces.get(reviewer)
        if pace is None or now - pace.last > BREAK:
            pace = self._paces[reviewer] = _Pace(now, now)
        pace.last = now
        return pace
