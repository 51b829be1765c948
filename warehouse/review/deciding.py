"""Write down what moderators decide; take it back; nothing is ever changed or deleted.

An act is what one press of a button brings: one decision, or, in bulk, many. Its id is made by the
page, so that asking twice (a double click, an answer that was lost) writes once. When a function
returns, what it wrote is in the database's log on disk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from warehouse.review.folding import follow, settle
from warehouse.review.rules import Rules
from warehouse.sql import query
from warehouse.store import Store

Judgement = Literal["confirm", "reject", "change", "unsure", "escalate", "skip"]
Purpose = Literal["review", "second", "adjudication", "golden", "bulk"]

JUDGEMENTS: tuple[Judgement, ...] = ("confirm", "reject", "change", "unsure", "escalate", "skip")
#: Those that say what is true; the others pass the question on.
DECISIVE: frozenset[str] = frozenset({"confirm", "reject", "change"})


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
) -> None:
    """Write the verdicts of one act, and settle their items, in one transaction.

    An act that is written already is left as it is. An item that is gone (its flags were taken
    back by a newer model) takes no verdict.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    values = {
        "act": str(act),
        "reviewer": reviewer,
        "now": now,
        "decisions": json.dumps([asdict(verdict) for verdict in verdicts]),
    }
    with store.transaction() as connection:
        follow(connection, rules, now)
        connection.execute(query("review/deciding"), values)
        connection.execute(query("review/decide"))
        settle(connection)


def undo(  # noqa: PLR0913 (what is written down)
    store: Store, rules: Rules, *, former: UUID | None, act: UUID, reviewer: str, now: datetime
) -> list[int] | None:
    """Take back an act of this reviewer, the latest that stands where ``former`` is None.

    Returns:
        The items in which its messages are now, most urgent first: none where they were scored
        anew since; None where there was nothing to take back.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    with store.transaction() as connection:
        if former is None:
            row = connection.execute(query("review/last_act"), {"reviewer": reviewer}).fetchone()
            if not row or row[0] is None:
                return None
            former = UUID(row[0])
        follow(connection, rules, now)
        taken = connection.execute(
            query("review/undo"),
            {"reviewer": reviewer, "former": str(former), "act": str(act), "now": now},
        ).fetchone()
        if not taken or not taken[0]:
            return None
        connection.execute(query("review/decided_items"), {"act": str(act)})
        settle(connection)
        items = connection.execute(query("review/act_items")).fetchall()
    return [int(item_no) for (item_no,) in items]
