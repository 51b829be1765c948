"""Ratios of counts with 95 % intervals, and whether two models differ.

Intervals are bootstrap percentiles (Efron 1979) over *groups* of samples, not samples: messages of
one phrase family resemble each other, and resampling them would promise more certainty than there
is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 400

Counts = NDArray[np.float64]
Ratio = Callable[[Counts], Counts]


def ratio(top: Counts, bottom: Counts) -> Counts:
    """0 of 0 counts as 0: a model that finds nothing has no precision to boast of."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def precision(counts: Counts) -> Counts:
    """Of (true, false, missed): the share of what was flagged that is true."""
    return ratio(counts[:, 0], counts[:, 0] + counts[:, 1])


def recall(counts: Counts) -> Counts:
    """Of (true, false, missed): the share of what is true that was flagged."""
    return ratio(counts[:, 0], counts[:, 0] + counts[:, 2])


def f1(counts: Counts) -> Counts:
    """Of (true, false, missed): the harmonic mean of precision and recall."""
    return ratio(2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2])


def mean(counts: Counts) -> Counts:
    """Of (sum, count)."""
    return ratio(counts[:, 0], counts[:, 1])


RATIOS: Mapping[str, Ratio] = {"precision": precision, "recall": recall, "f1": f1}


def with_count(values: NDArray[np.float64]) -> Counts:
    """Values as (value, 1), so that their mean is a ratio of sums."""
    return np.stack([values, np.ones_like(values)], axis=1)


def confusion(gold: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> Counts:
    """(true, false, missed) of each case."""
    return np.stack([gold & flagged, ~gold & flagged, gold & ~flagged], axis=1).astype(np.float64)


def interval(counts: Counts, groups: Sequence[str], function: Ratio) -> tuple[float, float]:
    """95 % percentile interval of a ratio of sums, resampling whole groups."""
    sums, draws = _drawn(counts, groups)
    values = function(draws @ sums)
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


class Difference(NamedTuple):
    """How much better the first of two models is, with an interval and a p-value."""

    value: float
    low: float
    high: float
    p_value: float


def paired(
    first: Counts, second: Counts, groups: Sequence[str], function: Ratio, resamples: int = 2_000
) -> Difference:
    """Paired bootstrap (Efron and Tibshirani 1993) of the difference of two models' ratios.

    Both models' counts are over the same cases and drawn together. The p-value is two-sided: twice
    the smaller share of draws on either side of zero, at least ``1 / resamples``.
    """
    both, draws = _drawn(np.concatenate([first, second], axis=1), groups, resamples)
    drawn = draws @ both
    width = first.shape[1]
    gaps = function(drawn[:, :width]) - function(drawn[:, width:])
    value = function(first.sum(axis=0)[None]) - function(second.sum(axis=0)[None])
    side = min(float((gaps <= 0).mean()), float((gaps >= 0).mean()))
    return Difference(
        float(value[0]),
        float(np.quantile(gaps, 0.025)),
        float(np.quantile(gaps, 0.975)),
        min(1.0, max(2 * side, 1 / resamples)),
    )


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Exact McNemar test (1947) of two models being right on the same cases.

    Returns:
        cases that only the first has right, cases that only the second has right, p-value.

    >>> mcnemar(np.array([True] * 8 + [False] * 2), np.array([False] * 8 + [False] * 2))
    (8, 0, 0.0078125)
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - slow to import

    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    both = only_first + only_second
    if not both:
        return 0, 0, 1.0
    return only_first, only_second, float(binomtest(only_first, both, 0.5).pvalue)


def _drawn(
    counts: Counts, groups: Sequence[str], resamples: int = RESAMPLES
) -> tuple[Counts, NDArray[np.int64]]:
    """Sums by group, and how often each group is drawn in each resample."""
    _, index = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
    number = int(index.max()) + 1
    sums = np.zeros((number, counts.shape[1]))
    np.add.at(sums, index, counts)
    generator = np.random.default_rng(0)
    return sums, generator.multinomial(number, np.full(number, 1 / number), resamples)
