"""What is called flat, and what is not."""

from __future__ import annotations

from random import Random

import pytest

from ops.campaigns.day.flatness import Trend, trend
from ops.campaigns.day.limits import read_limits

LIMITS = read_limits()
TIMES = [3.0 * n for n in range(200)]


def _of(values: list[float], what: str = "memory") -> Trend:
    return trend("it", what, TIMES[: len(values)], values, LIMITS)


def _noise(seed: int) -> float:
    return Random(seed).gauss(0, 2)


def test_noise_and_a_warm_up_are_flat() -> None:
    values = [min(300.0, 100 + 4 * n) + _noise(n) for n in range(200)]
    assert _of(values).flat
    assert _of(values).first < _of(values).last
    assert abs(_of(values).ending) < 2


@pytest.mark.parametrize("outliers", [0, 10])
def test_a_leak_is_seen_whatever_stands_out(outliers: int) -> None:
    values = [300 + 0.2 * n + _noise(n) for n in range(200)]
    for n in range(outliers):
        values[70 + n * 3] = 5_000.0
    found = _of(values)
    assert not found.flat
    assert found.slope == pytest.approx(0.2 / 3, rel=0.1)
    assert found.a_day == pytest.approx(0.2 / 3 * 86_400, rel=0.1)
    assert found.low < found.slope < found.high
    assert found.ending == pytest.approx(found.growth / 2, rel=0.15)


def test_growth_below_the_limit_is_flat_and_a_fall_as_well() -> None:
    assert _of([300 + 0.05 * n for n in range(200)]).flat
    assert _of([300 - 0.5 * n for n in range(200)]).flat


def test_files_that_stay_open_are_seen() -> None:
    assert not _of([20 + n // 10 for n in range(200)], "files").flat
    assert _of([20 + n % 7 for n in range(200)], "files").flat


def test_few_looks_show_nothing() -> None:
    assert not _of([1.0, 1.0]).flat
    assert not _of([]).flat
