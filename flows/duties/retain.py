"""Remove what has had its time, some of it: the answer says where to go on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from warehouse.retention.removing import retain
from warehouse.retention.rules import Rules
from warehouse.store import Store


def run(
    store: Store,
    rules: dict[str, Any],
    *,
    dry_run: bool = False,
    after: int = 0,
    now: str | None = None,
) -> dict[str, Any]:
    """See :func:`warehouse.retention.removing.retain`; ``now`` is ISO, for tests of the clock.

    At the end of what was no dry run, the log is written into the file.
    """
    moment = datetime.fromisoformat(now) if now else datetime.now(UTC)
    done = retain(store, Rules.from_dict(rules), moment, dry_run=dry_run, after=after)
    if done.next is None and not dry_run:
        store.checkpoint()
    return asdict(done)
