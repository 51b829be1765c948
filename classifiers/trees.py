"""Boosted decision trees over what is known of a candidate: fitted by scikit-learn, read by a loop.

Gradient boosting (Friedman 2001) with histograms. The candidate's own margin may only raise the
answer, so that a stronger text is never less hostile.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "5f421b85d7a6"

Floats = NDArray[np.float64]

TREES = 120
LEAVES = 12
NODES = 2 * LEAVES - 1


class Trees(NamedTuple):
    """Trees of at most :data:`NODES` nodes each, all arrays (trees, NODES).

    ``feature`` is the column that a node asks about, -1 for a leaf; up to ``threshold`` the answer
    is node ``left``, above it ``right``; ``value`` is what a leaf adds to the log-odds. ``start``
    (1,) is where the sum begins.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: NDArray[np.float32]
    start: NDArray[np.float32]


def no_trees() -> Trees:
    """No trees: :func:`margins` then gives the first column as it is."""
    shape = (0, NODES)
    return Trees(
        np.zeros(shape, np.int16),
        np.zeros(shape, np.float64),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.float32),
        np.zeros(1, np.float32),
    )


def fit(rows: Floats, labels: NDArray[np.bool_], weight: Floats, *, seed: int = 0) -> Trees:
    """Trees whose sum is the log-odds of the labels; the first column only ever raises it.

    Nothing to learn (labels all alike): trees without a node.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - training only
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - training only

    if labels.all() or not labels.any():
        return no_trees()
    rising = np.zeros(rows.shape[1], np.int8)
    rising[0] = 1
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        learning_rate=0.08,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=40,
        l2_regularization=2.0,
        monotonic_cst=rising,
        early_stopping=False,
        random_state=seed,
    )
    # One thread: sums in one order everywhere, and threads that wait for each other on a busy
    # machine are ten times slower than none.
    with threadpool_limits(1):
        model.fit(rows, labels, sample_weight=weight)
    shape = (len(model._predictors), NODES)
    trees = Trees(
        np.full(shape, -1, np.int16),
        np.zeros(shape, np.float64),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.float32),
        np.array([float(np.ravel(model._baseline_prediction)[0])], np.float32),
    )
    for number, (predictor,) in enumerate(model._predictors):
        nodes = predictor.nodes
        size = len(nodes)
        inner = nodes["is_leaf"] == 0
        trees.feature[number, :size] = np.where(inner, nodes["feature_idx"], -1)
        trees.threshold[number, :size] = np.where(inner, nodes["num_threshold"], 0.0)
        trees.left[number, :size] = nodes["left"]
        trees.right[number, :size] = nodes["right"]
        trees.value[number, :size] = nodes["value"]
    return trees


def margins(trees: Trees, rows: Floats) -> Floats:
    """Log-odds, one per row; the first column itself where there are no trees."""
    if not len(trees.feature):
        return rows[:, 0].copy()
    out = np.empty(len(rows))
    _margins(trees, rows, out)
    return out


def sound(trees: Trees, columns: int) -> bool:
    """Whether trees from a file can be walked: no column or node out of reach, no way back.

    >>> sound(no_trees(), 3)
    True
    """
    shape = trees.feature.shape
    if len(shape) != 2 or trees.start.shape != (1,):
        return False
    if any(array.shape != shape for array in trees[:5]):
        return False
    inner = trees.feature >= 0
    below = np.arange(shape[1])[None, :]
    within = (trees.feature < columns).all()
    onward = all(
        ((child > below) & (child < shape[1]))[inner].all() for child in (trees.left, trees.right)
    )
    return bool(within and onward and np.isfinite(trees.value).all())


@compiled
def _margins(trees: Trees, rows: Floats, out: Floats) -> None:
    for row in range(len(rows)):
        total = np.float64(trees.start[0])
        for tree in range(len(trees.feature)):
            node = np.int64(0)
            while trees.feature[tree, node] >= 0:
                if rows[row, trees.feature[tree, node]] <= trees.threshold[tree, node]:
                    node = np.int64(trees.left[tree, node])
                else:
                    node = np.int64(trees.right[tree, node])
            total += trees.value[tree, node]
        out[row] = total
