"""What is known of one item: its message, flags, decisions, and all that lies around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from warehouse.review.settling import taken_back
from warehouse.store import Store

Row = dict[str, Any]

#: Messages before and after, copies, and places of an indicator that one answer holds at most.
AROUND, COPIES, PLACES = 4, 50, 50


@dataclass(frozen=True, slots=True)
class Item:
    """One question: what ``queries/review/item*.sql`` say of it."""

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
    """The item of this number; None where there is none (any more).

    It knows what deciding needs; :func:`whole` adds what only a page shows.
    """
    rows = store.rows("review/item", item_no=item_no)
    if not rows:
        return None
    facts = rows[0]
    flags = store.rows("review/item_flags", revision_no=facts["revision_no"])
    if not flags:  # scored anew a moment ago
        return None
    if len(flags) == 1:  # it is in the item's state
        states = {flags[0]["key"]: facts["state"]}
    else:
        found = store.rows("review/flag_states", item_no=item_no)
        states = {row["key"]: row["state"] for row in found}
    of_message = ("text", "language", "message_id", "content_id")
    facts |= {name: flags[0][name] for name in of_message}
    decided = facts["state"] == "decided"
    facts["golden"] = (
        decided
        and store.rows(
            "review/golden", **{name: facts[name] for name in ("channel_no", *of_message[2:])}
        )[0]["golden"]
    )
    return Item(facts, [row | {"state": states.get(row["key"], "waiting")} for row in flags])


def whole(store: Store, of: Item) -> Item:
    """The item with all that is known of the message that it shows."""
    revision_no = of.facts["revision_no"]
    facts = store.rows("review/item_message", revision_no=revision_no)[0]
    facts |= store.rows("review/item_channel", channel_no=of.facts["channel_no"])[0]
    facts |= store.rows("review/item_file", batch_no=facts["batch_no"])[0]
    facts["deleted"] = bool(store.rows("review/deleted", revision_no=revision_no))
    return Item(facts | of.facts, of.flags)


def decisions(store: Store, item_no: int) -> list[Row]:
    """Everything that was decided about an item, oldest first.

    ``undone``: taken back, and that was not taken back.
    """
    held = store.rows("review/said", items=[item_no])
    if not held:  # as with most
        return []
    undone = taken_back(
        [row["decision_id"] for row in held],
        lambda ids: [
            (row["decision_id"], row["supersedes"])
            for row in store.rows("review/said_undone", decisions=ids)
        ],
    )
    return [
        row | {"undone": UUID(row["decision_id"]) in undone}
        for row in store.rows("review/item_decisions", item_no=item_no)
    ]


def around(store: Store, item_no: int) -> list[Row]:
    """The messages before and after, in the channel's order."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.rows(
        "review/around",
        channel_no=place["channel_no"],
        message_id=place["message_id"],
        most=AROUND,
    )


def revisions(store: Store, item_no: int) -> list[Row]:
    """Everything that the message ever said, oldest first."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.rows(
        "review/revisions", channel_no=place["channel_no"], message_id=place["message_id"]
    )


def replies(store: Store, item_no: int) -> list[Row]:
    """The chain of replies that the message stands in; empty where it stands in none."""
    place = _place(store, item_no)
    if place is None:
        return []
    rows = store.rows(
        "review/replies",
        channel_no=place["channel_no"],
        channel_key=place["channel_key"],
        message_id=place["message_id"],
        revision_no=place["revision_no"],
    )
    return rows if len(rows) > 1 else []


def copies(store: Store, item_no: int) -> list[Row]:
    """Where else the text stands, nearest first."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.rows(
        "review/copies_of",
        fingerprint=place["fingerprint"],
        revision_no=place["revision_no"],
        most=COPIES,
    )


def channel(store: Store, item_no: int) -> tuple[Row, list[Row]]:
    """What is held of the message's channel, and its record: flagged and decided, counted."""
    place = _place(store, item_no)
    if place is None:
        return {}, []
    facts = store.rows("review/channel_facts", channel_no=place["channel_no"])
    record = store.rows(
        "review/channel",
        item_no=item_no,
        channel_no=place["channel_no"],
        channel_key=place["channel_key"],
    )
    return (facts[0] if facts else {}), record


def indicators(store: Store, item_no: int) -> list[Row]:
    """The payment indicators in the message, and how far each has spread."""
    place = _place(store, item_no)
    if place is None:
        return []
    return indicators_of(store, place["revision_no"])


def indicators_of(store: Store, revision_no: int) -> list[Row]:
    """The payment indicators in a revision; most have none, which is soon found out."""
    if not store.rows("review/has_indicators", revision_no=revision_no):
        return []
    return store.rows("review/item_indicators", revision_no=revision_no)


def indicator_places(store: Store, item_no: int) -> list[Row]:
    """Where the message's indicators occur elsewhere."""
    place = _place(store, item_no)
    if place is None:
        return []
    return store.rows("review/indicator_places", revision_no=place["revision_no"], most=PLACES)


@dataclass(frozen=True, slots=True)
class Past:
    """Which decisions of the history are wanted; None does not narrow. Times UTC, half-open."""

    reviewer: str | None = None
    label: str | None = None
    language: str | None = None
    judgement: str | None = None
    purpose: str | None = None
    act: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def history(store: Store, wanted: Past, *, limit: int, offset: int = 0) -> list[Row]:
    """Decisions, latest first."""
    return store.rows("review/history", **_narrowed(wanted), limit=limit, offset=offset)


def history_count(store: Store, wanted: Past) -> int:
    """How many decisions there are."""
    return int(store.rows("review/history_count", **_narrowed(wanted))[0]["decisions"])


def _narrowed(wanted: Past) -> dict[str, object]:
    return {
        "reviewer": wanted.reviewer,
        "label": wanted.label,
        "language": wanted.language,
        "judgement": wanted.judgement,
        "purpose": wanted.purpose,
        "act": wanted.act,
        "from": wanted.start,
        "to": wanted.end,
    }


def _place(store: Store, item_no: int) -> Row | None:
    """Where the message of an item stands; None where there is no such item."""
    rows = store.rows("review/place", item_no=item_no)
    return rows[0] if rows else None
