"""A view of a warehouse as a file, whether the warehouse is free or somebody keeps it."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

from flows.owner import on_warehouse

#: Seconds between two questions whether it is written.
PAUSE = 0.5


def export_by_owner(warehouse: Path, view: str, out: Path, layout: str, *, who: str) -> int:
    """Have whoever owns the warehouse write a view to OUT; how many rows it has.

    Raises:
        StoreError: the warehouse cannot be used.
        DutyError: its owner could not write there, or does not answer.
    """
    ask: dict[str, Any] = {"view": view, "out": str(out.absolute()), "layout": layout, "who": who}
    ask["asked"] = secrets.token_hex(8)
    while (done := on_warehouse(warehouse, "export", **ask)).get("pending"):
        time.sleep(PAUSE)
    return int(done["rows"])
