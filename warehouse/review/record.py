"""What is known of one item: its message, flags, decisions, and all that lies around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from warehouse.review.settling import Flag, flag_key, taken_back
from warehouse.store import Store

Row = dict[str, Any]

#: Messages before and after, copies, and places of an indicator that one answer holds at most.
AROUND, COPIES, PLACES = 4, 50, 50


@dataclass(frozen=True, slots=True)
class Item:
    """One question: how it stands, its message as it is named for ever, and its flags.

    That is what deciding needs, as :func:`item` reads it; :func:`shown` and :func:`whole` add what
    a page shows.
    """

    facts: Row
    flags: list[Row]

    @property
    def number(self) -> int:
        """Its number in this warehouse."""
        return int(self.facts["item_no"])

    @property
    def text(self) -> str:
        """The raw text of the message that it shows; of an item that was made to be shown."""
        return str(self.facts["text"])


def item(store: Store, item_no: int) -> Item | None:
    """The item of this number; None where there is none (any more)."""
    rows = store.rows("review/item", item_no=item_no)
    if not rows:
        return None
    facts = rows[0]
    flags = store.rows("review/item_asked", revision_no=facts["revision_no"])
    if not flags:  # scored anew a moment ago
        return None
    flags.sort(key=_severest)
    if len(flags) == 1:  # it is in the item's state
        states = {_flag(flags[0]): facts["state"]}
    else:
        found = store.rows("review/flag_states", item_no=item_no)
        states = {_flag(row): row["state"] for row in found}
    facts |= {name: flags[0][name] for name in ("language", "message_id", "content_id")}
    facts |= _channel(store, facts["channel_no"])
    facts["golden"] = (
        facts["state"] == "decided" and store.rows("review/golden", **_message(facts))[0]["golden"]
    )
    return Item(
        facts,
        [_keyed(row) | {"state": states.get(_flag(row), "waiting")} for row in flags],
    )


def shown(store: Store, of: Item) -> Item:
    """The item with its text, and what led to each flag."""
    rows = store.rows("review/item_flags", revision_no=of.facts["revision_no"])
    more = {_flag(row): row for row in rows}
    flags = [flag | more[_flag(flag)] for flag in of.flags if _flag(flag) in more]
    return Item(of.facts | {"text": rows[0]["text"] if rows else ""}, flags)


def whole(store: Store, of: Item) -> Item:
    """The item with all that is known of the message that it shows."""
    of = shown(store, of)
    revision_no = of.facts["revision_no"]
    facts = store.rows("review/item_message", revision_no=revision_no)[0]
    facts |= store.recent_rows("review/item_file", batch_no=facts["batch_no"])[0]
    facts["deleted"] = bool(store.rows("review/deleted", revision_no=revision_no))
    return Item(facts | of.facts, of.flags)


def text_length(store: Store, of: Item) -> int:
    """How many code points the text has that an item shows."""
    return int(store.rows("review/text_length", revision_no=of.facts["revision_no"])[0]["length"])


def decisions(store: Store, of: Item) -> list[Row]:
    """Everything that was decided about an item, oldest first.

    ``undone``: taken back, and that was not taken back.
    """
    rows = store.rows("review/message_decisions", **_message(of.facts))
    if of.facts["copies"] > 1 or any(row["copied"] for row in rows):
        return _decisions_of_copies(store, of.number)
    undos = [
        (UUID(row["decision_id"]), UUID(row["supersedes"]))
        for row in rows
        if row["judgement"] == "undo" and row["supersedes"]
    ]
    undone = taken_back(
        [UUID(row["decision_id"]) for row in rows],
        lambda ids: [pair for pair in undos if pair[1] in ids],
    )
    return [
        _keyed(row) | _message(of.facts) | {"undone": UUID(row["decision_id"]) in undone}
        for row in rows
    ]


def replaced(store: Store, decisions: Sequence[Row]) -> dict[str, list[str]]:
    """What each of some decisions replaces, the oldest first: an adjudication all that stood."""
    found: dict[str, list[str]] = {}
    asked = []
    for row in decisions:
        if row["purpose"] == "adjudication" and row["judgement"] != "undo":
            asked.append(row["decision_id"])
        elif row["supersedes"]:
            found[row["decision_id"]] = [row["supersedes"]]
    for row in store.rows("review/replaced", decisions=asked) if asked else ():
        found.setdefault(row["decision_id"], []).append(row["replaced"])
    return found


def _decisions_of_copies(store: Store, item_no: int) -> list[Row]:
    """What was decided about any of the messages of an item."""
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
        _keyed(row) | {"undone": UUID(row["decision_id"]) in undone}
        for row in store.rows("review/item_decisions", item_no=item_no)
    ]


def _flag(row: Row) -> Flag:
    return row["label"], row["source"], row["target"]


def _keyed(row: Row) -> Row:
    return row | {"key": flag_key(_flag(row))}


def _message(facts: Row) -> Row:
    """The message that an item shows, as it is named for ever."""
    return {name: facts[name] for name in ("channel_key", "message_id", "content_id")}


def _channel(store: Store, channel_no: int) -> Row:
    """The key and the names of a channel."""
    return store.recent_rows("review/item_channel", channel_no=channel_no)[0]


def _severest(flag: Row) -> tuple[float, float, str, str]:
    """Severest first, then most probable; what has no severity or probability last."""
    severity, probability = flag["severity"], flag["probability"]
    return (
        -(severity if severity is not None else -1),
        -(probability if probability is not None else -1.0),
        flag["label"],
        flag["target"] or "",
    )


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
    channel: str | None = None
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
        "channel": wanted.channel,
        "from": wanted.start,
        "to": wanted.end,
    }


def _place(store: Store, item_no: int) -> Row | None:
    """Where the message of an item stands; None where there is no such item."""
    rows = store.rows("review/place", item_no=item_no)
    return rows[0] if rows else None
