"""Suite `heldout`: phrase families that no training saw, per language, the baseline beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from classifiers.baseline import Baseline
from classifiers.evaluation import evaluate
from classifiers.knowledge import load as load_knowledge
from classifiers.scorer import Scorer
from fixtures.examples import examples

MESSAGES = 12_000
#: What the baseline is fitted on: as many of the same examples as it can take in a minute.
BASELINE_EXAMPLES = 20_000
#: The baseline's langdetect answers some hundreds a second: it is asked about a part of them.
BASELINE_MESSAGES = 4_000

#: What the table shows; the JSON holds everything that was measured.
SHOWN = (
    ("language", "macro_f1"),
    ("language", "f1"),
    ("hostile", "f1"),
    ("hostile", "precision"),
    ("hostile", "recall"),
    ("hostile", "ece"),
    ("solicits_donation", "f1"),
    ("solicits_donation", "precision"),
    ("solicits_donation", "recall"),
    ("claims_attack", "f1"),
)


def measure(
    *, messages: int | None, seed: int, models: Path | None, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Rows of metrics for the built-in models and the baseline, on the same test examples."""
    held = list(examples(seed, messages or MESSAGES, split="test"))
    say(f"scoring {len(held):,} held-out examples")
    found = _rows("channelwatch", evaluate(Scorer.load(models), held).to_pylist())
    say(f"fitting the baseline on {BASELINE_EXAMPLES:,} examples")
    actors = sorted(load_knowledge().actors)
    baseline = Baseline.fit(examples(seed + 1, BASELINE_EXAMPLES), targets=actors)
    part = held[:BASELINE_MESSAGES]
    say(f"scoring {len(part):,} of them with the baseline")
    return found + _rows("baseline", evaluate(baseline, part).to_pylist())


def _rows(model: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"model": model, **row} for row in rows]


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """One line per metric, one column per language, the baseline in brackets."""
    values = {(row["model"], row["metric"], row["slice"]): row for row in rows}
    slices = [
        "all",
        *sorted({row["slice"] for row in rows if row["slice"].startswith("language=")}),
    ]
    table = Table(title="Held-out phrase families: channelwatch (baseline)", box=box.SIMPLE_HEAD)
    table.add_column("metric")
    for part in slices:
        table.add_column(part.removeprefix("language="), justify="right")
    for label, metric in SHOWN:
        cells = [_cell(values, f"{label}.{metric}", part) for part in slices]
        if any(cells):
            table.add_row(f"{label} {metric}", *cells)
    console.print(table)
    everything = values.get(("channelwatch", "hostile.f1", "all"))
    if everything:
        console.print(
            f"hostile by (message, target); {everything['n']:,} cases; hostile F1 "
            f"{everything['value']:.3f}, 95 % interval {everything['low']:.3f} to "
            f"{everything['high']:.3f} over phrase families."
        )


def _cell(values: dict[tuple[str, str, str], dict[str, Any]], metric: str, part: str) -> str:
    ours = values.get(("channelwatch", metric, part))
    theirs = values.get(("baseline", metric, part))
    if ours is None or ours["value"] is None:
        return ""
    beside = f" ({theirs['value']:.2f})" if theirs and theirs["value"] is not None else ""
    return f"{ours['value']:.3f}{beside}"
