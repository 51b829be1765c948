"""From documents to sparse rows: compiled loops that emit hashed features.

Two kinds of rows are made. :func:`directed_rows` describes one (message, target) candidate: where
the cues of hostility stand relative to the target's mentions and to others', in which context,
and what surrounds the mentions. :func:`message_rows` describes a whole message: which kinds of
terms occur together and how near. Both consist of four blocks of binary features:

* *relations* of lexicon terms, the part that carries over to text nobody here wrote;
* *shapes*: n-grams of token shapes (content words forgotten) around what matters;
* *words*: surfaces, stems and pairs;
* *letters*: character n-grams within words.

The last three share a fixed length among their features, so that they correct the first and
never drown it.

Rows are CSR arrays; the column of a feature is its hash modulo ``1 << WIDTH``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers import feature_kernel as kernel
from classifiers.documents import BIT, CLASSES, blank_word, mask_of, shape_of_word
from classifiers.feature_kernel import BUFFER, WIDTH, Documents, margins
from classifiers.vocabulary import FRAMES

__all__ = [
    "FACT",
    "SCALES",
    "WIDTH",
    "Candidates",
    "Rows",
    "directed_rows",
    "margins",
    "message_rows",
]

#: Weights of the four blocks (Euclidean length for all but the first), by validation.
SCALES = (0.5, 2.0, 3.0, 2.0)
MESSAGE_SCALES = (0.5, 2.0, 2.0, 2.0)

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

#: Words that join names into a list.
_CONJUNCTIONS = ("and", "or", "nor", "اور", "و", "او", "یا", "aur", "aw", "ya")

Floats = NDArray[np.float64]
Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


class Candidates(NamedTuple):
    """(message, target) pairs: index of the message, index of the actor, its share of belief."""

    message: NDArray[np.int64]
    target: NDArray[np.int64]
    share: NDArray[np.float32]

    def kept(self, which: NDArray[np.bool_]) -> Candidates:
        """Some of them."""
        return Candidates(self.message[which], self.target[which], self.share[which])


@cache
def _codes() -> kernel.Codes:
    return kernel.Codes(
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


def directed_rows(docs: Documents, candidates: Candidates) -> Rows:
    """CSR rows (indptr, columns, values), one for each candidate, ``1 << WIDTH`` columns."""

    def fill(start: int, *room: Any) -> int:
        message, target = candidates.message[start:], candidates.target[start:]
        plain = blank_word()[2]
        return kernel.directed(docs, message, target, _codes(), _joining(), plain, SCALES, *room)

    return _rows(fill, len(candidates.message))


def company(docs: Documents, candidates: Candidates, margin: Floats) -> Floats:
    """What is known of a candidate beside its own margin: that of those named with it.

    In a sentence with two names, one hostile word is aimed at one of them: whoever it fits better.
    Names in a list share it.

    Returns:
        (candidates, 9): the margin; whether there are rivals; how far the best of them lies above
        and the worst below (each at most 4); whether there are allies; the best of their margins;
        and the products of the margin with the second to fourth.
    """
    count = len(candidates.message)
    rivals, allies = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
    kernel.company(
        docs, candidates.message, candidates.target, _codes(), _joining(), blank_word()[2],
        rivals, allies,
    )  # fmt: skip
    found = np.zeros((count, 6))
    found[:, 0] = margin
    starts = np.searchsorted(candidates.message, candidates.message, side="left")
    stops = np.searchsorted(candidates.message, candidates.message, side="right")
    for row in np.flatnonzero(rivals | allies).tolist():
        for other in range(int(starts[row]), int(stops[row])):
            bit = np.uint64(1 << (int(candidates.target[other]) & 63))
            if other == row or candidates.target[other] == candidates.target[row]:
                continue
            if rivals[row] & bit:
                gap = float(margin[other] - margin[row])
                found[row, 1] = 1.0
                found[row, 2] = max(found[row, 2], min(max(gap, 0.0), 4.0))
                found[row, 3] = max(found[row, 3], min(max(-gap, 0.0), 4.0))
            elif allies[row] & bit:
                other_margin = float(np.clip(margin[other], -4.0, 4.0))
                found[row, 5] = max(found[row, 5], other_margin) if found[row, 4] else other_margin
                found[row, 4] = 1.0
    return np.hstack([found, found[:, 1:4] * found[:, :1]])


def message_rows(docs: Documents, messages: NDArray[np.int64], militant: Sequence[bool]) -> Rows:
    """CSR rows for some messages; ``militant[i]``: whether gifts to actor ``i`` count."""
    flags = np.array(militant, dtype=np.bool_)

    def fill(start: int, *room: Any) -> int:
        return kernel.whole(docs, messages[start:], flags, _codes(), MESSAGE_SCALES, *room)

    return _rows(fill, len(messages))


def _rows(fill: Callable[..., int], count: int) -> Rows:
    """Call a filling loop until all rows are made, with fresh room each time."""
    pointers, columns, weights = [np.zeros(1, np.int64)], [], []
    room = min(max(count, 1) * 512 + 4 * BUFFER, 4_000_000)
    start = 0
    while start < count:
        indptr = np.zeros(count - start + 1, np.int64)
        indices, values = np.empty(room, np.int32), np.empty(room, np.float32)
        done = fill(start, indptr, indices, values)
        end = int(indptr[done])
        pointers.append(indptr[1 : done + 1] + pointers[-1][-1])
        columns.append(indices[:end])
        weights.append(values[:end])
        start += done
    return (
        np.concatenate(pointers),
        np.concatenate(columns) if columns else np.empty(0, np.int32),
        np.concatenate(weights) if weights else np.empty(0, np.float32),
    )
