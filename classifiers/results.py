"""Answers as Arrow rows: two scores for every message, one more for each target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.evidence_kernel import Spans
from classifiers.language.detection import REASONS as LANGUAGE_REASONS
from classifiers.language.detection import Columns as Languages
from classifiers.reader import Indicator
from classifiers.vocabulary import FRAMES, ROUTES
from warehouse.schemas import ANALYSES, EVIDENCE, INDICATOR, SCORE, SHARE, SHOWS

HOSTILE, SOLICITS, CLAIMS = LABELS = ("hostile", "solicits_donation", "claims_attack")
CLEAR, REVIEW, FLAGGED = range(3)
STATUSES = ("clear", "review", "flagged")
REASONS = ("no_text", "language_out_of_scope", "too_short")


@dataclass(frozen=True, slots=True)
class Hostile:
    """Answers about targets, aligned: the message, who (places of actors, source -1: unknown).

    ``severity`` 0: none given; ``frames`` is (rows, frames).
    """

    message: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    probability: NDArray[np.float64]
    status: NDArray[np.int8]
    severity: NDArray[np.int8]
    frames: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Whole:
    """Answers about messages: (messages, 2) for solicitation and claims; routes as bits.

    ``reason`` is an index of :data:`REASONS` where nothing is answered about a message, else -1.
    """

    probability: NDArray[np.float64]
    status: NDArray[np.int8]
    reason: NDArray[np.int8]
    routes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Spans by item; ``row``: of :class:`Hostile` where ``label`` is 0, else a message."""

    label: NDArray[np.int8]
    row: NDArray[np.int64]
    spans: Spans


@dataclass(frozen=True, slots=True)
class Facts:
    """What else is known of each message."""

    speaker: NDArray[np.int32]
    languages: Languages
    indicators: Mapping[int, Sequence[Indicator]]
    fingerprint: NDArray[np.uint64]
    version: str


def assemble(
    actors: Sequence[str], facts: Facts, hostile: Hostile, whole: Whole, evidence: Evidence
) -> pa.RecordBatch:
    """Rows of ANALYSES, one for each message in order."""
    count = len(facts.speaker)
    languages = facts.languages
    silent = languages.reason >= 0
    columns = [
        _choice(actors, facts.speaker),
        _choice(languages.names, languages.code),
        pa.array(np.round(languages.probability, 6).astype(np.float32), mask=silent),
        _shares(languages.mixed, count),
        _choice(LANGUAGE_REASONS, languages.reason),
        _scores(actors, hostile, whole, evidence),
        _indicators(facts.indicators, count),
        pa.array(facts.fingerprint, mask=facts.fingerprint == 0),
        pa.array(languages.dari_log_odds.astype(np.float32), mask=~languages.persian),
        _choice([facts.version], np.zeros(count, np.int8)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ANALYSES)


def _choice(values: Sequence[str], codes: NDArray[Any]) -> pa.Array:
    """``values[code]`` by row, null for -1."""
    picked = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.array(values, pa.string()).take(picked)


def _list(sizes: NDArray[Any], columns: Sequence[pa.Array], of: pa.StructType) -> pa.ListArray:
    """Lists of structs, ``sizes[i]`` in row ``i``."""
    return _split(sizes, pa.StructArray.from_arrays(columns, fields=list(of)))


def _split(sizes: NDArray[Any], values: pa.Array) -> pa.ListArray:
    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _set(bits: NDArray[np.bool_], names: Sequence[str]) -> pa.ListArray:
    """The names of the columns that are set, by row."""
    return _split(bits.sum(axis=1), _choice(names, np.nonzero(bits)[1]))


def _rows(found: Mapping[int, Sequence[Any]], count: int) -> tuple[NDArray[np.int64], list[Any]]:
    """How many each row has, and all of them in order."""
    sizes = np.zeros(count, np.int64)
    for row, items in found.items():
        sizes[row] = len(items)
    return sizes, [item for row in sorted(found) for item in found[row]]


def _shares(mixed: Mapping[int, Sequence[Any]], count: int) -> pa.ListArray:
    sizes, flat = _rows(mixed, count)
    tags, shares = [tag for tag, _ in flat], [share for _, share in flat]
    return _list(sizes, [pa.array(tags, pa.string()), pa.array(shares, pa.float32())], SHARE)


def _indicators(found: Mapping[int, Sequence[Indicator]], count: int) -> pa.ListArray:
    sizes, flat = _rows(found, count)
    columns = [
        pa.array([getattr(item, field.name) for item in flat], field.type) for field in INDICATOR
    ]
    return _list(sizes, columns, INDICATOR)


def _scores(
    actors: Sequence[str], hostile: Hostile, whole: Whole, evidence: Evidence
) -> pa.ListArray:
    """The list column: targets by falling probability, then solicitation, then claims.

    A message that nothing is answered about carries one row per label with the reason.
    """
    count, directed = len(whole.reason), len(hostile.message)
    silent = np.flatnonzero(whole.reason >= 0)
    every = np.arange(count)
    message = np.concatenate([hostile.message, silent, every, every])
    total = len(message)
    base = directed + len(silent)  # where solicitation starts; claims follow
    label = np.repeat([0, 0, 1, 2], [directed, len(silent), count, count]).astype(np.int8)
    falling = np.zeros(total)
    falling[:directed] = -hostile.probability
    order = np.lexsort((_padded(hostile.target, total), falling, label, message))
    reason = whole.reason[message]
    probability = np.zeros(total, np.float32)
    probability[:directed] = hostile.probability
    probability[base:] = whole.probability.T.ravel()
    status = np.zeros(total, np.int8)
    status[:directed] = hostile.status
    status[base:] = whole.status.T.ravel()
    target = _padded(hostile.target, total)
    source = np.full(total, -1)
    source[:directed] = np.where(hostile.source < 0, len(actors), hostile.source)
    severity = np.zeros(total, np.int8)
    severity[:directed] = hostile.severity
    frames = np.zeros((total, len(FRAMES)), np.bool_)
    frames[:directed] = hostile.frames
    routes = np.zeros((total, len(ROUTES)), np.bool_)
    bits = np.unpackbits(whole.routes[:, None], axis=1, bitorder="little")
    routes[base : base + count] = bits[:, : len(ROUTES)]
    arrays = [
        _choice(LABELS, label[order]),
        _choice([*actors, "unknown"], source[order]),
        _choice(actors, target[order]),
        pa.array(probability[order], mask=reason[order] >= 0),
        _choice(REASONS, reason[order]),
        _choice(STATUSES, status[order]),
        pa.array(severity[order], mask=severity[order] == 0),
        _set(frames[order], FRAMES),
        _set(routes[order], ROUTES),
        _spans(evidence, base, count, order),
    ]
    return _list(np.bincount(message, minlength=count), arrays, SCORE)


def _padded(codes: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    found = np.full(total, -1)
    found[: len(codes)] = codes
    return found


def _spans(evidence: Evidence, base: int, count: int, order: NDArray[np.int64]) -> pa.ListArray:
    """Evidence by score, in the order of the scores."""
    spans = evidence.spans
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    later = base + (evidence.label.astype(np.int64) - 1) * count
    item_row = place[evidence.row + np.where(evidence.label == 0, 0, later)]
    sizes = np.zeros(len(order), np.int64)
    item_size = np.diff(spans.first)
    sizes[item_row] = item_size
    by_row = np.argsort(item_row, kind="stable")
    start = spans.first[:-1][by_row]
    length = item_size[by_row]
    # The spans of the items in their new order.
    taken = np.repeat(start - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
    taken = (taken + np.arange(int(length.sum()))).astype(np.int64)
    columns = [
        pa.array(spans.start[taken]),
        pa.array(spans.end[taken]),
        _choice(SHOWS, spans.shows[taken]),
    ]
    return _list(sizes, columns, EVIDENCE)
