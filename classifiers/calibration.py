"""Turn a model's margin into a probability, per language, and probabilities into decisions.

A calibrator is fitted on the validation split only. Two forms are tried, a sigmoid (Platt 1999)
and a monotone step curve (isotonic regression), and the one with the smaller Brier score under
cross-validation *by phrase family* is kept: isotonic regression follows a small validation set
too closely, and only families it has not seen can show that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Probabilities are kept off 0 and 1: a finite validation set cannot support certainty.
FLOOR, CEILING = 0.001, 0.999


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A monotone map from margin (log-odds) to probability.

    ``sigmoid``: ``x = (slope,)``, ``y = (intercept,)``. ``isotonic``: ``x`` and ``y`` are the knots
    of a piecewise linear curve, both rising.
    """

    form: Literal["sigmoid", "isotonic"]
    x: tuple[float, ...]
    y: tuple[float, ...]

    def __call__(self, margins: Floats) -> Floats:
        """Probabilities in [0.001, 0.999] for margins of any shape.

        >>> Calibrator("sigmoid", (1.0,), (0.0,))(np.array([0.0])).tolist()
        [0.5]
        """
        if self.form == "sigmoid":
            raw = sigmoid(self.x[0] * margins + self.y[0])
        else:
            raw = np.interp(margins, self.x, self.y)
        return np.clip(raw, FLOOR, CEILING)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a model card."""
        return {"form": self.form, "x": list(self.x), "y": list(self.y)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Calibrator:
        """Read back :meth:`to_json`.

        Raises:
            ValueError: the form is unknown, or the curve is not one.
        """
        form, x, y = data["form"], tuple(map(float, data["x"])), tuple(map(float, data["y"]))
        if form not in ("sigmoid", "isotonic") or len(x) != len(y) or not x:
            raise ValueError(f"no calibration curve: {data!r}; train the model again")
        return Calibrator(form, x, y)


IDENTITY = Calibrator("sigmoid", (1.0,), (0.0,))


def sigmoid(margins: Floats) -> Floats:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * margins)), dtype=np.float64)


def fit(
    margins: Floats,
    labels: NDArray[np.bool_],
    groups: Sequence[str],
    weights: Floats | None = None,
) -> Calibrator:
    """The calibrator with the smaller cross-validated Brier score.

    Args:
        margins: log-odds of the uncalibrated model, one per case.
        labels: whether the case is positive.
        groups: the phrase family of each case; a family is never on both sides of a fold.
        weights: of each case. Languages have few families each, so cases of the others may be
            given a small weight beside a language's own.

    Returns:
        :data:`IDENTITY` where there are not both positives and negatives to fit on.
    """
    if labels.all() or not labels.any() or len(labels) < 20:
        return IDENTITY
    weights = np.ones(len(margins)) if weights is None else weights
    folds = _folds(groups, 5)
    errors = dict.fromkeys(("sigmoid", "isotonic"), 0.0)
    for fold in range(5):
        held = folds == fold
        if not held.any() or labels[~held].all() or not labels[~held].any():
            continue
        for form in errors:
            curve = _fit_form(form, margins[~held], labels[~held], weights[~held])
            squared = (curve(margins[held]) - labels[held]) ** 2
            errors[form] += float((weights[held] * squared).sum())
    return _fit_form(min(errors, key=lambda form: errors[form]), margins, labels, weights)


def threshold(  # noqa: PLR0913
    probabilities: Floats,
    labels: NDArray[np.bool_],
    precision: float,
    *,
    weights: Floats | None = None,
    low: float = 0.3,
    high: float = 0.9,
) -> float:
    """The threshold in [low, high] with the best F1 among those that reach a precision.

    Where none reaches it, the one with the best precision. The bounds keep a small validation set
    from choosing a threshold that a few messages decided; ``weights`` are as in :func:`fit`.

    >>> threshold(np.array([0.2, 0.6, 0.8]), np.array([False, False, True]), 0.95)
    0.72
    """
    weights = np.ones(len(probabilities)) if weights is None else weights
    candidates = np.round(np.arange(low, high + 1e-9, 0.02), 2)
    flagged = probabilities[None, :] >= candidates[:, None]
    true = (flagged & labels) @ weights
    found, wanted = flagged @ weights, float(labels @ weights)
    reached = np.where(found > 0, true / np.maximum(found, 1e-9), 0.0)
    f1 = 2 * true / np.maximum(found + wanted, 1e-9)
    if not (reached >= precision).any():
        return float(candidates[int(np.argmax(reached))])
    best = np.where(reached >= precision, f1, -1.0)
    # Of equally good thresholds the middle one is the farthest from either mistake.
    equal = np.flatnonzero(best >= best.max() - 1e-9)
    return float(candidates[equal[len(equal) // 2]])


def expected_calibration_error(probabilities: Floats, labels: NDArray[np.bool_]) -> float:
    """ECE over ten equal-width bins (Naeini et al. 2015), 0 to 1; 0 for no cases.

    >>> expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]))
    0.0
    """
    if not len(labels):
        return 0.0
    bins = np.minimum((probabilities * 10).astype(int), 9)
    counts = np.bincount(bins, minlength=10)
    gaps = np.abs(
        np.bincount(bins, weights=probabilities, minlength=10)
        - np.bincount(bins, weights=labels.astype(float), minlength=10)
    )
    return float(gaps.sum() / counts.sum())


def _fit_form(form: str, margins: Floats, labels: NDArray[np.bool_], weights: Floats) -> Calibrator:
    if form == "isotonic":
        x, y = _centred(margins, labels, weights)
        return Calibrator("isotonic", x, y)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - training only

    line = LogisticRegression(C=1.0).fit(margins[:, None], labels, sample_weight=weights)
    # A slope that is not positive means that validation contradicts the model; the order of the
    # scores is kept and the probabilities flattened, never turned around.
    return Calibrator(
        "sigmoid", (max(float(line.coef_[0, 0]), 0.01),), (float(line.intercept_[0]),)
    )


def _centred(
    margins: Floats, labels: NDArray[np.bool_], weights: Floats
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Knots of a centred isotonic regression (Oron and Flournoy 2017).

    Isotonic regression gives one probability to a whole stretch of margins. Here each stretch
    gives it at its middle only, and lines join the middles: the order of scores is kept.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - training only

    curve = IsotonicRegression(out_of_bounds="clip").fit(margins, labels, sample_weight=weights)
    steps, block = np.unique(np.round(curve.predict(margins), 9), return_inverse=True)
    mass = np.bincount(block, weights=weights)
    middle = np.bincount(block, weights=weights * margins) / np.maximum(mass, 1e-12)
    keep = mass > 0
    x, y = middle[keep], steps[keep]
    rising = np.concatenate([[True], np.diff(x) > 1e-6])
    return (
        tuple(round(float(value), 6) for value in x[rising]),
        tuple(round(float(value), 6) for value in y[rising]),
    )


def _folds(groups: Sequence[str], count: int) -> NDArray[np.int64]:
    order = {group: index % count for index, group in enumerate(sorted(set(groups)))}
    return np.array([order[group] for group in groups], dtype=np.int64)
