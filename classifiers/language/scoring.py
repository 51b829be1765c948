"""The compiled pass that names languages: words, n-grams, rows of one weight table, runs of words.

Each word's score per class is the sum of the table's rows at its n-grams. A text's logits are the
sum over its words, over the square root of the number of n-grams, plus the bias. Code-switching is
the best labelling of the words when each change of language costs ``switch`` (Viterbi 1967).
"""

# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers import kernel
from classifiers.codepoints import ARABIC, LATIN, PLANES, Tables, compiled
from classifiers.ngrams import (
    LONGEST,
    READ,
    Bytes,
    Indices,
    Integers,
    decode,
    hash_word,
    next_word,
    word_key,
)

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "f36d3bebde9f"

Floats = npt.NDArray[np.float32]

#: Scripts that are told apart, as places in ``letters``.
SCRIPTS = ("Latn", "Arab", "Cyrl", "Deva", "Guru", "other")
ARABIC_SCRIPT = 1
#: The table's rows are padded to a multiple of this: so many are added at once.
LANES = 8
#: Words of a text that are looked at for code-switching.
WORDS = 512


class Weights(NamedTuple):
    """What the pass needs of a model."""

    table: npt.NDArray[np.int8]  # (2^bits, classes and zeros up to LANES), in units of scale
    bias: Floats
    scale: float
    bits: int
    switch: float  # what a change of language between two words costs, in units of logits
    marker_keys: npt.NDArray[np.uint32]  # open addressing, a power of two long; 0: empty
    marker_weights: Floats
    heads: int = 0  # columns after the classes: letter weights of other models


class Scores(NamedTuple):
    """What the pass finds, by row of text; ``classes`` as in the table, not normalised."""

    logits: Floats  # (rows, classes): of the main language's words, where languages are mixed
    shares: Floats  # (rows, classes): of the letters, by runs of words
    words: Integers  # (rows, classes): words in those runs
    grams: Integers  # (rows,): n-grams that the logits rest on
    letters: Integers  # (rows, scripts)
    markers: Floats  # (rows,): log odds of Dari against Iranian Persian from marker words


class Kept(NamedTuple):
    """What the pass leaves for others to go on with: cleaned texts, and their words.

    Text ``i`` of the block is ``chars[first[i]:first[i + 1]]``, with the raw index of each
    character in ``off`` and its ``guard``. Its words are ``word_first[i]:word_first[i + 1]``, each
    with the character of the text that it begins at, its number of n-grams, the sums of its letter
    weights, and where there is room for them, the rows of the table that its n-grams are.
    """

    first: Integers
    chars: Indices
    off: Indices
    guard: Bytes
    word_first: Integers
    word: Indices
    grams: Indices
    letters: Indices
    row_first: Integers
    rows: Indices


def room_to_keep(texts: int, size: int, heads: int, *, rows: bool = False) -> Kept:
    """Room for so many texts of ``size`` bytes together; with none, nothing is kept."""
    # A character of two bytes gives at most four cleaned ones, one of one byte two.
    chars = 2 * size + 2 * texts if texts else 0
    words = chars // 2 + texts
    return Kept(
        np.zeros(texts + 1, np.int64),
        np.empty(chars, np.int32),
        np.empty(chars, np.int32),
        np.empty(chars, np.uint8),
        np.zeros(texts + 1, np.int64),
        np.empty(words, np.int32),
        np.empty(words, np.int32),
        np.empty((words, heads), np.int32),
        np.empty(words, np.int64),
        np.empty(LONGEST * (chars + 2 * words) if rows else 0, np.int32),
    )


def empty_scores(rows: int, classes: int) -> Scores:
    """Room for the scores of ``rows`` texts."""
    return Scores(
        np.zeros((rows, classes), np.float32),
        np.zeros((rows, classes), np.float32),
        np.zeros((rows, classes), np.int64),
        np.zeros(rows, np.int64),
        np.zeros((rows, len(SCRIPTS)), np.int64),
        np.zeros(rows, np.float32),
    )


@compiled
def _script(kind: Bytes, c: int) -> int:
    k = int(kind[c]) if c < PLANES else 0
    if k == LATIN:
        return 0
    if k == ARABIC:
        return 1
    if 0x400 <= c < 0x530:
        return 2
    if 0x900 <= c < 0x980:
        return 3
    return 4 if 0xA00 <= c < 0xA80 else 5


@compiled
def _marker(key: np.uint32, w: Weights) -> float:
    """The log odds of a word, 0 where it is no marker."""
    mask = w.marker_keys.size - 1
    at = int(key) & mask
    while w.marker_keys[at] != 0:
        if w.marker_keys[at] == key:
            return float(w.marker_weights[at])
        at = (at + 1) & mask
    return 0.0


@compiled
def add_rows(table: npt.NDArray[np.int8], found: Indices, m: int, sums: Indices) -> None:
    """Add the rows ``found[:m]`` of the table to ``sums``.

    Taken a row at a time and with the width as the loop finds it, or it would not be vectorised.
    """
    for g in range(m):
        row = table[found[g]]
        for k in range(sums.size):
            sums[k] += row[k]


@compiled
def _largest(values: npt.NDArray[np.signedinteger]) -> int:
    """The place of the first of the largest values; numba's own ``argmax`` is not vectorised."""
    most = values[0]
    for k in range(values.size):
        most = max(most, values[k])
    at = 0
    while values[at] != most:
        at += 1
    return at


@compiled
def _label(e: Indices, words: int, switch: int, back: Indices, out: Indices) -> int:
    """Label each word with its class on the best path; returns how often the label changes."""
    v = e[0].copy()
    for i in range(1, words):
        best = _largest(v)
        other = v[best] - switch
        row = e[i]
        came = back[i]
        for k in range(v.size):
            came[k] = k if v[k] >= other else best
            v[k] = max(v[k], other) + row[k]
    at = _largest(v)
    changes = 0
    for i in range(words - 1, -1, -1):
        out[i] = at
        if i > 0:
            changes += back[i, at] != at
            at = back[i, at]
    return changes


@compiled
def score_block(
    offsets: Integers, data: Bytes, t: Tables, fold: Indices, w: Weights, first_row: int, s: Scores,
    kept: Kept,
) -> None:  # fmt: skip
    """Score the texts between ``offsets`` into the rows of ``s`` from ``first_row`` on.

    ``t`` cleans, ``fold`` is the matching layer's: marker words are looked up in that form.
    ``kept`` is filled where it has room (:func:`room_to_keep`).
    """
    rows = offsets.size - 1
    classes = w.bias.size
    keep = kept.first.size > 1
    keep_rows = kept.rows.size > 0
    chars_at = np.int64(0)
    words_at = np.int64(0)
    rows_at = np.int64(0)
    longest = 0
    for r in range(rows):
        longest = max(longest, offsets[r + 1] - offsets[r])
    raw = np.empty(min(longest, READ), np.int32)
    c = np.empty(4 * raw.size + 2, np.int32)
    off = np.empty(4 * raw.size + 2, np.int32)
    guard = np.empty(4 * raw.size + 2, np.uint8)
    found = np.empty(LONGEST * (c.size + 2), np.int32)
    sums = np.empty(w.table.shape[1], np.int32)
    total = np.empty(sums.size, np.int64)
    e = np.empty((WORDS, classes), np.int32)  # of each word by class, in units of the table
    back = np.empty((WORDS, classes), np.int32)
    labels = np.empty(WORDS, np.int32)
    sizes = np.empty((WORDS, 2), np.int32)  # letters and n-grams of each word
    most = np.empty(WORDS, np.int32)  # of each word, for its best class
    switch = int(w.switch / w.scale)
    for r in range(rows):
        row = first_row + r
        n = decode(data, offsets[r], offsets[r + 1], raw)
        n = kernel.clean(raw, n, t, False, c, off, guard)
        words = 0
        grams = 0
        total[:] = 0
        i = 0
        while i < n:
            first, i = next_word(c, i, n, t.kind, guard)
            if first == i:
                break
            m = hash_word(c, first, i, w.bits, found)
            sums[:] = 0
            add_rows(w.table, found, m, sums)
            total += sums
            for j in range(first, i):
                s.letters[row, _script(t.kind, c[j])] += 1
            if s.letters[row, ARABIC_SCRIPT]:
                s.markers[row] += _marker(word_key(c, first, i, fold), w)
            if words < WORDS:
                e[words] = sums[:classes]
                most[words] = sums[_largest(sums[:classes])]
                sizes[words, 0] = i - first
                sizes[words, 1] = m
                words += 1
            grams += m
            if keep:
                kept.word[words_at] = first
                kept.grams[words_at] = m
                for k in range(kept.letters.shape[1]):
                    kept.letters[words_at, k] = sums[classes + k]
                if keep_rows:
                    kept.row_first[words_at] = rows_at
                    kept.rows[rows_at : rows_at + m] = found[:m]
                    rows_at += m
                words_at += 1
        if keep:
            kept.chars[chars_at : chars_at + n] = c[:n]
            kept.off[chars_at : chars_at + n] = off[:n]
            kept.guard[chars_at : chars_at + n] = guard[:n]
            chars_at += n
            kept.first[r + 1] = chars_at
            kept.word_first[r + 1] = words_at
        if words == 0:
            continue
        main = _largest(total[:classes])
        # What other classes win over the main one, word by word, bounds what a change could win.
        gain = 0
        letters = 0
        for i in range(words):
            gain += int(most[i] - e[i, main])
            letters += int(sizes[i, 0])
        if gain <= switch or _label(e, words, switch, back, labels) == 0:
            s.shares[row, main] = 1
            s.words[row, main] = words
        else:
            for i in range(words):
                s.shares[row, labels[i]] += sizes[i, 0]
                s.words[row, labels[i]] += 1
            main = int(np.argmax(s.shares[row]))
            # The main language is judged by its own words.
            total[:] = 0
            grams = 0
            for i in range(words):
                if labels[i] == main:
                    grams += sizes[i, 1]
                    total[:classes] += e[i]
            for k in range(classes):
                s.shares[row, k] /= letters
        for k in range(classes):
            s.logits[row, k] = total[k] * w.scale / np.sqrt(grams) + w.bias[k]
        s.grams[row] = grams
