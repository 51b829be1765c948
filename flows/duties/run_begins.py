"""What a run must know before it reads: what is loaded already, and whether it was cut short."""

from __future__ import annotations

import json
from typing import Any

from warehouse.inbox import pending
from warehouse.store import Store

#: Files of the inbox that are loaded before the owner has its turn again.
SLICE = 64


def run(store: Store, *, model_version: str, reading: str, fingerprint: str) -> dict[str, Any]:
    """Load some of what waits; ``waiting`` says how many files are left, and then to ask again.

    With nothing left: ``sources`` (the files that need not be read again), ``batches`` (loaded, of
    files that are not loaded to their end), ``totals``, and ``unfinished``, the run with this
    fingerprint that never ended, with the totals ``before`` it.
    """
    store.load_inbox(limit=SLICE)
    if waiting := pending(store.inbox)[0]:
        return {"waiting": len(waiting)}
    totals = store.totals()
    before = totals
    unfinished = store.unfinished_run(fingerprint)
    if unfinished is not None:
        told = store.query("run_parameters", run_id=unfinished)["parameters"][0].as_py()
        before = json.loads(told or "{}").get("before") or totals
    return {
        "sources": sorted(store.known_sources(model_version, reading)),
        "batches": sorted(store.unfinished_batches(reading)),
        "totals": totals,
        "unfinished": unfinished,
        "before": before,
    }
