"""What goes to whom: deliveries are fixed before they are sent, and what became of them is noted.

A delivery that was fixed has the same id and tells the same events however often it is sent. While
a receiver is down, what is new for it waits and becomes one digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from warehouse.sql import query
from warehouse.store import Store

Row = dict[str, Any]

#: Deliveries that are handed out per route at once, and events in one digest.
MOST_DELIVERIES, MOST_EVENTS = 50, 500
#: After a failure it is tried again so much later, twice as much each time, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
OUTCOMES = ("delivered", "failed", "refused")

_SPACE = UUID("0b7dd3c6-4a3e-4b6e-8f5d-21d1c9a1f3b0")


@dataclass(frozen=True, slots=True)
class Receiver:
    """A route as the warehouse needs to know it.

    ``digest_from``: from so many new events on they are one delivery. ``resolved``: it is also told
    what is over.
    """

    name: str
    digest_from: int = 6
    resolved: bool = False


def plan(store: Store, receivers: Iterable[Receiver], now: datetime) -> int:
    """Put what is new for each receiver into deliveries; how many were made."""
    made = 0
    for receiver in receivers:
        behind = store.rows("alerting/outstanding", route=receiver.name, most=MOST_DELIVERIES)
        if any(row["attempts"] for row in behind) or len(behind) == MOST_DELIVERIES:
            continue
        rows = store.rows(
            "alerting/unplanned",
            route=receiver.name,
            resolved=receiver.resolved,
            now=now,
            most=MOST_EVENTS,
        )
        events = [row["event_id"] for row in rows]
        parcels = [events] if len(events) >= receiver.digest_from else [[each] for each in events]
        with store.transaction() as connection:
            for parcel in parcels if events else ():
                connection.execute(
                    query("alerting/plan"),
                    {
                        "delivery_id": uuid5(_SPACE, "\n".join([receiver.name, *parcel])),
                        "route": receiver.name,
                        "events": parcel,
                        "now": now,
                    },
                )
                made += 1
    return made


def due(store: Store, routes: Sequence[str], now: datetime) -> list[Row]:
    """The deliveries that are to be sent now, by route in their order, with what they tell.

    Each has ``delivery_id``, ``route``, ``attempts`` and ``events``: plain JSON.
    """
    found = []
    for route in routes:
        rows = store.rows("alerting/outstanding", route=route, most=MOST_DELIVERIES)
        if any(row["attempts"] and now < _next(row) for row in rows):
            continue  # it was down a moment ago
        found += [
            {
                "delivery_id": row["delivery_id"],
                "route": route,
                "attempts": row["attempts"],
                "events": [
                    _plain(event)
                    for event in store.rows("alerting/events_of", delivery_id=row["delivery_id"])
                ],
            }
            for row in rows
        ]
    return found


def attempted(store: Store, attempts: Iterable[Mapping[str, str]]) -> int:
    """Note attempts (``delivery_id``, ``tried_at``, ``outcome``, ``detail``); how many there were.

    Raises:
        ValueError: an outcome is none of :data:`OUTCOMES`.
    """
    count = 0
    with store.transaction() as connection:
        for each in attempts:
            if each["outcome"] not in OUTCOMES:
                raise ValueError(f"{each['outcome']!r} is none of {', '.join(OUTCOMES)}")
            connection.execute(
                query("alerting/attempt"),
                {
                    "delivery_id": each["delivery_id"],
                    "tried_at": each["tried_at"],
                    "outcome": each["outcome"],
                    "detail": each["detail"][:500],
                },
            )
            count += 1
    return count


def outstanding(store: Store) -> list[Row]:
    """The deliveries that have not arrived, with their attempts and what the last one met."""
    return store.rows("alerting/outstanding", route=None, most=MOST_DELIVERIES)


def _next(row: Row) -> datetime:
    wait = min(FIRST_WAIT * 2 ** min(row["attempts"] - 1, 16), LONGEST_WAIT)
    due_at: datetime = row["tried_at"] + wait
    return due_at


def _plain(event: Row) -> Row:
    """An event as JSON has it."""
    return event | {
        "happened_at": event["happened_at"].isoformat(),
        "first_seen": event["first_seen"].isoformat(),
        "subject": json.loads(event["subject"]),
        "evidence": json.loads(event["evidence"]),
    }
