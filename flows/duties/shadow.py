"""Compare a candidate that scored in the shadow with what is in force."""

from __future__ import annotations

from typing import Any

from flows.shadow import compare
from warehouse.store import Store


def run(
    store: Store,
    *,
    version: str | None = None,
    since: str | None = None,
    until: str | None = None,
    examples: int = 5,
) -> dict[str, Any]:
    """The comparison as plain data; see :class:`flows.shadow.Comparison`."""
    return compare(store, version, since=since, until=until, examples=examples).to_dict()
