"""States of flags and items, from the decisions that stand.

Of each reviewer the latest word on a flag counts; an answer to a golden item counts for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import duckdb

from warehouse.sql import parsed

#: Of the states of an item's flags the first that occurs is the item's.
FIRST = ("escalated", "waiting", "second", "adjudication", "decided")
#: Judgements that say what is true; the others pass the question on.
DECISIVE = frozenset({"confirm", "reject", "change"})

#: Label, source and target.
Flag = tuple[str, str | None, str | None]


def flag_key(flag: Flag) -> str:
    """How a flag is named in one word, as ``base.flag_key`` does in SQL.

    >>> flag_key(("hostile", None, "ttp")), flag_key(("solicitation", None, None))
    ('hostile:unknown>ttp', 'solicitation')
    """
    label, source, target = flag
    return label if target is None else f"{label}:{source or 'unknown'}>{target}"


class Decision(NamedTuple):
    """A row of ``review/said_what.sql``: what a reviewer said of a flag; ``changed`` to what."""

    decision_id: UUID
    channel_key: str
    message_id: int
    content_id: UUID
    label: str
    source: str | None
    target: str | None
    judgement: str
    changed_label: str | None
    changed_source: str | None
    changed_target: str | None
    changed_severity: int | None
    reviewer: str
    purpose: str
    decided_at: datetime

    @property
    def flag(self) -> Flag:
        """The flag that it is about."""
        return self.label, self.source, self.target

    @property
    def outcome(self) -> tuple[object, ...]:
        """What it makes of the flag: two that agree have the same."""
        changed = self[self._fields.index("changed_label") :][:4]
        return (self.judgement, *changed) if self.judgement == "change" else (self.judgement,)


class Asked(NamedTuple):
    """A row of ``review/asked.sql``: a flag of what an item shows, and how the item stands."""

    item_no: int
    wanted: int
    copies: int
    state: str
    done_by: list[str]
    decided_at: datetime | None
    label: str
    source: str | None
    target: str | None
    channel_key: str
    message_id: int
    content_id: UUID
    model_version: str
    language: str

    @property
    def flag(self) -> Flag:
        """The flag."""
        return self.label, self.source, self.target


class Settled(NamedTuple):
    """How an item stands: ``done_by`` has spoken on all that is open; ``flags`` not yet waiting."""

    state: str
    done_by: list[str]
    decided_at: datetime | None
    flags: list[tuple[Flag, str, datetime | None]]


def flag_state(said: Collection[Decision], wanted: int, unsure: int) -> str:
    """The state of a flag from the latest word of each reviewer on it.

    Args:
        wanted: reviews that agree, before it is decided.
        unsure: how many reviewers may be unsure before it goes to a lead.
    """
    reviews = [one for one in said if one.judgement in DECISIVE]
    if any(one.purpose == "adjudication" for one in reviews):
        return "decided"
    if any(one.judgement == "escalate" for one in said):
        return "escalated"
    if len({one.outcome for one in reviews}) > 1:
        return "adjudication"
    if len(reviews) >= wanted:
        return "decided"
    if sum(one.judgement == "unsure" for one in said) >= unsure:
        return "escalated"
    return "second" if reviews else "waiting"


def settled(flags: Collection[Flag], said: Iterable[Decision], wanted: int, unsure: int) -> Settled:
    """How an item with these flags stands after what was said of it and stands."""
    latest: dict[Flag, dict[str, Decision]] = {flag: {} for flag in flags}
    for one in sorted(said, key=lambda one: (one.decided_at, one.decision_id)):
        if one.purpose != "golden" and one.flag in latest:
            latest[one.flag][one.reviewer] = one
    states = {flag: flag_state(by.values(), wanted, unsure) for flag, by in latest.items()}
    state = next(one for one in FIRST if one in states.values())
    spoken = [set(latest[flag]) for flag in states if states[flag] != "decided"]
    times = {
        flag: max((one.decided_at for one in by.values()), default=None)
        for flag, by in latest.items()
    }
    return Settled(
        state,
        sorted(set.intersection(*spoken)) if spoken else [],
        max(time for time in times.values() if time) if state == "decided" else None,
        [(flag, states[flag], times[flag]) for flag in states if states[flag] != "waiting"],
    )


def settle(  # noqa: PLR0913 (all of it decides)
    connection: duckdb.DuckDBPyConnection,
    items: Sequence[int],
    asked: Mapping[int, Sequence[Asked]],
    said: Mapping[int, Sequence[Decision]],
    *,
    unsure: int,
    now: datetime,
) -> None:
    """Give copies the decisions of their items, and items and their flags the states that follow.

    Args:
        connection: in a transaction of the review queue.
        items: by number, those whose flags may have states already, which are forgotten; those that
            are gone are left out.
        asked: their flags, of :func:`asked_of`, at least of those in ``said``.
        said: all that holds for them, of :func:`said_of`.
        unsure: how many reviewers may be unsure before an item goes to a lead.
    """
    if items:
        connection.execute(parsed("review/forget_flags"), {"items": list(items)})
    silent = [item_no for item_no in items if item_no not in said]
    if silent:
        connection.execute(parsed("review/forget_items"), {"items": silent})
    if not said:
        return
    spoken_of = {item_no: asked[item_no] for item_no in said if item_no in asked}
    if any(rows[0].copies > 1 for rows in spoken_of.values()):
        connection.execute(parsed("review/copies"), {"items": list(spoken_of), "now": now})
    flags: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    for item_no, rows in spoken_of.items():
        former = rows[0]
        found = settled([row.flag for row in rows], said[item_no], former.wanted, unsure)
        flags += [
            {"item_no": item_no, "label": flag[0], "source": flag[1], "target": flag[2]}
            | {"state": state, "decided_at": when}
            for flag, state, when in found.flags
        ]
        if found[:3] != (former.state, former.done_by, former.decided_at):
            moved.append(
                {"item_no": item_no, "state": found.state, "decided_at": found.decided_at}
                | {"done_by": found.done_by, "spoken": found.done_by != former.done_by}
            )
    # A list that changes moves the whole row: only where it does.
    spoken = [one for one in moved if one.pop("spoken")]
    for name, settling in (("flags", flags), ("items", moved), ("speakers", spoken)):
        if settling:
            connection.execute(parsed(f"review/settle_{name}"), {"rows": settling})


def take(connection: duckdb.DuckDBPyConnection, items: Sequence[int]) -> None:
    """Keep others from changing how some items stand, until the transaction ends.

    Raises:
        duckdb.TransactionException: another transaction has changed one of them since this began.
    """
    connection.execute(parsed("review/take"), {"items": list(items)})


def asked_of(connection: duckdb.DuckDBPyConnection, items: Sequence[int]) -> dict[int, list[Asked]]:
    """The flags of some items; those that are gone are left out."""
    asked: dict[int, list[Asked]] = defaultdict(list)
    if items:
        for row in connection.execute(parsed("review/asked"), {"items": list(items)}).fetchall():
            asked[row[0]].append(Asked(*row))
    return dict(asked)


def said_of(
    connection: duckdb.DuckDBPyConnection, items: Sequence[int]
) -> dict[int, list[Decision]]:
    """The decisions that hold for the messages of some items and stand; nothing for the others.

    A decision holds for the message that was shown, and for its copies, wherever they are now. An
    undo that was undone takes nothing back.
    """
    held = connection.execute(parsed("review/said"), {"items": list(items)}).fetchall()
    if not held:
        return {}
    ids = list({decision_id for _, decision_id in held})
    standing = set(ids) - taken_back(
        ids,
        lambda wanted: connection.execute(
            parsed("review/said_undone"), {"decisions": wanted}
        ).fetchall(),
    )
    found = connection.execute(parsed("review/said_what"), {"decisions": list(standing)}).fetchall()
    decisions = {row[0]: Decision(*row) for row in found}
    said: dict[int, list[Decision]] = defaultdict(list)
    for item_no, decision_id in held:
        if decision_id in standing:
            said[item_no].append(decisions[decision_id])
    return dict(said)


def taken_back(
    ids: Sequence[UUID], undos_of: Callable[[list[UUID]], Sequence[tuple[UUID, UUID]]]
) -> set[UUID]:
    """Those of some decisions that are taken back; ``undos_of`` gives undos and what they undo."""
    undos = undos_of(list(ids))
    if not undos:
        return set()
    vain = taken_back([undo for undo, _ in undos], undos_of)
    return {undone for undo, undone in undos if undo not in vain}
