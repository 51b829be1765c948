"""What happened on a day, in counts, for its report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from warehouse.store import Store


def run(store: Store, *, day: str) -> dict[str, Any]:
    """``counts``, ``flagged`` and ``runs`` of a day (ISO date, UTC), by ``queries/day``.

    Raises:
        ValueError: the day is no date.
    """
    begins = date.fromisoformat(day)
    bounds = {"since": f"{begins}T00:00Z", "until": f"{begins + timedelta(days=1)}T00:00Z"}
    return {
        "day": begins.isoformat(),
        "counts": store.rows("day/counts", **bounds)[0],
        "flagged": store.rows("day/flagged", **bounds),
        "runs": store.rows("day/runs", **bounds),
    }
