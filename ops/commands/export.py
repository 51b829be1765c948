"""`channelwatch export`: a view of the warehouse as a file."""

from __future__ import annotations

import secrets
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from flows.owner import on_warehouse
from ops.console_output import count, stdout
from ops.errors import CommandError
from ops.who import login, noted
from warehouse.export import FORMATS, export
from warehouse.sql import VIEWS
from warehouse.store import StoreLocked, open_store


def export_command(view: str, out: Path, warehouse: Path, layout: str | None) -> None:
    """Write ``view`` to ``out``; the format is named or follows from the file's ending."""
    if view not in VIEWS:
        near = get_close_matches(view, VIEWS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(VIEWS)}"
        raise CommandError(f"no view {view!r}; {hint}")
    layout = layout or out.suffix.removeprefix(".").lower().replace("jsonl", "ndjson")
    if layout not in FORMATS:
        raise CommandError(f"{out}: name the format with --format, one of {', '.join(FORMATS)}")
    try:
        with open_store(warehouse, read_only=True) as store:
            rows = export(store, view, out, format=layout)
    except StoreLocked:  # a console, or `serve`: it writes the file
        ask: dict[str, Any] = {
            "view": view,
            "out": str(out.absolute()),
            "layout": layout,
            "who": login(),
        }
        done = on_warehouse(warehouse.absolute(), "export", **ask, asked=secrets.token_hex(8))
        rows = int(done["rows"])
    else:
        noted(warehouse, "export", view=view, rows=rows, out=str(out))
    stdout().print(f"{count(rows, 'row')} of {view} in {out}.")
