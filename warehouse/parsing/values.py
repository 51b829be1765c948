"""Read the values of a message, one type at a time, from whatever form a format gives them.

The ``take_*`` functions remove a field from a message's dict and return it. A field whose value
is not what it should be is left where it is: what is left in the end is counted and kept as
``extra``, so nothing is lost and nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Record = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: Times outside of these years are mistakes of a clock or of a writer, never a message's.
EARLIEST = int((datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) / _MICROSECOND)
LATEST = int((datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH) / _MICROSECOND)

_INT64 = 1 << 63

#: How many different names of unknown fields one file may bring into the report.
_MOST_NAMES = 1000

Time = tuple[int | None, str]


@dataclass(slots=True)
class Tally:
    """What a reader noticed on the way and the report tells."""

    unknown: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    def unknown_field(self, name: str) -> None:
        """Count a field that the reader does not know."""
        name = name[:100]
        if name in self.unknown or len(self.unknown) < _MOST_NAMES:
            self.unknown[name] += 1
        else:
            self.unknown["(others)"] += 1


# -- times ----------------------------------------------------------------------------------


def zone(name: str) -> tzinfo:
    """The time zone of that name.

    Raises:
        ValueError: when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"no time zone is named {name!r}; names look like 'UTC' or 'Asia/Kabul'"
        ) from error


def parse_time(value: object, naive: tzinfo) -> Time:
    """Microseconds since 1970 UTC, and the basis: unix, offset, naive or missing.

    Numbers (and digits in a string) are seconds since 1970, or milliseconds or microseconds
    where seconds would lie millennia ahead. A date without an offset is taken to be in ``naive``.

    >>> parse_time("1700000000", UTC)
    (1700000000000000, 'unix')
    >>> parse_time("2023-11-14T22:13:20+00:00", UTC)
    (1700000000000000, 'offset')
    >>> parse_time("2023-11-14 22:13:20", UTC)
    (1700000000000000, 'naive')
    >>> parse_time("yesterday", UTC), parse_time(1e30, UTC)
    ((None, 'missing'), (None, 'missing'))
    """
    basis = "unix"
    micros: int | None = None
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= 40 and _NUMBER.fullmatch(text):
            micros = _from_number(float(text) if "." in text else int(text))
        else:
            return _from_text(text, naive)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        micros = _from_number(value)
    elif isinstance(value, datetime):
        return _from_datetime(value, naive)
    if micros is None or not EARLIEST <= micros < LATEST:
        return None, "missing"
    return micros, basis


_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


def _from_number(value: float) -> int | None:
    if not -1e17 < value < 1e17:  # infinite, not a number, absurd
        return None
    if abs(value) >= 1e14:
        return int(value)
    if abs(value) >= 1e11:
        return int(value * 1000)
    return round(value * 1_000_000)


def _from_text(text: str, naive: tzinfo) -> Time:
    if len(text) > 64:
        return None, "missing"
    if text.endswith((" UTC", " GMT")):
        text = text[:-4] + "+00:00"
    try:
        return _from_datetime(datetime.fromisoformat(text), naive)
    except ValueError:
        return None, "missing"


def _from_datetime(moment: datetime, naive: tzinfo) -> Time:
    basis = "offset"
    if moment.tzinfo is None:
        moment, basis = moment.replace(tzinfo=naive), "naive"
    try:
        micros = (moment - _EPOCH) // _MICROSECOND
    except OverflowError:
        return None, "missing"
    return (micros, basis) if EARLIEST <= micros < LATEST else (None, "missing")


# -- fields ---------------------------------------------------------------------------------


def take_text(record: Record, key: str) -> str | None:
    """Remove and return a string; null and "" count as none."""
    value = record.get(key)
    if value is None or value == "":
        record.pop(key, None)
        return None
    if isinstance(value, str):
        del record[key]
        return value
    return None


def take_int(record: Record, key: str) -> int | None:
    """Remove and return a number that fits 64 bits (digits in a string are read as one)."""
    value = record.get(key)
    if value is None or value == "":
        record.pop(key, None)
        return None
    number = as_int(value)
    if number is not None:
        del record[key]
    return number


def take_time(record: Record, key: str, naive: tzinfo, tally: Tally) -> Time:
    """Remove and return a time; one that cannot be believed stays, and is warned of."""
    value = record.get(key)
    if value is None or value == "":
        record.pop(key, None)
        return None, "missing"
    found = parse_time(value, naive)
    if found[0] is None:
        tally.warnings["times that cannot be read (kept in extra)"] += 1
    else:
        del record[key]
    return found


def as_int(value: object) -> int | None:
    """The value as a whole number of 64 bits, or None.

    >>> as_int("12"), as_int(12.0), as_int(2**63), as_int(True), as_int("x")
    (12, 12, None, None, None)
    """
    if type(value) is int:  # nearly always
        return value if -_INT64 <= value < _INT64 else None
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 20 or not _DIGITS.fullmatch(text):
            return None
        value = int(text)
    elif isinstance(value, float):
        if not value.is_integer():  # also infinite and not a number
            return None
        value = int(value)
    else:
        return None
    return value if -_INT64 <= value < _INT64 else None


_DIGITS = re.compile(r"[+-]?[0-9]+")


def to_json(value: object) -> str | None:
    """Compact JSON of what has no column; None for nothing.

    >>> to_json({"a": [1, float("nan")]}), to_json({})
    ('{"a":[1,null]}', None)
    """
    return msgspec.json.encode(value, enc_hook=str).decode() if value else None


def leftover(record: Record, tally: Tally, where: str = "") -> str | None:
    """Count the fields that nobody took, and keep them as JSON."""
    if not record:
        return None
    for key in record:
        tally.unknown_field(where + key)
    return to_json(record)


# -- names and ids --------------------------------------------------------------------------


def channel_key(number: int) -> str:
    """The key of a channel or group by its id, in whichever notation.

    >>> channel_key(1234567890), channel_key(-1001234567890), channel_key(-4321)
    ('tg:1234567890', 'tg:1234567890', 'tg:g4321')
    """
    if number <= -1_000_000_000_000:
        return f"tg:{-number - 1_000_000_000_000}"
    return f"tg:{number}" if number >= 0 else f"tg:g{-number}"


def peer_key(peer: object) -> str | None:
    """The channel key of a peer written like "channel123".

    >>> peer_key("channel12"), peer_key("chat12"), peer_key("user12"), peer_key("12")
    ('tg:12', 'tg:g12', 'tg:u12', None)
    """
    for prefix, key in (("channel", "tg:"), ("chat", "tg:g"), ("user", "tg:u")):
        if isinstance(peer, str) and peer.startswith(prefix) and peer[len(prefix) :].isdecimal():
            return key + peer[len(prefix) :]
    return None


@lru_cache(4096)
def name_key(name: str | None) -> str:
    """The key of a channel of which only the name is known.

    >>> name_key("Daily News!"), name_key("@Daily_news"), name_key(" ")
    ('name:daily-news', 'name:daily_news', 'name:unnamed')
    """
    text = unicodedata.normalize("NFKC", name or "").casefold()
    slug = re.sub(r"[^\w]+", "-", text[:2000]).strip("-")
    if len(slug) > 80:
        slug = slug[:64] + "-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"name:{slug or 'unnamed'}"


_PROSE = re.compile(r"\((?:File|Photo|Video)\b[^()]{0,200}\)\s*$")


def bare_name(path: object) -> str | None:
    """The last part of a path as an exporter wrote it, bounded; never looked at on disk.

    >>> bare_name("../../photos/a.jpg"), bare_name("C:\\\\x\\\\b.mp4")
    ('a.jpg', 'b.mp4')
    >>> bare_name("(File not included. Change data exporting settings to download.)")
    """
    if not isinstance(path, str):
        return None
    return (
        _PROSE.sub("", path[-1024:]).strip().replace("\\", "/").rstrip("/").rpartition("/")[2][:255]
        or None
    )
