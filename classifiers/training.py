"""Fit the scoring model on labelled examples: seeded, repeatable, minutes on two cores.

Examples are duck-typed (:class:`Labelled`), so that fixtures, moderators' decisions and anybody's
labelled file train the same way. Everything but the test split fits the weights; calibrators and
thresholds are fitted on margins of models that did not see the family of a case. The test split is
never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import corpora, knowledge, modelfile, trees
from classifiers.batches import SCORED, Batch, Messages, read_batch
from classifiers.calibrating import Cases, calibrated, write_thresholds
from classifiers.calibration import Floats
from classifiers.documents import forget
from classifiers.features import (
    DIRECTED_COLUMNS,
    WHOLE_COLUMNS,
    WIDTH,
    bench,
    directed_rows,
    message_rows,
    situations,
)
from classifiers.fitting import (
    FOLDS,
    STRENGTH,
    Task,
    cross_fitted,
    logistic,
    matrix,
    quantised,
    stack,
)
from classifiers.hostility import SURE
from classifiers.margin_kernel import LETTER_HEADS
from classifiers.model import DETAIL_WIDTH, DETAILS, MESSAGE_HEADS, Model, save
from classifiers.modelfile import data_hash
from classifiers.ngrams import BITS
from classifiers.results import SOLICITS
from classifiers.scorer import Resources, resources_of

Report = Callable[[str], None]

THRESHOLDS = knowledge.data_folder() / "thresholds.csv"

#: Copies of the training set with terms and words forgotten: (share of cue terms, of words).
FORGETTING = ((0.0, 0.6), (0.5, 0.3))

#: Weights of a message of public text, and of one that somebody wrote or judged as a whole, beside
#: that of a generated example.
PUBLIC_WEIGHT = 0.3
JUDGED_WEIGHT = 6.0


class Hostility(Protocol):
    """A directed gold label."""

    @property
    def target(self) -> str: ...
    @property
    def severity(self) -> int: ...
    @property
    def frames(self) -> Sequence[str]: ...


class Labelled(Protocol):
    """A message with gold labels; ``family`` groups messages of one origin."""

    @property
    def text(self) -> str: ...
    @property
    def channel_actor(self) -> str | None: ...
    @property
    def reply_to_text(self) -> str | None: ...
    @property
    def split(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def hostile(self) -> Sequence[Hostility]: ...
    @property
    def solicits_donation(self) -> bool: ...
    @property
    def claims_attack(self) -> bool: ...
    @property
    def review(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives: the model and the rows of ``thresholds.csv``."""

    model: Model
    thresholds: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Data:
    """Everything that is fitted on; ``gold`` is the directed label of each candidate, if any."""

    batch: Batch
    directed: Task
    whole: Task
    gold: Sequence[Hostility | None]


def train(  # noqa: PLR0913
    examples: Iterable[Labelled],
    *,
    judged: Iterable[Labelled] = (),
    public: Iterable[Labelled] = (),
    seed: int = 0,
    sources: Sequence[Mapping[str, str]] = (),
    report: Report = lambda line: None,
) -> Trained:
    """Fit a model.

    Args:
        examples: labelled messages; those of the split ``test`` are ignored.
        judged: messages that people labelled as they are, fitted on with more weight: annotated
            posts, moderators' decisions.
        public: text of other origin that is fitted on with less weight and never calibrated on,
            such as :func:`classifiers.corpora.for_training` gives.
        seed: of the folds and of what is forgotten in the copies.
        sources: name, origin and licence of each data set, for the card.
        report: is told what is going on, line by line.

    Raises:
        ValueError: there are no examples to fit on.
    """
    made = [example for example in examples if example.split in ("train", "validation")]
    if not made:
        raise ValueError("no examples of the splits train and validation; nothing to fit on")
    people = [example for example in judged if example.split in ("train", "validation")]
    own, others = [*made, *people], list(public)
    weight = np.repeat([1.0, JUDGED_WEIGHT, PUBLIC_WEIGHT], [len(made), len(people), len(others)])
    resources = resources_of(_blank(), "")
    report(f"reading {len(weight)} messages")
    data = _read([*own, *others], weight, len(own), resources)
    model = _blank()

    report(f"fitting hostility on {len(data.directed.labels)} candidates")
    folds = data.directed.folds(seed)
    weights, bias, margins = cross_fitted(data.directed, 0, "hostile", folds)
    model = replace(model, directed=weights[: 1 << WIDTH, None], directed_bias=bias)
    letters = [weights[1 << WIDTH : (1 << WIDTH) + (1 << BITS)], weights[-(1 << BITS) :]]
    report("fitting who is meant where several are named")
    model, margins = _with_trees(model, data, margins, resources, folds)
    cases = {"hostile": Cases.of(data.directed, 0, margins)}
    report("fitting severity and frames")
    model = _with_details(model, data)
    report(f"fitting solicitation and claims on {len(data.whole.labels)} messages")
    columns, folds = [], data.whole.folds(seed)
    for head, label in enumerate(MESSAGE_HEADS):
        weights, bias, margins = cross_fitted(data.whole, head, "message", folds)
        columns.append((weights[: 1 << WIDTH], bias))
        letters.append(weights[1 << WIDTH :])
        cases[label] = Cases.of(data.whole, head, margins)
    model = replace(
        model,
        message=np.stack([weights for weights, _ in columns], axis=1),
        message_bias=np.concatenate([bias for _, bias in columns]),
        **quantised(letters),
    )
    report("calibrating")
    calibrators, rows = calibrated(cases)
    card = {
        "seed": seed,
        "data_sha256": data_hash(
            f"{example.split}\t{example.family}\t{example.text}" for example in [*own, *others]
        ),
        "examples": len(made),
        "judged": len(people),
        "public_texts": len(others),
        "sources": [dict(source) for source in sources],
        "strength": STRENGTH,
        "forgetting": [list(pair) for pair in FORGETTING],
        "folds": FOLDS,
        "cross_fitted": list(rows),
    }
    model = replace(model, calibrators=calibrators, idle=_idle(own, data), card=card)
    return Trained(model, rows)


def retrain(  # noqa: PLR0913
    examples: Iterable[Labelled],
    *,
    judged: Iterable[Labelled] = (),
    seed: int = 0,
    data: Path | None = None,
    folder: Path = modelfile.FOLDER,
    thresholds: Path = THRESHOLDS,
    sources: Sequence[Mapping[str, str]] = (),
    report: Report = lambda line: None,
) -> Trained:
    """Fit a model and put it in place: weights and card in ``folder``, and the thresholds.

    Args:
        examples, judged: as :func:`train` takes them.
        data: folder of the public corpora (:mod:`classifiers.corpora`), where there is one.
        folder, thresholds: where the results go; default: where the scorer reads them.
        sources: name, origin and licence of the examples; those of ``data`` are added.
    """
    public = list(corpora.for_training(data)) if data else []
    named = [*sources, *(corpora.SOURCES if public else ())]
    trained = train(examples, judged=judged, public=public, seed=seed, sources=named, report=report)
    save(trained.model, folder)
    write_thresholds(thresholds, trained.thresholds)
    knowledge.forget()  # it holds the former thresholds
    modelfile.code_hash.cache_clear()
    return trained


def _blank() -> Model:
    return Model(
        directed=np.zeros((1 << WIDTH, 1), np.float32),
        directed_bias=np.zeros(1, np.float32),
        message=np.zeros((1 << WIDTH, len(MESSAGE_HEADS)), np.float32),
        message_bias=np.zeros(len(MESSAGE_HEADS), np.float32),
        details=np.zeros((1 << DETAIL_WIDTH, len(DETAILS)), np.float32),
        details_bias=np.zeros(len(DETAILS), np.float32),
        letters=np.zeros((1 << BITS, LETTER_HEADS), np.int8),
        letter_scale=np.ones(LETTER_HEADS, np.float32),
        trees=trees.no_trees(),
        calibrators={},
        idle={},
        card={},
    )


def _read(examples: Sequence[Labelled], weight: Floats, own: int, resources: Resources) -> _Data:
    """Examples through the very steps that scoring takes, language detection included.

    The first ``own`` of them are what is calibrated on.
    """
    actors = resources.reader.actors
    speakers = [example.channel_actor for example in examples]
    messages = Messages(
        pa.array([example.text for example in examples], pa.string()),
        np.array([actors.index(who) if who else -1 for who in speakers], np.int32),
        pa.array([example.reply_to_text for example in examples], pa.string()),
    )
    batch = read_batch(resources.reader, messages, keep_rows=True)
    kept = batch.candidates.share >= SURE
    batch = replace(batch, candidates=batch.candidates.kept(kept))
    place = batch.docs.message
    held = np.arange(len(examples)) < own
    family = np.array([example.family for example in examples], object)[place]
    language = batch.docs.language.astype(np.int64)
    copies = [batch.docs] + [
        forget(batch.docs, seed=number, terms=terms, words=words)
        for number, (terms, words) in enumerate(FORGETTING)
    ]
    message = batch.candidates.message
    gold, asked = [], []
    for number, target in zip(message.tolist(), batch.candidates.target.tolist(), strict=True):
        example = examples[int(place[number])]
        rows = example.hostile
        gold.append(next((row for row in rows if row.target == actors[target]), None))
        asked.append(_is_known(example, "hostile", actors[target]))
    directed = Task(
        [matrix(directed_rows(docs, batch.candidates), DIRECTED_COLUMNS) for docs in copies],
        np.array([[row is not None] for row in gold], np.bool_).reshape(-1, 1),
        np.array(asked, np.bool_).reshape(-1, 1),
        family[message],
        language[message],
        weight[place[message]],
        held[place[message]],
    )
    flags = resources.reader.militant
    everyone = np.arange(batch.docs.size)
    labels = [
        (
            examples[index].solicits_donation,
            examples[index].solicits_donation or examples[index].review,
            examples[index].claims_attack,
        )
        for index in place.tolist()
    ]
    told = [
        [
            _is_known(examples[index], "claims_attack" if head == "claims_attack" else SOLICITS)
            for head in MESSAGE_HEADS
        ]
        for index in place.tolist()
    ]
    whole = Task(
        [matrix(message_rows(docs, everyone, flags), WHOLE_COLUMNS) for docs in copies],
        np.array(labels, np.bool_).reshape(-1, len(MESSAGE_HEADS)),
        np.array(told, np.bool_).reshape(-1, len(MESSAGE_HEADS)),
        family,
        language,
        weight[place],
        held[place],
    )
    return _Data(batch, directed, whole, gold)


def _is_known(example: Labelled, label: str, target: str | None = None) -> bool:
    """Whether somebody has said if a label is true of an example.

    Generated and annotated examples say all; a moderator's decision says what it was about, in an
    attribute ``judged``: labels and, of ``hostile``, ``hostile:<target>``.
    """
    judged: frozenset[str] | None = getattr(example, "judged", None)
    name = label if target is None else f"{label}:{target}"
    return judged is None or name in judged or label in judged


def _with_trees(
    model: Model, data: _Data, margins: Floats, resources: Resources, folds: NDArray[np.int64]
) -> tuple[Model, Floats]:
    """Fit what follows from the situation of a candidate, and margins of unseen families."""
    task = data.directed
    at = bench(resources.reader.militant)
    rows = situations(data.batch.docs, data.batch.candidates, margins, at)
    labels = task.labels[:, 0]
    told = task.known[:, 0]
    settled = margins.copy()
    for number in range(FOLDS):
        held = folds == number
        if held.any():
            rest = told & ~held
            found = trees.fit(rows[rest], labels[rest], task.weight[rest])
            settled[held] = trees.margins(found, rows[held])
    found = trees.fit(rows[told], labels[told], task.weight[told])
    return replace(model, trees=found), settled


def _with_details(model: Model, data: _Data) -> Model:
    """Fit severities and frames on the hostile candidates, one head each, in fewer columns."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only

    gold = [row for row in data.gold if row is not None]
    hostile = data.directed.labels[:, 0]
    rows = stack([part[hostile][:, : 1 << WIDTH] for part in data.directed.matrices[:2]])
    narrow = csr_matrix(
        (rows.data, rows.indices & ((1 << DETAIL_WIDTH) - 1), rows.indptr),
        shape=(rows.shape[0], 1 << DETAIL_WIDTH),
    )
    narrow.sum_duplicates()
    weights = np.zeros((1 << DETAIL_WIDTH, len(DETAILS)), np.float32)
    bias = np.full(len(DETAILS), -5.0, np.float32)
    for column, detail in enumerate(DETAILS):
        labels = np.array([detail == row.severity or detail in row.frames for row in gold], bool)
        # Of a decision that says no severity or frame there is nothing to learn about it.
        said = [row.severity if detail in (1, 2, 3) else row.frames for row in gold]
        weight = np.tile(np.array([1.0 if one else 0.0 for one in said]), 2)
        line, intercept = logistic(narrow, np.tile(labels, 2), weight, "details")
        weights[:, column], bias[column] = line, intercept[0]
    return replace(model, details=weights, details_bias=bias)


def _idle(examples: Sequence[Labelled], data: _Data) -> dict[str, float]:
    """The share of positives among messages without a document, smoothed towards one in a hundred.

    These have no name, cue or indicator that a label could rest on, so that all of them share one
    probability.
    """
    read = set(data.batch.docs.message.tolist())
    counts = np.zeros(3)
    for index, example in enumerate(examples):
        if index not in read:
            counts += (1, example.solicits_donation, example.claims_attack)
    return {
        f"{label}/{tag}": round(float((counts[column] + 0.5) / (counts[0] + 50)), 5)
        for tag in SCORED
        for column, label in ((1, "solicits_donation"), (2, "claims_attack"))
    }
