"""Run suites on models: metrics, comparisons and every single answer, in one record."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from classifiers.evaluation import Sample, compare, measure
from classifiers.evaluation.metrics import row as metric_row
from ops.benchmarks.models import Answered, Model, ask
from ops.benchmarks.options import Options
from ops.benchmarks.suites import samples_of

Row = dict[str, Any]


@dataclass(slots=True)
class Record:
    """What a benchmark run found.

    ``metrics``: rows of suite, model, model_version, slice, metric, value, n, low, high.
    ``comparisons``: rows of suite, first, second and what :func:`classifiers.evaluation.compare`
    gives. ``answered``: (suite, model) → every sample and answer. ``measured``: suite → the rows
    of suites with tables of their own (language, speed). ``messages``: how many a suite was to
    generate, None for its own number.
    """

    started_at: datetime
    seed: int
    messages: int | None = None
    suites: list[str] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    metrics: list[Row] = field(default_factory=list)
    comparisons: list[Row] = field(default_factory=list)
    answered: dict[tuple[str, str], Answered] = field(default_factory=dict)
    measured: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """Names the run: its start, in UTC."""
        return f"benchmark-{self.started_at:%Y%m%dT%H%M%S}"

    def facts(self) -> Row:
        """What a reader has to know about the run."""
        return {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "seed": self.seed,
            "messages": self.messages,
            "suites": self.suites,
            "models": [{"name": m.name, "version": m.version} for m in self.models],
            "python": platform.python_version(),
            "machine": platform.machine(),
        }


def begin(options: Options, models: Sequence[Model]) -> Record:
    """An empty record."""
    return Record(datetime.now(UTC), options.seed, options.messages, models=list(models))


def run_suite(record: Record, suite: str, options: Options) -> None:
    """Ask every model about a suite of labelled text and add what is found to the record.

    Two models are compared on the samples that both have answered.
    """
    run_samples(record, suite, samples_of(suite)(options), options)


def run_samples(record: Record, suite: str, samples: Sequence[Sample], options: Options) -> None:
    """The same for samples at hand, under the name of a suite."""
    if not samples:
        return
    record.suites.append(suite)
    for model in record.models:
        options.say(f"{suite}: {len(samples):,} samples, {model.name}")
        found = ask(model, samples)
        if found.left_out:
            options.say(f"{model.name} has no answer for {found.left_out:,} of them: left out")
        if not found.samples:
            continue
        record.answered[suite, model.name] = found
        rows = measure(suite, found.samples, found.answers)
        if model.timed and found.seconds:
            speed = len(found.samples) / found.seconds
            rows.append(metric_row(suite, "all", "messages_per_second", speed, len(found.samples)))
        own = {"model": model.name, "model_version": model.version}
        record.metrics += [{**own, **row} for row in rows]
    for first, second in combinations(record.models, 2):
        record.comparisons += _compared(record, suite, first, second)


def _compared(record: Record, suite: str, first: Model, second: Model) -> list[Row]:
    ours, theirs = (record.answered.get((suite, model.name)) for model in (first, second))
    if ours is None or theirs is None:
        return []
    other = {
        sample.id: answer for sample, answer in zip(theirs.samples, theirs.answers, strict=True)
    }
    both = [
        (sample, answer, other[sample.id])
        for sample, answer in zip(ours.samples, ours.answers, strict=True)
        if sample.id in other
    ]
    if not both:
        return []
    samples, mine, yours = zip(*both, strict=True)
    return [
        {"suite": suite, "first": first.name, "second": second.name, **row}
        for row in compare(samples, mine, yours)
    ]
