"""Golden items: decided ones, mixed in as questions whose answer is known."""

from __future__ import annotations

from datetime import datetime

from warehouse.sql import query
from warehouse.store import Store


def mark(store: Store, item_no: int, *, golden: bool, by: str, now: datetime) -> None:
    """Mark the message that a decided item shows, or take the mark away."""
    with store.transaction() as connection:
        connection.execute(
            query("review/mark_golden"),
            {"item_no": item_no, "golden": golden, "by": by, "now": now},
        )


def next_for(
    store: Store,
    reviewer: str,
    *,
    label: str | None = None,
    language: str | None = None,
    below: int | None = None,
) -> list[int]:
    """Some golden items about which the reviewer has said nothing yet, oldest mark first.

    Args:
        label: only items that have it among theirs.
        language: only items in it.
        below: only items that are less severe.
    """
    found = store.query(
        "review/golden_next", reviewer=reviewer, label=label, language=language, below=below
    )
    numbers: list[int] = found["item_no"].to_pylist()
    return numbers
