"""What became of a run: its files one by one, once all that it handed over is loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flows.duties.run_begins import SLICE
from warehouse.inbox import pending
from warehouse.store import Store


def run(store: Store, *, run_id: str) -> dict[str, Any]:
    """Load some of what waits; ``waiting`` says how many of its files are left: ask again then.

    With none left: ``sources``, the rows of :class:`warehouse.store.SourceCheck`, and ``totals``.
    """
    store.load_inbox(limit=SLICE)
    waiting = [entry for entry in pending(store.inbox)[0] if entry.order.startswith(run_id)]
    if waiting:
        return {"waiting": len(waiting)}
    checked = store.check_run(run_id)
    return {"sources": [asdict(source) for source in checked.sources], "totals": store.totals()}
