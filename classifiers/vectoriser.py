"""Hashed n-grams as scikit-learn expects them."""

from __future__ import annotations

from typing import Any

import scipy.sparse
from sklearn.base import BaseEstimator, TransformerMixin

from classifiers.ngrams import BITS, count, scaled
from classifiers.normalise import Layer


class HashedNgrams(TransformerMixin, BaseEstimator):  # type: ignore[misc] # sklearn has no types
    """Hashed character n-grams as a scikit-learn transformer; there is nothing to fit.

    Rows hold counts over the square root of their sum: the part of the score that grows with the
    evidence, not with the length. ``bits``: the table has 2^bits rows, 1 to 20.
    """

    def __init__(self, bits: int = BITS, layer: Layer = "clean") -> None:
        self.bits = bits
        self.layer = layer

    def fit(self, texts: Any, y: Any = None) -> HashedNgrams:
        """Check the parameters. Raises ValueError."""
        if not 1 <= self.bits <= 20:
            raise ValueError(f"bits must be 1 to 20, not {self.bits}")
        return self

    def transform(self, texts: Any) -> scipy.sparse.csr_matrix:
        """Features of texts (list or Arrow array): float32, shape (texts, 2^bits)."""
        return scaled(count(texts, bits=self.bits, layer=self.layer))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
