"""The most urgent flags, for the closing table of a run and the Prefect pages."""

from __future__ import annotations

from typing import Any

from warehouse.store import Store

#: Code points of a message that are told; evidence that lies beyond is left out.
LONGEST = 4_000


def run(store: Store, *, limit: int) -> dict[str, Any]:
    """``rows`` of ``queries/flagged_digest.sql``; ``sent_at`` in ISO format."""
    return {"rows": [_plain(row) for row in store.rows("flagged_digest", limit=limit)]}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    told = {
        name: row[name]
        for name in (
            "label", "source", "target", "status", "probability", "severity", "language",
            "channel_key", "channel_name",
        )
    }  # fmt: skip
    return told | {
        "sent_at": row["sent_at"].isoformat() if row["sent_at"] else None,
        "text": (row["text"] or "")[:LONGEST],
        "evidence": [span for span in row["evidence"] or [] if span["end"] <= LONGEST],
    }
