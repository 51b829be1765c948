"""How good a model is: samples with gold labels, answers of any model, metrics with intervals."""

from __future__ import annotations

from classifiers.evaluation.compare import compare
from classifiers.evaluation.metrics import FEW, RESULTS, measure
from classifiers.evaluation.samples import (
    Aimed,
    Answer,
    Sample,
    Score,
    answers_of,
    samples_of,
    table_of,
)

__all__ = [
    "FEW",
    "RESULTS",
    "Aimed",
    "Answer",
    "Sample",
    "Score",
    "answers_of",
    "compare",
    "measure",
    "samples_of",
    "table_of",
]
