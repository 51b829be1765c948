"""List or verify the audit log, or write entries for a process that does not own the warehouse."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from warehouse import audit
from warehouse.store import Store


def run(store: Store, act: str, **what: Any) -> dict[str, Any]:
    """``act`` is note (who, what, about, when), verify, or list (who, what, since, most)."""
    if act == "note":
        # It may have waited for an owner: what counts is when it was done.
        when = datetime.fromisoformat(what["when"]) if "when" in what else None
        audit.record(store, audit.entry(what["who"], what["what"], what.get("about"), when))
        return {}
    if act == "verify":
        return asdict(audit.verify(store, what.get("head")))
    since = what.pop("since", None)
    rows = audit.listed(store, since=datetime.fromisoformat(since) if since else None, **what)
    return {"entries": [row | {"happened_at": row["happened_at"].isoformat()} for row in rows]}
