"""Directed hostility: who attacks whom, how severely, and in which frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import SCORED, Batch, Read
from classifiers.calibration import Floats
from classifiers.features import directed_rows
from classifiers.model import Model, detail_margins, directed_margins, settled_margins
from classifiers.vocabulary import FRAMES

UNKNOWN = "unknown"
#: Belief from which a mention simply means an actor.
SURE = 0.6


@dataclass(frozen=True, slots=True)
class Directed:
    """Answers for the candidates of a batch, aligned with them."""

    margin: Floats
    probability: Floats
    severity: NDArray[np.int8]
    frames: Sequence[tuple[str, ...]]


def score(model: Model, batch: Batch) -> Directed:
    """Score every candidate of a batch.

    The probability is that of hostility *to whoever the mention means*. Where it is not clear that
    it means this target it is multiplied by the belief that it does: an epithet that fits two
    actors equally flags neither of them by itself.
    """
    found = batch.candidates
    rows = directed_rows(batch.docs, found)
    margin = directed_margins(model, rows)
    margin = settled_margins(model, batch.docs, found, margin)
    details = detail_margins(model, rows)
    language = batch.docs.language[found.message] if len(found.message) else np.empty(0, np.int64)
    probability = np.empty(len(margin))
    for index, tag in enumerate(SCORED):
        mine = language == index
        if mine.any():
            probability[mine] = model.probability("hostile", tag, margin[mine])
    severity = (np.argmax(details[:, :3], axis=1) + 1).astype(np.int8)
    return Directed(
        margin,
        probability * np.where(found.share >= SURE, 1.0, found.share),
        severity,
        _frames(details[:, 3:]),
    )


def source_of(read: Read, speaker: str | None, target: str) -> str:
    """Who is hostile: the channel's actor, else the author whom the text itself gives.

    An author is given by the name of a medium, or by a name in a sentence in which "we" speak.
    """
    if speaker:
        return speaker
    for mention in read.reading.mentions:
        actor, share = mention.shares[0]
        if mention.kind == "outlet" and actor != target and share > 0.5:
            return actor
    text = read.normalised.text
    own = [hit for hit in read.reading.hits if hit.entry.klass == "self"]
    for mention in read.reading.mentions:
        actor, share = mention.shares[0]
        if actor == target or share <= 0.5 or mention.kind not in ("actor", "designation"):
            continue
        for hit in own:
            low, high = min(hit.start, mention.start), max(hit.end, mention.end)
            if high - low < 120 and not any(mark in text[low:high] for mark in ".!?؟۔\n"):
                return actor
    return UNKNOWN


def _frames(values: Floats) -> list[tuple[str, ...]]:
    """The frames more likely than not; the likeliest where there is none, never nothing."""
    best = np.argmax(values, axis=1)
    return [
        tuple(FRAMES[k] for k in np.flatnonzero(row > 0)) or (FRAMES[best[index]],)
        for index, row in enumerate(values)
    ]
