"""Documents and rows: tokens tell what covers them, and features do not depend on the batch."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from classifiers.batches import Batch, Messages, languages_of, read_batch
from classifiers.documents import BIT, CLASSES, forget
from classifiers.features import (
    DIRECTED_COLUMNS,
    WHOLE_COLUMNS,
    bench,
    directed_rows,
    message_rows,
)
from classifiers.knowledge import load
from classifiers.language.detection import no_second_opinion
from classifiers.model import directed_margins, message_margins
from classifiers.reader import Reader, militants
from classifiers.scorer import Resources, Scorer

TEXT = "The TTP are liars, apostates and agents of India. They will not forgive us!"


@functools.cache
def resources() -> Resources:
    return Scorer.load().resources


def reader() -> Reader:
    return dataclasses.replace(resources().reader, find_indicators=lambda texts: {})


def read(*texts: str, speaker: str | None = None) -> Batch:
    who = list(load().actors).index(speaker) if speaker else -1
    messages = Messages(
        pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string()),
        np.full(len(texts), who, np.int32),
        pa.nulls(len(texts), pa.string()),
    )
    return read_batch(reader(), messages, second_opinion=no_second_opinion, keep_rows=True)


def targets(batch: Batch) -> set[str]:
    actors = list(load().actors)
    return {actors[index] for index in batch.candidates.target.tolist()}


def test_terms_own_tokens_and_leave_marks() -> None:
    docs = read(TEXT).docs
    marks = docs.marks[docs.mention_token[0]]
    assert int(marks) & (1 << BIT["actor"])
    hostile = [int(mark) for mark in docs.marks if int(mark) & (1 << BIT["hostile"])]
    assert hostile
    assert any(mark >> BIT["severity:1"] for mark in hostile)
    assert len(BIT) <= 64


def test_tokens_follow_each_other_in_the_raw_text() -> None:
    docs = read(TEXT).docs
    assert TEXT[docs.begin[0] : docs.end[0]] == "The"
    assert (docs.begin < docs.end).all()
    assert (docs.begin[1:] >= docs.end[:-1]).all()


def test_candidates_are_the_actors_named() -> None:
    assert targets(read(TEXT)) == {"ttp", "india"}


def test_a_channel_is_no_target_of_its_own_unless_somebody_is_quoted() -> None:
    assert "ttp" not in targets(read("The TTP won again.", speaker="ttp"))
    assert "ttp" in targets(read('They said: "the TTP are liars".', speaker="ttp"))


def test_messages_without_anything_get_no_document() -> None:
    batch = read("The weather is mild today.", TEXT, "")
    assert batch.docs.message.tolist() == [1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=80) | st.just(TEXT), min_size=1, max_size=6))
def test_rows_do_not_depend_on_their_neighbours(texts: list[str]) -> None:
    texts = [f"{text} the TTP" for text in texts]
    together = read(*texts)
    flags = militants(load())
    rows = directed_rows(together.docs, together.candidates)
    whole = message_rows(together.docs, np.arange(together.docs.size), flags)
    assert int(rows[1].max(initial=0)) < DIRECTED_COLUMNS
    at = 0
    for number, message in enumerate(together.docs.message):
        alone = read(texts[message])
        single = directed_rows(alone.docs, alone.candidates)
        size = len(alone.candidates.message)
        low, high = rows[0][at], rows[0][at + size]
        assert (rows[1][low:high] == single[1]).all()
        assert (rows[2][low:high] == single[2]).all()
        at += size
        single = message_rows(alone.docs, np.arange(1), flags)
        low, high = whole[0][number], whole[0][number + 1]
        assert (whole[1][low:high] == single[1]).all()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.text(max_size=60)
        | st.sampled_from([TEXT, "طالبان مزدوران دي، موږ ته مرسته وکړئ", "TTP ko chanda do"]),
        min_size=1,
        max_size=4,
    )
)
def test_compiled_margins_are_the_rows_times_the_weights(parts: list[str]) -> None:
    """What scikit-learn fits on the rows is what scoring adds up, on any text."""
    found = resources()
    batch = read(" ".join(parts) + " the TTP")
    docs, at = batch.docs, bench(found.reader.militant)
    letters = found.model.letters * found.fitted.letters
    weights = np.vstack([found.model.directed, letters[:, :1], letters[:, 1:2]])
    indptr, indices, values = directed_rows(docs, batch.candidates)
    shape = (len(indptr) - 1, DIRECTED_COLUMNS)
    plain = csr_matrix((values, indices, indptr), shape) @ weights + found.model.directed_bias
    compiled = directed_margins(found.fitted, docs, batch.candidates, at)
    assert np.allclose(plain[:, 0], compiled, atol=1e-4)
    weights = np.vstack([found.model.message, letters[:, 2:]])
    indptr, indices, values = message_rows(docs, np.arange(docs.size), found.reader.militant)
    shape = (len(indptr) - 1, WHOLE_COLUMNS)
    plain = csr_matrix((values, indices, indptr), shape) @ weights + found.model.message_bias
    assert np.allclose(plain, message_margins(found.fitted, docs, at), atol=1e-4)


def test_names_change_nothing_but_the_direction() -> None:
    """Which actor it is does not matter: only who stands where."""
    first, second = read("The TTP are liars."), read("Russia are liars.")
    rows = [directed_rows(batch.docs, batch.candidates) for batch in (first, second)]
    kinds = [set(row[1].tolist()) for row in rows]
    shared = len(kinds[0] & kinds[1]) / len(kinds[0] | kinds[1])
    assert shared > 0.75


def test_forgetting_keeps_names_and_is_repeatable() -> None:
    docs = read(*[f"{TEXT} Qwertz uiop."] * 40).docs
    names = np.uint64(sum(1 << BIT[name] for name in CLASSES[-5:]))
    copy = forget(docs, seed=1, terms=0.5, words=0.5)
    assert ((copy.marks & names) == (docs.marks & names)).all()
    assert 0 < (copy.marks != docs.marks).sum() < (docs.marks != 0).sum()
    assert (copy.surface != docs.surface).any()
    again = forget(docs, seed=1, terms=0.5, words=0.5)
    assert (again.marks == copy.marks).all()
    assert (again.surface == copy.surface).all()


def test_tables_follow_tag_certainty_and_mixture() -> None:
    assert languages_of("ps", 0.99, ()) == ("ps",)
    assert languages_of("ps", 0.5, ()) == ("ps", "ur", "prs")
    assert languages_of("en", 0.99, ("ur-Latn",)) == ("en", "ur-Latn")
    assert languages_of("ar", 0.99, ()) == languages_of("zxx", None, ()) == ()
    assert languages_of("ar", 0.99, ("ps",)) == ("ps",)
    assert len(languages_of("und", None, ())) == 6
