"""The filter of the queue, from the query string of a page and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from ops.console.console import Console
from ops.console.wording import actor_name, label_name, language_name
from warehouse.review.finding import MOST_WORDS, OPEN, STATES, Filter

#: The parameters, in the order in which pages show them.
NAMES = (
    "label",
    "language",
    "source",
    "target",
    "channel",
    "frame",
    "route",
    "state",
    "from",
    "to",
    "text",
)
#: A value may be so long; what is longer is cut.
MOST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query string asks for: the filter, its values as given (None: not set), and itself."""

    filter: Filter
    values: dict[str, str | None]

    @property
    def query(self) -> str:
        """The filter as a query string, without a page."""
        return urlencode({name: value for name, value in self.values.items() if value})


def asked(query: Mapping[str, str] | str) -> Asked:
    """Read a filter; what is not known or is no date does not narrow, and is not kept.

    >>> asked("label=hostile&from=yesterday&state=all&x=1").query
    'label=hostile&state=all'
    >>> asked({"text": "one two  three four five"}).values["text"]
    'one two three four'
    """
    given = dict(parse_qsl(query)) if isinstance(query, str) else query
    values: dict[str, str | None] = {
        name: (given.get(name) or "").strip()[:MOST] or None for name in NAMES
    }
    if values["text"]:  # the page shows what is searched for, and no more
        values["text"] = " ".join(values["text"].split()[:MOST_WORDS])
    start, end = day(values["from"]), day(values["to"])
    if start is None:
        values["from"] = None
    if end is None:
        values["to"] = None
    if values["state"] not in (*STATES, "all"):
        values["state"] = None
    return Asked(
        Filter(
            states=_states(values["state"]),
            label=values["label"],
            language=values["language"],
            source=values["source"],
            target=values["target"],
            channel=values["channel"],
            frame=values["frame"],
            route=values["route"],
            start=start,
            end=end and end + timedelta(days=1),
            text=values["text"],
        ),
        values,
    )


def day(value: str | None) -> datetime | None:
    """A day as YYYY-MM-DD, its beginning in UTC; None where it is none.

    >>> day("2026-02-30") is None, day("2026-02-03").isoformat()
    (True, '2026-02-03T00:00:00+00:00')
    """
    try:
        found = datetime.strptime(value or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if 1970 <= found.year < 9000 else None


def stretch(value: str | None) -> tuple[datetime, datetime] | None:
    """The day (YYYY-MM-DD) or the hour (YYYY-MM-DDTHH) that a value names, UTC, half-open.

    >>> [f"{moment:%d %H}" for moment in stretch("2026-02-03T23") or ()]
    ['03 23', '04 00']
    >>> stretch("2026-02-03T24") is None, stretch("soon") is None
    (True, True)
    """
    date, _, hour = (value or "").partition("T")
    start = day(date)
    if start is None or (hour and not re.fullmatch("[01][0-9]|2[0-3]", hour)):
        return None
    if not hour:
        return start, start + timedelta(days=1)
    start += timedelta(hours=int(hour))
    return start, start + timedelta(hours=1)


def options(console: Console, chosen: Mapping[str, str | None]) -> dict[str, list[Option]]:
    """For each filter (value, words, open items) to choose from, the chosen one among them."""
    knowledge = console.knowledge
    words: dict[str, Callable[[str], str]] = {
        "label": lambda value: label_name(knowledge, value),
        "language": language_name,
        "source": lambda value: actor_name(knowledge, value) or value,
        "target": lambda value: actor_name(knowledge, value) or value,
        "frame": lambda value: knowledge.frames[value].name if value in knowledge.frames else value,
        "route": lambda value: knowledge.routes[value].name if value in knowledge.routes else value,
    }
    counted = console.facets()
    found: dict[str, list[Option]] = {}
    for name in NAMES[:8]:
        rows = counted.get(name, [])[:300]
        if name == "state":
            counts = dict(rows)
            rows = [(state, counts.get(state, 0)) for state in STATES] + [
                ("all", sum(counts.values()))
            ]
        value = chosen[name]
        if value and value not in {one for one, _ in rows}:
            rows = [*rows, (value, 0)]
        found[name] = [
            (value, words[name](value) if name in words else value, count) for value, count in rows
        ]
    return found


Option = tuple[str, str, int]


def _states(value: str | None) -> tuple[str, ...]:
    if value is None:
        return OPEN
    return STATES if value == "all" else (value,)
