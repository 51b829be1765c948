"""Solicitation: an ask, for a militant beneficiary, by a route. Claims of attacks beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import SCORED, Batch, Read, route_of
from classifiers.calibration import Floats
from classifiers.features import message_rows
from classifiers.model import MESSAGE_HEADS, Model, message_margins
from classifiers.vocabulary import ROUTES


@dataclass(frozen=True, slots=True)
class Whole:
    """Calibrated answers for the documents of a batch, and the log-odds behind them."""

    margins: Floats
    solicits: Floats
    ask: Floats
    claims: Floats


def score(model: Model, batch: Batch, militant: NDArray[np.bool_]) -> Whole:
    """Score every document of a batch for solicitation, for being an ask, and for claims."""
    count = batch.docs.size
    rows = message_rows(batch.docs, np.arange(count), militant.tolist())
    margins = message_margins(model, rows)
    columns = np.empty_like(margins)
    for head, label in enumerate(MESSAGE_HEADS):
        for index, tag in enumerate(SCORED):
            mine = batch.docs.language == index
            if mine.any():
                columns[mine, head] = model.probability(label, tag, margins[mine, head])
    return Whole(margins, columns[:, 0], columns[:, 1], columns[:, 2])


def has_beneficiary(read: Read, speaker: str | None, militants: frozenset[str]) -> bool:
    """Whether a militant beneficiary can be made out: named, by alias, or inherited.

    It is inherited from the channel, or from the message that is replied to.
    """
    if speaker in militants:
        return True
    for hit in (*read.reading.hits, *read.reply_hits):
        term = hit.entry
        if term.klass in ("beneficiary", "designation"):
            return True
        named = term.reference.means if term.reference and term.klass != "epithet" else ()
        if not militants.isdisjoint(named):
            return True
    return False


def routes_of(read: Read) -> list[str]:
    """The payment routes that a message names or carries, in the order of the codebook."""
    found = {
        frame
        for hit in read.reading.hits
        if hit.entry.klass == "route"
        for frame in hit.entry.frames
    }
    found.update(route for route in map(route_of, read.indicators) if route)
    return [route for route in ROUTES if route in found]
