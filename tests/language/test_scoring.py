"""The compiled pass scores as scikit-learn does, on arbitrary Unicode."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from classifiers.language.detection import score
from classifiers.language.model import default
from classifiers.vectoriser import HashedNgrams

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.text(st.sampled_from("abc dاېډ یکہ.*_#1٤🔥\u200bऀшﷺ"), max_size=200),
        st.text(st.characters(whitelist_categories=["L", "M"]), min_size=1, max_size=300),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
@example(["", "a" * 5000, "ڭ", "ﷺ" * 100, "\ud800 word"])
@example(["the words of one text " * 100])
def test_compiled_and_plain_scores_agree(texts: list[str]) -> None:
    model = default()
    # One language each: where several are mixed, only the words of the main one are scored.
    whole = model.weights._replace(switch=1e9)
    compiled = score(texts, model.__class__(model.classes, whole, model.temperature, model.card))
    plain = LogisticRegression()
    plain.classes_ = np.array(model.classes)
    plain.coef_ = (whole.table[:, : len(model.classes)].T * np.float64(whole.scale)).copy()
    plain.intercept_ = whole.bias.astype(np.float64)
    if not texts:
        assert compiled.logits.shape == (0, len(model.classes))
        return
    features = HashedNgrams().transform(texts)
    spoken = features.getnnz(axis=1) > 0
    if not spoken.any():
        return
    expected = plain.decision_function(features[spoken])
    assert compiled.logits[spoken] == pytest.approx(expected, rel=1e-4, abs=1e-4)
    chances = scipy.special.softmax(compiled.logits[spoken].astype(float), axis=1)
    assert chances == pytest.approx(plain.predict_proba(features[spoken]), abs=1e-4)
