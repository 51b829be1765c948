"""How good a model is on samples: rows of :data:`RESULTS`, each with an interval and its n."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from classifiers.calibration import expected_calibration_error
from classifiers.evaluation.bootstrap import (
    RATIOS,
    confusion,
    f1,
    interval,
    mean,
    with_count,
)
from classifiers.evaluation.cases import Case, cases_of, right
from classifiers.evaluation.samples import HOSTILE, LABELS, Answer, Sample

#: Fewer positive cases than this and a number says little.
FEW = 30

RESULTS = pa.schema(
    [
        pa.field("suite", pa.string(), nullable=False),
        pa.field("slice", pa.string(), nullable=False),  # "all", "language=ur", "actor=ttp"
        pa.field("metric", pa.string(), nullable=False),  # "hostile.f1", "accuracy"
        pa.field("value", pa.float64()),
        pa.field("n", pa.int64(), nullable=False),  # cases behind the value
        pa.field("low", pa.float64()),  # 95 % interval
        pa.field("high", pa.float64()),
    ]
)

#: Slices that part the positives only, so that there is nothing but recall to say.
_POSITIVES = ("frame", "severity", "route")

Row = dict[str, Any]


def measure(suite: str, samples: Sequence[Sample], answers: Sequence[Answer]) -> list[Row]:
    """Metrics of one model, overall and per slice.

    Each label has ``precision``, ``recall``, ``f1``, ``average_precision``, ``brier``, ``ece``
    and ``flag_rate`` (share of messages flagged); ``hostile`` counts (message, target), and has
    ``source``, ``severity`` and ``frames`` as accuracy (frames: mean Jaccard) over what was
    flagged rightly. ``language`` has ``f1`` by language and ``macro_f1`` (``fa`` counts as Dari).
    ``accuracy`` is that of whole answers, or of the label that a sample is judged by.

    Raises:
        ValueError: there are not as many answers as samples.
    """
    if len(samples) != len(answers):
        raise ValueError(f"{len(samples)} samples and {len(answers)} answers")
    if not samples:
        return []
    rows: list[Row] = []
    cases = cases_of(samples, answers)
    for label in LABELS:
        mine = [case for case in cases if case.label == label]
        targets = len({case.target for case in mine})
        for part, found in _sliced(mine):
            asked = [sample for sample in samples if _lies_in(sample, part)]
            unsaid = targets * len(asked) - len(found) if label == HOSTILE else 0
            rows += _of_label(suite, label, part, found, max(unsaid, 0))
    rows += _flag_rates(suite, samples, answers)
    rows += _accuracy(suite, samples, answers)
    rows += _details(suite, samples, answers)
    rows += _language(suite, samples, answers)
    return rows


def _sliced(cases: Sequence[Case]) -> Iterator[tuple[str, list[Case]]]:
    parts: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        parts["all"].append(case)
        for name, values in case.slices.items():
            for value in values:
                parts[f"{name}={value}"].append(case)
    yield from sorted(parts.items())


def _lies_in(sample: Sample, part: str) -> bool:
    return part in ("all", f"language={sample.language}")


def row(  # noqa: PLR0913, PLR0917
    suite: str,
    part: str,
    metric: str,
    value: float,
    count: int,
    low: float | None = None,
    high: float | None = None,
) -> Row:
    """One row of :data:`RESULTS`."""
    return {
        "suite": suite,
        "slice": part,
        "metric": metric,
        "value": value,
        "n": count,
        "low": low,
        "high": high,
    }


def _of_label(
    suite: str, label: str, part: str, found: Sequence[Case], unsaid: int
) -> Iterator[Row]:
    """``unsaid``: targets that neither the truth nor the model names, which are right to be left
    out: without them models that score few targets would look better ranked than they are.
    """
    gold = np.array([case.gold for case in found])
    flagged = np.array([case.flagged for case in found])
    counts = confusion(gold, flagged)
    groups = [case.group for case in found]
    positives = int(gold.sum())
    whole = part.partition("=")[0] not in _POSITIVES
    for name, function in RATIOS.items() if whole else [("recall", RATIOS["recall"])]:
        if not positives:
            break
        low, high = interval(counts, groups, function)
        value = float(function(counts.sum(axis=0)[None, :])[0])
        yield row(suite, part, f"{label}.{name}", value, positives, low, high)
    if not whole or (part != "all" and not part.startswith("language=")):
        return
    scored = np.array([case.probability is not None for case in found])
    probability = np.array([case.probability or 0.0 for case in found])[scored]
    truth = gold[scored]
    kept = [group for group, one in zip(groups, scored, strict=True) if one]
    if not len(truth):
        return
    squared = (probability - truth) ** 2
    low, high = interval(with_count(squared), kept, mean)
    yield row(suite, part, f"{label}.brier", float(squared.mean()), len(truth), low, high)
    error = expected_calibration_error(probability, truth)
    yield row(suite, part, f"{label}.ece", error, len(truth))
    if truth.any() and not truth.all():
        from sklearn.metrics import average_precision_score  # noqa: PLC0415 - slow to import

        value = float(
            average_precision_score(
                np.concatenate([truth, np.zeros(unsaid, np.bool_)]),
                np.concatenate([probability, np.zeros(unsaid)]),
            )
        )
        yield row(suite, part, f"{label}.average_precision", value, positives)


def _means(suite: str, metric: str, values: Iterable[tuple[Sample, float]]) -> Iterator[Row]:
    """Means of values of samples: over all, by each slice, and by each slice and language.

    Cases that were written in tables of one language are parted by the tables: a code-switched
    text has no one language of its own.
    """
    parts: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for sample, value in values:
        item = (sample.group or sample.id, value)
        slices = _parts(sample)
        by = "tables" if "tables" in slices else "language"
        beside = [f"{by}={key}" for key in slices.get(by, ())]
        parts["all"].append(item)
        for name, keys in slices.items():
            for key in keys:
                parts[f"{name}={key}"].append(item)
                for other in beside if name not in ("language", "tables") else ():
                    parts[f"{name}={key};{other}"].append(item)
    for part, found in sorted(parts.items()):
        data = np.array([value for _, value in found])
        low, high = interval(with_count(data), [group for group, _ in found], mean)
        yield row(suite, part, metric, float(data.mean()), len(found), low, high)


def _parts(sample: Sample) -> dict[str, tuple[str, ...]]:
    own = {"language": (sample.language,)} if sample.language else {}
    return {**own, **sample.slices}


def _flag_rates(suite: str, samples: Sequence[Sample], answers: Sequence[Answer]) -> Iterator[Row]:
    for label in LABELS:
        pairs = [
            (sample, float(bool(answer.flagged(label))))
            for sample, answer in zip(samples, answers, strict=True)
            if label in answer.known
        ]
        yield from _means(suite, f"{label}.flag_rate", pairs)


def _accuracy(suite: str, samples: Sequence[Sample], answers: Sequence[Answer]) -> Iterator[Row]:
    verdicts = [
        (sample, float(verdict))
        for sample, answer in zip(samples, answers, strict=True)
        if (verdict := right(sample, answer)) is not None
    ]
    return _means(suite, "accuracy", verdicts)


def _details(suite: str, samples: Sequence[Sample], answers: Sequence[Answer]) -> Iterator[Row]:
    found: Mapping[str, list[tuple[Sample, float]]] = defaultdict(list)
    for sample, answer in zip(samples, answers, strict=True):
        for gold in sample.hostile or ():
            score = answer.scores.get((HOSTILE, gold.target))
            if score is None or not score.flagged:
                continue
            if gold.source is not None:
                found["source_accuracy"].append((sample, float(score.source == gold.source)))
            if gold.severity:
                found["severity_accuracy"].append((sample, float(score.severity == gold.severity)))
            if gold.frames:
                both = set(gold.frames) & set(score.frames)
                either = set(gold.frames) | set(score.frames)
                found["frames_jaccard"].append((sample, len(both) / len(either)))
    for name, values in sorted(found.items()):
        for item in _means(suite, f"{HOSTILE}.{name}", values):
            if item["slice"] == "all" or item["slice"].startswith("language="):
                yield item


def _language(suite: str, samples: Sequence[Sample], answers: Sequence[Answer]) -> Iterator[Row]:
    pairs = [
        (sample, "prs" if answer.language == "fa" else answer.language)
        for sample, answer in zip(samples, answers, strict=True)
        if sample.language and answer.language is not None
    ]
    if not pairs:
        return
    truth = np.array([sample.language for sample, _ in pairs])
    found = np.array([tag for _, tag in pairs])
    groups = [sample.group or sample.id for sample, _ in pairs]
    scores = []
    for tag in sorted(set(truth.tolist())):
        counts = confusion(truth == tag, found == tag)
        total = counts.sum(axis=0)[None, :]
        scores.append(float(f1(total)[0]))
        for name, function in RATIOS.items():
            low, high = interval(counts, groups, function)
            value = float(function(total)[0])
            count = int((truth == tag).sum())
            yield row(suite, f"language={tag}", f"language.{name}", value, count, low, high)
    yield row(suite, "all", "language.macro_f1", float(np.mean(scores)), len(pairs))
