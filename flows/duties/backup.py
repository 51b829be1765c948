"""Make a backup of the warehouse and what lies beside it, in a folder that the owner can write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from warehouse import audit
from warehouse.backup.backup import back_up
from warehouse.store import Store

#: Seconds after which whoever asked is told to ask again: the owner has other work.
PATIENCE = 1.0


def run(store: Store, out: str, asked: str = "", who: str = "") -> dict[str, Any]:
    """See :func:`warehouse.backup.backup.back_up`; the manifest, or that it is still made.

    To be asked for again under the same name ``asked`` until it is made.
    """

    def make() -> dict[str, Any]:
        made_before = Path(out).exists()
        manifest = back_up(store, Path(out), asked=asked)
        if not made_before:
            about = {"out": out, "made_at": manifest["made_at"]}
            audit.record(store, audit.entry(who, "backup", about))
        return manifest

    making = store.beside(f"backup {asked} {out}", make)
    try:
        return making.result(PATIENCE)
    except TimeoutError:
        if making.done():  # its own error, and not that it takes long
            raise
        return {"pending": True}
