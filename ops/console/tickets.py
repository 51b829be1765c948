"""Previews that were shown: what is decided later is what was looked at; and what was left out."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: A preview holds for so long, and of so many at once the youngest.
LASTING, MOST_TICKETS = timedelta(minutes=30), 200


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a preview showed: item → its revision, and which flags of them (column → value)."""

    items: Mapping[int, int]
    only: Mapping[str, str] = field(default_factory=dict)


class Tickets:
    """The items of each preview, and who was shown it; and of each act what it left out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, tuple[str, datetime, Previewed]] = {}
        self._left_out: dict[tuple[str, str], dict[str, int]] = {}

    def give(self, reviewer: str, shown: Previewed, now: datetime) -> str:
        """A ticket for what was shown to a reviewer."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._shown) >= MOST_TICKETS:
                self._shown.pop(next(iter(self._shown)))
            self._shown[ticket] = (reviewer, now, shown)
        return ticket

    def shown(self, ticket: str, reviewer: str, now: datetime) -> Previewed | None:
        """What a reviewer's ticket is for; None where it is another's or too old."""
        with self._lock:
            whose, given, shown = self._shown.get(ticket, ("", now, Previewed({})))
        return shown if whose == reviewer and now - given < LASTING else None

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
