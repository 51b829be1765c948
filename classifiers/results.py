"""Answers as Arrow rows: two scores for every message, one more for each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.batches import Indicator
from classifiers.explain import Span
from warehouse.schemas import ANALYSES, EVIDENCE, INDICATOR, SCORE, SHARE

HOSTILE, SOLICITS, CLAIMS = LABELS = ("hostile", "solicits_donation", "claims_attack")
CLEAR, REVIEW, FLAGGED = range(3)
STATUSES = ("clear", "review", "flagged")
REASONS = ("no_text", "language_out_of_scope", "too_short")


class Hostile(NamedTuple):
    """One answer about one target."""

    message: int
    source: str
    target: str
    probability: float
    status: int
    severity: int
    frames: tuple[str, ...]
    evidence: Sequence[Span]


class Language(NamedTuple):
    """What the detector says of one message; ``mixed`` holds (tag, share), the largest first."""

    tag: str
    probability: float | None
    mixed: tuple[tuple[str, float], ...]
    abstained: str | None


@dataclass(slots=True)
class Answers:
    """Everything that was found in ``count`` messages.

    ``probability`` and ``status`` are (count, 2): solicitation, claims. ``reasons[i]`` is an index
    of :data:`REASONS` where nothing is answered about message ``i``, else -1.
    """

    probability: NDArray[np.float64]
    status: NDArray[np.int8]
    reasons: NDArray[np.int8]
    hostile: list[Hostile] = field(default_factory=list)
    evidence: dict[tuple[int, int], Sequence[Span]] = field(default_factory=dict)
    routes: dict[int, Sequence[str]] = field(default_factory=dict)

    @staticmethod
    def empty(count: int) -> Answers:
        """Answers to fill in."""
        return Answers(
            np.zeros((count, 2)), np.zeros((count, 2), np.int8), np.full(count, -1, np.int8)
        )


def assemble(
    answers: Answers,
    speakers: Sequence[str | None],
    languages: Sequence[Language],
    indicators: dict[int, Sequence[Indicator]],
    version: str,
) -> pa.RecordBatch:
    """Rows of ANALYSES, one for each message in order."""
    count = len(speakers)
    columns = [
        pa.array(speakers, pa.string()),
        pa.array([row.tag for row in languages], pa.string()),
        pa.array([row.probability for row in languages], pa.float32()),
        _lists([row.mixed for row in languages], SHARE),
        pa.array([row.abstained for row in languages], pa.string()),
        _scores(answers),
        _lists([_indicator_rows(indicators.get(i, ())) for i in range(count)], INDICATOR),
        pa.nulls(count, pa.uint64()),
        pa.nulls(count, pa.float32()),
        pa.array([version], pa.string()).take(pa.array(np.zeros(count, np.int64))),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ANALYSES)


def _indicator_rows(found: Sequence[Indicator]) -> list[tuple[Any, ...]]:
    return [(item.type, item.value, item.start, item.end, item.valid) for item in found]


def _lists(rows: Sequence[Sequence[Sequence[Any]]], of: pa.StructType) -> pa.ListArray:
    """A list of structs per row; the structs as tuples in the order of the fields."""
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    flat = [item for row in rows for item in row]
    columns = [
        pa.array([item[index] for item in flat], of.field(index).type)
        for index in range(of.num_fields)
    ]
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays(columns, fields=list(of))
    )


def _strings(rows: Sequence[Sequence[str]]) -> pa.ListArray:
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    values = pa.array([item for row in rows for item in row], pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _choice(values: Sequence[str], codes: NDArray[Any]) -> pa.Array:
    """``values[code]`` by row, null for -1."""
    picked = pa.array(codes.astype(np.int64), mask=codes < 0)
    return pa.array(values, pa.string()).take(picked)


def _scores(answers: Answers) -> pa.ListArray:
    """The list column: targets by falling probability, then solicitation, then claims.

    A message that nothing is answered about carries one row per label with the reason.
    """
    count = len(answers.reasons)
    silent = np.flatnonzero(answers.reasons >= 0)
    hostile = sorted(answers.hostile, key=lambda row: (row.message, -row.probability, row.target))
    directed = len(hostile)
    every = np.arange(count)
    message = np.concatenate(
        [np.array([row.message for row in hostile], np.int64), silent, every, every]
    )
    label = np.repeat([0, 0, 1, 2], [directed, len(silent), count, count]).astype(np.int8)
    reason = answers.reasons[message]
    padding = np.zeros(len(silent))
    probability = np.concatenate(
        [
            np.array([row.probability for row in hostile]),
            padding,
            answers.probability[:, 0],
            answers.probability[:, 1],
        ]
    )
    status = np.concatenate(
        [
            np.array([row.status for row in hostile], np.int8),
            padding.astype(np.int8),
            answers.status[:, 0],
            answers.status[:, 1],
        ]
    )
    order = np.argsort(message, kind="stable")
    total = len(message)
    sources: list[str | None] = [None] * total
    targets: list[str | None] = [None] * total
    severity = np.zeros(total, np.int8)
    frames: list[Sequence[str]] = [()] * total
    routes: list[Sequence[str]] = [()] * total
    evidence: list[Sequence[Span]] = [()] * total
    place = np.empty(total, np.int64)
    place[order] = np.arange(total)
    for row, at in zip(hostile, place[:directed].tolist(), strict=True):
        sources[at], targets[at] = row.source, row.target
        severity[at], frames[at], evidence[at] = row.severity, row.frames, row.evidence
    base = directed + len(silent)
    for number, found in answers.routes.items():
        routes[place[base + number]] = found
    for (number, column), spans in answers.evidence.items():
        evidence[place[base + column * count + number]] = spans
    reason = reason[order]
    arrays = [
        _choice(LABELS, label[order]),
        pa.array(sources, pa.string()),
        pa.array(targets, pa.string()),
        pa.array(probability[order].astype(np.float32), mask=reason >= 0),
        _choice(REASONS, reason),
        _choice(STATUSES, status[order]),
        pa.array(severity, pa.int8(), mask=severity == 0),
        _strings(frames),
        _strings(routes),
        _lists(evidence, EVIDENCE),
    ]
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(message, minlength=count), out=offsets[1:])
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays(arrays, fields=list(SCORE))
    )
