"""The campaigns' tables, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose first column is text and whose others are numbers, as far as they are."""
    found = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, expand=False
    )
    for number, name in enumerate(columns):
        numbers = number and all(isinstance(row[number], int | float) for row in rows)
        found.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        found.add_row(*map(_cell, row))
    return found


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
