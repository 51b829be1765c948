"""Previews that were shown: what is decided later is what was looked at; and what was left out."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

#: A preview holds for so long, and of so many at once the youngest.
LASTING, MOST_TICKETS = timedelta(minutes=30), 200


class Tickets:
    """The items of each preview, and who was shown it; and of each act what it left out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, tuple[str, datetime, Mapping[int, int]]] = {}
        self._left_out: dict[tuple[str, str], dict[str, int]] = {}

    def give(self, reviewer: str, items: Mapping[int, int], now: datetime) -> str:
        """A ticket for these items, with the revision that each shows."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._shown) >= MOST_TICKETS:
                self._shown.pop(next(iter(self._shown)))
            self._shown[ticket] = (reviewer, now, dict(items))
        return ticket

    def items(self, ticket: str, reviewer: str, now: datetime) -> Mapping[int, int] | None:
        """A reviewer's ticket: item → revision; None where it is another's or too old."""
        with self._lock:
            whose, given, items = self._shown.get(ticket, ("", now, {}))
        return items if whose == reviewer and now - given < LASTING else None

    def done(self, act: str, reviewer: str, left_out: Mapping[str, int]) -> None:
        """A reviewer's act is over: why → how many items it did not decide."""
        with self._lock:
            while len(self._left_out) >= MOST_TICKETS:
                self._left_out.pop(next(iter(self._left_out)))
            self._left_out[act, reviewer] = dict(left_out)

    def left_out(self, act: str, reviewer: str) -> Mapping[str, int] | None:
        """What a reviewer's act left out; None where it is not over, another's or long ago."""
        with self._lock:
            return self._left_out.get((act, reviewer))
