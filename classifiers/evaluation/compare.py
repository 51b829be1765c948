"""Two models on the same samples: which is better, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.evaluation.bootstrap import confusion, f1, mcnemar, paired
from classifiers.evaluation.cases import gold_of, right
from classifiers.evaluation.samples import LABELS, Answer, Sample

Row = dict[str, Any]


def compare(
    samples: Sequence[Sample], first: Sequence[Answer], second: Sequence[Answer]
) -> list[Row]:
    """Differences of two models: rows of slice, metric, difference, interval and p-value.

    ``accuracy``: whether whole answers are right, by the exact McNemar test, with the number of
    samples that only one of them has right. ``<label>.f1``: by paired bootstrap over groups.
    Both over all samples and by language; a difference above 0 is in favour of the first.
    """
    languages = sorted({sample.language for sample in samples if sample.language})
    rows: list[Row] = []
    for part in ("all", *languages):
        places = [
            number for number, sample in enumerate(samples) if part in ("all", sample.language)
        ]
        name = part if part == "all" else f"language={part}"
        chosen = [samples[place] for place in places]
        ours, theirs = [first[place] for place in places], [second[place] for place in places]
        rows += _accuracy(name, chosen, ours, theirs)
        for label in LABELS:
            rows += _f1(name, label, chosen, ours, theirs)
    return rows


def _accuracy(
    part: str, samples: Sequence[Sample], first: Sequence[Answer], second: Sequence[Answer]
) -> list[Row]:
    verdicts = [
        (right(sample, a), right(sample, b))
        for sample, a, b in zip(samples, first, second, strict=True)
    ]
    both = [(a, b) for a, b in verdicts if a is not None and b is not None]
    if not both:
        return []
    ours, theirs = np.array(both, np.bool_).T
    only_first, only_second, p_value = mcnemar(ours, theirs)
    return [
        {
            "slice": part,
            "metric": "accuracy",
            "test": "McNemar, exact",
            "difference": float(ours.mean() - theirs.mean()),
            "low": None,
            "high": None,
            "p_value": p_value,
            "only_first": only_first,
            "only_second": only_second,
            "n": len(both),
        }
    ]


def _f1(
    part: str,
    label: str,
    samples: Sequence[Sample],
    first: Sequence[Answer],
    second: Sequence[Answer],
) -> list[Row]:
    ours, theirs, groups = [], [], []
    for sample, a, b in zip(samples, first, second, strict=True):
        gold = gold_of(sample, label)
        if gold is None or label not in a.known or label not in b.known:
            continue
        for target in gold | a.flagged(label) | b.flagged(label):
            truth = target in gold
            ours.append((truth, target in a.flagged(label)))
            theirs.append((truth, target in b.flagged(label)))
            groups.append(sample.group or sample.id)
    if not any(truth for truth, _ in ours):
        return []
    counts = [confusion(*np.array(found, np.bool_).T) for found in (ours, theirs)]
    found = paired(counts[0], counts[1], groups, f1)
    return [
        {
            "slice": part,
            "metric": f"{label}.f1",
            "test": "paired bootstrap",
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "p_value": found.p_value,
            "only_first": None,
            "only_second": None,
            "n": sum(truth for truth, _ in ours),
        }
    ]
