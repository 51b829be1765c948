"""The scorer: a batch of messages in, one row of answers for each out, in the same order.

>>> import pyarrow as pa
>>> scorer = Scorer.load()
>>> scorer.score(pa.table({"text": [""]})).column("language")[0].as_py()
'zxx'
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import evidence, hostility, modelfile, solicitation
from classifiers.batches import (
    SCORED,
    Batch,
    Messages,
    read_batches,
)
from classifiers.evidence_kernel import Classes, Items
from classifiers.features import bench
from classifiers.knowledge import Knowledge, KnowledgeError, data_folder
from classifiers.labels import read_labels, read_thresholds
from classifiers.margin_kernel import Bench, Fitted
from classifiers.model import Model
from classifiers.model import load as load_model
from classifiers.reader import FindIndicators, Reader, make_reader
from classifiers.results import (
    CLAIMS,
    CLEAR,
    FLAGGED,
    HOSTILE,
    REASONS,
    REVIEW,
    SOLICITS,
    Evidence,
    Facts,
    Hostile,
    Whole,
    assemble,
)
from classifiers.version import Parts, parts_of
from classifiers.vocabulary import FRAMES
from warehouse.schemas import ANALYSES

#: Fewer letters than this, in no language that can be told, are too few to answer about.
FEW_LETTERS = 12

#: From this probability on, an ask whose beneficiary cannot be made out goes to review.
ASK_REVIEWED_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Resources:
    """What a scorer needs, loaded on first use and shared by its threads.

    ``thresholds``: label → (languages, 2): flagged from, reviewed from. ``idle``: (languages, 2)
    probabilities of solicitation and claims where a message has no document.
    """

    model: Model
    fitted: Fitted
    reader: Reader
    classes: Classes
    thresholds: Mapping[str, NDArray[np.float64]]
    idle: NDArray[np.float64]
    version: str

    @property
    def knowledge(self) -> Knowledge:
        """The reference tables."""
        return self.reader.knowledge


@dataclass(slots=True)
class Scorer:
    """Scores batches with one model; safe to call from several threads.

    Make one with :meth:`load`; weights and tables are read on the first call of :meth:`score`.
    """

    folder: Path
    version: str
    parts: Parts | None = None
    _resources: Resources | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @staticmethod
    def load(folder: Path | None = None) -> Scorer:
        """A scorer for the model of ``folder`` (default: the bundled one).

        Raises:
            ModelFileError: there is no model card. What else is wrong with the files is raised by
                the first call of :meth:`score`.
        """
        parts = parts_of(folder)
        return Scorer(folder or modelfile.FOLDER, parts.version, parts)

    @property
    def resources(self) -> Resources:
        """The model and tables."""
        with self._lock:
            if self._resources is None:
                self._resources = resources_of(load_model(self.folder), self.version, self.folder)
            return self._resources

    def score(self, table: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
        """Score messages.

        Args:
            table: ``text`` and optionally ``channel_actor``, ``channel_name``,
                ``channel_username`` and ``reply_text``, all strings; other columns are ignored.

        Returns:
            Rows of :data:`warehouse.schemas.ANALYSES`, one for each input row, in order.

        Raises:
            KeyError: there is no column ``text``.
            ValueError: ``channel_actor`` names an actor who is not in the table of actors.
        """
        resources = self.resources
        messages = messages_of(resources.knowledge, table)
        parts = []
        start = 0
        at = bench(resources.reader.militant)
        for batch in read_batches(resources.reader, messages):
            speaker = messages.speaker[start : start + len(batch.letters)]
            parts.append(_score(resources, batch, speaker, at))
            start += len(batch.letters)
        if not parts:
            return pa.RecordBatch.from_pylist([], schema=ANALYSES)
        return parts[0] if len(parts) == 1 else pa.concat_batches(parts)


def resources_of(
    model: Model,
    version: str,
    folder: Path = modelfile.FOLDER,
    find_indicators: FindIndicators | None = None,
) -> Resources:
    """Join a model with the bundled tables, and with the thresholds of its ``folder``."""
    from classifiers import indicators, language  # noqa: PLC0415 - loaded when needed

    reader = make_reader(
        model.in_table_of(language.default()), find_indicators or indicators.find_all
    )
    idle = [[model.idle_probability(label, tag) for label in (SOLICITS, CLAIMS)] for tag in SCORED]
    return Resources(
        model=model,
        fitted=model.fitted(),
        reader=reader,
        classes=evidence.classes_of(reader.tables.terms.klass),
        thresholds=_thresholds(reader.knowledge, folder),
        idle=np.array(idle),
        version=version,
    )


def _thresholds(known: Knowledge, folder: Path) -> dict[str, NDArray[np.float64]]:
    """The analyst's table for the bundled model; another model brings its own beside it."""
    chosen = known.thresholds
    if folder.resolve() != modelfile.FOLDER.resolve():
        labels, _ = read_labels(data_folder() / "labels.yaml")
        found, problems = read_thresholds(folder / "thresholds.csv", labels)
        if problems:
            raise KnowledgeError(problems)
        chosen = tuple(found)
    rows = {(row.label, row.language): row for row in chosen}
    limits = {}
    for name, label in known.labels.items():
        own = [rows.get((name, language)) for language in SCORED]
        limits[name] = np.array(
            [
                (row.threshold, row.reviewed_from) if row else (label.threshold, label.review)
                for row in own
            ]
        )
    return limits


def messages_of(known: Knowledge, table: pa.Table | pa.RecordBatch) -> Messages:
    """What is given of each message, from columns as :meth:`Scorer.score` takes them."""
    text = _column(table, "text")
    if text.null_count:
        text = text.fill_null("")
    return Messages(text, speakers_of(known, table), _column(table, "reply_text"))


def _column(table: pa.Table | pa.RecordBatch, name: str) -> pa.Array:
    """A column of strings as one array; nulls where there is none, but for the text."""
    if name not in table.schema.names and name != "text":
        return pa.nulls(table.num_rows, pa.string())
    column = table.column(name)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no chunks, or too large for one
        column = pa.concat_arrays(
            [chunk.cast(pa.large_string()) for chunk in column.chunks]
            or [pa.array([], pa.string())]
        )
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


def speakers_of(known: Knowledge, table: pa.Table | pa.RecordBatch) -> NDArray[np.int32]:
    """The channel's actor by row: as given, else by the channel's name or user name.

    Returns:
        places of actors, -1 where unknown.
    """
    actors = {actor: place for place, actor in enumerate(known.actors)}
    given = _column(table, "channel_actor")
    channels = [_column(table, name) for name in ("channel_name", "channel_username")]
    columns = [column.dictionary_encode() for column in (given, *channels)]
    codes = np.stack(
        [column.indices.fill_null(-1).to_numpy(zero_copy_only=False) for column in columns], axis=1
    )
    values = [column.dictionary.to_pylist() for column in columns]
    different, place = np.unique(codes, axis=0, return_inverse=True)
    found = np.full(len(different), -1, np.int32)
    for row, of in enumerate(different.tolist()):
        actor, name, username = (
            listed[code] if code >= 0 else None for listed, code in zip(values, of, strict=True)
        )
        if actor and actor not in actors:
            raise ValueError(
                f"unknown channel_actor {actor!r}; use one of {', '.join(actors)}, "
                "or leave it empty"
            )
        if not actor and (name or username):
            actor = known.affiliation(name, username)
        found[row] = actors[actor] if actor else -1
    return found[place.ravel()]


def _score(
    resources: Resources, batch: Batch, speaker: NDArray[np.int32], at: Bench
) -> pa.RecordBatch:
    hostile = _hostile(resources, batch, at)
    whole = _whole(resources, batch, at)
    found = _evidence(resources, batch, hostile, whole, at)
    facts = Facts(speaker, batch.languages, batch.indicators, batch.fingerprint, resources.version)
    return assemble(resources.reader.actors, facts, hostile, whole, found)


def _status(
    limits: NDArray[np.float64], language: NDArray[np.int8], probability: NDArray[np.float64]
) -> NDArray[np.int8]:
    flagged, reviewed = limits[language].T
    status = np.where(probability >= reviewed, REVIEW, CLEAR)
    return np.where(probability >= flagged, FLAGGED, status).astype(np.int8)


def _hostile(resources: Resources, batch: Batch, at: Bench) -> Hostile:
    """Everybody who is spoken of; how and by whom, where it is hostile or may be."""
    docs, found = batch.docs, batch.candidates
    directed = hostility.score(resources.model, resources.fitted, batch, at)
    status = _status(
        resources.thresholds[HOSTILE], docs.language[found.message], directed.probability
    )
    count = len(status)
    source = docs.speaker[found.message]
    severity, frames = np.zeros(count, np.int8), np.zeros((count, len(FRAMES)), np.bool_)
    rows = np.flatnonzero(status != CLEAR)
    if rows.size:
        severity[rows], frames[rows] = hostility.details(resources.model, batch, rows, at)
        source[rows] = hostility.sources(docs, found.message[rows], found.target[rows])
    return Hostile(
        docs.message[found.message],
        source,
        found.target,
        directed.probability,
        status,
        severity,
        frames,
    )


def _whole(resources: Resources, batch: Batch, at: Bench) -> Whole:
    """Solicitation and claims of every message, or why there is no answer."""
    docs = batch.docs
    count = len(batch.letters)
    probability, status = np.zeros((count, 2)), np.zeros((count, 2), np.int8)
    routes = np.zeros(count, np.uint8)
    found = solicitation.score(resources.model, resources.fitted, batch, at)
    language, message = docs.language, docs.message
    solicits = _status(resources.thresholds[SOLICITS], language, found.solicits)
    may = (solicits != CLEAR) | (found.ask >= ASK_REVIEWED_FROM)
    nobody = may & ~solicitation.beneficiaries(resources.reader, docs)
    solicits[nobody] = REVIEW
    status[message, 0] = solicits
    status[message, 1] = _status(resources.thresholds[CLAIMS], language, found.claims)
    probability[message] = np.stack([found.solicits, found.claims], axis=1)
    routes[message] = np.where(
        solicits != CLEAR, solicitation.routes(resources.reader, batch), np.uint8(0)
    )
    reason = _reasons(batch)
    idle = np.ones(count, np.bool_)
    idle[message] = False
    reason[~idle] = -1
    answered = idle & (reason < 0)
    probability[answered] = resources.idle[batch.read_as[answered]]
    return Whole(probability, status, reason, routes)


def _reasons(batch: Batch) -> NDArray[np.int8]:
    """Why nothing is answered about messages without a document; -1 where something is."""
    languages = batch.languages
    undecided = languages.code == languages.names.index("und")
    reason = np.full(len(undecided), -1, np.int8)
    reason[~batch.scored | undecided] = REASONS.index("language_out_of_scope")
    reason[undecided & (batch.letters < FEW_LETTERS)] = REASONS.index("too_short")
    reason[batch.letters == 0] = REASONS.index("no_text")
    return reason


def _evidence(
    resources: Resources, batch: Batch, hostile: Hostile, whole: Whole, at: Bench
) -> Evidence:
    """The words behind everything that is flagged or to be reviewed.

    A score that flags nothing shows its terms only; for one that does, words are looked for.
    """
    docs = batch.docs
    candidates = np.flatnonzero(hostile.status != CLEAR)
    status = whole.status[docs.message]
    by_label = [candidates, *(np.flatnonzero(status[:, k] != CLEAR) for k in range(2))]
    doc = np.concatenate([batch.candidates.message[candidates], *by_label[1:]])
    label = np.repeat(np.arange(3), [len(rows) for rows in by_label]).astype(np.int8)
    hide = [hostile.status[candidates], *(status[rows, k] for k, rows in enumerate(by_label[1:]))]
    items = Items(
        doc=doc,
        label=label,
        target=np.concatenate(
            [hostile.target[candidates], np.full(len(doc) - len(candidates), -1)]
        ),
    )
    spans = evidence.find(
        batch, items, np.concatenate(hide) == FLAGGED, resources.classes, resources.fitted, at
    )
    row = np.concatenate([candidates, *(docs.message[rows] for rows in by_label[1:])])
    return Evidence(label, row, spans)
