"""Compiled: the times that exports usually write; all others are for the general path."""

from __future__ import annotations

from warehouse.parsing import tokens
from warehouse.parsing.compiled import Bytes, compiled
from warehouse.parsing.tokens import number

#: Changes with ``compiled`` and ``tokens``; see there.
BUILT_ON = ""

# What a time rests on. NOTHING: it cannot be read here.
MISSING, UNIX, OFFSET, NAIVE, NOTHING = range(5)
BASES = ("missing", "unix", "offset", "naive")

STRING, INTEGER, NULL = tokens.STRING, tokens.INTEGER, tokens.NULL

_SECOND = 1_000_000


@compiled
def _digits(buf: Bytes, pos: int, count: int) -> int:
    """The number that so many digits write, or a very small one."""
    found = 0
    for at in range(pos, pos + count):
        c = int(buf[at])
        if not 48 <= c <= 57:
            return -(1 << 40)
        found = found * 10 + c - 48
    return found


@compiled
def _day(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date of the Gregorian calendar, or a very small number.

    The algorithm is Howard Hinnant's ``days_from_civil``.
    """
    if year < 1 or not 1 <= month <= 12 or day < 1:
        return -(1 << 40)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 if month in (4, 6, 9, 11) else 31
    if month == 2:
        longest = 29 if leap else 28
    if day > longest:
        return -(1 << 40)
    y = year - 1 if month <= 2 else year
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (
        era * 146097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719468
    )


@compiled
def _of_number(seconds: int) -> int:
    """Microseconds of a number of seconds, milliseconds or microseconds."""
    if seconds >= 10**14:
        return seconds
    if seconds >= 10**11:
        return seconds * 1000
    return seconds * _SECOND


@compiled
def _of_text(buf: Bytes, pos: int, stop: int) -> tuple[int, int]:  # noqa: PLR0911
    """``2024-01-31``, with ``T12:00:00`` or `` 12:00:00``, ``.123`` or ``.123456``, ``Z`` or
    ``+04:30`` behind it."""
    size = stop - pos
    if size < 10 or buf[pos + 4] != 45 or buf[pos + 7] != 45:
        return 0, NOTHING
    day = _day(_digits(buf, pos, 4), _digits(buf, pos + 5, 2), _digits(buf, pos + 8, 2))
    if day < -(1 << 30):
        return 0, NOTHING
    micros = day * 86400 * _SECOND
    if size == 10:
        return micros, NAIVE
    if size < 19 or buf[pos + 10] not in (84, 32) or buf[pos + 13] != 58 or buf[pos + 16] != 58:
        return 0, NOTHING
    hour, minute = _digits(buf, pos + 11, 2), _digits(buf, pos + 14, 2)
    second = _digits(buf, pos + 17, 2)
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return 0, NOTHING
    micros += (hour * 3600 + minute * 60 + second) * _SECOND
    pos += 19
    if pos < stop and buf[pos] == 46:
        places = 6 if stop >= pos + 7 and 48 <= buf[pos + 4] <= 57 else 3
        if stop < pos + 1 + places:
            return 0, NOTHING
        fraction = _digits(buf, pos + 1, places)
        if fraction < 0:
            return 0, NOTHING
        micros += fraction if places == 6 else fraction * 1000
        pos += 1 + places
    if pos == stop:
        return micros, NAIVE
    if buf[pos] == 90 and pos + 1 == stop:
        return micros, OFFSET
    if buf[pos] not in (43, 45) or pos + 6 != stop or buf[pos + 3] != 58:
        return 0, NOTHING
    hour, minute = _digits(buf, pos + 1, 2), _digits(buf, pos + 4, 2)
    if not (0 <= hour < 24 and 0 <= minute < 60):
        return 0, NOTHING
    ahead = (hour * 60 + minute) * 60 * _SECOND
    return (micros - ahead if buf[pos] == 43 else micros + ahead), OFFSET


@compiled
def moment(buf: Bytes, start: int, stop: int, kind: int) -> tuple[int, int]:
    """Microseconds since 1970 and what they rest on; NAIVE ones are not yet in UTC."""
    if kind == NULL or (kind == STRING and start == stop):
        return 0, MISSING
    if kind == INTEGER:
        found = number(buf, start, stop)
        return (_of_number(found), UNIX) if found >= 0 else (0, NOTHING)
    if kind != STRING:
        return 0, NOTHING
    if 8 <= stop - start <= 18:
        found = _digits(buf, start, stop - start)
        if found >= 0:
            return _of_number(found), UNIX
    return _of_text(buf, start, stop)
