"""The compiled search for evidence: which stretches of a document a score rests on.

Where the tables' cues explain a score, they are shown. Where they do not, words are hidden in turn
and the ones whose absence lowers the score most are shown, so that evidence is always something
the score rests on (leave-one-out, Robnik-Šikonja and Kononenko 2008).
"""
# ruff: noqa: PLR0913, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.documents import BREAK, WORD, Documents
from classifiers.feature_kernel import stem_column
from classifiers.token_kernel import MAX_TOKENS

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "820b82164df6"

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Weights = NDArray[np.float32]

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
    """What evidence is asked for: a document, a label, a target (-1: none)."""

    doc: NDArray[np.int64]
    label: NDArray[np.int8]
    target: NDArray[np.int64]


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


def desk() -> Desk:
    """Scratch for any document."""
    size = 4 * MAX_TOKENS + 64
    return Desk(
        start=np.empty(size, np.int32),
        end=np.empty(size, np.int32),
        shows=np.empty(size, np.int32),
        tokens=np.empty(MAX_TOKENS + 1, np.int64),
        distance=np.empty(MAX_TOKENS + 1, np.int64),
        effect=np.empty(MAX_NEAR + 1, np.float64),
        sentence=np.empty(MAX_TOKENS + 1, np.int32),
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
def _nearest_words(docs: Documents, doc: int, d: Desk) -> int:
    """The words of a document that name nobody, those nearest to a name; returns how many."""
    a, b = docs.first[doc], docs.first[doc + 1]
    words = 0
    for token in range(a, b):
        if docs.kind[token] != WORD:
            continue
        nearest = b - a
        for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
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
    return words


@compiled
def find_promising(
    docs: Documents, items: Items, letters: Weights, directed: Weights, message: Weights, d: Desk,
    out: NDArray[np.int64],
) -> None:  # fmt: skip
    """Fill ``out[i]`` with the words to hide for item ``i``: those whose own weights are highest.

    -1 where there are fewer than :data:`MAX_HIDDEN`.
    """
    for i in range(items.doc.size):
        label = items.label[i]
        head = 0 if label == HOSTILE else (2 if label == SOLICITS else 4)
        words = _nearest_words(docs, items.doc[i], d)
        for w in range(words):
            token = d.tokens[w]
            promise = letters[head] * docs.letters[token, head] / np.sqrt(docs.grams[token] + 1)
            if label == HOSTILE:
                promise += directed[stem_column(docs, token, True), 0]
            else:
                promise += message[stem_column(docs, token, False), head - 2]
            d.effect[w] = promise
        for kept in range(MAX_HIDDEN):
            out[i, kept] = -1
            if kept < words:
                best = kept
                for w in range(kept, words):
                    if d.effect[w] > d.effect[best]:
                        best = w
                out[i, kept] = d.tokens[best]
                d.tokens[best], d.effect[best] = d.tokens[kept], d.effect[kept]


@compiled
def _is_target(docs: Documents, m: int, target: int, c: Classes) -> bool:
    return bool(docs.mention_actor[m] == target and docs.mention_kind[m] != c.outlet)


@compiled
def _cues(docs: Documents, doc: int, target: int, c: Classes, d: Desk) -> int:
    """Note the cues of hostility in the target's own sentences, else in the ones that carry it on,
    else anywhere; returns how many spans there are."""
    a, b = docs.first[doc], docs.first[doc + 1]
    low, high = docs.mention_first[doc], docs.mention_first[doc + 1]
    number = 0
    for i in range(b - a):
        d.sentence[i] = number
        number += docs.kind[a + i] == BREAK
    count = 0
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
    return count


@compiled
def _targets(docs: Documents, doc: int, target: int, c: Classes, d: Desk, count: int) -> int:
    """Note the target's names, but for those that are cues, if there are others."""
    cues = count
    for again in range(2):
        for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
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
def _asks(
    docs: Documents, doc: int, c: Classes, militant: NDArray[np.bool_], d: Desk
) -> tuple[int, int]:
    """Note asks, beneficiaries and routes; returns how many spans there are, and how many asks."""
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
        if docs.mention_kind[m] == c.designation or militant[docs.mention_actor[m]]:
            token = docs.mention_token[m]
            count = _note(d, count, docs.begin[token], docs.end[token], SHOWS_BENEFICIARY)
    return count, asks


@compiled
def find_evidence(
    docs: Documents, items: Items, hidden: NDArray[np.int64], carried: Spans, c: Classes,
    militant: NDArray[np.bool_], d: Desk, out: Spans, unexplained: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Fill ``out`` with the evidence for each item, at most MAX_SPANS each.

    ``hidden[i]``: words that item ``i`` rests on, -1 for none, shown where no term explains it.
    ``carried``: by document, the spans of payment indicators with a route. ``unexplained[i]``
    becomes whether no term does.
    """
    at = np.int64(0)
    for i in range(items.doc.size):
        doc, label = items.doc[i], items.label[i]
        shows = SHOWS_CUE if label == HOSTILE else (SHOWS_ASK if label == SOLICITS else SHOWS_CLAIM)
        count = 0
        found = 0
        if label == HOSTILE:
            count = _cues(docs, doc, items.target[i], c, d)
            found = count
        elif label == SOLICITS:
            count, found = _asks(docs, doc, c, militant, d)
            for k in range(carried.first[doc], carried.first[doc + 1]):
                count = _note(d, count, carried.start[k], carried.end[k], SHOWS_ROUTE)
        else:
            for h in range(docs.hit_first[doc], docs.hit_first[doc + 1]):
                if c.of_term[docs.hit_term[h]] == c.claim:
                    count = _note(d, count, docs.hit_begin[h], docs.hit_end[h], SHOWS_CLAIM)
            found = count
        unexplained[i] = found == 0
        if found == 0:
            for k in range(hidden.shape[1]):
                token = hidden[i, k]
                if token >= 0:
                    count = _note(d, count, docs.begin[token], docs.end[token], shows)
        if label == HOSTILE:
            count = _targets(docs, doc, items.target[i], c, d, count)
        count = _merged(d, count)
        for k in range(count):
            out.start[at], out.end[at], out.shows[at] = d.start[k], d.end[k], d.shows[k]
            at += 1
        out.first[i + 1] = at
