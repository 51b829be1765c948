"""Load what lies in the inbox: whoever orders this knows then that it is in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from warehouse.store import Store


def run(store: Store) -> dict[str, Any]:
    """Do it; how many files, rows and analyses there were, and what was rejected."""
    report = store.load_inbox()
    rejected = [f"{bad.path}: not loaded, {bad.reason}" for bad in report.rejected]
    return asdict(report) | {"rejected": rejected}
