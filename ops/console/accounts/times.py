"""Times as the accounts keep them: ISO 8601 text in UTC, all of one width."""

from __future__ import annotations

from datetime import UTC, datetime


def as_text(time: datetime) -> str:
    """A time as it is kept.

    >>> as_text(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T12:00:00.000000+00:00'
    """
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def as_time(text: str) -> datetime:
    """A kept time, in UTC."""
    return datetime.fromisoformat(text)
