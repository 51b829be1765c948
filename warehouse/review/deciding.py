"""Write down what moderators decide; take it back; nothing is ever changed or deleted.

An act is what one press of a button brings: one decision, or, in bulk, many. Its id is made by the
page, so that asking twice (a double click, an answer that was lost) writes once. When a function
returns, what it wrote is in the database's log on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import pyarrow as pa

from warehouse.review.rules import Rules
from warehouse.review.settling import Asked, Decision, asked_of, said_of, settle
from warehouse.schemas import TIMESTAMP
from warehouse.sql import query
from warehouse.store import Store

Judgement = Literal["confirm", "reject", "change", "unsure", "escalate", "skip"]
Purpose = Literal["review", "second", "adjudication", "golden", "bulk"]

JUDGEMENTS: tuple[Judgement, ...] = ("confirm", "reject", "change", "unsure", "escalate", "skip")

_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("shows", pa.string())])
#: What is written down of a verdict, in the types of ``base.decisions``; ids as text.
ROWS = pa.schema(
    [
        *((name, pa.string()) for name in ("decision_id", "channel_key", "content_id")),
        ("message_id", pa.int64()),
        *((name, pa.string()) for name in ("label", "source", "target", "judgement")),
        *((f"changed_{name}", pa.string()) for name in ("label", "source", "target")),
        ("changed_severity", pa.int8()),
        ("spans", pa.list_(_SPAN)),
        *((name, pa.string()) for name in ("reviewer", "reason", "note", "supersedes")),
        ("decided_at", TIMESTAMP),
        *((name, pa.string()) for name in ("model_version", "act_id", "purpose", "language")),
        ("seconds", pa.float32()),
    ]
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
    showing to deciding, None where not known; ``content_id`` of the text that was shown, None where
    whatever the item shows by then is meant.
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
    content_id: str | None = None


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
    back by a newer model, or by an edit), or that by now shows another text than the reviewer saw,
    takes no verdict.

    Returns:
        How many verdicts stand. Whoever tells a reviewer that theirs was saved has to look.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    items = list(dict.fromkeys(verdict.item_no for verdict in verdicts))
    with store.transaction() as connection:
        if connection.execute(query("review/act_known"), {"act": str(act)}).fetchone():
            return len(verdicts)
        asked = asked_of(connection, items)
        said = said_of(connection, list(asked))
        verdicts = [one for one in verdicts if _asked(one, asked.get(one.item_no, []))]
        rows = [
            _row(one, asked[one.item_no][0], said.get(one.item_no, []), act, reviewer, now)
            for one in verdicts
        ]
        written = [
            {name: str(one) if isinstance(one, UUID) else one for name, one in row.items()}
            for row in rows
        ]
        connection.register("deciding", pa.Table.from_pylist(written, schema=ROWS))
        connection.execute(query("review/decide"))
        connection.unregister("deciding")
        for verdict, row in zip(verdicts, rows, strict=True):
            said.setdefault(verdict.item_no, []).append(
                Decision(**{name: row[name] for name in Decision._fields})
            )
        settle(connection, list(asked), asked, said, unsure=rules.unsure, now=now)
    return len(verdicts)


def _asked(verdict: Verdict, shown: Sequence[Asked]) -> bool:
    """Whether the item still asks about what the verdict is on."""
    return bool(shown) and verdict.content_id in (None, str(shown[0].content_id))


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
    what another one said last.
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
        taken = connection.execute(
            query("review/undo"),
            {"reviewer": reviewer, "former": str(former), "act": str(act), "now": now},
        ).fetchone()
        if not taken or not taken[0]:
            return None
        found = connection.execute(query("review/decided_items"), {"act": str(act)}).fetchall()
        items = [int(item_no) for (item_no,) in found]
        said = said_of(connection, items)
        asked = asked_of(connection, list(said))
        settle(connection, items, asked, said, unsure=rules.unsure, now=now)
    return items
