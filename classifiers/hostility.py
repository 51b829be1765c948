"""Directed hostility: who attacks whom, how severely, and in which frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import SCORED, Batch
from classifiers.calibration import Floats
from classifiers.documents import BREAK, CLASSES, Documents
from classifiers.evidence_kernel import Fitted
from classifiers.features import Candidates
from classifiers.margin_kernel import Bench
from classifiers.model import Model, detail_margins, directed_margins, settled_margins

UNKNOWN = "unknown"
#: Belief from which a mention simply means an actor.
SURE = 0.6


#: Tokens between "we" and a name in one sentence that make the name that of the author.
_NEAR = 20


@dataclass(frozen=True, slots=True)
class Directed:
    """Answers for the candidates of a batch, aligned with them."""

    margin: Floats
    probability: Floats


def score(model: Model, fitted: Fitted, batch: Batch, bench: Bench) -> Directed:
    """Score every candidate of a batch.

    The probability is that of hostility *to whoever the mention means*. Where it is not clear that
    it means this target it is multiplied by the belief that it does: an epithet that fits two
    actors equally flags neither of them by itself.
    """
    found = batch.candidates
    margin = directed_margins(fitted, batch.docs, found, bench)
    margin = settled_margins(model, batch.docs, found, margin, bench)
    language = batch.docs.language[found.message]
    probability = np.empty(len(margin))
    for index, tag in enumerate(SCORED):
        mine = language == index
        if mine.any():
            probability[mine] = model.probability("hostile", tag, margin[mine])
    return Directed(margin, probability * np.where(found.share >= SURE, 1.0, found.share))


def details(
    model: Model, batch: Batch, rows: NDArray[np.int64], bench: Bench
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Severity (1 to 3) and frames (rows, frames) of some candidates.

    Frames are those more likely than not; the likeliest where there is none, never nothing.
    """
    found = batch.candidates
    some = Candidates(found.message[rows], found.target[rows], found.share[rows])
    values = detail_margins(model, batch.docs, some, bench)
    severity = (np.argmax(values[:, :3], axis=1) + 1).astype(np.int8)
    frames = values[:, 3:] > 0
    none = np.flatnonzero(~frames.any(axis=1))
    frames[none, np.argmax(values[none, 3:], axis=1)] = True
    return severity, frames


def sources(
    docs: Documents, doc: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Who is hostile in each (document, target): an actor, -1 where unknown.

    The channel's actor, else the author whom the text itself gives: by the name of a medium, or by
    a name in a sentence in which "we" speak.
    """
    found = docs.speaker[doc].copy()
    for row in np.flatnonzero(found < 0).tolist():
        found[row] = _author(docs, int(doc[row]), int(target[row]))
    return found


_SELF = np.uint64(1 << CLASSES.index("self"))
_OUTLET = CLASSES.index("outlet")
_NAMED = (CLASSES.index("actor"), CLASSES.index("designation"))


def _author(docs: Documents, doc: int, target: int) -> int:
    rows = range(int(docs.mention_first[doc]), int(docs.mention_first[doc + 1]))
    likeliest: dict[int, int] = {}
    for row in rows:
        likeliest.setdefault(int(docs.mention_token[row]), row)
    named = [
        (token, int(docs.mention_actor[row]), int(docs.mention_kind[row]))
        for token, row in likeliest.items()
        if docs.mention_share[row] > 0.5 and docs.mention_actor[row] != target
    ]
    for _, actor, kind in named:
        if kind == _OUTLET:
            return actor
    first, last = int(docs.first[doc]), int(docs.first[doc + 1])
    own = np.flatnonzero(docs.marks[first:last] & _SELF) + first
    for token, actor, kind in named:
        if kind not in _NAMED:
            continue
        for other in own.tolist():
            low, high = sorted((token, other))
            if high - low <= _NEAR and BREAK not in docs.kind[low:high]:
                return actor
    return -1
