"""Items as rows of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ops.console import text as texts
from ops.console.console import Console
from ops.console.wording import key_words, language_name
from warehouse.review.finding import listed

#: Of a text so many code points stand in a row, from a little before the first evidence on.
EXCERPT, LEAD = 240, 60


def rows_of(console: Console, found: Sequence[Mapping[str, Any]]) -> list[SimpleNamespace]:
    """Rows of the queue as ``templates/queue_rows.html`` shows them."""
    held = console.claims.held(console.now())
    more = listed(console.store, [row["item_no"] for row in found])
    rows = []
    for row in found:
        about = more.get(row["item_no"])
        if about is None:  # folded anew between the two queries
            continue
        claim = held.get(row["item_no"])
        rows.append(
            SimpleNamespace(
                item_no=row["item_no"],
                excerpt=_excerpt(about, row["language"]),
                flags=[key_words(console.knowledge, key) for key in row["signature"].split(" ")],
                language=language_name(row["language"]),
                channel_name=about["channel_name"] or about["channel_key"],
                copies=row["copies"],
                severity=row["severity"] or None,
                probability=row["probability"],
                priority=console.priority(row["priority"]),
                since=row["since"],
                sent_at=row["last_sent_at"],
                state=row["state"],
                claimed_by=claim.reviewer if claim else None,
            )
        )
    return rows


def _excerpt(about: Mapping[str, Any], language: str) -> texts.Shown:
    """The text around the first evidence."""
    text, evidence = about["text"], about["evidence"] or []
    first = min((span["start"] for span in evidence), default=0)
    at = 0
    if first > EXCERPT - LEAD:
        at = text.rfind(" ", 0, first - LEAD) + 1
    return texts.shown(text, evidence, language=language, most=EXCERPT, at=at)
