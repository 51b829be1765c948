"""Write the file anew, so that what was removed is gone from its bytes."""

from __future__ import annotations

from typing import Any

from warehouse import audit
from warehouse.backup.scrubbing import scrub
from warehouse.store import Store


def run(store: Store, who: str = "") -> dict[str, Any]:
    """See :func:`warehouse.backup.scrubbing.scrub`; bytes before and after."""
    result = scrub(store)
    audit.record(store, audit.entry(who, "scrub", result))
    return dict(result)
