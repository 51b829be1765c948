"""Write down what moderators decide; take it back; nothing is ever changed or deleted.

An act is what one press of a button brings: one decision, or, in bulk, many. Its id is made by the
page, so that asking twice (a double click, an answer that was lost) writes once. When a function
returns, what it wrote is in the database's log on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

import duckdb

from warehouse.review.record import Item
from warehouse.review.rules import Rules
from warehouse.review.settling import Asked, Decision, asked_of, said_of, settle, take
from warehouse.sql import parsed
from warehouse.store import Store

T = TypeVar("T")

Judgement = Literal["confirm", "reject", "change", "unsure", "escalate", "skip"]
Purpose = Literal["review", "second", "adjudication", "golden", "bulk"]

JUDGEMENTS: tuple[Judgement, ...] = ("confirm", "reject", "change", "unsure", "escalate", "skip")

#: The columns that are written down of a verdict, in the order of ``queries/review/decide.sql``.
COLUMNS = (
    *("decision_id", "channel_key", "message_id", "content_id"),
    *("label", "source", "target", "judgement"),
    *("changed_label", "changed_source", "changed_target", "changed_severity", "spans"),
    *("reviewer", "decided_at", "reason", "note", "supersedes"),
    *("model_version", "act_id", "purpose", "language", "seconds"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the raw text and what it shows; half-open, in code points."""

    start: int
    end: int
    shows: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer says of one flag of one item.

    ``changed_*`` are what a ``change`` changes it to, each None where it stays; ``seconds`` from
    showing to deciding, None where not known.
    """

    item_no: int
    label: str
    source: str | None
    target: str | None
    judgement: Judgement
    purpose: Purpose
    changed_label: str | None = None
    changed_source: str | None = None
    changed_target: str | None = None
    changed_severity: int | None = None
    spans: tuple[Span, ...] | None = None
    reason: str | None = None
    note: str | None = None
    seconds: float | None = None


def decide(  # noqa: PLR0913 (what is written down)
    store: Store,
    rules: Rules,
    verdicts: Sequence[Verdict],
    *,
    act: UUID,
    reviewer: str,
    now: datetime,
) -> int:
    """Write the verdicts of one act, and settle their items, in one transaction.

    An act that is written already is left as it is. An item that is gone (its flags were taken
    back by a newer model, or by an edit) takes no verdict.

    Returns:
        How many verdicts stand.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    items = list(dict.fromkeys(verdict.item_no for verdict in verdicts))

    def work(connection: duckdb.DuckDBPyConnection) -> int:
        if known(connection, act):
            return len(verdicts)
        take(connection, items)
        asked = asked_of(connection, items)
        said = said_of(connection, list(asked))
        here = [one for one in verdicts if one.item_no in asked]
        write(connection, rules, here, asked, said, act=act, reviewer=reviewer, now=now)
        return len(here)

    return in_turn(store, work)


def known(connection: duckdb.DuckDBPyConnection, act: UUID) -> bool:
    """Whether an act is written down already."""
    return connection.execute(parsed("review/act_known"), {"act": str(act)}).fetchone() is not None


def in_turn(store: Store, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """Do something in a transaction, beside the folding of the queue and who else decides.

    Where one of those changes the same items it is done once more, alone; so ``work`` must
    :func:`~warehouse.review.settling.take` them, and do so first if it reads by another connection
    than it is given.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    with suppress(duckdb.TransactionException), store.deciding() as connection:
        return work(connection)
    with store.deciding_alone() as connection:
        return work(connection)


def write(  # noqa: PLR0913 (what is written down)
    connection: duckdb.DuckDBPyConnection,
    rules: Rules,
    verdicts: Sequence[Verdict],
    asked: Mapping[int, Sequence[Asked]],
    said: Mapping[int, Sequence[Decision]],
    *,
    act: UUID,
    reviewer: str,
    now: datetime,
) -> None:
    """Write verdicts and settle their items, in a transaction of the review queue that has begun.

    Args:
        asked: the flags of all of the items.
        said: the decisions that hold for them, as they are within the transaction.
    """
    rows = [
        _row(one, asked[one.item_no][0], said.get(one.item_no, []), act, reviewer, now)
        for one in verdicts
    ]
    if not rows:
        return
    connection.execute(
        parsed("review/decide"), {"rows": [{name: row[name] for name in COLUMNS} for row in rows]}
    )
    now_said = {item_no: list(said.get(item_no, ())) for item_no in asked}
    for verdict, row in zip(verdicts, rows, strict=True):
        now_said[verdict.item_no].append(_of(Decision, row))
    former = [
        item_no
        for item_no, flags in asked.items()
        if len(flags) > 1 or flags[0].state != "waiting"  # else no flag has a state of its own
    ]
    settle(connection, former, asked, now_said, unsure=rules.unsure, now=now)


def standing(
    item: Item, decisions: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, list[Asked]], dict[int, list[Decision]]]:
    """An item and its decisions, of :mod:`warehouse.review.record`, as :func:`write` takes them."""
    facts = item.facts
    asked = [
        _of(Asked, facts | flag | {"state": facts["state"]} | _ids(flag, "content_id"))
        for flag in item.flags
    ]
    said = [
        _of(Decision, {**row, **_ids(row, "decision_id", "content_id")})
        for row in decisions
        if row["judgement"] != "undo" and not row["undone"]
    ]
    return {item.number: asked}, {item.number: said}


def _of(kind: Callable[..., T], row: Mapping[str, Any]) -> T:
    """A named tuple of those of a row's values that it has."""
    return kind(**{name: row[name] for name in kind._fields})  # type: ignore[attr-defined]


def _ids(row: Mapping[str, Any], *names: str) -> dict[str, UUID]:
    return {name: UUID(row[name]) for name in names}


def _row(  # noqa: PLR0913, PLR0917 (what is written down)
    verdict: Verdict,
    shown: Asked,
    said: Sequence[Decision],
    act: UUID,
    reviewer: str,
    now: datetime,
) -> dict[str, Any]:
    """A verdict as a row of ``base.decisions``.

    ``supersedes`` names what the same reviewer said of the flag before, or, of an adjudication,
    what another one said last: all that it replaces, the view ``decisions`` says.
    """
    place = (shown.channel_key, shown.message_id, shown.content_id)
    before = [
        one
        for one in said
        if (one.channel_key, one.message_id, one.content_id) == place
        and one.flag == (verdict.label, verdict.source, verdict.target)
        and (one.reviewer == reviewer or verdict.purpose == "adjudication")
        and (one.purpose == "golden") == (verdict.purpose == "golden")
    ]
    former = max(before, key=lambda one: (one.decided_at, one.decision_id), default=None)
    return asdict(verdict) | {
        "decision_id": uuid4(),
        "channel_key": shown.channel_key,
        "message_id": shown.message_id,
        "content_id": shown.content_id,
        "model_version": shown.model_version,
        "language": shown.language,
        "act_id": act,
        "reviewer": reviewer,
        "decided_at": now,
        "supersedes": former.decision_id if former else None,
    }


def undo(  # noqa: PLR0913 (what is written down)
    store: Store, rules: Rules, *, former: UUID | None, act: UUID, reviewer: str, now: datetime
) -> list[int] | None:
    """Take back an act of this reviewer, the latest that stands where ``former`` is None.

    Asked again with the same ``act``, nothing more is taken back, and the answer is the same.

    Returns:
        The items in which its messages are now, most urgent first: none where they were scored
        anew since; None where there was nothing to take back.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """

    def undone_in(connection: duckdb.DuckDBPyConnection) -> list[int]:
        found = connection.execute(parsed("review/decided_items"), {"act": str(act)}).fetchall()
        return [int(item_no) for (item_no,) in found]

    def work(connection: duckdb.DuckDBPyConnection) -> list[int] | None:
        if known(connection, act):
            return undone_in(connection)
        act_undone = former
        if act_undone is None:
            row = connection.execute(parsed("review/last_act"), {"reviewer": reviewer}).fetchone()
            if not row or row[0] is None:
                return None
            act_undone = UUID(row[0])
        taken = connection.execute(
            parsed("review/undo"),
            {"reviewer": reviewer, "former": str(act_undone), "act": str(act), "now": now},
        ).fetchone()
        if not taken or not taken[0]:
            return None
        items = undone_in(connection)
        take(connection, items)
        said = said_of(connection, items)
        asked = asked_of(connection, list(said))
        settle(connection, items, asked, said, unsure=rules.unsure, now=now)
        return items

    return in_turn(store, work)
