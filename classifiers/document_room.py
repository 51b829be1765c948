"""Room for the documents of a block of messages, cut to what is filled; blocks put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.document_kernel import DOCUMENTS, HITS, MENTIONS, ROWS, TOKENS
from classifiers.documents import Documents
from classifiers.language.scoring import Kept

#: Which count an array of documents is as long as; one more for those that say where things start.
_LENGTHS = {
    DOCUMENTS: ("message", "language", "speaker", "facts"),
    TOKENS: (
        *("surface", "stem", "shape", "kind", "marks", "begin", "end", "letters", "grams"),
        "row_first",
    ),
    MENTIONS: ("mention_token", "mention_actor", "mention_share", "mention_kind"),
    HITS: ("hit_term", "hit_token", "hit_begin", "hit_end"),
    ROWS: ("rows",),
}
_STARTS = {"first": "surface", "mention_first": "mention_token", "hit_first": "hit_term"}


def room_for(kept: Kept, messages: int, keep_rows: bool) -> Documents:
    """Arrays for the documents of a block: every character may be a token."""
    tokens = int(kept.first[-1]) + 1
    small, wide, long = np.int32, np.uint64, np.int64
    return Documents(
        first=np.zeros(messages + 1, long),
        surface=np.empty(tokens, wide),
        stem=np.empty(tokens, wide),
        shape=np.empty(tokens, wide),
        kind=np.empty(tokens, np.int8),
        marks=np.empty(tokens, wide),
        begin=np.empty(tokens, small),
        end=np.empty(tokens, small),
        letters=np.empty((tokens, kept.letters.shape[1]), small),
        grams=np.empty(tokens, small),
        row_first=np.empty(tokens, long),
        rows=np.empty(kept.rows.size if keep_rows else 0, small),
        message=np.empty(messages, long),
        language=np.empty(messages, np.int8),
        speaker=np.empty(messages, long),
        facts=np.empty(messages, wide),
        mention_first=np.zeros(messages + 1, long),
        mention_token=np.empty(4 * tokens, long),
        mention_actor=np.empty(4 * tokens, long),
        mention_share=np.empty(4 * tokens, np.float32),
        mention_kind=np.empty(4 * tokens, long),
        hit_first=np.zeros(messages + 1, long),
        hit_term=np.empty(2 * tokens, small),
        hit_token=np.empty(2 * tokens, long),
        hit_begin=np.empty(2 * tokens, small),
        hit_end=np.empty(2 * tokens, small),
    )


def cut_to(docs: Documents, counts: NDArray[np.int64]) -> Documents:
    """The part of the arrays that is filled, by the counts of the compiled pass."""
    cut = {
        name: getattr(docs, name)[: counts[which]]
        for which, names in _LENGTHS.items()
        for name in names
    }
    starts = {name: getattr(docs, name)[: counts[DOCUMENTS] + 1] for name in _STARTS}
    return docs._replace(**cut, **starts)


def joined(parts: Sequence[Documents], messages: Sequence[int]) -> Documents:
    """The documents of several blocks as those of one; ``messages[i]``: messages before block i."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for names in _LENGTHS.values()
        for name in names
    }
    shifted = {"message": messages}
    for name, counted in _STARTS.items():
        ends = np.cumsum([0, *(len(getattr(part, counted)) for part in parts)])
        pieces = [getattr(part, name)[1:] + end for part, end in zip(parts, ends, strict=False)]
        columns[name] = np.concatenate([np.zeros(1, np.int64), *pieces])
        if counted == "surface":
            shifted |= {"mention_token": ends.tolist(), "hit_token": ends.tolist()}
    shifted["row_first"] = np.cumsum([0, *(len(part.rows) for part in parts)]).tolist()
    for name, starts in shifted.items():
        columns[name] = np.concatenate(
            [
                np.where(getattr(part, name) < 0, -1, getattr(part, name) + start)
                for part, start in zip(parts, starts, strict=False)
            ]
        )
    return Documents(**columns)
