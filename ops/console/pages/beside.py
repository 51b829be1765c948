"""What lies around an item, in parts that its page fetches when they are opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from ops.console import text as texts
from ops.console.console import Console
from ops.console.forms import Number
from ops.console.moderating import judges_blind, load, standing
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page
from ops.console.wording import (
    JUDGEMENT_WORDS,
    actor_name,
    flag_words,
    label_name,
    outcome_words,
)
from warehouse.review import record

router = APIRouter(prefix="/item/{item_no}")

Reader = Annotated[Viewer, Depends(allowed("read"))]
#: Of a message beside the item so many code points are shown.
BRIEF = 600


@router.get("/around")
def around(request: Request, viewer: Reader, item_no: Number) -> Response:
    """The messages before and after in the channel."""
    rows = record.around(_store(request), item_no)
    return page(request, viewer, "fragments/around.html", messages=_chain(request, rows))


@router.get("/replies")
def replies(request: Request, viewer: Reader, item_no: Number) -> Response:
    """The chain of replies."""
    rows = record.replies(_store(request), item_no)
    return page(request, viewer, "fragments/replies.html", messages=_chain(request, rows))


@router.get("/text")
def text(request: Request, viewer: Reader, item_no: Number, at: int = 0) -> Response:
    """What follows in a long text."""
    store = _store(request)
    item = record.item(store, item_no)
    if item is None:
        raise HTTPException(404, f"There is no item {item_no}.")
    item = record.shown(store, item)
    shown = texts.shown(
        item.text,
        [span for flag in item.flags for span in flag["evidence"] or []],
        language=item.facts["language"],
        at=at,
    )
    return page(request, viewer, "fragments/text.html", text=shown, item_no=item_no)


@router.get("/revisions")
def revisions(request: Request, viewer: Reader, item_no: Number) -> Response:
    """What the message said before and after, each as a difference from the one before it."""
    rows = record.revisions(_store(request), item_no)
    found, former = [], None
    for row in rows:
        changes = (
            texts.changed(former, row["text"], language=row["language"])
            if former is not None
            else ()
        )
        found.append(SimpleNamespace(**row | {"changes": changes}))
        former = row["text"]
    several = found[::-1] if len(found) > 1 or (found and found[0].state == "deleted") else []
    return page(request, viewer, "fragments/revisions.html", revisions=several)


@router.get("/copies")
def copies(request: Request, viewer: Reader, item_no: Number) -> Response:
    """Where else the text stands, and what differs there."""
    store = _store(request)
    item = record.item(store, item_no)
    if item is None:
        raise HTTPException(404, f"There is no item {item_no}.")
    item = record.shown(store, item)
    found = [
        SimpleNamespace(
            channel_name=row["channel_name"] or row["channel_key"],
            message_id=row["message_id"],
            sent_at=row["sent_at"],
            deleted=row["state"] == "deleted",
            superseded=row["state"] == "superseded",
            same_item=row["item_no"] == item_no,
            item_no=row["item_no"],
            exact=row["text"] == item.text,
            changes=()
            if row["text"] == item.text
            else texts.changed(item.text, row["text"], language=row["language"]),
        )
        for row in record.copies(store, item_no)
    ]
    return page(request, viewer, "fragments/copies.html", copies=found)


@router.get("/channel")
def channel(request: Request, viewer: Reader, item_no: Number) -> Response:
    """The channel's record."""
    console: Console = request.app.state.console
    facts, rows = record.channel(console.store, item_no)
    if not facts:
        raise HTTPException(404, f"There is no item {item_no}.")
    counts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in rows:
        counts[row["what"]].append((row["value"], row["messages"]))
    knowledge = console.knowledge
    shown = SimpleNamespace(
        **facts
        | {
            "name": facts["name"] or facts["channel_key"],
            "actor": actor_name(knowledge, facts["actor"]),
            "flagged": [(label_name(knowledge, value), n) for value, n in counts["flagged"]],
            "decided": [(JUDGEMENT_WORDS[value], n) for value, n in counts["decided"]],
        }
    )
    return page(request, viewer, "fragments/channel.html", channel=shown)


@router.get("/indicators")
def indicators(request: Request, viewer: Reader, item_no: Number) -> Response:
    """Where the message's payment indicators occur elsewhere."""
    store = _store(request)
    places: dict[tuple[str, str], list[Any]] = {
        (row["type"], row["value"]): [] for row in record.indicators(store, item_no)
    }
    for row in record.indicator_places(store, item_no):
        places.setdefault((row["type"], row["value"]), []).append(
            SimpleNamespace(
                channel=row["channel_name"] or row["channel_key"],
                message_id=row["message_id"],
                sent_at=row["sent_at"],
                item_no=row["item_no"],
            )
        )
    found = [
        SimpleNamespace(
            type=type_, value=value, messages=messages, more=len(messages) >= record.PLACES
        )
        for (type_, value), messages in places.items()
    ]
    return page(request, viewer, "fragments/indicators.html", indicators=found)


@router.get("/history")
def history(request: Request, viewer: Reader, item_no: Number) -> Response:
    """What was decided; while somebody is to judge blind, only what they said themselves."""
    console: Console = request.app.state.console
    found = load(console, item_no)
    if found is None:
        raise HTTPException(404, f"There is no item {item_no}.")
    item, rows = found
    stands = standing(console, viewer, item, rows, claim=False)
    blind = judges_blind(viewer, item, stands)
    former = {row["decision_id"]: row for row in rows}
    replaced = record.replaced(console.store, rows)
    shown = [
        SimpleNamespace(
            decided_at=row["decided_at"],
            reviewer=row["reviewer"],
            judgement=f"{JUDGEMENT_WORDS[row['judgement']]}: {flag_words(console.knowledge, row)}",
            outcome=outcome_words(console.knowledge, row),
            reason=row["reason"],
            note=row["note"],
            purpose=row["purpose"],
            model_version=row["model_version"],
            undone=row["undone"],
            replaces=_said(former, replaced.get(row["decision_id"], ())),
        )
        for row in rows
        if (row["reviewer"] == viewer.name and stands.purpose != "golden")
        or not (blind or (row["purpose"] == "golden" and not viewer.may("team")))
    ]
    return page(request, viewer, "fragments/history.html", history=shown[::-1])


def _said(former: Mapping[str, Any], ids: Sequence[str]) -> str:
    """Whose decisions these are, and of when."""
    rows = [former[one] for one in ids if one in former]
    return ", ".join(
        f"{row['reviewer']}’s of {row['decided_at']:%Y-%m-%d %H:%M} UTC" for row in rows
    )


def _chain(request: Request, rows: list[dict[str, Any]]) -> list[SimpleNamespace]:
    """Messages beside the item; those that are severe themselves are not shown unasked."""
    severe_from = request.app.state.console.policy.severe_from
    return [
        SimpleNamespace(
            **row
            | {
                "text": texts.shown(row["text"], [], language=row["language"], most=BRIEF),
                "severe": not row["here"] and (row["severity"] or 0) >= severe_from,
            }
        )
        for row in rows
    ]


def _store(request: Request) -> Any:
    return request.app.state.console.store
