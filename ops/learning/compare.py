"""A candidate beside the current model, on every suite: what changed, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from classifiers.evaluation import FEW, Answer, Sample
from classifiers.evaluation.samples import LABELS
from flows.reviewed import Reviewed, as_judged, held_out
from ops.benchmarks.models import Model, models_of
from ops.benchmarks.options import Options
from ops.benchmarks.running import Record, begin, run_samples, run_suite

CANDIDATE, CURRENT = "candidate", "current"
SUITES = ("heldout", "functional", "obfuscation")
PUBLIC, DECISIONS = "public", "decisions"
#: Generated messages of the suite `heldout`: a minute for both models, and enough to see a step.
MESSAGES = 4_000
#: A difference that chance makes more seldom than this counts.
SIGNIFICANT = 0.05
#: What must not become worse, over all samples of a suite.
HELD = ("accuracy", *(f"{label}.f1" for label in LABELS))

Row = dict[str, Any]


def model_of(name: str, folder: Path, options: Options) -> Model:
    """The model of a folder, read now: its files may be replaced before it is asked.

    Raises:
        ModelFileError: they are missing, damaged, or made for other features.
    """
    model = models_of([f"{name}={folder}"], None, options.seed, options.say)[0]
    model.answer([])
    return model


def measure(
    candidate: Model,
    current: Model,
    decisions: Sequence[Reviewed],
    options: Options,
    suites: Sequence[str] = SUITES,
) -> Record:
    """Both models on the suites, on public text where there is some, and on what was decided.

    Args:
        decisions: of which the split ``test`` is the suite `decisions`, where it has at least
            ``FEW`` revisions.
        options: ``data`` brings the suite `public`; ``messages`` counts those of `heldout`.
    """
    held = held_out(decisions)
    judged = {name: known for name, (_, known) in held.items()}
    record = begin(options, [_heeding(model, judged) for model in (candidate, current)])
    for suite in (*suites, *([PUBLIC] if options.data else ())):
        run_suite(record, suite, options)
    if len(held) >= FEW:
        run_samples(record, DECISIONS, [sample for sample, _ in held.values()], options)
        # The language of a message in the warehouse is what a model took it for: no truth.
        record.metrics = [
            row
            for row in record.metrics
            if row["suite"] != DECISIONS or not row["metric"].startswith("language.")
        ]
    elif held:
        options.say(f"{DECISIONS}: {len(held)} revisions held out, too few to measure on")
    return record


def _heeding(model: Model, judged: Mapping[str, frozenset[str]]) -> Model:
    """The model, whose answers to a decided message keep to what was decided about it."""

    def answer(samples: Sequence[Sample]) -> list[Answer | None]:
        return [
            as_judged(found, judged[sample.id]) if found and sample.id in judged else found
            for sample, found in zip(samples, model.answer(samples), strict=True)
        ]

    return replace(model, answer=answer)


def changes(record: Record) -> list[Row]:
    """What changed: rows of suite, slice, metric, before, after, difference, interval, p_value.

    Over all samples of each suite, and in the languages where the change is significant.
    """
    values = {
        (row["suite"], row["model"], row["slice"], row["metric"]): row["value"]
        for row in record.metrics
    }
    return [
        {
            **{name: row[name] for name in ("suite", "slice", "metric")},
            "before": values.get((row["suite"], CURRENT, row["slice"], row["metric"])),
            "after": values.get((row["suite"], CANDIDATE, row["slice"], row["metric"])),
            **{name: row[name] for name in ("difference", "low", "high", "p_value")},
            **{name: row[name] for name in ("only_first", "only_second", "n", "test")},
        }
        for row in record.comparisons
        if row["slice"] == "all" or row["p_value"] < SIGNIFICANT
    ]


def worse(record: Record) -> list[str]:
    """What the candidate does worse than the current model beyond chance, a line each."""
    return [
        f"{row['suite']} {row['metric']}: worse than the current model by "
        f"{-row['difference']:.4f} (p = {row['p_value']:.2g})"
        for row in record.comparisons
        if row["slice"] == "all"
        and row["metric"] in HELD
        and row["difference"] < 0
        and row["p_value"] < SIGNIFICANT
    ]


def show(rows: Sequence[Row], console: Console) -> None:
    """The changes as a table; those that are no chance stand out."""
    table = Table(
        title="What changed against the current model", title_justify="left", box=box.SIMPLE_HEAD
    )
    for name in ("suite", "slice", "metric"):
        table.add_column(name)
    for name in ("before", "after", "difference", "95 % interval", "p"):
        table.add_column(name, justify="right")
    for row in rows:
        interval = (
            f"only {row['only_first']} / {row['only_second']}"
            if row["low"] is None
            else f"{row['low']:+.3f} to {row['high']:+.3f}"
        )
        sure = row["p_value"] < SIGNIFICANT and row["difference"]
        table.add_row(
            row["suite"],
            row["slice"].removeprefix("language="),
            row["metric"],
            *("" if row[at] is None else f"{row[at]:.3f}" for at in ("before", "after")),
            f"{row['difference']:+.3f}",
            interval,
            f"{row['p_value']:.2g}",
            style=("green" if row["difference"] > 0 else "red") if sure else None,
        )
    console.print(table)
    console.print(
        "accuracy: by the exact McNemar test, with the messages that only the candidate / only "
        "the current model has right; F1: by paired bootstrap over families."
    )
