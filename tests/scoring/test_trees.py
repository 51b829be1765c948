"""Trees say what scikit-learn's say, rise with the margin, and cannot be led astray by a file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import trees
from classifiers.batches import read_batches
from classifiers.evaluation import Sample, table_of
from classifiers.features import bench, situations
from classifiers.scorer import Scorer, messages_of
from classifiers.situation_kernel import COLUMNS, NAMES


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = np.round(random.normal(size=(800, 4)), 3)
    labels = rows[:, 0] + (rows[:, 1] > 0) * rows[:, 2] + random.normal(size=800) > 0
    return rows, labels, np.ones(800)


def test_the_loop_agrees_with_scikit_learn() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows, labels, weight = data()
    found = trees.fit(rows, labels, weight)
    model = HistGradientBoostingClassifier(
        max_iter=trees.TREES,
        learning_rate=0.08,
        max_leaf_nodes=trees.LEAVES,
        min_samples_leaf=40,
        l2_regularization=2.0,
        monotonic_cst=np.array([1, 0, 0, 0], np.int8),
        early_stopping=False,
        random_state=0,
    ).fit(rows, labels, sample_weight=weight)
    assert np.allclose(trees.margins(found, rows), model.decision_function(rows), atol=1e-4)
    assert trees.sound(found, 4)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_a_larger_margin_is_never_less(seed: int) -> None:
    found = _fitted()
    rows = np.random.default_rng(seed).normal(size=(20, 4))
    raised = rows.copy()
    raised[:, 0] += 0.7
    assert (trees.margins(found, raised) >= trees.margins(found, rows) - 1e-6).all()


_CACHE: list[trees.Trees] = []


def _fitted() -> trees.Trees:
    if not _CACHE:
        _CACHE.append(trees.fit(*data()))
    return _CACHE[0]


def test_nothing_to_learn_leaves_the_margin_as_it_is() -> None:
    rows, labels, weight = data()
    found = trees.fit(rows, np.zeros_like(labels), weight)
    assert (trees.margins(found, rows) == rows[:, 0]).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t._replace(left=np.zeros_like(t.left)),  # back to the root, for ever
        lambda t: t._replace(right=np.full_like(t.right, trees.NODES)),
        lambda t: t._replace(feature=np.where(t.feature >= 0, 99, -1).astype(np.int16)),
        lambda t: t._replace(value=np.full_like(t.value, np.nan)),
        lambda t: t._replace(threshold=t.threshold[:, :3]),
    ],
)
def test_a_file_cannot_lead_the_walk_astray(damage) -> None:  # type: ignore[no-untyped-def]
    assert not trees.sound(damage(_fitted()), 4)


def situation(text: str, target: str, scorer: Scorer) -> dict[str, float]:
    resources = scorer.resources
    messages = messages_of(resources.knowledge, table_of([Sample("1", text)]))
    (batch,) = read_batches(resources.reader, messages)
    margin = np.zeros(len(batch.candidates.message))
    at = bench(resources.reader.militant)
    rows = situations(batch.docs, batch.candidates, margin, at)
    assert rows.shape == (len(margin), COLUMNS)
    place = [resources.reader.actors[t] for t in batch.candidates.target].index(target)
    return dict(zip(NAMES, rows[place].tolist(), strict=True))


def test_what_is_quoted_denied_or_supposed_is_told_apart(scorer: Scorer) -> None:
    plain = situation("The TTP are liars and traitors.", "ttp", scorer)
    assert plain["cues"] > 0
    assert plain["quoted_cues"] == plain["denied_cues"] == 0
    for text in ("He wrote: 'The TTP are liars'.", 'He wrote: "The TTP are liars".'):
        quoted = situation(text, "ttp", scorer)
        assert quoted["quoted"] == 1
        assert quoted["quoted_cues"] > 0
    assert situation("The TTP are not liars.", "ttp", scorer)["denied_cues"] > 0
    assert situation("If the TTP were liars, we would say so.", "ttp", scorer)["hypothetical"] == 1


def test_an_apostrophe_is_no_quotation_mark(scorer: Scorer) -> None:
    found = situation("The TTP's liars don't stop, that's all.", "ttp", scorer)
    assert found["quoted_cues"] == found["quoted"] == 0


def test_company_is_counted(scorer: Scorer) -> None:
    pair = situation("The TTP attacked the Pakistani army.", "pakistan_state", scorer)
    assert (pair["named"], pair["candidates"], pair["rivals"], pair["first"]) == (2, 2, 1, -1)
    listed = situation("The TTP, ISKP and al-Qaeda are liars.", "iskp", scorer)
    assert listed["allies"] == listed["listed"] == 1
