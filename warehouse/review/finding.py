"""Find items: the queue under a filter, the next one for a reviewer, what waits in all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from warehouse.store import Store

#: In which states an item waits for a moderator, and in which for a lead.
FOR_MODERATORS = ("waiting", "second")
FOR_LEADS = ("escalated", "adjudication")
OPEN = (*FOR_MODERATORS, *FOR_LEADS)
STATES = (*OPEN, "decided")
#: A search looks for so many words, each anywhere in the text; further ones are not looked at.
MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of items is narrowed to; None does not narrow.

    ``start`` and ``end`` bound the time of the messages, half-open, UTC; ``since`` is the earliest
    time at which an item came to the queue; ``text`` is words that must all occur, written with
    whatever of the letters that Pashto, Urdu and Dari keyboards tell apart.
    """

    states: tuple[str, ...] = OPEN
    label: str | None = None
    language: str | None = None
    source: str | None = None
    target: str | None = None
    channel: str | None = None
    frame: str | None = None
    route: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    since: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: items for moderators, for leads, and since when the oldest."""

    waiting: int
    escalated: int
    adjudication: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and how much there is in all."""

    rows: list[dict[str, Any]]
    items: int
    messages: int


def find(store: Store, wanted: Filter, *, limit: int, offset: int = 0) -> Found:
    """Items under a filter, most urgent first; rows as of ``queries/review/queue.sql``."""
    values = _values(store, wanted)
    if values is None:
        return Found([], 0, 0)
    rows = store.rows("review/queue", **values, limit=limit, offset=offset)
    items, messages = rows[0]["found_items"], rows[0]["found_messages"]
    return Found([row for row in rows if row["item_no"] is not None], items, messages)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that might be given next; ``done_by`` have spoken on all that is open."""

    item_no: int
    severity: int
    done_by: list[str]


def find_next(  # noqa: PLR0913 (the four that narrow the choice are all needed)
    store: Store,
    wanted: Filter,
    *,
    reviewer: str = "",
    claimed: Collection[int] = (),
    rest: int | None = None,
    only: int | None = None,
    limit: int = 10,
) -> list[Candidate]:
    """The items that a reviewer may be given next, most urgent first.

    Args:
        wanted: the reviewer's filter; its states are those that their role may decide.
        reviewer: who; nobody in particular where it is empty.
        claimed: items that somebody holds.
        rest: what is of this severity or a higher one comes last, whatever its priority.
        only: this item or none.
    """
    values = _values(store, wanted)
    if values is None:
        return []
    rows = store.rows(
        "review/next",
        **values,
        reviewer=reviewer,
        claimed=list(claimed),
        rest=rest,
        only=only,
        limit=limit,
    )
    return [Candidate(**row) for row in rows]


def waiting(store: Store) -> Waiting:
    """What waits in the whole queue."""
    return Waiting(**store.rows("review/waiting")[0])


def ranks(store: Store) -> list[float]:
    """The priorities below which 0, 1, … 100 % of the open items lie; empty where none is open."""
    found: list[float] | None = store.rows("review/ranks")[0]["ranks"]
    return found or []


def facets(store: Store) -> dict[str, list[tuple[str, int]]]:
    """For each filter the values that occur among open items, most frequent first."""
    found: dict[str, list[tuple[str, int]]] = {}
    for row in store.rows("review/facets"):
        found.setdefault(row["facet"], []).append((row["value"], row["items"]))
    return found


def _values(store: Store, wanted: Filter) -> dict[str, object] | None:
    """The parameters of the queries; None where nothing can be found."""
    named = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    values: dict[str, object] = {"states": list(named.pop("states"))}
    values["from"], values["to"] = named.pop("start"), named.pop("end")
    text, channel = named.pop("text"), named.pop("channel")
    values |= named | {"channel": None} | {f"word{n + 1}": None for n in range(MOST_WORDS)}
    if text is None and channel is None:
        return values
    meant = store.rows("review/searched", text=text or "", channel=channel)[0]
    if channel is not None:
        if meant["channel_no"] is None:
            return None
        values["channel"] = meant["channel_no"]
    words = meant["text"].split()[:MOST_WORDS]
    return values | {f"word{n + 1}": word for n, word in enumerate(words)}


def with_states(wanted: Filter, states: Collection[str]) -> Filter:
    """The same filter, of its states only those that are also in ``states``."""
    return replace(wanted, states=tuple(state for state in wanted.states if state in states))


def listed(store: Store, items: Collection[int]) -> dict[int, dict[str, Any]]:
    """What a list shows beside the queue's own columns, by item; see ``review/listed.sql``."""
    return {row["item_no"]: row for row in store.rows("review/listed", items=list(items))}


def numbered(store: Store, items: Collection[int]) -> list[dict[str, Any]]:
    """Items by number, most urgent first; rows as of ``queries/review/queue.sql``."""
    return store.rows("review/numbered", items=list(items))
