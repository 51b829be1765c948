"""The item that a reviewer works on, and what they decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID, uuid4

import duckdb
from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ops.console.console import Console
from ops.console.filters import Asked, asked
from ops.console.forms import Number, fields
from ops.console.judging import FormError, act_of, overtaken, verdict
from ops.console.moderating import (
    ask_again,
    current_item,
    load,
    next_item,
    standing,
)
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url
from ops.console.work import Saved, nothing, saved_words, work_on
from warehouse.review import deciding, golden
from warehouse.review.record import Item
from warehouse.review.settling import take

router = APIRouter()

#: Items that are looked at before it is said that none is left: one that goes meanwhile is no end.
TRIES = 5

Reader = Annotated[Viewer, Depends(allowed("read"))]
Reviewer = Annotated[Viewer, Depends(allowed("review"))]
Lead = Annotated[Viewer, Depends(allowed("adjudicate"))]
Form = Annotated[Mapping[str, str], Depends(fields)]


@router.get("/", include_in_schema=False)
def home(viewer: Reader) -> Response:
    """Where each role begins."""
    return RedirectResponse("/review" if viewer.may("review") else "/overview", 303)


@router.get("/review")
def review(request: Request, viewer: Reviewer) -> Response:
    """The item that the viewer has, or the next one under the filter."""
    return _next(request, viewer, asked(dict(request.query_params)), last=None)


@router.get("/item/{item_no}")
def item_page(request: Request, viewer: Reader, item_no: Number) -> Response:
    """One item; claimed for the viewer where it is free and they may decide it."""
    query = dict(request.query_params)
    back, again = asked(query).query, query.get("again") == "yes"
    shown = _item(request, viewer, item_no, back=back, last=None, again=again)
    if shown is None:
        raise HTTPException(404, f"There is no item {item_no}, or there is none any more.")
    return shown


@router.post("/item/{item_no}/decide")
def decide(request: Request, viewer: Reviewer, item_no: Number, form: Form) -> Response:
    """Write down what the viewer says of one flag, and go on."""
    console: Console = request.app.state.console
    back = asked(form.get("back", ""))
    try:
        act = act_of(form)
        done = _decide(console, viewer, item_no, act, form)
    except FormError as problem:
        raise HTTPException(422, f"Not saved: {problem}.") from problem
    last = (saved_words(console, [done.flag], done.judgement), str(act))
    if done.left:
        return _go_on(request, viewer, item_no, back, last)
    return _done(request, viewer, done.item, back, last)


@dataclass(frozen=True, slots=True)
class Done:
    """What was written down; ``left`` says whether the viewer may have more to say of the item."""

    item: Item
    flag: Mapping[str, Any]
    judgement: str
    left: bool


def _decide(
    console: Console, viewer: Viewer, item_no: int, act: UUID, form: Mapping[str, str]
) -> Done:
    """Read how the item stands, check the form against it and write, while nobody else decides it.

    Raises:
        FormError: the form is not as it must be.
        HTTPException: the item is gone, or no longer the viewer's to decide.
    """

    def work(connection: duckdb.DuckDBPyConnection) -> Done:
        take(connection, [item_no])
        found = load(console, item_no)
        if found is None:
            gone = f"Item {item_no} is gone: its message was scored anew."
            saved = deciding.known(connection, act)
            raise HTTPException(409, f"{gone} {'It was saved before' if saved else 'Not saved'}.")
        item, decisions = found
        for row in decisions:
            if row["act_id"] == str(act):  # the answer was lost, and the page asks again
                return Done(item, row, row["judgement"], left=True)
        stands = standing(console, viewer, item, decisions, claim=True)
        said = verdict(console, item, stands, form)
        if stands.why_not is not None:
            raise HTTPException(409, f"Not saved: {stands.why_not}.")
        flag = next(flag for flag in item.flags if flag["key"] == form["flag"])
        late = stands.purpose == "adjudication" and overtaken(
            decisions, flag["key"], viewer.name, form
        )
        if late or flag["key"] not in stands.open:
            raise HTTPException(409, "Not saved: this flag was decided meanwhile.")
        deciding.write(
            connection,
            console.policy.rules,
            [said],
            *deciding.standing(item, decisions),
            act=act,
            reviewer=viewer.name,
            now=console.now(),
        )
        left = set(stands.open) - set(stands.mine) - {flag["key"]}
        return Done(item, flag, said.judgement, bool(left))

    done = deciding.in_turn(console.store, work)
    console.upcoming.touched([item_no])
    return done


@router.post("/item/{item_no}/release")
def release(request: Request, viewer: Reviewer, item_no: Number, form: Form) -> Response:
    """Give an item back undecided; it is passed over for the viewer this once."""
    console: Console = request.app.state.console
    back = asked(form.get("back", ""))
    console.claims.release(viewer.name)
    return _next(request, viewer, back, last=None, but=item_no)


@router.post("/undo")
def undo(request: Request, viewer: Reviewer, form: Form) -> Response:
    """Take back an act of the viewer, the latest where none is named; show what is open again."""
    console: Console = request.app.state.console
    back = asked(form.get("back", ""))
    try:
        former = act_of(form) if form.get("act") else None
        # Of its own, so that a page whose answer was lost takes nothing else back.
        own = act_of(form, "own") if form.get("own") else uuid4()
    except FormError as problem:
        raise HTTPException(422, f"Nothing was taken back: {problem}.") from problem
    items = deciding.undo(
        console.store,
        console.policy.rules,
        former=former,
        act=own,
        reviewer=viewer.name,
        now=console.now(),
    )
    if items is None:
        raise HTTPException(409, "There is nothing to take back.")
    console.upcoming.touched(items)
    words = f"Taken back for {len(items)} items" if len(items) > 1 else "Taken back"
    if items:
        console.claims.release(viewer.name, but=items[0])
        ask_again(console, viewer, items[0])
        shown = _item(request, viewer, items[0], back=back.query, last=(words, ""))
        if shown is not None:
            return shown
    return _next(request, viewer, back, last=(words, ""))


@router.post("/item/{item_no}/golden")
def mark_golden(request: Request, viewer: Lead, item_no: Number, form: Form) -> Response:
    """Mark a decided item as a question whose answer is known, or take the mark away.

    Who has it on the screen lets go of it: held and golden, it would be asked of them.
    """
    console: Console = request.app.state.console
    console.claims.release(viewer.name)
    golden.mark(
        console.store,
        item_no,
        golden=form.get("golden") == "yes",
        by=viewer.name,
        now=console.now(),
    )
    return RedirectResponse(url(f"/item/{item_no}"), 303)


def _go_on(request: Request, viewer: Viewer, item_no: int, back: Asked, last: Saved) -> Response:
    """The same item where the viewer has more of it to decide, else the next."""
    console: Console = request.app.state.console
    found = load(console, item_no)
    if found is not None:
        item, decisions = found
        stands = standing(console, viewer, item, decisions, claim=False)
        asked_still = item.facts["state"] != "decided" or stands.purpose == "golden"
        if asked_still and stands.why_not is None and set(stands.open) - set(stands.mine):
            shown = _item(request, viewer, item_no, back=back.query, last=last)
            if shown is not None:
                return shown
        return _done(request, viewer, item, back, last)
    return _next(request, viewer, back, last=last)


def _done(request: Request, viewer: Viewer, item: Item, back: Asked, last: Saved) -> Response:
    """The next item: of this one the viewer has decided all that they may."""
    console: Console = request.app.state.console
    console.paces.decided(
        viewer.name, severe=item.facts["severity"] >= console.policy.severe_from, now=console.now()
    )
    return _next(request, viewer, back, last=last)


def _next(
    request: Request, viewer: Viewer, back: Asked, *, last: Saved | None, but: int | None = None
) -> Response:
    """Claim the next item and show it, or say that nothing is left."""
    console: Console = request.app.state.console
    number = current_item(console, viewer, back.filter) if last is None and but is None else None
    if number is None:
        number = next_item(console, viewer, back.filter, but=but)
    for _ in range(TRIES):
        if number is None:
            break
        shown = _item(request, viewer, number, back=back.query, last=last)
        if shown is not None:
            return shown
        console.upcoming.touched([number])  # it is gone: scored anew a moment ago
        number = next_item(console, viewer, back.filter, but=but)
    empty = (
        "Nothing that you may decide is left under this filter."
        if back.query
        else "Nothing is left that you may decide. Well done."
    )
    work = nothing(back=back.query, empty=empty, last=last)
    return _answer(request, viewer, work)


def _item(
    request: Request,
    viewer: Viewer,
    item_no: int,
    *,
    back: str,
    last: Saved | None,
    again: bool = False,
) -> Response | None:
    """The page of one item; None where there is no such item.

    What is decided is read by who leads, and held and decided once more only ``again``.
    """
    console: Console = request.app.state.console
    found = load(console, item_no)
    if found is None:
        return None
    item, decisions = found
    decided = item.facts["state"] == "decided"
    stands = standing(console, viewer, item, decisions, claim=not decided)
    if decided and stands.purpose == "adjudication" and stands.why_not is None and not again:
        stands = replace(stands, open=(), why_not="it is decided")
    elif decided:
        stands = standing(console, viewer, item, decisions, claim=True)
    work = work_on(console, viewer, item, stands, decisions, back=back, last=last)
    return _answer(request, viewer, work)


def _answer(request: Request, viewer: Viewer, work: Any) -> Response:
    if request.headers.get("HX-Request"):
        return page(request, viewer, "work.html", work=work)
    if request.method == "POST":  # without a script; the answer has an address that loads again
        path = f"/item/{work.item.item_no}" if work.item else "/review"
        return RedirectResponse(f"{path}?{work.back}" if work.back else path, 303)
    return page(request, viewer, "item.html", work=work)
