"""What a kind's query cannot decide alone: a function for the kinds that need one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scipy.special import betainc

Row = dict[str, Any]


def surprise(messages: int, days: int, total: float, squares: float) -> float:
    """The probability of so many messages on a day, or more, after such a baseline.

    The days of the baseline and the next one are draws of one gamma-Poisson mixture. Its mean is
    (total + ½) / days, by Jeffreys' prior, so that a pair that was never seen is no impossibility.
    Its squared coefficient of variation is what the days vary beyond Poisson (by moments, no less
    than 0), and 1 / (total + ½) for what is not known of the mean. The tail of the negative
    binomial is a regularised incomplete beta function (Abramowitz & Stegun 26.5.26).

    Args:
        messages: on the day, at least 1.
        days: of the baseline, at least 1.
        total: messages of the baseline.
        squares: the sum of the squares of its days.

    >>> surprise(12, 28, 28, 56) < 1e-5 < surprise(12, 28, 28, 28 * 28) < 1
    True
    """
    mean = (total + 0.5) / days
    observed = total / days
    variance = max(squares / days - observed**2, 0.0) * days / max(days - 1, 1)
    beyond = max(variance - observed, 0.0) / mean**2
    size = 1 / (beyond + 1 / (total + 0.5))
    return float(betainc(messages, size, mean / (size + mean)))


def burst(rows: Iterable[Row]) -> list[Row]:
    """The days that are a surprise; of each pair the most surprising one."""
    best: dict[str, Row] = {}
    for row in rows:
        told: dict[str, Any] = dict(row["evidence"])
        allowed = told.pop("allowed")
        tail = surprise(
            row["count"],
            told["baseline_days"],
            told["baseline_messages"],
            told.pop("baseline_squares"),
        )
        expected = tail * told.pop("pairs")
        if expected > allowed:
            continue
        told["baseline_a_day"] = round(told["baseline_messages"] / told["baseline_days"], 2)
        told["tail"] = float(f"{tail:.2e}")
        told["expected"] = float(f"{expected:.2e}")
        kept = best.get(row["key"])
        if kept is None or told["expected"] < kept["evidence"]["expected"]:
            best[row["key"]] = row | {"evidence": told}
    return list(best.values())


JUDGED: Mapping[str, Callable[[Iterable[Row]], list[Row]]] = {"burst": burst}
