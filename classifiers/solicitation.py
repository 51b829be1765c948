"""Solicitation: an ask, for a militant beneficiary, by a route. Claims of attacks beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import SCORED, Batch, route_of
from classifiers.calibration import Floats
from classifiers.documents import Documents
from classifiers.evidence_kernel import Fitted
from classifiers.features import FACT
from classifiers.margin_kernel import Bench
from classifiers.model import MESSAGE_HEADS, Model, message_margins
from classifiers.reader import Reader
from classifiers.vocabulary import ROUTES


@dataclass(frozen=True, slots=True)
class Whole:
    """Calibrated answers for the documents of a batch, and the log-odds behind them."""

    margins: Floats
    solicits: Floats
    ask: Floats
    claims: Floats


def score(model: Model, fitted: Fitted, batch: Batch, bench: Bench) -> Whole:
    """Score every document of a batch for solicitation, for being an ask, and for claims."""
    margins = message_margins(fitted, batch.docs, bench)
    columns = np.empty_like(margins)
    for index, tag in enumerate(SCORED):
        mine = batch.docs.language == index
        if mine.any():
            for head, label in enumerate(MESSAGE_HEADS):
                columns[mine, head] = model.probability(label, tag, margins[mine, head])
    return Whole(margins, columns[:, 0], columns[:, 1], columns[:, 2])


def beneficiaries(reader: Reader, docs: Documents) -> NDArray[np.bool_]:
    """Whether a militant beneficiary can be made out, by document: named, by alias, or inherited.

    It is inherited from the channel, or from the message that is replied to.
    """
    facts = np.uint64(FACT["militant_channel"] | FACT["reply_serves"])
    named = _of_hits(docs, reader.serves[docs.hit_term].astype(np.uint8))
    inherited: NDArray[np.bool_] = (docs.facts & facts) != 0
    return np.asarray(inherited | (named != 0), np.bool_)


def routes(reader: Reader, batch: Batch) -> NDArray[np.uint8]:
    """The payment routes that each document names or carries, as bits in the codebook's order."""
    found = _of_hits(batch.docs, reader.routes[batch.docs.hit_term])
    place = {int(row): doc for doc, row in enumerate(batch.docs.message)}
    for row, listed in batch.indicators.items():
        for indicator in listed:
            route = route_of(indicator)
            if route and row in place:
                found[place[row]] |= 1 << ROUTES.index(route)
    return found


def _of_hits(docs: Documents, bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The bits of the hits of each document together."""
    found = np.zeros(docs.size, np.uint8)
    some = np.flatnonzero(np.diff(docs.hit_first))
    if some.size:
        found[some] = np.bitwise_or.reduceat(bits, docs.hit_first[some])
    return found
