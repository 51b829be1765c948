"""Tables and notes for people, on a terminal or in a log."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from ops.text import because, excerpt, printable

#: Where the output is no terminal (a log, a pipe) there is no width to keep to.
LOG_WIDTH = 160
#: From this width on there is room for the message beside its evidence.
WIDE = 130


def stdout() -> Console:
    """A console on standard output."""
    return Console(
        width=None if sys.stdout.isatty() else LOG_WIDTH, highlight=False, soft_wrap=False
    )


def stderr() -> Console:
    """A console on standard error, for progress and notes."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else LOG_WIDTH, highlight=False)


def flagged_table(rows: Sequence[dict[str, Any]], total: int, width: int) -> Table:
    """The flagged rows of a warehouse: what, how sure, where, and the words that flagged it."""
    shown = f"{len(rows)} of {total:,}" if len(rows) < total else f"{total:,}"
    table = Table(
        title=f"Flagged messages ({shown}): each label and language in turn, severest first",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        expand=False,
    )
    # Names may be cut, the evidence may not: it folds over as many lines as it needs.
    wide = width >= WIDE
    words = max(26, (width - 88) // 2) if wide else max(20, width - 62)
    table.add_column("flag", no_wrap=True, min_width=17, max_width=40 if wide else 26)
    table.add_column("sev.", justify="right", no_wrap=True)
    table.add_column("prob.", justify="right", no_wrap=True)
    table.add_column("lang.", no_wrap=True)
    table.add_column("sent", no_wrap=True)
    if wide:
        table.add_column("channel", no_wrap=True, max_width=18)
    table.add_column("the words that flagged it", min_width=words, max_width=words)
    if wide:
        table.add_column("message", no_wrap=True, max_width=words)
    for row in rows:
        evidence = row["evidence"] or []
        cells: list[RenderableType] = [
            flag_name(row),
            str(row["severity"] or ""),
            "" if row["probability"] is None else f"{row['probability']:.2f}",
            row["language"],
            str(row["sent_at"] or "")[:10],
        ]
        if wide:
            cells.append(printable(row["channel_name"] or row["channel_key"]))
        cells.append(because(row["text"], evidence))
        if wide:
            cells.append(excerpt(row["text"], evidence, words - 2))
        table.add_row(*cells)
    return table


def flag_name(row: dict[str, Any]) -> str:
    """A flag as a person reads it.

    >>> row = {"label": "hostile", "source": "iskp", "target": "ttp"}
    >>> flag_name(row | {"status": "flagged"})
    'hostile iskp → ttp'
    """
    name = str(row["label"])
    if row["target"]:
        name += f" {row['source'] or 'unknown'} → {row['target']}"
    return name + (" (review)" if row["status"] == "review" else "")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 message``, ``2,000 messages``.

    >>> count(1, "message"), count(2000, "message"), count(2, "batch", "batches")
    ('1 message', '2,000 messages', '2 batches')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
