"""Why a message was flagged: spans of the raw text, from the lexicon or from the model itself.

Where the tables' cues explain a score, they are shown. Where they do not, words are hidden in turn
and the ones whose absence lowers the score most are shown (:mod:`classifiers.evidence_kernel`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers import evidence_kernel as kernel
from classifiers.batches import Batch, route_of
from classifiers.documents import CLASSES, Documents
from classifiers.evidence_kernel import CLAIMS, HOSTILE, SOLICITS, Classes, Items, Spans
from classifiers.features import Candidates
from classifiers.margin_kernel import Bench, Fitted
from classifiers.model import MESSAGE_HEADS, directed_margins, message_margins
from classifiers.reader import Indicator

#: The head over whole messages that each label but hostility is.
_HEAD = {
    SOLICITS: MESSAGE_HEADS.index("solicits_donation"),
    CLAIMS: MESSAGE_HEADS.index("claims_attack"),
}


def classes_of(of_term: NDArray[np.int8]) -> Classes:
    """The numbers of the classes that evidence knows; ``of_term``: the class of each term."""
    named = [name for name in Classes._fields if name != "of_term"]
    return Classes(of_term, **{name: CLASSES.index(name) for name in named})


def find(  # noqa: PLR0913, PLR0917
    batch: Batch,
    items: Items,
    hide: NDArray[np.bool_],
    classes: Classes,
    fitted: Fitted,
    bench: Bench,
) -> Spans:
    """The evidence for each item, at most ``MAX_SPANS`` spans each.

    Args:
        batch: the messages.
        items: a document, a label and a target each.
        hide: whether words are hidden where no term explains the item.
        classes, fitted, bench: the terms' classes, the model's weights, what weighing needs.
    """
    docs, carried = batch.docs, _carried(batch.docs, batch.indicators, len(batch.letters))
    count = len(items.doc)
    hidden = np.full((count, kernel.MAX_HIDDEN), -1)
    unexplained = np.zeros(count, np.bool_)
    desk = kernel.desk()

    def search() -> Spans:
        room = kernel.MAX_SPANS * count
        out = Spans(
            np.zeros(count + 1, np.int64),
            np.empty(room, np.int32),
            np.empty(room, np.int32),
            np.empty(room, np.int8),
        )
        kernel.find_evidence(
            docs, items, hidden, carried, classes, bench.militant, desk, out, unexplained
        )
        return out

    found = search()
    rows = np.flatnonzero(unexplained & hide)
    if not rows.size:
        return found
    some = Items(items.doc[rows], items.label[rows], items.target[rows])
    words = np.empty((len(rows), kernel.MAX_HIDDEN), np.int64)
    kernel.find_promising(docs, some, fitted.letters, fitted.directed, fitted.message, desk, words)
    hidden[rows] = _missed(docs, some, words, fitted, bench)
    return search()


def _missed(
    docs: Documents, items: Items, words: NDArray[np.int64], fitted: Fitted, bench: Bench
) -> NDArray[np.int64]:
    """Of the words of each item those without which the margin falls most; -1 for the others.

    Where hiding none of them lowers it, the one that it needs most is shown all the same: a flag
    without a word to look at helps nobody.
    """
    # Each document once whole, and once without each of its words.
    variants = np.concatenate([np.full((len(words), 1), -1), words], axis=1)
    margins = np.zeros(variants.shape)
    for label in (HOSTILE, SOLICITS, CLAIMS):
        rows = np.flatnonzero(items.label == label)
        asked = np.ones((len(rows), variants.shape[1]), np.bool_)
        asked[:, 1:] = words[rows] >= 0
        which, column = np.nonzero(asked)
        doc, token = items.doc[rows][which], variants[rows][which, column]
        if label == HOSTILE:
            target = items.target[rows][which]
            pairs = Candidates(doc, target, np.ones(len(doc), np.float32))
            values = directed_margins(fitted, docs, pairs, bench, token)
        else:
            values = message_margins(fitted, docs, bench, doc, token)[:, _HEAD[label]]
        margins[rows[which], column] = values
    effect = np.where(words >= 0, margins[:, :1] - margins[:, 1:], -np.inf)
    best = effect.max(axis=1, keepdims=True)
    shown = effect >= np.where(best > 0, kernel.LEAST_EFFECT * best, best)
    shown &= words >= 0
    # Of those that matter the likeliest ones; they stand in that order.
    shown &= np.cumsum(shown, axis=1) <= kernel.MOST_SHOWN
    return np.where(shown, words, -1)


def _carried(
    docs: Documents, indicators: Mapping[int, Sequence[Indicator]], messages: int
) -> Spans:
    """By document, the spans of payment indicators that belong to a route."""
    place = np.full(messages, -1)
    place[docs.message] = np.arange(docs.size)
    first = np.zeros(docs.size + 1, np.int64)
    spans = []
    for row in sorted(indicators):
        found = [(item.start, item.end) for item in indicators[row] if route_of(item)]
        if place[row] >= 0:
            spans += found
            first[place[row] + 1] = len(found)
    np.cumsum(first, out=first)
    flat = np.array(spans, np.int32).reshape(-1, 2)
    return Spans(
        first,
        np.ascontiguousarray(flat[:, 0]),
        np.ascontiguousarray(flat[:, 1]),
        np.zeros(len(flat), np.int8),
    )
