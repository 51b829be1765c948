"""The payment indicators of one channel in a period, and how far each has spread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ops.console.console import Console
from ops.console.filters import MOST, day
from ops.console.pages.queue import page_number
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page

router = APIRouter()
Leading = Annotated[Viewer, Depends(allowed("team"))]

PAGE = 50
#: Where a bound is not given.
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


@router.get("/indicators")
def indicators(request: Request, viewer: Leading) -> Response:
    """What the overview counts; days as the queue has them (``from`` and ``to``, both included)."""
    console: Console = request.app.state.console
    asked = {
        name: request.query_params.get(name, "").strip()[:MOST]
        for name in ("channel", "from", "to")
    }
    since, last = day(asked["from"]), day(asked["to"])
    number = page_number(request.query_params.get("page", "1"))
    rows: list[dict[str, Any]] = console.store.rows(
        "review/channel_indicators",
        channel=asked["channel"],
        since=since or FIRST,
        until=last + timedelta(days=1) if last else LAST,
        limit=PAGE,
        offset=(number - 1) * PAGE,
    )
    found = console.store.rows("review/channel_named", channel=asked["channel"])
    return page(
        request,
        viewer,
        "indicators.html",
        channel=found[0]["name"] if found else asked["channel"],
        asked=asked,
        query={name: value for name, value in asked.items() if value},
        rows=rows,
        total=rows[0]["found"] if rows else 0,
        page=number,
        pages=max(-(-rows[0]["found"] // PAGE), 1) if rows else 1,
    )
