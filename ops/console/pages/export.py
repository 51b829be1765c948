"""Decisions to take away: as CSV, NDJSON and Parquet, and as labels to train on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from flows.labels import written
from flows.reviewed import streamed
from ops.console.pages.periods import Day, midnight
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page
from warehouse.export import stream
from warehouse.store import Store

router = APIRouter()
Exporting = Annotated[Viewer, Depends(allowed("export"))]

#: Rows in memory at once.
BATCH_ROWS = 5_000
PURPOSES = ("review", "second", "adjudication", "golden", "bulk")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


@router.get("/export")
def export_page(request: Request, viewer: Exporting) -> Response:
    """What can be exported, and how it is read and trained on."""
    console = request.app.state.console
    store: Store = console.store
    [made] = store.query("review/stats_decided").to_pylist()
    found: dict[str, list[str]] = {"language": [], "reviewer": []}
    for row in store.query("review/stats_choices").to_pylist():
        found[row["choice"]].append(row["value"])
    return page(
        request,
        viewer,
        "export.html",
        made=made,
        labels={label.id: label.name for label in console.knowledge.labels.values()},
        languages=found["language"],
        reviewers=found["reviewer"],
        purposes=PURPOSES,
        warehouse=store.path.name,
    )


@router.get("/export/decisions.{layout}")
def decisions(
    request: Request,
    viewer: Exporting,
    layout: Literal["csv", "ndjson", "parquet"],
    start: Annotated[Day, Query(alias="from")] = None,
    end: Annotated[Day, Query(alias="to")] = None,
    label: str = "",
    language: str = "",
    reviewer: str = "",
    purpose: str = "",
    scope: Literal["in_force", "history"] = "in_force",
    copies: Literal["with", "without"] = "with",
) -> Response:
    """The decisions under a filter, batch by batch; made from one day to another, both in it."""
    console = request.app.state.console
    values = {
        "since": midnight(start) if start else None,
        "until": midnight(end) + timedelta(days=1) if end else None,
        "label": label or None,
        "language": language or None,
        "reviewer": reviewer or None,
        "purpose": purpose or None,
        "copies": copies == "with",
        "in_force": scope == "in_force",
    }
    return _download(
        _decisions(console.store, layout, values), f"decisions.{layout}", console.now()
    )


@router.get("/export/training.ndjson")
def training(request: Request, viewer: Exporting) -> Response:
    """What the decisions in force teach, one revision a line, batch by batch."""
    console = request.app.state.console
    examples = streamed(console.store, console.knowledge.actors, BATCH_ROWS)
    return _download(written(examples), "training.ndjson", console.now())


def _decisions(store: Store, layout: str, values: Mapping[str, object]) -> Iterator[bytes]:
    with store.stream_query("review/stats_export", BATCH_ROWS, **values) as reader:
        yield from stream(reader, layout)


def _download(pieces: Iterator[bytes], name: str, now: datetime) -> Response:
    stem, _, layout = name.partition(".")
    return StreamingResponse(
        pieces,
        media_type=MEDIA_TYPES[layout],
        headers={"Content-Disposition": f'attachment; filename="{stem}-{now:%Y%m%d}.{layout}"'},
    )
