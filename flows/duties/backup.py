"""Make a backup of the warehouse and what lies beside it, in a folder that the owner can write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.duties import beside
from warehouse import audit
from warehouse.backup.backup import back_up
from warehouse.store import Store


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

    return beside(store, f"backup {asked} {out}", make)
