"""What is known of a candidate beside its own margin: who stands with it, and in what sentences.

The margins are sums, and a sum cannot say that a word counts only where nothing denies it, or that
of two names one is the servant and the other the master. What is put down here is what decides
such things; :mod:`classifiers.trees` reads it.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.directed_kernel import cast, states
from classifiers.documents import Documents
from classifiers.feature_kernel import (
    ALLY,
    OTHER,
    SPEAKER,
    TARGET,
    company,
    mark_moods,
    mark_quoted,
    number_sentences,
)
from classifiers.margin_kernel import Bench

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "ec7c38ec379c"

#: Classes of which it is said whether they stand in a sentence that names the target.
SEEN = (
    *("peace", "negative", "debate", "praise", "celebration"),
    *("harm", "attack", "casualty", "claim"),
)

#: What each column of :func:`situate` says.
NAMES = (
    "margin",
    "rivals",  # others named in a sentence with it that are candidates too
    "above",  # how far the best of their margins lies above its own, at most 4
    "below",  # how far the worst lies below, at most 4
    "allies",  # others joined to it by a list
    "ally",  # the best of their margins, -4 to 4
    "place",  # how many candidates of the message have a larger margin
    "behind",  # how far the largest margin of the message lies above its own
    "candidates",
    "named",  # different actors in the message
    "listed",
    "first",  # 1: named before any other; -1: after one; 0: alone
    "epithet",
    "quoted",
    "known_speaker",
    "language",
    "length",  # natural logarithm of the number of tokens
    "sentences",
    "naming",  # sentences that name it
    "beside",  # somebody else is named in one of them
    "negation",
    "reporting",
    "hypothetical",
    "speaking",
    "puppet",
    "cues",  # asserted in sentences that name it
    "cues_after",  # asserted in sentences that carry it on or lead to it
    "quoted_cues",  # in sentences that name it, in quotation marks
    "denied_cues",
    "supposed_cues",
    "owner",  # of the cue nearest to it: 1 it stands nearest, 2 somebody else does
    "distance",  # of that cue, negative where the cue follows; 20 for none
    *SEEN,
)
COLUMNS = len(NAMES)

_U = np.uint64
_ONE = _U(1)
_SEEN_FROM = COLUMNS - len(SEEN)
Floats = NDArray[np.float64]


@compiled
def situate(
    docs: Documents,
    message: NDArray[np.int64],
    target: NDArray[np.int64],
    bench: Bench,
    seen: NDArray[np.uint64],
    margin: Floats,
    found: Floats,
) -> None:
    """Fill ``found`` (candidates, COLUMNS); the candidates of a document stand together.

    ``seen``: the masks of :data:`SEEN`.
    """
    start = 0
    for row in range(len(message)):
        if message[row] != message[start]:
            start = row
        stop = row + 1
        while stop < len(message) and message[stop] == message[row]:
            stop += 1
        found[row, :] = 0.0
        _among(docs, message, target, bench, margin, start, stop, row, found[row])
        _within(docs, message[row], target[row], bench, seen, found[row])


@compiled
def _among(
    docs: Documents, message: Any, target: Any, bench: Bench, margin: Any,
    start: int, stop: int, row: int, out: Any,
) -> None:  # fmt: skip
    """How its margin stands among those of the other candidates of the message."""
    out[0] = margin[row]
    out[8] = stop - start
    if stop - start == 1:
        return
    rivals, allies = company(
        docs, message[row], target[row], bench.code, bench.joining, bench.sheet
    )
    for other in range(start, stop):
        if target[other] == target[row]:
            continue
        gap = margin[other] - margin[row]
        if gap > 0:
            out[6] += 1
            out[7] = max(out[7], gap)
        bit = _ONE << _U(target[other] & 63)
        if rivals & bit:
            out[1] = 1.0
            out[2] = max(out[2], min(max(gap, 0.0), 4.0))
            out[3] = max(out[3], min(max(-gap, 0.0), 4.0))
        elif allies & bit:
            theirs = min(max(margin[other], -4.0), 4.0)
            out[5] = max(out[5], theirs) if out[4] else theirs
            out[4] = 1.0


@compiled
def _within(docs: Documents, doc: int, goal: int, bench: Bench, seen: Any, out: Any) -> None:
    """What stands in the sentences that name it."""
    x, code = bench.sheet, bench.code
    a, b = docs.first[doc], docs.first[doc + 1]
    n = b - a
    actors = cast(docs, doc, goal, code, bench.joining, x)
    mark_quoted(docs.kind, a, b, x.quoted)
    count = number_sentences(docs.kind, a, b, x.sentence)
    states(x, n, count, docs.marks, a, code)
    mark_moods(docs, a, n, code, x)
    for k in range(64):
        out[9] += 1 if actors & (_ONE << _U(k)) else 0
    own = other = -1
    for i in range(n):
        if x.role[i] == TARGET:
            own = i if own < 0 else own
            out[12] = max(out[12], x.of_epithet[i])
            out[13] = max(out[13], x.quoted[i])
        elif x.role[i] == ALLY:
            out[10] = 1.0
        elif (x.role[i] == OTHER or x.role[i] == SPEAKER) and other < 0:
            other = i
    out[11] = 0.0 if other < 0 else (1.0 if own < other else -1.0)
    out[14] = 1.0 if docs.facts[doc] & _U(2) else 0.0
    out[15] = docs.language[doc]
    out[16] = np.log(n + 1.0)
    out[17] = count
    nearest, side, owner = 20, 1, 0
    for s in range(count):
        if x.state[s] == 0:
            continue
        for i in range(x.begins[s], x.begins[s + 1]):
            if not docs.marks[a + i] & code.cues:
                continue
            if x.mood[i] == 0 or x.mood[i] == 4:
                out[25 if x.state[s] == 1 else 26] += 1
            elif x.state[s] == 1:
                out[26 + x.mood[i]] += 1
        if x.state[s] != 1:
            continue
        out[18] += 1
        out[19] = max(out[19], x.others[s])
        marks = x.seen[s]
        out[20] = 1.0 if marks & code.negation else out[20]
        out[21] = 1.0 if marks & code.reporting else out[21]
        out[22] = 1.0 if marks & code.hypothetical else out[22]
        out[23] = 1.0 if marks & code.speaking else out[23]
        out[24] = 1.0 if marks & code.puppet else out[24]
        for k in range(len(seen)):
            if marks & seen[k]:
                out[_SEEN_FROM + k] = 1.0
        for i in range(x.begins[s], x.begins[s + 1]):
            if not docs.marks[a + i] & code.cues:
                continue
            mine, theirs, where = 99, 99, 1
            for j in range(x.begins[s], x.begins[s + 1]):
                gap = abs(j - i)
                if x.role[j] == TARGET or x.role[j] == ALLY:
                    if gap < mine:
                        mine, where = gap, (1 if j < i else -1)
                elif x.role[j] == OTHER or x.role[j] == SPEAKER:
                    theirs = min(theirs, gap)
            if mine < nearest:
                nearest, side, owner = mine, where, (1 if mine <= theirs else 2)
    out[30] = owner
    # A target before its cue: the cue follows.
    out[31] = -nearest * side if nearest < 20 else 20.0
