"""The list of items under a filter, and the filters that a reviewer keeps."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ops.console.accounts import AccountsError
from ops.console.console import Console
from ops.console.filters import asked, options
from ops.console.forms import Number, fields
from ops.console.listing import rows_of
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page
from warehouse.review.finding import find

router = APIRouter()

Reader = Annotated[Viewer, Depends(allowed("read"))]
Form = Annotated[Mapping[str, str], Depends(fields)]

PAGE = 50
#: Nobody reads further; a filter gets there.
MOST_PAGES = 200


@router.get("/queue")
def queue(request: Request, viewer: Reader) -> Response:
    """A page of the list, most urgent first."""
    console: Console = request.app.state.console
    query = asked(dict(request.query_params))
    number = page_number(request.query_params.get("page", "1"))
    found = find(console.store, query.filter, limit=PAGE, offset=(number - 1) * PAGE)
    return page(
        request,
        viewer,
        "queue.html",
        filters=query.values,
        options=options(console, query.values),
        rows=rows_of(console, found.rows),
        total=found.items,
        page=number,
        pages=min(max(-(-found.items // PAGE), 1), MOST_PAGES),
        saved=[
            SimpleNamespace(id=one.filter_id, name=one.name, query=one.query)
            for one in console.accounts.filters.of(viewer.name)
        ],
    )


@router.post("/filters")
def keep_filter(request: Request, viewer: Reader, form: Form) -> Response:
    """Keep the filter under a name."""
    console: Console = request.app.state.console
    query = asked(form).query
    try:
        console.accounts.filters.save(viewer.name, form.get("name", ""), query)
    except AccountsError as problem:
        raise HTTPException(422, f"The filter was not kept: {problem}.") from problem
    return RedirectResponse(f"/queue?{query}", 303)


@router.post("/filters/{filter_id}/delete")
def forget_filter(request: Request, viewer: Reader, filter_id: Number) -> Response:
    """Forget one of the viewer's filters."""
    console: Console = request.app.state.console
    console.accounts.filters.delete(viewer.name, filter_id)
    return RedirectResponse("/queue", 303)


def page_number(value: str) -> int:
    """The number of a page; the first where it is none.

    >>> page_number("3"), page_number("-1"), page_number("9" * 9_999), page_number("x")
    (3, 1, 200, 1)
    """
    if not (value.isascii() and value.isdecimal()):
        return 1
    return min(max(int(value[:9]), 1), MOST_PAGES)
