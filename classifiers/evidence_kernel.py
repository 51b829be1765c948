"""The compiled search for evidence: which stretches of a document a score rests on.

Where the tables' cues explain a score, they are shown. Where they do not, words are hidden in turn
and the ones whose absence lowers the score most are shown, so that evidence is always something
the score rests on (leave-one-out, Robnik-Šikonja and Kononenko 2008).
"""
# ruff: noqa: PLR0912, PLR0913, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.documents import BREAK, PLAIN, UNKNOWN, WORD, Documents
from classifiers.feature_kernel import stem_column
from classifiers.margin_kernel import (
    Bench,
    Floats,
    Scales,
    Weights,
    directed_margin,
    whole_margin,
)
from classifiers.token_kernel import MAX_TOKENS

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "ef1dc43e4cc4"

Ints = NDArray[np.int32]

MAX_SPANS = 12
#: Words that are looked at, the ones nearest to what matters, and those of them that are hidden in
#: turn: the ones that look most as if the score rested on them.
MAX_NEAR = 10
MAX_HIDDEN = 4
#: Of those, the ones shown at most; a word is shown if its effect is this share of the largest.
MOST_SHOWN = 3
LEAST_EFFECT = 0.5

#: What a span shows, as a place in ``warehouse.schemas.SHOWS``.
SHOWS_TARGET, SHOWS_CUE, SHOWS_ASK, SHOWS_BENEFICIARY, SHOWS_ROUTE, SHOWS_CLAIM = range(6)
#: Which label an item is about.
HOSTILE, SOLICITS, CLAIMS = range(3)


class Fitted(NamedTuple):
    """The weights that evidence is tested against; see :mod:`classifiers.margin_kernel`."""

    directed: Weights
    directed_bias: float
    message: Weights
    message_bias: Weights
    letters: Weights
    scales: Scales
    message_scales: Scales


class Classes(NamedTuple):
    """Numbers of the classes of terms that evidence knows, and the class of each term."""

    of_term: NDArray[np.int8]
    hostile: int
    harm: int
    epithet: int
    outlet: int
    designation: int
    ask: int
    beneficiary: int
    route: int
    claim: int


class Items(NamedTuple):
    """What evidence is asked for: a document, a label, a target (-1: none), and how hard to look.

    ``hide``: whether words are hidden in turn where no cue explains the score.
    """

    doc: NDArray[np.int64]
    label: NDArray[np.int8]
    target: NDArray[np.int64]
    hide: NDArray[np.bool_]


class Spans(NamedTuple):
    """The answer: spans ``first[i]:first[i + 1]`` belong to item ``i``."""

    first: NDArray[np.int64]
    start: Ints
    end: Ints
    shows: NDArray[np.int8]


class Desk(NamedTuple):
    """Scratch: spans found, by-token places, and margins."""

    start: Ints
    end: Ints
    shows: Ints
    tokens: NDArray[np.int64]
    distance: NDArray[np.int64]
    effect: Floats
    sentence: Ints
    part: Floats
    out: Floats


def desk(heads: int, width: int) -> Desk:
    """Scratch for any document; ``heads`` over whole messages, in rows ``width`` wide."""
    size = 4 * MAX_TOKENS + 64
    return Desk(
        start=np.empty(size, np.int32),
        end=np.empty(size, np.int32),
        shows=np.empty(size, np.int32),
        tokens=np.empty(MAX_TOKENS + 1, np.int64),
        distance=np.empty(MAX_TOKENS + 1, np.int64),
        effect=np.empty(MAX_NEAR + 1, np.float64),
        sentence=np.empty(MAX_TOKENS + 1, np.int32),
        part=np.empty(width, np.float64),
        out=np.empty(heads, np.float64),
    )


@compiled
def _note(d: Desk, count: int, start: int, end: int, shows: int) -> int:
    if start < end and count < d.start.size:
        d.start[count], d.end[count], d.shows[count] = start, end, shows
        return count + 1
    return count


@compiled
def _before(d: Desk, i: int, j: int, by_kind: bool) -> bool:
    """Whether span ``i`` sorts before span ``j``."""
    if by_kind and d.shows[i] != d.shows[j]:
        return bool(d.shows[i] < d.shows[j])
    if d.start[i] != d.start[j]:
        return bool(d.start[i] < d.start[j])
    if d.end[i] != d.end[j]:
        return bool(d.end[i] < d.end[j])
    return bool(d.shows[i] < d.shows[j])


@compiled
def _ordered(d: Desk, count: int, by_kind: bool) -> None:
    for i in range(1, count):
        j = i
        while j > 0 and _before(d, j, j - 1, by_kind):
            d.start[j], d.start[j - 1] = d.start[j - 1], d.start[j]
            d.end[j], d.end[j - 1] = d.end[j - 1], d.end[j]
            d.shows[j], d.shows[j - 1] = d.shows[j - 1], d.shows[j]
            j -= 1


@compiled
def _merged(d: Desk, count: int) -> int:
    """Order spans; those of a kind never overlap. Returns how many remain."""
    _ordered(d, count, True)
    size = 0
    for i in range(count):
        last = size - 1
        if size > 0 and d.shows[last] == d.shows[i] and d.start[i] < d.end[last]:
            d.end[last] = max(d.end[last], d.end[i])
        else:
            d.start[size], d.end[size], d.shows[size] = d.start[i], d.end[i], d.shows[i]
            size += 1
    _ordered(d, size, False)
    return min(size, MAX_SPANS)


@compiled
def _margin(
    docs: Documents, doc: int, label: int, target: int, bench: Bench, f: Fitted, d: Desk
) -> float:
    if label == HOSTILE:
        return directed_margin(
            docs, doc, target, bench, f.scales, f.directed, f.directed_bias, f.letters
        )
    whole_margin(
        docs, doc, bench, f.message_scales, f.message, f.message_bias, f.letters, d.part, d.out
    )
    return float(d.out[0 if label == SOLICITS else 2])


@compiled
def _margin_without(
    docs: Documents, doc: int, token: int, label: int, target: int, bench: Bench, f: Fitted, d: Desk
) -> float:
    """The margin of a document of whose token nothing is known; the document stays as it was."""
    surface, stem, shape = docs.surface[token], docs.stem[token], docs.shape[token]
    marks, grams = docs.marks[token], docs.grams[token]
    docs.surface[token], docs.stem[token], docs.shape[token] = UNKNOWN, UNKNOWN, PLAIN
    docs.marks[token], docs.grams[token] = np.uint64(0), 0
    letters = docs.letters[token].copy()
    docs.letters[token, :] = 0
    margin = _margin(docs, doc, label, target, bench, f, d)
    docs.surface[token], docs.stem[token], docs.shape[token] = surface, stem, shape
    docs.marks[token], docs.grams[token] = marks, grams
    docs.letters[token, :] = letters
    return margin


@compiled
def _most_promising(docs: Documents, label: int, f: Fitted, d: Desk, words: int) -> int:
    """Keep of the words the ones whose own weights are the highest; returns how many."""
    head = 0 if label == HOSTILE else (2 if label == SOLICITS else 4)
    for i in range(words):
        token = d.tokens[i]
        letters = f.letters[head] * docs.letters[token, head]
        promise = letters / np.sqrt(docs.grams[token] + 1)
        if label == HOSTILE:
            promise += f.directed[stem_column(docs, token, True), 0]
        else:
            promise += f.message[stem_column(docs, token, False), head - 2]
        d.effect[i] = promise
    for kept in range(min(words, MAX_HIDDEN)):
        best = kept
        for i in range(kept, words):
            if d.effect[i] > d.effect[best]:
                best = i
        d.effect[kept], d.effect[best] = d.effect[best], d.effect[kept]
        d.tokens[kept], d.tokens[best] = d.tokens[best], d.tokens[kept]
    return min(words, MAX_HIDDEN)


@compiled
def _hidden_words(
    docs: Documents, doc: int, label: int, target: int, bench: Bench, f: Fitted, d: Desk,
    shows: int, count: int,
) -> int:  # fmt: skip
    """Note the words without which the margin falls most; returns how many spans there are."""
    a, b = docs.first[doc], docs.first[doc + 1]
    low, high = docs.mention_first[doc], docs.mention_first[doc + 1]
    words = 0
    for token in range(a, b):
        if docs.kind[token] != WORD:
            continue
        nearest = b - a
        for m in range(low, high):
            nearest = min(nearest, abs(docs.mention_token[m] - token))
        if nearest == 0:
            continue
        # Kept by distance; of equals the first.
        j = min(words, MAX_NEAR)
        while j > 0 and d.distance[j - 1] > nearest:
            if j < MAX_NEAR:
                d.distance[j], d.tokens[j] = d.distance[j - 1], d.tokens[j - 1]
            j -= 1
        if j < MAX_NEAR:
            d.distance[j], d.tokens[j] = nearest, token
            words = min(words + 1, MAX_NEAR)
    if words == 0:
        return count
    words = _most_promising(docs, label, f, d, words)
    whole = _margin(docs, doc, label, target, bench, f, d)
    best = 0.0
    for i in range(words):
        token = d.tokens[i]
        d.effect[i] = whole - _margin_without(docs, doc, token, label, target, bench, f, d)
        best = max(best, d.effect[i])
    if best <= 0:
        return count
    shown = 0
    for i in range(words):
        if d.effect[i] >= LEAST_EFFECT * best and shown < MOST_SHOWN:
            token = d.tokens[i]
            count = _note(d, count, docs.begin[token], docs.end[token], shows)
            shown += 1
    return count


@compiled
def _is_target(docs: Documents, m: int, target: int, c: Classes) -> bool:
    return bool(docs.mention_actor[m] == target and docs.mention_kind[m] != c.outlet)


@compiled
def _hostile_spans(
    docs: Documents, doc: int, target: int, hide: bool, c: Classes, bench: Bench, f: Fitted, d: Desk
) -> int:
    a, b = docs.first[doc], docs.first[doc + 1]
    low, high = docs.mention_first[doc], docs.mention_first[doc + 1]
    number = 0
    for i in range(b - a):
        d.sentence[i] = number
        number += docs.kind[a + i] == BREAK
    count = 0
    # The target's own sentences, else the ones that carry it on, else anywhere.
    for carry in range(3):
        for h in range(docs.hit_first[doc], docs.hit_first[doc + 1]):
            token = docs.hit_token[h]
            klass = c.of_term[docs.hit_term[h]]
            if token < 0 or klass not in (c.hostile, c.harm, c.epithet):
                continue
            shown = carry == 2
            named = False
            for m in range(low, high):
                if _is_target(docs, m, target, c):
                    here = d.sentence[docs.mention_token[m] - a]
                    shown = shown or here == d.sentence[token - a] - carry
                    named = named or docs.mention_token[m] == token
            if shown and (klass != c.epithet or named):
                count = _note(d, count, docs.hit_begin[h], docs.hit_end[h], SHOWS_CUE)
        if count:
            break
    if count == 0 and hide:
        count = _hidden_words(docs, doc, HOSTILE, target, bench, f, d, SHOWS_CUE, 0)
    cues = count
    for again in range(2):
        for m in range(low, high):
            if not _is_target(docs, m, target, c):
                continue
            token = docs.mention_token[m]
            is_cue = False
            for i in range(cues):
                is_cue = is_cue or (d.start[i] <= docs.begin[token] and d.end[i] >= docs.end[token])
            if again or not is_cue:
                count = _note(d, count, docs.begin[token], docs.end[token], SHOWS_TARGET)
        if count > cues:
            break
    return count


@compiled
def _solicitation_spans(
    docs: Documents, doc: int, hide: bool, c: Classes, bench: Bench, f: Fitted, d: Desk
) -> int:
    count = 0
    asks = 0
    for h in range(docs.hit_first[doc], docs.hit_first[doc + 1]):
        klass = c.of_term[docs.hit_term[h]]
        begin, end = docs.hit_begin[h], docs.hit_end[h]
        if klass == c.ask:
            count = _note(d, count, begin, end, SHOWS_ASK)
            asks += 1
        elif klass == c.beneficiary:
            count = _note(d, count, begin, end, SHOWS_BENEFICIARY)
        elif klass == c.route:
            count = _note(d, count, begin, end, SHOWS_ROUTE)
    for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
        if docs.mention_kind[m] == c.designation or bench.militant[docs.mention_actor[m]]:
            token = docs.mention_token[m]
            count = _note(d, count, docs.begin[token], docs.end[token], SHOWS_BENEFICIARY)
    if asks == 0 and hide:
        count = _hidden_words(docs, doc, SOLICITS, -1, bench, f, d, SHOWS_ASK, count)
    return count


@compiled
def _claim_spans(
    docs: Documents, doc: int, hide: bool, c: Classes, bench: Bench, f: Fitted, d: Desk
) -> int:
    count = 0
    for h in range(docs.hit_first[doc], docs.hit_first[doc + 1]):
        if c.of_term[docs.hit_term[h]] == c.claim:
            count = _note(d, count, docs.hit_begin[h], docs.hit_end[h], SHOWS_CLAIM)
    if count == 0 and hide:
        count = _hidden_words(docs, doc, CLAIMS, -1, bench, f, d, SHOWS_CLAIM, 0)
    return count


@compiled
def find_evidence(
    docs: Documents, items: Items, carried: Spans, c: Classes, bench: Bench, f: Fitted, d: Desk,
    out: Spans,
) -> None:  # fmt: skip
    """Fill ``out`` with the evidence for each item, at most MAX_SPANS each.

    ``carried``: by document, the spans of payment indicators with a route.
    """
    at = np.int64(0)
    for i in range(items.doc.size):
        doc, label = items.doc[i], items.label[i]
        if label == HOSTILE:
            count = _hostile_spans(docs, doc, items.target[i], items.hide[i], c, bench, f, d)
        elif label == SOLICITS:
            count = _solicitation_spans(docs, doc, items.hide[i], c, bench, f, d)
            for k in range(carried.first[doc], carried.first[doc + 1]):
                count = _note(d, count, carried.start[k], carried.end[k], SHOWS_ROUTE)
        else:
            count = _claim_spans(docs, doc, items.hide[i], c, bench, f, d)
        count = _merged(d, count)
        for k in range(count):
            out.start[at], out.end[at], out.shows[at] = d.start[k], d.end[k], d.shows[k]
            at += 1
        out.first[i + 1] = at
