"""Calmer items after severe ones in a row, and a word about a break."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ops.console.wellbeing import BREAK, Paces

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def test_rest_is_wanted_after_so_many_severe_items_in_a_row() -> None:
    paces = Paces()
    for number in range(3):
        assert not paces.wants_rest("ada", 3)
        paces.decided("ada", severe=True, now=minutes(number))
    assert paces.wants_rest("ada", 3)
    assert not paces.wants_rest("ada", 4)
    assert not paces.wants_rest("ada", 0)
    assert not paces.wants_rest("ada", None)
    assert not paces.wants_rest("ben", 3)
    paces.decided("ada", severe=False, now=minutes(4))
    assert not paces.wants_rest("ada", 1)


def test_a_break_begins_anew() -> None:
    paces = Paces()
    for _ in range(3):
        paces.decided("ada", severe=True, now=NOW)
    paces.decided("ada", severe=True, now=NOW + BREAK + timedelta(seconds=1))
    assert not paces.wants_rest("ada", 2)


def test_a_break_is_proposed_once_in_so_many_minutes() -> None:
    paces = Paces()
    said = {
        number: word
        for number in range(0, 100, 5)
        if (word := paces.reminder("ada", 30, minutes(number)))
    }
    assert list(said) == [30, 60, 90]
    assert said[30].startswith("You have been reviewing for 30 minutes.")
    assert paces.reminder("ben", 30, minutes(95)) is None


def test_who_had_a_break_is_not_reminded_of_one() -> None:
    paces = Paces()
    for number in (0, 5, 10, 15, 20, 25):
        assert paces.reminder("ada", 30, minutes(number)) is None
    assert paces.reminder("ada", 30, minutes(36)) is None
    assert paces.reminder("ada", 30, minutes(40)) is None


def test_zero_is_never() -> None:
    paces = Paces()
    assert not any(paces.reminder("ada", 0, minutes(number)) for number in range(0, 600, 5))
