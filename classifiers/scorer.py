"""The scorer: a batch of messages in, one row of answers for each out, in the same order.

>>> import pyarrow as pa
>>> scorer = Scorer.load()
>>> scorer.score(pa.table({"text": [""]})).column("language")[0].as_py()
'zxx'
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import explain, hostility, modelfile, solicitation
from classifiers.batches import (
    SCORED,
    Batch,
    FindIndicators,
    languages_of,
    militants,
    read_batch,
)
from classifiers.calibration import Floats
from classifiers.feature_kernel import Documents
from classifiers.features import Candidates, directed_rows, message_rows
from classifiers.knowledge import Knowledge, KnowledgeError, data_folder
from classifiers.labels import read_labels, read_thresholds
from classifiers.lexicon import Lexicon
from classifiers.model import NAME, Model, directed_margins, message_margins
from classifiers.model import load as load_model
from classifiers.results import (
    CLAIMS,
    CLEAR,
    FLAGGED,
    HOSTILE,
    REASONS,
    REVIEW,
    SOLICITS,
    Answers,
    Hostile,
    Language,
    assemble,
)

#: Rows scored at once: enough to amortise the calls, few enough to keep the arrays small.
SLICE = 8_192

#: Fewer letters than this, in no language that can be told, are too few to answer about.
FEW_LETTERS = 12

#: From this probability on, an ask whose beneficiary cannot be made out goes to review.
ASK_REVIEWED_FROM = 0.5

Thresholds = Mapping[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Resources:
    """What a scorer needs, loaded on first use and shared by its threads.

    ``thresholds``: (label, language) → (flagged from, reviewed from). ``militant`` is by actor.
    """

    model: Model
    knowledge: Knowledge
    lexicon: Lexicon
    find_indicators: FindIndicators
    thresholds: Thresholds
    militant: NDArray[np.bool_]
    militants: frozenset[str]
    version: str


@dataclass(slots=True)
class Scorer:
    """Scores batches with one model; safe to call from several threads.

    Make one with :meth:`load`; weights and tables are read on the first call of :meth:`score`.
    """

    folder: Path
    version: str
    _resources: Resources | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @staticmethod
    def load(folder: Path | None = None) -> Scorer:
        """A scorer for the model of ``folder`` (default: the bundled one).

        Raises:
            ModelFileError: there is no model card. What else is wrong with the files is raised by
                the first call of :meth:`score`.
        """
        folder = folder or modelfile.FOLDER
        card = modelfile.read_card(folder, NAME)
        return Scorer(folder, modelfile.model_version(str(card.get("weights_sha256"))))

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
        starts = range(0, max(table.num_rows, 1), SLICE)
        parts = [_score(resources, table.slice(start, SLICE)) for start in starts]
        return parts[0] if len(parts) == 1 else pa.concat_batches(parts)


def resources_of(model: Model, version: str, folder: Path = modelfile.FOLDER) -> Resources:
    """Join a model with the bundled tables, and with the thresholds of its ``folder``."""
    from classifiers import indicators, knowledge, lexicon  # noqa: PLC0415 - loaded when needed

    known = knowledge.load()
    flags = militants(known)
    return Resources(
        model=model,
        knowledge=known,
        lexicon=lexicon.lexicon(),
        find_indicators=indicators.find,
        thresholds=_thresholds(known, folder),
        militant=flags,
        militants=frozenset(np.array(list(known.actors))[flags].tolist()),
        version=version,
    )


def _thresholds(known: Knowledge, folder: Path) -> Thresholds:
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
        for language in SCORED:
            row = rows.get((name, language))
            limits[name, language] = (
                (row.threshold, row.reviewed_from) if row else (label.threshold, label.review)
            )
    return limits


def detect_languages(texts: Sequence[str]) -> list[Language]:
    """The language of each text."""
    from classifiers import language  # noqa: PLC0415 - loaded when needed

    found = language.detect(pa.array(texts, pa.string()))
    columns = (found.tag, found.probability, found.mixed, found.abstained)
    return [Language(*row) for row in zip(*columns, strict=True)]


def speakers_of(known: Knowledge, table: pa.Table | pa.RecordBatch) -> list[str | None]:
    """The channel's actor by row: as given, else by the channel's name or user name."""
    given = _column(table, "channel_actor")
    names = _column(table, "channel_name")
    usernames = _column(table, "channel_username")
    cache: dict[tuple[str | None, str | None], str | None] = {}
    found: list[str | None] = []
    for actor, *channel in zip(given, names, usernames, strict=True):
        if actor:
            if actor not in known.actors:
                raise ValueError(
                    f"unknown channel_actor {actor!r}; use one of {', '.join(known.actors)}, "
                    "or leave it empty"
                )
            found.append(actor)
            continue
        key = (channel[0], channel[1])
        if key not in cache:
            cache[key] = known.affiliation(*key) if any(key) else None
        found.append(cache[key])
    return found


def _column(table: pa.Table | pa.RecordBatch, name: str) -> list[Any]:
    if name not in table.schema.names:
        return [None] * table.num_rows
    return list(table.column(name).to_pylist())


def _score(resources: Resources, table: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
    texts = [text or "" for text in table.column("text").to_pylist()]
    languages = detect_languages(texts)
    speakers = speakers_of(resources.knowledge, table)
    tables = [
        languages_of(row.tag, row.probability, tuple(tag for tag, _ in row.mixed))
        for row in languages
    ]
    batch = read_batch(
        texts,
        tables,
        speakers,
        _column(table, "reply_text"),
        knowledge=resources.knowledge,
        lexicon=resources.lexicon,
        find_indicators=resources.find_indicators,
    )
    answers = Answers.empty(len(texts))
    _answer_idle(resources.model, texts, languages, tables, batch, answers)
    _answer_hostile(resources, batch, speakers, answers)
    _answer_whole(resources, batch, speakers, answers)
    return assemble(answers, speakers, languages, batch.indicators, resources.version)


def _answer_idle(  # noqa: PLR0913, PLR0917
    model: Model,
    texts: Sequence[str],
    languages: Sequence[Language],
    tables: Sequence[tuple[str, ...]],
    batch: Batch,
    answers: Answers,
) -> None:
    """Messages without a document: a reason, or the rate of the label among their like."""
    read = {item.message for item in batch.reads}
    rates = {
        tag: [model.idle_probability(label, tag) for label in (SOLICITS, CLAIMS)] for tag in SCORED
    }
    for index, row in enumerate(languages):
        if index in read:
            continue
        if row.tag == "zxx" or not texts[index].strip():
            answers.reasons[index] = REASONS.index("no_text")
        elif row.tag != "und" and tables[index]:
            answers.probability[index] = rates[tables[index][0]]
        elif row.tag == "und" and sum(map(str.isalpha, texts[index][:100])) < FEW_LETTERS:
            answers.reasons[index] = REASONS.index("too_short")
        else:
            answers.reasons[index] = REASONS.index("language_out_of_scope")


def _status(thresholds: Thresholds, label: str, language: str, probability: float) -> int:
    flagged, reviewed = thresholds[label, language]
    return FLAGGED if probability >= flagged else REVIEW if probability >= reviewed else CLEAR


def _answer_hostile(
    resources: Resources, batch: Batch, speakers: Sequence[str | None], answers: Answers
) -> None:
    actors = list(resources.knowledge.actors)
    directed = hostility.score(resources.model, batch)
    for index, number in enumerate(batch.candidates.message.tolist()):
        read = batch.reads[number]
        target = int(batch.candidates.target[index])
        probability = float(directed.probability[index])
        status = _status(resources.thresholds, HOSTILE, read.language, probability)
        spans: Sequence[explain.Span] = ()
        source = speakers[read.message] or hostility.UNKNOWN
        if status != CLEAR:
            source = hostility.source_of(read, speakers[read.message], actors[target])
            rescore = _directed_rescorer(resources.model, target) if status == FLAGGED else None
            spans = explain.hostile_spans(batch, number, actors[target], rescore)
        answers.hostile.append(
            Hostile(
                read.message,
                source,
                actors[target],
                probability,
                status,
                int(directed.severity[index]),
                directed.frames[index],
                spans,
            )
        )


def _answer_whole(
    resources: Resources, batch: Batch, speakers: Sequence[str | None], answers: Answers
) -> None:
    whole = solicitation.score(resources.model, batch, resources.militant)
    for number, read in enumerate(batch.reads):
        message = read.message
        solicits, claims = float(whole.solicits[number]), float(whole.claims[number])
        answers.probability[message] = solicits, claims
        status = _status(resources.thresholds, SOLICITS, read.language, solicits)
        known = status == CLEAR and whole.ask[number] < ASK_REVIEWED_FROM
        if not known and not solicitation.has_beneficiary(
            read, speakers[message], resources.militants
        ):
            status = REVIEW
        if status != CLEAR:
            answers.routes[message] = solicitation.routes_of(read)
            answers.evidence[message, 0] = explain.solicitation_spans(
                batch, number, resources.militants, _message_rescorer(resources, 0, status)
            )
        answers.status[message, 0] = status
        status = _status(resources.thresholds, CLAIMS, read.language, claims)
        if status != CLEAR:
            answers.evidence[message, 1] = explain.claim_spans(
                batch, number, _message_rescorer(resources, 2, status)
            )
        answers.status[message, 1] = status


def _directed_rescorer(model: Model, target: int) -> explain.Rescore:
    def rescore(docs: Documents, messages: NDArray[np.int64]) -> Floats:
        targets = np.full(len(messages), target)
        shares = np.ones(len(messages), np.float32)
        return directed_margins(model, directed_rows(docs, Candidates(messages, targets, shares)))

    return rescore


def _message_rescorer(resources: Resources, head: int, status: int) -> explain.Rescore:
    if status != FLAGGED:
        return None

    def rescore(docs: Documents, messages: NDArray[np.int64]) -> Floats:
        rows = message_rows(docs, messages, resources.militant.tolist())
        return message_margins(resources.model, rows)[:, head]

    return rescore
