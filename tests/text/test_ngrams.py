"""Hashed n-grams: the same from lists and Arrow arrays, and in training and scoring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from classifiers import ngrams, stamps
from classifiers.normalise import clean
from classifiers.vectoriser import HashedNgrams

ROOT = Path(__file__).parents[2] / "classifiers"
TEXTS = ["The talks go on", None, "", "خبرې روانې دي", "ok", "a\x00b", "𝓴𝓱𝓪", "ﷺ ﷲ", "é" * 50]


def same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and (a != b).nnz == 0


def test_a_word_gives_its_ngrams_with_both_ends_marked() -> None:
    # abc: three 1-grams, four 2-grams, three 3-grams, two 4-grams, and the word itself
    assert ngrams.count(["abc"]).sum() == 13
    assert ngrams.count(["ab"]).sum() == 2 + 3 + 2 + 1
    assert ngrams.count(["abc abc"]).sum() == 26
    assert same(ngrams.count(["abc def"]), ngrams.count(["def abc"]))


def test_digits_links_and_signs_are_no_words() -> None:
    assert ngrams.count(["12 34 :-) https://example.org @somebody 😀"]).nnz == 0


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_every_way_to_hand_over_texts_is_the_same(kind: pa.DataType) -> None:
    expected = ngrams.count(TEXTS)
    array = pa.array(TEXTS, kind)
    assert same(ngrams.count(array), expected)
    assert same(ngrams.count(array[2:6]), expected[2:6])
    assert same(ngrams.count(pa.chunked_array([array[:4], array[4:]])), expected)
    assert ngrams.count(array[:0]).shape == (0, 1 << ngrams.BITS)
    assert ngrams.count(pa.nulls(3)).nnz == 0


def test_dictionaries_are_read_through() -> None:
    assert same(ngrams.count(pa.array(TEXTS).dictionary_encode()), ngrams.count(TEXTS))


def test_blocks_cut_anywhere_give_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ngrams.count(TEXTS)
    monkeypatch.setattr(ngrams, "BLOCK_BYTES", 1)
    assert same(ngrams.count(TEXTS), expected)


@pytest.mark.parametrize(
    "wrong", ["one string", [1, 2], pa.array([1]), pa.array([1]).dictionary_encode()]
)
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"string|not only"):
        ngrams.count(wrong)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_cleaning_first_changes_nothing(texts: list[str]) -> None:
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    assert same(ngrams.count(texts), ngrams.count([clean(t).text for t in texts]))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_broken_utf8_is_read_as_python_reads_it_or_more_loosely(raw: bytes) -> None:
    offsets = pa.py_buffer(np.array([0, len(raw)], np.int32).tobytes())
    array = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(raw or b"\0"))
    found = ngrams.count(array)
    try:
        assert same(found, ngrams.count([raw.decode()]))
    except UnicodeDecodeError:
        assert found.shape == (1, 1 << ngrams.BITS)


def test_the_transformer_fits_into_a_pipeline() -> None:
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression

    texts = ["good morning", "صبح بخیر", "good evening", "شب بخیر"]
    pipeline = make_pipeline(HashedNgrams(bits=10), LogisticRegression())
    assert clone(pipeline).fit(texts, [0, 1, 0, 1]).predict(["a good day"]).tolist() == [0]
    row = HashedNgrams(bits=10).fit_transform(["good morning"])
    assert row.dtype == np.float32
    assert row.sum() == pytest.approx(np.sqrt(ngrams.count(["good morning"]).sum()))
    with pytest.raises(ValueError, match="1 to 20"):
        HashedNgrams(bits=40).fit(texts)


def test_compiled_code_is_built_anew_when_what_it_calls_has_changed() -> None:
    """Numba's cache looks only at the file that holds a function, so the file must change too."""
    assert not stamps.wrong(), "run `python -m classifiers.stamps`"
