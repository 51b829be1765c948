"""A benchmark run on the terminal: numbers that people compare, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from classifiers.evaluation import FEW
from ops.benchmarks.running import Record

Row = dict[str, Any]
Values = dict[tuple[str, str, str], Row]

_LABELS = ("hostile", "solicits_donation", "claims_attack")
_LABELLED = (
    *(f"{label}.{name}" for label in _LABELS for name in ("f1", "precision", "recall", "ece")),
    "language.macro_f1",
    "language.f1",
    "accuracy",
)
#: Suite → metrics shown, and the slice whose values are the columns.
SHOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "heldout": (_LABELLED, "language"),
    "labelled": (_LABELLED, "language"),
    "functional": (("accuracy",), "tables"),
    "obfuscation": (("accuracy",), "tables"),
    "public": (tuple(f"{label}.flag_rate" for label in _LABELS), "source"),
}
#: Slices of which each value has a row of its own, by suite.
ROWS = {"functional": "functionality", "obfuscation": "obfuscation"}
#: A functionality below this is told by name.
WEAK = 0.85


def show(record: Record, console: Console) -> None:
    """A table for each suite, then the comparisons."""
    for suite in record.suites:
        if suite not in SHOWN:
            continue
        rows = [row for row in record.metrics if row["suite"] == suite]
        values = {(row["model"], row["metric"], row["slice"]): row for row in rows}
        models = [model.name for model in record.models if (suite, model.name) in record.answered]
        metrics, by = SHOWN[suite]
        console.print(_table(suite, values, models, metrics, by))
        if suite in ROWS and models:
            console.print(_detail(suite, values, models, ROWS[suite], rows))
        few = sorted(
            {
                row["slice"]
                for row in rows
                if row["metric"] in metrics and row["n"] < FEW and row["slice"].startswith(f"{by}=")
            }
        )
        if few:
            console.print(f"Fewer than {FEW} cases, so the number says little: {', '.join(few)}.")
    if record.comparisons:
        console.print(_comparisons(record))


def _columns(values: Values, by: str) -> list[str]:
    found = {part for _, _, part in values if part.startswith(f"{by}=") and ";" not in part}
    return ["all", *sorted(found)]


def _table(
    suite: str, values: Values, models: Sequence[str], metrics: Sequence[str], by: str
) -> Table:
    columns = _columns(values, by)
    table = Table(title=f"Suite {suite}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("metric")
    table.add_column("model")
    for part in columns:
        table.add_column(part.removeprefix(f"{by}="), justify="right")
    if models:
        table.add_column("95 % interval", justify="right")
    for metric in metrics:
        for number, model in enumerate(models):
            found = [values.get((model, metric, part)) for part in columns]
            if not any(found):
                continue
            overall = found[0] or {}
            low, high = overall.get("low"), overall.get("high")
            table.add_row(
                metric if number == 0 else "",
                model,
                *("" if row is None else f"{row['value']:.3f}" for row in found),
                "" if low is None or high is None else f"{low:.3f} to {high:.3f}",
            )
    return table


def _detail(
    suite: str, values: Values, models: Sequence[str], name: str, rows: Sequence[Row]
) -> Table:
    """Accuracy by functionality (or disguise) and language of the first model, others beside."""
    first, *others = models
    languages = sorted(
        {
            part.split(";")[0].partition("=")[2]
            for part in (row["slice"] for row in rows)
            if part.startswith("tables=") and ";" not in part
        }
    )
    table = Table(
        title=f"Accuracy of {first} by {name}" + (f" ({', '.join(others)})" if others else ""),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column(name)
    for tag in ["all", *languages]:
        table.add_column(tag, justify="right")
    for part in dict.fromkeys(
        row["slice"]
        for row in rows
        if row["slice"].startswith(f"{name}=") and ";" not in row["slice"]
    ):
        cells = []
        for tag in ["all", *languages]:
            key = part if tag == "all" else f"{part};tables={tag}"
            own = values.get((first, "accuracy", key))
            beside = [values.get((other, "accuracy", key)) for other in others]
            if own is None:
                cells.append("")
                continue
            text = f"{own['value']:.2f}"
            if any(beside):
                text += " (" + ", ".join(f"{b['value']:.2f}" if b else "–" for b in beside) + ")"
            cells.append(f"[red]{text}[/red]" if own["value"] < WEAK else text)
        table.add_row(part.partition("=")[2], *cells)
    return table


def _comparisons(record: Record) -> Table:
    table = Table(title="Differences between models", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("suite", "first − second", "metric", "difference", "95 % interval", "p", "test"):
        table.add_column(name, justify="right" if name in ("difference", "p") else "left")
    for row in record.comparisons:
        if row["slice"] != "all":
            continue
        interval = (
            f"only {row['only_first']} / {row['only_second']}"
            if row["low"] is None
            else f"{row['low']:+.3f} to {row['high']:+.3f}"
        )
        table.add_row(
            row["suite"],
            f"{row['first']} − {row['second']}",
            row["metric"],
            f"{row['difference']:+.3f}",
            interval,
            f"{row['p_value']:.2g}",
            row["test"],
        )
    return table
