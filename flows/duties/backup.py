"""Make a backup of the warehouse and what lies beside it, in a folder that the owner can write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from warehouse import audit
from warehouse.backup.backup import back_up
from warehouse.store import Store


def run(store: Store, out: str, asked: str = "", who: str = "") -> dict[str, Any]:
    """See :func:`warehouse.backup.backup.back_up`; the manifest."""
    manifest = back_up(store, Path(out), asked=asked)
    audit.record(store, audit.entry(who, "backup", {"out": out, "made_at": manifest["made_at"]}))
    return manifest
