"""What was decided, latest first: one's own, and for leads and auditors everybody's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ops.console.console import Console
from ops.console.filters import stretch
from ops.console.pages.queue import page_number
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page
from ops.console.wording import JUDGEMENT_WORDS, flag_words, label_name, outcome_words
from warehouse.review.record import Past, history, history_count

router = APIRouter()

Reader = Annotated[Viewer, Depends(allowed("read"))]
PAGE = 50
#: What a query string may narrow it to; ``from`` and ``to`` are days or hours, both included.
NAMES = (
    "reviewer",
    "label",
    "language",
    "judgement",
    "channel",
    "from",
    "to",
    "act",
    "purpose",
)
Row = dict[str, Any]


@router.get("/history")
def history_page(request: Request, viewer: Reader) -> Response:
    """A page of decisions; nobody but leads, auditors and admins sees those of others."""
    console: Console = request.app.state.console
    query = request.query_params
    every = viewer.may("team")
    asked = {name: query.get(name, "").strip()[:200] or None for name in NAMES}
    if not every:
        asked["reviewer"], asked["purpose"] = viewer.name, None
    asked["act"] = _act(asked["act"])
    start, end = stretch(asked["from"]), stretch(asked["to"])
    asked["from"], asked["to"] = start and asked["from"], end and asked["to"]
    wanted = Past(
        reviewer=asked["reviewer"],
        label=asked["label"],
        language=asked["language"],
        judgement=asked["judgement"],
        purpose=asked["purpose"],
        act=asked["act"],
        channel=asked["channel"],
        start=start and start[0],
        end=end and end[1],
    )
    number = page_number(query.get("page", "1"))
    total = history_count(console.store, wanted)
    rows = history(console.store, wanted, limit=PAGE, offset=(number - 1) * PAGE)
    if viewer.may("review"):
        rows = [_sealed(row) if _is_to_come(row, viewer) else row for row in rows]
    return page(
        request,
        viewer,
        "history.html",
        rows=[
            SimpleNamespace(
                decided_at=row["decided_at"],
                item_no=row["item_no"],
                copies=row["copies"] or 1,
                judgement=JUDGEMENT_WORDS.get(row["judgement"], row["judgement"]),
                flag=flag_words(console.knowledge, row),
                outcome=outcome_words(console.knowledge, row),
                purpose=_purpose(row["purpose"], every),
                undone=row["undone"],
                reason=row["reason"],
                note=row["note"],
                reviewer=row["reviewer"],
                model_version=row["model_version"],
                undoable=row["reviewer"] == viewer.name
                and row["judgement"] != "undo"
                and not row["undone"]
                and viewer.may("review"),
                act=row["act_id"],
            )
            for row in rows
        ],
        total=total,
        left_out=console.tickets.left_out(asked["act"], viewer.name) if asked["act"] else None,
        page=number,
        pages=max(-(-total // PAGE), 1),
        query={
            name: value for name, value in asked.items() if value and (every or name != "reviewer")
        },
        reviewer=asked["reviewer"] if every else None,
        reviewers=[user.name for user in console.accounts.users.all()] if every else [],
        judgements=JUDGEMENT_WORDS,
        labels=[
            (label, label_name(console.knowledge, label)) for label in console.knowledge.labels
        ],
    )


def _is_to_come(row: Row, viewer: Viewer) -> bool:
    """Whether the viewer may be asked for the second opinion of what another has decided."""
    return bool(row["item_state"] == "second" and row["reviewer"] != viewer.name)


def _sealed(row: Row) -> Row:
    """A decision whose answer is not shown before the second reviewer has given theirs.

    Against seeing it by the way; who leads could still filter for it, or export it.
    """
    changed = ("label", "source", "target", "severity")
    told = dict.fromkeys(["reason", "note", *(f"changed_{name}" for name in changed)])
    return row | told | {"judgement": "Not shown before the second review:"}


def _purpose(purpose: str, every: bool) -> str:
    """Why it was asked; who was asked a question with a known answer is not told which it was."""
    return purpose if every or purpose != "golden" else "review"


def _act(value: str | None) -> str | None:
    try:
        return str(UUID(value)) if value else None
    except ValueError:
        return None
