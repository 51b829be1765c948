"""What the plots of a report are drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.cases import Case
from classifiers.evaluation.samples import Answer, Sample

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """A reliability bin: mean probability said, share that is true, cases."""

    said: float
    true: float
    count: int


def reliability(cases: Sequence[Case]) -> list[Bin]:
    """Ten equal-width bins of probability, empty ones left out."""
    probability, gold = _scored(cases)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    return [
        Bin(float(probability[mine].mean()), float(gold[mine].mean()), int(mine.sum()))
        for index in range(BINS)
        if (mine := bins == index).any()
    ]


def precision_recall(cases: Sequence[Case], points: int = 200) -> list[tuple[float, float]]:
    """(recall, precision) along the thresholds, at most ``points`` of them; nothing to draw: []."""
    from sklearn.metrics import precision_recall_curve  # noqa: PLC0415 - slow to import

    probability, gold = _scored(cases)
    if not gold.any():
        return []
    precision, recall, _ = precision_recall_curve(gold, probability)
    step = max(1, len(precision) // points)
    places = sorted({*range(0, len(precision), step), len(precision) - 1})
    return [(float(recall[place]), float(precision[place])) for place in places]


def language_confusion(
    samples: Sequence[Sample], answers: Sequence[Answer]
) -> dict[tuple[str, str], int]:
    """How often each language was called what; ``(truth, answer)`` → samples."""
    return dict(
        Counter(
            (sample.language, answer.language)
            for sample, answer in zip(samples, answers, strict=True)
            if sample.language and answer.language
        )
    )


def _scored(cases: Sequence[Case]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    known = [(case.probability, case.gold) for case in cases if case.probability is not None]
    return (
        np.array([probability for probability, _ in known], np.float64),
        np.array([gold for _, gold in known], np.bool_),
    )
