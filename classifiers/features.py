"""What the linear models are told of documents, as sparse rows for fitting and as margins.

Two kinds of rows are made. Those of candidates describe one (message, target): where the cues of
hostility stand relative to the target's mentions and to others', in which context, and what
surrounds the mentions. Those of whole messages describe which kinds of terms occur together and
how near. Both consist of four blocks:

* *relations* of lexicon terms, the part that carries over to text nobody here wrote;
* *shapes*: n-grams of token shapes (content words forgotten) around what matters;
* *words*: surfaces, stems and pairs;
* *letters*: the character n-grams that the language pass has counted anyway.

The last three share a fixed length among their features, so that they correct the first and
never drown it. The column of a feature of the first three is its hash modulo ``1 << WIDTH``;
behind them stand the n-grams near the target, then those elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers import margin_kernel as kernel
from classifiers import situation_kernel
from classifiers.documents import BIT, CLASSES, Documents, mask_of, shape_of_word
from classifiers.feature_kernel import WIDTH, Codes, sheet
from classifiers.margin_kernel import (
    DIRECTED_COLUMNS,
    WHOLE_COLUMNS,
    Bench,
    Floats,
    Scales,
)
from classifiers.vocabulary import FRAMES

__all__ = [
    "DIRECTED_COLUMNS",
    "FACT",
    "MESSAGE_SCALES",
    "SCALES",
    "WHOLE_COLUMNS",
    "WIDTH",
    "Candidates",
    "Rows",
    "bench",
    "directed_rows",
    "message_rows",
    "situations",
]

#: Weights of the four blocks (Euclidean length for all but the first), by validation.
SCALES: Scales = (0.5, 2.0, 3.0, 2.0)
MESSAGE_SCALES: Scales = (0.5, 2.0, 2.0, 2.0)

#: Facts about a message that its text does not show (bits of ``Documents.facts``).
FACTS = (
    "militant_channel",
    "known_channel",
    "reply_beneficiary",
    "reply_ask",
    "crypto",
    "bank",
    "mobile",
    "contact",
    "invalid_indicator",
    "in_reply",
)
FACT: dict[str, int] = {name: 1 << index for index, name in enumerate(FACTS)}
#: Somebody else is given the word in the message; no feature of its own.
FACT["quotes"] = 1 << 20
#: The message that is replied to names a militant beneficiary; no feature of its own.
FACT["reply_serves"] = 1 << 21

#: Words that join names into a list.
_CONJUNCTIONS = ("and", "or", "nor", "اور", "و", "او", "یا", "aur", "aw", "ya")

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


class Candidates(NamedTuple):
    """(document, target) pairs: index of the document, index of the actor, its share of belief."""

    message: NDArray[np.int64]
    target: NDArray[np.int64]
    share: NDArray[np.float32]

    def kept(self, which: NDArray[np.bool_]) -> Candidates:
        """Some of them."""
        return Candidates(self.message[which], self.target[which], self.share[which])


@cache
def _codes() -> Codes:
    return Codes(
        cues=mask_of(["hostile", "harm"]),
        negation=mask_of(["negation"]),
        reporting=mask_of(["reporting", "quoting"]),
        hypothetical=mask_of(["hypothetical"]),
        speaking=mask_of(["self"]),
        pronoun=mask_of(["pronoun"]),
        puppet=mask_of(["frame:foreign_puppet"]),
        ask=mask_of(["ask"]),
        beneficiary=mask_of(["beneficiary"]),
        humanitarian=mask_of(["humanitarian"]),
        route=mask_of(["route"]),
        focus=mask_of(["ask", "beneficiary", "claim", "attack", "route"]),
        class_mask=np.uint64((1 << len(CLASSES)) - 1),
        severity_shift=np.uint64(BIT["severity:1"]),
        frame_shift=np.uint64(BIT[f"frame:{FRAMES[0]}"]),
        class_count=len(CLASSES),
        frame_count=len(FRAMES),
        epithet_kind=CLASSES.index("epithet"),
        outlet_kind=CLASSES.index("outlet"),
        designation_kind=CLASSES.index("designation"),
    )


@cache
def _joining() -> NDArray[np.uint64]:
    return np.array([shape_of_word(word) for word in _CONJUNCTIONS], dtype=np.uint64)


def bench(militant: Sequence[bool] | NDArray[np.bool_]) -> Bench:
    """What weighing needs; one for each thread. ``militant[i]``: gifts to actor ``i`` count."""
    return Bench(
        _codes(),
        _joining(),
        np.array(militant, np.bool_),
        sheet(),
        np.zeros(1 << WIDTH, np.int64),
        np.zeros(1, np.int64),
    )


def directed_rows(docs: Documents, candidates: Candidates) -> Rows:
    """CSR rows (indptr, columns, values), one for each candidate, DIRECTED_COLUMNS wide."""
    return _rows(docs, candidates.message, candidates.target, bench([False]), SCALES)


def message_rows(
    docs: Documents, messages: NDArray[np.int64], militant: Sequence[bool] | NDArray[np.bool_]
) -> Rows:
    """CSR rows of some documents, WHOLE_COLUMNS wide; ``militant`` as :func:`bench` takes it."""
    nobody = np.full(len(messages), -1, np.int64)
    return _rows(docs, messages, nobody, bench(militant), MESSAGE_SCALES)


def situations(docs: Documents, candidates: Candidates, margin: Floats, at: Bench) -> Floats:
    """What is known of each candidate beside its own margin, the margin first.

    Returns:
        (candidates, COLUMNS): the columns of :data:`classifiers.situation_kernel.NAMES`.
    """
    found = np.zeros((len(margin), situation_kernel.COLUMNS))
    situation_kernel.situate(
        docs, candidates.message, candidates.target, at, _seen(), margin, found
    )
    return found


@cache
def _seen() -> NDArray[np.uint64]:
    return np.array([mask_of([name]) for name in situation_kernel.SEEN], np.uint64)


def _rows(
    docs: Documents,
    message: NDArray[np.int64],
    target: NDArray[np.int64],
    at: Bench,
    scales: Scales,
) -> Rows:
    """Call the filling loop until all rows are made, with fresh room each time."""
    pointers, columns, weights = [np.zeros(1, np.int64)], [], []
    total = np.concatenate([[0], np.cumsum(docs.grams, dtype=np.int64)])
    longest = int(np.diff(total[docs.first]).max(initial=0))
    room = 4_000_000 + longest
    start = 0
    while start < len(message):
        indptr = np.zeros(len(message) - start + 1, np.int64)
        indices, values = np.empty(room, np.int32), np.empty(room, np.float32)
        done = kernel.rows(
            docs, message[start:], target[start:], at, scales, indptr, indices, values
        )
        end = int(indptr[done])
        pointers.append(indptr[1 : done + 1] + pointers[-1][-1])
        columns.append(indices[:end].copy())
        weights.append(values[:end].copy())
        start += done
    return (
        np.concatenate(pointers),
        np.concatenate(columns) if columns else np.empty(0, np.int32),
        np.concatenate(weights) if weights else np.empty(0, np.float32),
    )
