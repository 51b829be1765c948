"""The stretch of time that a page of figures is about: whole days, UTC, half-open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Annotated

from pydantic import BeforeValidator, Field

#: What a page offers, in days; None is all there is.
CHOICES: dict[str, int | None] = {"14": 14, "30": 30, "90": 90, "all": None}
DEFAULT = "30"
#: A day of a query string; None where it is empty or not there. Far days are nobody's.
Day = Annotated[
    Annotated[date, Field(ge=date(1970, 1, 1), le=date(2200, 1, 1))] | None,
    BeforeValidator(lambda text: text or None),
]
#: As many columns as a drawing has room for; longer stretches have several days to a column.
MOST_COLUMNS = 90


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` until ``until``, both midnights; ``choice`` is one of :data:`CHOICES`."""

    since: datetime
    until: datetime
    choice: str = DEFAULT

    @property
    def length(self) -> timedelta:
        """Whole days, at least one."""
        return self.until - self.since

    @property
    def earlier(self) -> datetime | None:
        """Where the period of the same length before it begins; None where this one is all."""
        return None if CHOICES[self.choice] is None else self.since - self.length

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.until - timedelta(days=1)).date()

    @property
    def step(self) -> int:
        """The days of one column."""
        return ceil(self.length.days / MOST_COLUMNS)

    @property
    def columns(self) -> list[tuple[datetime, datetime]]:
        """Where each column begins and ends."""
        count = ceil(self.length.days / self.step)
        starts = [self.since + timedelta(days=self.step * number) for number in range(count)]
        return [(start, min(start + timedelta(days=self.step), self.until)) for start in starts]

    def said(self) -> str:
        """The period in words.

        >>> Period(midnight(date(2024, 5, 1)), midnight(date(2024, 5, 31))).said()
        '1 May 2024 to 30 May 2024'
        """
        return f"{spoken(self.since)} to {spoken(self.until - timedelta(days=1))}"


def period(choice: str, end: date | None, first: datetime | None, last: datetime | None) -> Period:
    """The period that a page is asked for.

    Args:
        choice: one of :data:`CHOICES`; anything else is :data:`DEFAULT`.
        end: its last day; None is the day of ``last``.
        first: the earliest time there is; None where there is nothing.
        last: the latest.

    >>> day = midnight(date(2024, 5, 30))
    >>> period("14", None, day, day + timedelta(hours=5)).said()
    '17 May 2024 to 30 May 2024'
    >>> period("all", None, day - timedelta(days=400), day).step
    5
    """
    if choice not in CHOICES:
        choice = DEFAULT
    newest = (last or datetime.now(UTC)).astimezone(UTC).date()
    until = midnight(end or newest) + timedelta(days=1)
    days = CHOICES[choice]
    if days is not None:
        return Period(until - timedelta(days=days), until, choice)
    oldest = midnight((first or until).astimezone(UTC).date())
    return Period(min(oldest, until - timedelta(days=1)), until, choice)


def midnight(day: date) -> datetime:
    """The beginning of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def spoken(moment: datetime) -> str:
    """A day as people write it."""
    return f"{moment.day} {moment:%b %Y}"
