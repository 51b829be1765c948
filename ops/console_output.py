"""Tables and notes for people, on a terminal or in a log."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ops.text import because, excerpt, printable

#: Where the output is no terminal (a log, a pipe) there is no width to keep to.
LOG_WIDTH = 160


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
    table.add_column("flag", no_wrap=True)
    table.add_column("prob.", justify="right", no_wrap=True)
    table.add_column("lang.", no_wrap=True)
    table.add_column("sent (UTC)", no_wrap=True)
    table.add_column("channel", no_wrap=True, max_width=20)
    table.add_column("the words that flagged it", max_width=max(30, width // 3))
    table.add_column("message", no_wrap=True, max_width=max(24, width // 3))
    for row in rows:
        table.add_row(
            flag_name(row),
            "" if row["probability"] is None else f"{row['probability']:.2f}",
            row["language"],
            f"{row['sent_at']:%Y-%m-%d %H:%M}" if row["sent_at"] else "",
            printable(row["channel_name"] or row["channel_key"]),
            because(row["text"], row["evidence"] or []),
            excerpt(row["text"], row["evidence"] or [], max(24, width // 3) - 2),
        )
    return table


def flag_name(row: dict[str, Any]) -> str:
    """A flag as a person reads it.

    >>> row = {"label": "hostile", "source": "iskp", "target": "ttp", "severity": 2}
    >>> flag_name(row | {"status": "flagged"})
    'hostile iskp → ttp, severity 2'
    """
    name = str(row["label"])
    if row["target"]:
        name += f" {row['source'] or 'unknown'} → {row['target']}"
    if row["severity"]:
        name += f", severity {row['severity']}"
    return name + (" (review)" if row["status"] == "review" else "")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 message``, ``2,000 messages``.

    >>> count(1, "message"), count(2000, "message"), count(2, "batch", "batches")
    ('1 message', '2,000 messages', '2 batches')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
