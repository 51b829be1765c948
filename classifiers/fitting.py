"""Linear models fitted on sparse rows, and margins of models that did not see a case's family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import Floats
from classifiers.features import Rows

Weights = NDArray[np.float32]

#: Inverse strength of the L2 penalty. Small: the phrases are few, and what is learnt from them
#: must hold for others.
STRENGTH = {"hostile": 0.2, "message": 1.0, "details": 0.2}

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """Rows to fit on: the originals first in ``matrices``, then the copies that forget.

    ``labels``: (rows, heads), of which only those that are ``known`` are fitted on. ``family``
    parts the folds; ``language`` indexes SCORED. ``held`` marks what is calibrated on.
    """

    matrices: Sequence[Any]
    labels: NDArray[np.bool_]
    known: NDArray[np.bool_]
    family: NDArray[np.object_]
    language: NDArray[np.int64]
    weight: Floats
    held: NDArray[np.bool_]

    def folds(self, seed: int) -> NDArray[np.int64]:
        """The fold of each row, by family; -1 for what is never held out."""
        families = sorted(set(self.family[self.held].tolist()))
        order = np.random.default_rng(seed).permutation(len(families))
        fold_of = {family: int(order[place]) % FOLDS for place, family in enumerate(families)}
        return np.array([fold_of.get(family, -1) for family in self.family.tolist()], np.int64)


def cross_fitted(
    task: Task, head: int, kind: str, folds: NDArray[np.int64]
) -> tuple[Weights, Weights, Floats]:
    """Weights and bias fitted on everything, and margins of models fitted without the family."""
    labels, known = task.labels[:, head], task.known[:, head]
    margins = np.zeros(len(labels))
    for number in range(FOLDS):
        held = folds == number
        if held.any():
            weights, bias = fit(task, labels, ~held & known, kind)
            margins[held] = task.matrices[0][held] @ weights + bias
    weights, bias = fit(task, labels, known, kind)
    return weights, bias, margins


def fit(
    task: Task, labels: NDArray[np.bool_], rows: NDArray[np.bool_], kind: str
) -> tuple[Weights, Weights]:
    """Weights and bias fitted on some rows, copies and all."""
    copies = len(task.matrices)
    stacked = stack([matrix[rows] for matrix in task.matrices])
    weight = np.tile(task.weight[rows], copies)
    return logistic(stacked, np.tile(labels[rows], copies), weight, kind)


def matrix(rows: Rows, columns: int) -> Any:
    """CSR rows as a scipy matrix, equal columns of a row added up."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only

    indptr, indices, values = rows
    found = csr_matrix((values, indices, indptr), shape=(len(indptr) - 1, columns))
    found.sum_duplicates()
    return found


def stack(parts: Sequence[Any]) -> Any:
    """Matrices below each other."""
    from scipy.sparse import vstack  # noqa: PLC0415 - training only

    return vstack(parts, format="csr")


def logistic(
    rows: Any, labels: NDArray[np.bool_], weight: Floats, kind: str
) -> tuple[Weights, Weights]:
    """Weights and bias of an L2-regularised logistic regression; zeros where labels are all one."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - training only

    weights = np.zeros(rows.shape[1], np.float32)
    if not labels.any() or labels.all():
        return weights, np.full(1, -5.0, np.float32)
    # Columns that do not occur would only cost time.
    used, indices = np.unique(rows.indices, return_inverse=True)
    narrow = csr_matrix((rows.data, indices, rows.indptr), shape=(rows.shape[0], len(used)))
    line = LogisticRegression(
        C=STRENGTH[kind], solver="liblinear", tol=0.01, intercept_scaling=5.0, random_state=0
    ).fit(narrow, labels, sample_weight=weight)
    weights[used] = line.coef_[0]
    return weights, line.intercept_.astype(np.float32)


def quantised(letters: Sequence[Weights]) -> dict[str, Any]:
    """Letter weights as int8 columns, and what a unit of each is worth."""
    columns = np.stack(letters, axis=1)
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-6) / 127
    return {
        "letters": np.rint(columns / scale).astype(np.int8),
        "letter_scale": scale.astype(np.float32),
    }
