"""Weigh documents: the features of a candidate or a message as a sparse row, or as a margin.

A row has four blocks (:mod:`classifiers.features`): relations, shapes and words are distinct
hashed features, letters the n-grams of the language pass. A margin adds up the weights of the very
same features, so it is what the row times the weights is.
"""
# ruff: noqa: PLR0913, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.directed_kernel import directed
from classifiers.documents import PLAIN, UNKNOWN, Documents
from classifiers.feature_kernel import (
    BUFFER,
    FAR,
    NOWHERE,
    WIDTH,
    Codes,
    Columns,
    Hashes,
    Ints,
    Sheet,
)
from classifiers.ngrams import BITS
from classifiers.whole_kernel import whole

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "2b46811caf9a"

Floats = NDArray[np.float64]
Letters = NDArray[np.int32]
Weights = NDArray[np.float32]
Scales = tuple[float, float, float, float]

#: Letter heads, as columns of ``Documents.letters``: hostility near and far from the target, and
#: after them the heads over whole messages.
LETTER_HEADS = 5
#: Columns of a row of the one kind and of the other.
DIRECTED_COLUMNS = (1 << WIDTH) + (2 << BITS)
WHOLE_COLUMNS = (1 << WIDTH) + (1 << BITS)


class Bench(NamedTuple):
    """What weighing needs besides the documents: the tables' codes, and scratch.

    ``stamp[column]`` is the last weighing in which a feature was met: each counts once.
    """

    code: Codes
    joining: Hashes
    militant: NDArray[np.bool_]
    sheet: Sheet
    stamp: Ints
    epoch: Ints  # (1,): the number of the last weighing


class Fitted(NamedTuple):
    """The weights of a model, as the loops below take them."""

    directed: Weights
    directed_bias: float
    message: Weights
    message_bias: Weights
    letters: Weights
    scales: Scales
    message_scales: Scales


@compiled
def _block(
    buffer: Columns, count: int, weight: float, share: bool, indices: Any, values: Any, at: int
) -> int:
    """Append the distinct features of a buffer to the row; returns the new end of the row."""
    found = np.sort(buffer[:count])
    start = at
    last = np.int32(-1)
    for i in range(count):
        if found[i] != last:
            indices[at] = found[i]
            values[at] = weight
            at += 1
            last = found[i]
    if share and at > start:
        value = weight / np.sqrt(at - start)
        for i in range(start, at):
            values[i] = value
    return at


@compiled
def _grams(docs: Documents, doc: int, x: Sheet) -> int:
    """N-grams of the tokens whose letters count."""
    a, b = docs.first[doc], docs.first[doc + 1]
    total = 0
    for token in range(a, b):
        if x.region[token - a] != NOWHERE:
            total += docs.grams[token]
    return total


@compiled
def _row(
    docs: Documents, doc: int, x: Sheet, counts: tuple[int, int, int], scales: Scales,
    indices: Any, values: Any, at: int,
) -> int:  # fmt: skip
    at = _block(x.relations, counts[0], scales[0], False, indices, values, at)
    at = _block(x.shapes, counts[1], scales[1], True, indices, values, at)
    at = _block(x.words, counts[2], scales[2], True, indices, values, at)
    total = _grams(docs, doc, x)
    if total == 0:
        return at
    value = scales[3] / np.sqrt(total)
    a, b = docs.first[doc], docs.first[doc + 1]
    for token in range(a, b):
        region = x.region[token - a]
        if region == NOWHERE:
            continue
        base = (1 << WIDTH) + ((1 << BITS) if region == FAR else 0)
        first = docs.row_first[token]
        for g in range(first, first + docs.grams[token]):
            indices[at] = base + docs.rows[g]
            values[at] = value
            at += 1
    return at


@compiled
def rows(
    docs: Documents, message: Ints, target: Ints, bench: Bench, scales: Scales,
    indptr: Ints, indices: Any, values: Any,
) -> int:  # fmt: skip
    """Write CSR rows, of candidates, or of whole messages where ``target`` is -1.

    Returns how many fitted: the caller gives more room and goes on from there.
    """
    x = bench.sheet
    at = 0
    for row in range(len(message)):
        doc = message[row]
        first, last = docs.first[doc], docs.first[doc + 1]
        need = 3 * BUFFER
        for token in range(first, last):
            need += docs.grams[token]
        if at + need > len(indices):
            return row
        if target[row] < 0:
            counts = whole(docs, doc, bench.militant, bench.code, x)
        else:
            counts = directed(docs, doc, target[row], bench.code, bench.joining, x)
        at = _row(docs, doc, x, counts, scales, indices, values, at)
        indptr[row + 1] = at
    return len(message)


@compiled
def _sum(buffer: Columns, count: int, weights: Weights, bench: Bench, out: Floats) -> int:
    """Add the weights of the distinct features to ``out``; returns how many there are."""
    bench.epoch[0] += 1
    epoch = bench.epoch[0]
    out[:] = 0.0
    distinct = 0
    heads = weights.shape[1]
    for i in range(count):
        column = buffer[i]
        if bench.stamp[column] != epoch:
            bench.stamp[column] = epoch
            distinct += 1
            for k in range(heads):
                out[k] += weights[column, k]
    return distinct


@compiled
def _sum_one(buffer: Columns, count: int, weights: Weights, bench: Bench) -> tuple[float, int]:
    """The same for one head."""
    bench.epoch[0] += 1
    epoch = bench.epoch[0]
    total = 0.0
    distinct = 0
    for i in range(count):
        column = buffer[i]
        if bench.stamp[column] != epoch:
            bench.stamp[column] = epoch
            distinct += 1
            total += weights[column, 0]
    return total, distinct


@compiled
def directed_margin(
    docs: Documents, doc: int, goal: int, bench: Bench, scales: Scales, weights: Weights,
    bias: float, letters: Weights,
) -> float:  # fmt: skip
    """The log-odds of hostility to one candidate; ``letters``: the worth of a unit, by head."""
    x = bench.sheet
    nr, ns, nw = directed(docs, doc, goal, bench.code, bench.joining, x)
    total, _ = _sum_one(x.relations, nr, weights, bench)
    margin = bias + scales[0] * total
    total, distinct = _sum_one(x.shapes, ns, weights, bench)
    if distinct:
        margin += scales[1] / np.sqrt(distinct) * total
    total, distinct = _sum_one(x.words, nw, weights, bench)
    if distinct:
        margin += scales[2] / np.sqrt(distinct) * total
    grams = _grams(docs, doc, x)
    if grams:
        near = np.int64(0)
        far = np.int64(0)
        a, b = docs.first[doc], docs.first[doc + 1]
        for token in range(a, b):
            if x.region[token - a] == FAR:
                far += docs.letters[token, 1]
            elif x.region[token - a] != NOWHERE:
                near += docs.letters[token, 0]
        margin += scales[3] / np.sqrt(grams) * (near * letters[0] + far * letters[1])
    return margin


@compiled
def _hide(docs: Documents, token: int, kept: Hashes, letters: Letters) -> None:
    """Make a token one of which nothing is known; ``kept`` and ``letters`` take what it was."""
    kept[0], kept[1], kept[2] = docs.surface[token], docs.stem[token], docs.shape[token]
    kept[3], kept[4] = docs.marks[token], np.uint64(docs.grams[token])
    docs.surface[token], docs.stem[token], docs.shape[token] = UNKNOWN, UNKNOWN, PLAIN
    docs.marks[token], docs.grams[token] = np.uint64(0), 0
    for k in range(docs.letters.shape[1]):
        letters[k] = docs.letters[token, k]
        docs.letters[token, k] = 0


@compiled
def _show(docs: Documents, token: int, kept: Hashes, letters: Letters) -> None:
    """Undo :func:`_hide`."""
    docs.surface[token], docs.stem[token], docs.shape[token] = kept[0], kept[1], kept[2]
    docs.marks[token], docs.grams[token] = kept[3], np.int32(kept[4])
    for k in range(docs.letters.shape[1]):
        docs.letters[token, k] = letters[k]


@compiled
def directed_margins(
    docs: Documents, message: Ints, target: Ints, hidden: Ints, bench: Bench, scales: Scales,
    weights: Weights, bias: float, letters: Weights, out: Floats,
) -> None:  # fmt: skip
    """Fill ``out`` with the log-odds of each candidate, of which the token ``hidden`` is unknown.

    ``hidden`` is -1 where nothing is; the documents stay as they are.
    """
    kept, lost = np.zeros(5, np.uint64), np.zeros(docs.letters.shape[1], np.int32)
    for row in range(len(message)):
        if hidden[row] >= 0:
            _hide(docs, hidden[row], kept, lost)
        out[row] = directed_margin(
            docs, message[row], target[row], bench, scales, weights, bias, letters
        )
        if hidden[row] >= 0:
            _show(docs, hidden[row], kept, lost)


@compiled
def detail_margins(
    docs: Documents, message: Ints, target: Ints, bench: Bench, scales: Scales, weights: Weights,
    bias: Weights, out: Floats,
) -> None:  # fmt: skip
    """Fill ``out[row, head]``; the features are those of hostility, in fewer columns."""
    x = bench.sheet
    part = np.zeros(weights.shape[1], np.float64)
    mask = np.int32(weights.shape[0] - 1)
    for row in range(len(message)):
        nr, ns, nw = directed(docs, message[row], target[row], bench.code, bench.joining, x)
        for k in range(out.shape[1]):
            out[row, k] = bias[k]
        for block in range(3):
            buffer = x.relations if block == 0 else (x.shapes if block == 1 else x.words)
            count = nr if block == 0 else (ns if block == 1 else nw)
            bench.epoch[0] += 1
            epoch = bench.epoch[0]
            part[:] = 0.0
            distinct = 0
            for i in range(count):
                column = buffer[i]
                if bench.stamp[column] != epoch:
                    bench.stamp[column] = epoch
                    distinct += 1
                    for k in range(part.size):
                        part[k] += weights[column & mask, k]
            if distinct:
                factor = scales[block]
                if block:
                    factor /= np.sqrt(distinct)
                for k in range(out.shape[1]):
                    out[row, k] += factor * part[k]


@compiled
def whole_margin(
    docs: Documents, doc: int, bench: Bench, scales: Scales, weights: Weights, bias: Weights,
    letters: Weights, part: Floats, out: Floats,
) -> None:  # fmt: skip
    """Fill ``out`` with the log-odds of the heads over whole messages."""
    x = bench.sheet
    nr, ns, nw = whole(docs, doc, bench.militant, bench.code, x)
    heads = out.size
    _sum(x.relations, nr, weights, bench, part)
    for k in range(heads):
        out[k] = bias[k] + scales[0] * part[k]
    distinct = _sum(x.shapes, ns, weights, bench, part)
    if distinct:
        for k in range(heads):
            out[k] += scales[1] / np.sqrt(distinct) * part[k]
    distinct = _sum(x.words, nw, weights, bench, part)
    if distinct:
        for k in range(heads):
            out[k] += scales[2] / np.sqrt(distinct) * part[k]
    grams = _grams(docs, doc, x)
    if grams:
        a, b = docs.first[doc], docs.first[doc + 1]
        for k in range(heads):
            total = np.int64(0)
            for token in range(a, b):
                if x.region[token - a] != NOWHERE:
                    total += docs.letters[token, 2 + k]
            out[k] += scales[3] / np.sqrt(grams) * letters[2 + k] * total


@compiled
def whole_margins(
    docs: Documents, message: Ints, hidden: Ints, bench: Bench, scales: Scales, weights: Weights,
    bias: Weights, letters: Weights, out: Floats,
) -> None:  # fmt: skip
    """Fill ``out[row, head]`` for some documents; ``hidden`` as for :func:`directed_margins`."""
    part = np.zeros(weights.shape[1], np.float64)
    kept, lost = np.zeros(5, np.uint64), np.zeros(docs.letters.shape[1], np.int32)
    for row in range(len(message)):
        if hidden[row] >= 0:
            _hide(docs, hidden[row], kept, lost)
        whole_margin(docs, message[row], bench, scales, weights, bias, letters, part, out[row])
        if hidden[row] >= 0:
            _show(docs, hidden[row], kept, lost)
