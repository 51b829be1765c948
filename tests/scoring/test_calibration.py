"""Calibrators are monotone, honest about unseen families, and survive their card."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import calibration
from classifiers.calibration import Calibrator, expected_calibration_error, fit, threshold


def cases(seed: int, count: int = 600) -> tuple[np.ndarray, np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    margins = random.normal(size=count) * 2
    truth = random.random(count) < 1 / (1 + np.exp(-(1.7 * margins - 0.8)))
    return margins, truth, [f"family-{i % 60}" for i in range(count)]


def test_a_sigmoid_is_recovered() -> None:
    margins, truth, families = cases(1, 5_000)
    found = fit(margins, truth, families)
    probabilities = found(margins)
    assert expected_calibration_error(probabilities, truth) < 0.03
    assert ((probabilities - truth) ** 2).mean() < 0.17


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 50))
def test_calibrators_rise_and_stay_off_certainty(seed: int) -> None:
    curve = fit(*cases(seed, 200))
    values = curve(np.linspace(-20, 20, 200))
    assert (np.diff(values) >= -1e-12).all()
    assert (values >= calibration.FLOOR).all()
    assert (values <= calibration.CEILING).all()


def test_isotonic_wins_where_the_truth_is_no_sigmoid() -> None:
    random = np.random.default_rng(3)
    margins = random.uniform(-3, 3, 6_000)
    truth = random.random(6_000) < np.clip(0.3 * margins, 0.05, 0.4)
    families = [f"family-{i % 300}" for i in range(6_000)]
    assert fit(margins, truth, families).form == "isotonic"


@pytest.mark.parametrize("constant", [True, False])
def test_nothing_to_learn_gives_the_identity(constant: bool) -> None:
    truth = np.full(100, constant)
    assert fit(np.linspace(-1, 1, 100), truth, ["a"] * 100) == calibration.IDENTITY


def test_a_card_keeps_the_curve() -> None:
    curve = fit(*cases(5))
    assert Calibrator.from_json(curve.to_json()) == curve
    with pytest.raises(ValueError, match="no calibration curve"):
        Calibrator.from_json({"form": "cubic", "x": [1], "y": [1]})


def test_the_threshold_reaches_its_precision_or_comes_closest() -> None:
    probabilities = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    truth = np.array([True, True, True, False, False, False])
    assert 0.6 < threshold(probabilities, truth, 0.95) <= 0.7
    hopeless = np.array([False, False, True, False, False, False])
    chosen = threshold(probabilities, hopeless, 0.95)
    assert 0.3 <= chosen <= 0.9


def test_weights_count_cases_several_times() -> None:
    margins, truth, families = cases(8, 300)
    double = fit(np.tile(margins, 2), np.tile(truth, 2), families * 2)
    weighted = fit(margins, truth, families, np.full(300, 2.0))
    grid = np.linspace(-3, 3, 20)
    assert np.allclose(double(grid), weighted(grid), atol=1e-3)
    some = np.array([0.9, 0.8, 0.7])
    labels = np.array([True, False, True])
    first = threshold(some, labels, 0.6, weights=np.array([1.0, 0.01, 1.0]))
    assert first <= 0.7 < threshold(some, labels, 0.9, weights=np.array([1.0, 5.0, 1.0]))


def test_calibration_error_is_the_mean_gap() -> None:
    probabilities = np.array([0.95] * 10)
    truth = np.array([True] * 5 + [False] * 5)
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.45)
    assert expected_calibration_error(np.array([]), np.array([], bool)) == 0.0
