"""Many items decided at once: a preview with the count first, then the decision."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ops.console import bulk
from ops.console.bulk import JUDGEMENTS
from ops.console.console import Console
from ops.console.filters import asked
from ops.console.forms import chosen, fields
from ops.console.judging import MOST_NOTE, FormError, act_of, reason_of
from ops.console.listing import rows_of
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url
from ops.console.tickets import Previewed
from ops.console.wording import actor_name, label_name
from warehouse.review.finding import find, numbered

router = APIRouter(prefix="/bulk")

Bulk = Annotated[Viewer, Depends(allowed("bulk"))]
Form = Annotated[Mapping[str, str], Depends(fields)]
Chosen = Annotated[list[int], Depends(chosen)]

SAMPLE = 10


@router.post("/preview")
def preview(request: Request, viewer: Bulk, form: Form, items: Chosen) -> Response:
    """What would be decided: the items that were chosen, or all under the filter."""
    console: Console = request.app.state.console
    under = asked(form)
    if form.get("scope") == "all":
        # A few more than may be decided, so that what is left out can be counted.
        found = find(console.store, under.filter, limit=10 * console.policy.bulk_limit)
        items = [row["item_no"] for row in found.rows]
    # Who filtered for flags of one kind has looked at those, and not at the others of their items.
    only = {name: value for name in ("label", "source", "target") if (value := under.values[name])}
    held = bulk.preview(console, viewer, items, only)
    sample = numbered(console.store, held.items[:SAMPLE])
    shown = SimpleNamespace(
        items=len(held.items),
        messages=held.messages,
        flags=len(held.flags),
        left_out=held.left_out.most_common(),
        rows=rows_of(console, sample),
        ticket=console.tickets.give(viewer.name, Previewed(held.revisions, only), console.now()),
        only=_words(console, only),
        act=str(uuid4()),
        reasons={name: console.policy.reasons.get(name, ()) for name in JUDGEMENTS},
    )
    return page(request, viewer, "bulk.html", preview=shown)


@router.post("/decide")
def decide(request: Request, viewer: Bulk, form: Form) -> Response:
    """Decide what the preview showed, less what was taken or decided meanwhile."""
    console: Console = request.app.state.console
    shown = console.tickets.shown(form.get("ticket", ""), viewer.name, console.now())
    if shown is None:
        raise HTTPException(409, "Nothing was decided: this preview is too old. Make a new one.")
    judgement = next((one for one in JUDGEMENTS if one == form.get("judgement")), None)
    if judgement is None:
        raise HTTPException(422, f"Nothing was decided: say one of {', '.join(JUDGEMENTS)}.")
    if form.get("count", "").strip() != str(len(shown.items)):
        raise HTTPException(422, f"Nothing was decided: the count to type is {len(shown.items)}.")
    try:
        act = act_of(form)
        reason = reason_of(console, judgement, form)
    except FormError as problem:
        raise HTTPException(422, f"Nothing was decided: {problem}.") from problem
    note = form.get("note", "").strip()[:MOST_NOTE] or None
    bulk.decide(console, viewer, shown, judgement, reason=reason, note=note, act=act)
    return RedirectResponse(url("/history", act=str(act)), 303)


def _words(console: Console, only: Mapping[str, str]) -> list[tuple[str, str]]:
    """Which flags alone are decided, for people."""
    knowledge = console.knowledge
    return [
        (
            name,
            label_name(knowledge, value)
            if name == "label"
            else actor_name(knowledge, value) or value,
        )
        for name, value in only.items()
    ]
