"""Alerts: what somebody is to look into, who does, and what is not told for a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from flows.alerting.wording import sentence
from ops.console.console import Console
from ops.console.forms import fields
from ops.console.pages.queue import page_number
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page
from warehouse.alerting import deliveries, record

router = APIRouter()
Reader = Annotated[Viewer, Depends(allowed("read"))]
Lead = Annotated[Viewer, Depends(allowed("adjudicate"))]
Form = Annotated[Mapping[str, str], Depends(fields)]

PAGE = 50
#: For how long something can be silenced, in hours.
LENGTHS = {"1": "1 hour", "8": "8 hours", "24": "1 day", "168": "7 days", "720": "30 days"}


@router.get("/alerts")
def alerts(request: Request, viewer: Reader, state: str = "", rule: str = "") -> Response:
    """The alerts, those that hold first; the rules and what they found; the silences."""
    console: Console = request.app.state.console
    now = console.now()
    number = page_number(request.query_params.get("page", "1"))
    state = state if state in (*record.STATES, "all") else "held"
    rows = record.listed(
        console.store,
        now,
        state=None if state == "all" else state,
        rule=rule or None,
        limit=PAGE + 1,
        offset=(number - 1) * PAGE,
    )
    return page(
        request,
        viewer,
        "alerts.html",
        alerts=[_shown(row) for row in rows[:PAGE]],
        more=len(rows) > PAGE,
        page=number,
        state=state,
        rule=rule,
        counts=record.counted(console.store, now),
        rules=record.rules(console.store),
        silences=record.silences(console.store, now),
        outstanding=deliveries.outstanding(console.store),
        lengths=LENGTHS,
    )


@router.get("/alerts/{alert_id}")
def alert(request: Request, viewer: Reader, alert_id: str) -> Response:
    """One alert with its history."""
    console: Console = request.app.state.console
    found = record.listed(console.store, console.now(), alert_id=alert_id)
    if not found:
        raise HTTPException(404, "There is no such alert.")
    return page(
        request,
        viewer,
        "alert.html",
        alert=_shown(found[0]),
        history=record.history(console.store, alert_id),
        lengths=LENGTHS,
    )


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(request: Request, viewer: Lead, alert_id: str, form: Form) -> Response:
    """The viewer takes care of it."""
    console: Console = request.app.state.console
    now = console.now()
    if not record.acknowledge(console.store, alert_id, viewer.name, now, form.get("note")):
        raise HTTPException(404, "There is no such alert.")
    return RedirectResponse(f"/alerts/{alert_id}", 303)


@router.post("/alerts/{alert_id}/silence")
def silence(request: Request, viewer: Lead, alert_id: str, form: Form) -> Response:
    """Nothing is told of its subject, or with ``scope`` rule of its whole rule, for a time."""
    console: Console = request.app.state.console
    found = record.listed(console.store, console.now(), alert_id=alert_id)
    if not found:
        raise HTTPException(404, "There is no such alert.")
    hours = form.get("hours", "")
    if hours not in LENGTHS:
        raise HTTPException(422, "Choose for how long.")
    try:
        record.silence(
            console.store,
            rule=found[0]["rule"],
            key=None if form.get("scope") == "rule" else found[0]["key"],
            until=console.now() + timedelta(hours=int(hours)),
            reviewer=viewer.name,
            why=form.get("why", ""),
            now=console.now(),
        )
    except ValueError as problem:
        raise HTTPException(422, f"It was not silenced: {problem}.") from problem
    return RedirectResponse(f"/alerts/{alert_id}", 303)


@router.post("/alerts/silences/{silence_id}/lift")
def lift(request: Request, viewer: Lead, silence_id: str) -> Response:
    """End a silence early."""
    console: Console = request.app.state.console
    record.lift(console.store, silence_id, viewer.name, console.now())
    return RedirectResponse("/alerts", 303)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert as the templates know it."""
    plain = {
        **row,
        "subject": json.loads(row["subject"]),
        "evidence": json.loads(row["evidence"]),
    }
    return {
        **plain,
        "says": sentence(plain),
        "rows": f"/queue?{row['link']}" if row["link"] else None,
        "subject": _facts(plain["subject"]),
        "evidence": _facts(plain["evidence"]),
        "runbook": f"ops/runbooks/{row['kind']}.md",
    }


def _facts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values in words."""
    return [
        (
            name.replace("_", " "),
            ", ".join(map(str, value)) if isinstance(value, list) else f"{value:,}"
            if isinstance(value, int) and not isinstance(value, bool) else str(value),
        )
        for name, value in told.items()
        if value not in (None, [])
    ]  # fmt: skip
