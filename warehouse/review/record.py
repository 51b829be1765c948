"""What is known of one item: its message, flags, decisions, and all that lies around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.store import Store

Row = dict[str, Any]

#: Messages before and after, copies, and places of an indicator that one answer holds at most.
AROUND, COPIES, PLACES = 4, 50, 50


@dataclass(frozen=True, slots=True)
class Item:
    """One question: what ``queries/review/item.sql`` and ``item_flags.sql`` say of it."""

    facts: Row
    flags: list[Row]

    @property
    def number(self) -> int:
        """Its number in this warehouse."""
        return int(self.facts["item_no"])

    @property
    def text(self) -> str:
        """The raw text of the message that it shows."""
        return str(self.facts["text"])


def item(store: Store, item_no: int) -> Item | None:
    """The item of this number; None where there is none (any more)."""
    rows = store.query("review/item", item_no=item_no).to_pylist()
    if not rows:
        return None
    return Item(rows[0], store.query("review/item_flags", item_no=item_no).to_pylist())


def decisions(store: Store, item_no: int) -> list[Row]:
    """Everything that was decided about an item, oldest first."""
    return store.query("review/item_decisions", item_no=item_no).to_pylist()


def around(store: Store, item_no: int) -> list[Row]:
    """The messages before and after, in the channel's order."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.query(
        "review/around",
        channel_no=place["channel_no"],
        message_id=place["message_id"],
        most=AROUND,
    ).to_pylist()


def revisions(store: Store, item_no: int) -> list[Row]:
    """Everything that the message ever said, oldest first."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.query(
        "review/revisions", channel_no=place["channel_no"], message_id=place["message_id"]
    ).to_pylist()


def replies(store: Store, item_no: int) -> list[Row]:
    """The chain of replies that the message stands in; empty where it stands in none."""
    place = _place(store, item_no)
    if place is None:
        return []
    rows = store.query(
        "review/replies",
        channel_no=place["channel_no"],
        message_id=place["message_id"],
        revision_no=place["revision_no"],
    ).to_pylist()
    return rows if len(rows) > 1 else []


def copies(store: Store, item_no: int) -> list[Row]:
    """Where else the text stands, nearest first."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.query(
        "review/copies_of",
        fingerprint=place["fingerprint"],
        revision_no=place["revision_no"],
        most=COPIES,
    ).to_pylist()


def channel(store: Store, item_no: int) -> tuple[Row, list[Row]]:
    """What is held of the message's channel, and its record: flagged and decided, counted."""
    place = _place(store, item_no)
    if place is None:
        return {}, []
    facts = store.query("review/channel_facts", channel_no=place["channel_no"]).to_pylist()
    record = store.query(
        "review/channel", channel_no=place["channel_no"], channel_key=place["channel_key"]
    ).to_pylist()
    return (facts[0] if facts else {}), record


def indicators(store: Store, item_no: int) -> list[Row]:
    """The payment indicators in the message, and how far each has spread."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.query("review/item_indicators", revision_no=place["revision_no"]).to_pylist()


def indicator_places(store: Store, item_no: int) -> list[Row]:
    """Where the message's indicators occur elsewhere."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.query(
        "review/indicator_places", revision_no=place["revision_no"], most=PLACES
    ).to_pylist()


@dataclass(frozen=True, slots=True)
class Past:
    """Which decisions of the history are wanted; None does not narrow. Times UTC, half-open."""

    reviewer: str | None = None
    label: str | None = None
    language: str | None = None
    judgement: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def history(store: Store, wanted: Past, *, limit: int, offset: int = 0) -> list[Row]:
    """Decisions, latest first."""
    return store.query(
        "review/history",
        **{
            "reviewer": wanted.reviewer,
            "label": wanted.label,
            "language": wanted.language,
            "judgement": wanted.judgement,
            "from": wanted.start,
            "to": wanted.end,
            "limit": limit,
            "offset": offset,
        },
    ).to_pylist()


def _place(store: Store, item_no: int) -> Row | None:
    """Where the message of an item stands; None where there is no such item."""
    rows = store.query("review/place", item_no=item_no).to_pylist()
    return rows[0] if rows else None
