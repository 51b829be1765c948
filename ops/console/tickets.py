"""Previews that were shown: what is decided later is exactly what was looked at."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

#: A preview holds for so long, and of so many at once the youngest.
LASTING, MOST_TICKETS = timedelta(minutes=30), 200


class Tickets:
    """The items of each preview, and who was shown it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, tuple[str, datetime, tuple[int, ...]]] = {}

    def give(self, reviewer: str, items: Sequence[int], now: datetime) -> str:
        """A ticket for these items."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._shown) >= MOST_TICKETS:
                self._shown.pop(next(iter(self._shown)))
            self._shown[ticket] = (reviewer, now, tuple(items))
        return ticket

    def items(self, ticket: str, reviewer: str, now: datetime) -> tuple[int, ...] | None:
        """The items of a reviewer's ticket; None where it is another's or too old."""
        with self._lock:
            whose, given, items = self._shown.get(ticket, ("", now, ()))
        return items if whose == reviewer and now - given < LASTING else None
