"""Remove what has had its time, some of it: the answer says where to go on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from warehouse import audit
from warehouse.retention.removing import retain
from warehouse.retention.rules import Rules
from warehouse.store import Store


def run(  # noqa: PLR0913
    store: Store,
    rules: dict[str, Any],
    *,
    dry_run: bool = False,
    after: int = 0,
    now: str | None = None,
    who: str = "",
) -> dict[str, Any]:
    """See :func:`warehouse.retention.removing.retain`; ``now`` is ISO, UTC by default.

    At the end of what was no dry run, the log is written into the file.
    """
    moment = datetime.fromisoformat(now) if now else datetime.now(UTC)
    chosen = Rules.from_dict(rules)
    done = retain(store, chosen, moment, dry_run=dry_run, after=after)
    result = asdict(done)
    if not dry_run:
        if done.revisions or done.unread or done.rejected or after == 0:
            audit.record(store, audit.entry(who, "retain", result | {"rules": chosen.to_dict()}))
        if done.next is None:
            store.checkpoint()
    return result
