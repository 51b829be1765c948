"""Milliseconds of many requests, as the figures that are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

FIGURES = ("p50", "p95", "p99", "max")


def figures(seconds: Sequence[float]) -> dict[str, Any]:
    """Requests, and percentiles in milliseconds (nearest rank).

    >>> figures([0.001 * n for n in range(1, 101)])
    {'requests': 100, 'p50': 50.0, 'p95': 95.0, 'p99': 99.0, 'max': 100.0}
    """
    ordered = sorted(seconds)
    found: dict[str, Any] = {"requests": len(ordered)}
    for name, share in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
        rank = -(-len(ordered) * share // 100)
        found[name] = round(1000 * ordered[rank - 1], 1) if ordered else None
    return found


def table(
    title: str, first: Sequence[str], rows: Sequence[dict[str, Any]], *, cpu: bool = False
) -> Table:
    """Rows of figures, ``first`` the columns that name them; ``cpu``: of the server, a request."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in first:
        made.add_column(name)
    for name in ("requests", *FIGURES):
        made.add_column(name if name == "requests" else f"{name} ms", justify="right")
    if cpu:
        made.add_column("CPU ms", justify="right")
    for row in rows:
        cells = [str(row[name]) for name in first]
        numbers = ["" if row[name] is None else f"{row[name]:,.0f}" for name in FIGURES]
        spent = [f"{row['cpu']:,.1f}"] if cpu else []
        made.add_row(*cells, f"{row['requests']:,}", *numbers, *spent)
    return made
