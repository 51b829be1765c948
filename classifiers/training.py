"""Fit the scoring model on labelled examples: seeded, repeatable, minutes on two cores.

Examples are duck-typed (:class:`Labelled`), so that fixtures, moderators' decisions and anybody's
labelled file train the same way. The train split fits the weights, the validation split fits the
calibrators and thresholds, and the test split is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import corpora, knowledge, modelfile
from classifiers.batches import SCORED, Batch, Messages, read_batch
from classifiers.calibration import Calibrator, Floats, fit, threshold
from classifiers.documents import forget
from classifiers.features import (
    COMPANY,
    DIRECTED_COLUMNS,
    WHOLE_COLUMNS,
    WIDTH,
    Rows,
    bench,
    company,
    directed_rows,
    message_rows,
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

#: Inverse strength of the L2 penalty. Small: the phrases are few, and what is learnt from them
#: must hold for others.
STRENGTH = {"hostile": 0.2, "message": 1.0, "details": 0.2}

#: Copies of the training set with terms and words forgotten: (share of cue terms, of words).
FORGETTING = ((0.0, 0.6), (0.5, 0.3))

FOLDS = 5

#: Weights of a message of public text, and of one that somebody wrote or judged as a whole, beside
#: that of a generated example.
PUBLIC_WEIGHT = 0.5
JUDGED_WEIGHT = 3.0

#: Weight of another language's message where one language is calibrated.
OTHERS_WEIGHT = 0.2

#: Of the thresholds with at least this precision on unseen families, the one with the best F1.
PRECISION = {"hostile": 0.8, "solicits_donation": 0.9, "claims_attack": 0.85}


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
class _Task:
    """Rows to fit on: the originals first in ``matrices``, then the copies that forget.

    ``labels``: (rows, heads), of which only those that are ``known`` are fitted on. ``family``
    parts the folds; ``language`` indexes SCORED. ``held`` marks what is calibrated on.
    """

    matrices: Sequence[Any]
    labels: NDArray[np.bool_]
    known: NDArray[np.bool_]
    family: NDArray[np.object_]
    language: NDArray[np.int64]
    weight: Floats
    held: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Cases:
    """Margins of models that did not see the case's family, with the labels."""

    margins: Floats
    labels: NDArray[np.bool_]
    family: NDArray[np.object_]
    language: NDArray[np.int64]

    @staticmethod
    def of(task: _Task, head: int, margins: Floats) -> _Cases:
        held = task.held & task.known[:, head]
        return _Cases(
            margins[held], task.labels[held, head], task.family[held], task.language[held]
        )


@dataclass(frozen=True, slots=True)
class _Data:
    """Everything that is fitted on; ``gold`` is the directed label of each candidate, if any."""

    batch: Batch
    directed: _Task
    whole: _Task
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
    data = _read([*own, *others], weight, resources)
    model = _blank()

    report(f"fitting hostility on {len(data.directed.labels)} candidates")
    weights, bias, margins = _cross_fitted(data.directed, 0, "hostile", seed)
    model = replace(model, directed=weights[: 1 << WIDTH, None], directed_bias=bias)
    letters = [weights[1 << WIDTH : (1 << WIDTH) + (1 << BITS)], weights[-(1 << BITS) :]]
    report("fitting who is meant where several are named")
    model, margins = _with_company(model, data, margins, resources)
    cases = {"hostile": _Cases.of(data.directed, 0, margins)}
    report("fitting severity and frames")
    model = _with_details(model, data)
    report(f"fitting solicitation and claims on {len(data.whole.labels)} messages")
    columns = []
    for head, label in enumerate(MESSAGE_HEADS):
        weights, bias, margins = _cross_fitted(data.whole, head, "message", seed)
        columns.append((weights[: 1 << WIDTH], bias))
        letters.append(weights[1 << WIDTH :])
        cases[label] = _Cases.of(data.whole, head, margins)
    model = replace(
        model,
        message=np.stack([weights for weights, _ in columns], axis=1),
        message_bias=np.concatenate([bias for _, bias in columns]),
        **_quantised(letters),
    )
    report("calibrating")
    calibrators, rows = _calibrated(cases)
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


def write_thresholds(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the table that :mod:`classifiers.labels` reads."""
    lines = ["label,language,threshold,reviewed_from"]
    lines += [
        f"{row['label']},{row['language']},{row['threshold']:.2f},{row['reviewed_from']:.2f}"
        for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


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
        company=np.zeros(COMPANY, np.float32),
        company_bias=np.zeros(1, np.float32),
        calibrators={},
        idle={},
        card={},
    )


def _read(examples: Sequence[Labelled], weight: Floats, resources: Resources) -> _Data:
    """Examples through the very steps that scoring takes, language detection included."""
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
    held = np.array([example.split == "validation" for example in examples], np.bool_)
    if not held.any():
        held = weight != PUBLIC_WEIGHT
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
    directed = _Task(
        [_matrix(directed_rows(docs, batch.candidates), DIRECTED_COLUMNS) for docs in copies],
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
    whole = _Task(
        [_matrix(message_rows(docs, everyone, flags), WHOLE_COLUMNS) for docs in copies],
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


def _cross_fitted(
    task: _Task, head: int, kind: str, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], Floats]:
    """Weights and bias fitted on everything, and margins of models fitted without the family."""
    labels, known = task.labels[:, head], task.known[:, head]
    margins = np.zeros(len(labels))
    families = sorted(set(task.family[task.held].tolist()))
    order = np.random.default_rng(seed).permutation(len(families))
    fold_of = {family: int(order[i]) % FOLDS for i, family in enumerate(families)}
    fold = np.array([fold_of.get(family, -1) for family in task.family.tolist()])
    for number in range(FOLDS):
        held = fold == number
        if held.any():
            weights, bias = _fit(task, labels, ~held & known, kind)
            margins[held] = task.matrices[0][held] @ weights + bias
    weights, bias = _fit(task, labels, known, kind)
    return weights, bias, margins


def _fit(
    task: _Task, labels: NDArray[np.bool_], rows: NDArray[np.bool_], kind: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    copies = len(task.matrices)
    stacked = _stack([matrix[rows] for matrix in task.matrices])
    weight = np.tile(task.weight[rows], copies)
    return _logistic(stacked, np.tile(labels[rows], copies), weight, kind)


def _quantised(letters: Sequence[NDArray[np.float32]]) -> dict[str, Any]:
    """Letter weights as int8 columns, and what a unit of each is worth."""
    columns = np.stack(letters, axis=1)
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-6) / 127
    return {
        "letters": np.rint(columns / scale).astype(np.int8),
        "letter_scale": scale.astype(np.float32),
    }


def _matrix(rows: Rows, columns: int) -> Any:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only

    indptr, indices, values = rows
    found = csr_matrix((values, indices, indptr), shape=(len(indptr) - 1, columns))
    found.sum_duplicates()
    return found


def _stack(parts: Sequence[Any]) -> Any:
    from scipy.sparse import vstack  # noqa: PLC0415 - training only

    return vstack(parts, format="csr")


def _logistic(
    rows: Any, labels: NDArray[np.bool_], weight: Floats, kind: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights and bias of an L2-regularised logistic regression; zeros where labels are all one."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - training only

    weights = np.zeros(rows.shape[1], np.float32)
    if not labels.any() or labels.all():
        return weights, np.full(1, -5.0, np.float32)
    # Columns that do not occur would only cost time.
    used, indices = np.unique(rows.indices, return_inverse=True)
    narrow = csr_matrix((rows.data, indices, rows.indptr), shape=(rows.shape[0], len(used)))
    line = LogisticRegression(
        C=STRENGTH[kind], solver="liblinear", tol=0.01, intercept_scaling=5.0, random_state=0
    ).fit(narrow, labels, sample_weight=weight)
    weights[used] = line.coef_[0]
    return weights, line.intercept_.astype(np.float32)


def _with_company(
    model: Model, data: _Data, margins: Floats, resources: Resources
) -> tuple[Model, Floats]:
    """Fit how the margins of those named together settle each other, on held margins."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - training only

    task = data.directed
    at = bench(resources.reader.militant)
    features = company(data.batch.docs, data.batch.candidates, margins, at)
    held = task.held & task.known[:, 0]
    labels = task.labels[held, 0]
    weights, bias = np.zeros(COMPANY, np.float32), np.zeros(1, np.float32)
    if labels.any() and not labels.all():
        line = LogisticRegression(C=1.0, max_iter=1000).fit(features[held], labels)
        weights, bias = line.coef_[0].astype(np.float32), line.intercept_.astype(np.float32)
    else:
        weights[0] = 1.0
    model = replace(model, company=weights, company_bias=bias)
    return model, np.asarray(features @ weights + bias[0], dtype=np.float64)


def _with_details(model: Model, data: _Data) -> Model:
    """Fit severities and frames on the hostile candidates, one head each, in fewer columns."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - training only

    gold = [row for row in data.gold if row is not None]
    hostile = data.directed.labels[:, 0]
    rows = _stack([matrix[hostile][:, : 1 << WIDTH] for matrix in data.directed.matrices[:2]])
    narrow = csr_matrix(
        (rows.data, rows.indices & ((1 << DETAIL_WIDTH) - 1), rows.indptr),
        shape=(rows.shape[0], 1 << DETAIL_WIDTH),
    )
    narrow.sum_duplicates()
    weights = np.zeros((1 << DETAIL_WIDTH, len(DETAILS)), np.float32)
    bias = np.full(len(DETAILS), -5.0, np.float32)
    for column, detail in enumerate(DETAILS):
        labels = np.array([detail == row.severity or detail in row.frames for row in gold], bool)
        line, intercept = _logistic(narrow, np.tile(labels, 2), np.ones(2 * len(labels)), "details")
        weights[:, column], bias[column] = line, intercept[0]
    return replace(model, details=weights, details_bias=bias)


def _calibrated(
    cases: Mapping[str, _Cases],
) -> tuple[dict[str, Calibrator], list[dict[str, Any]]]:
    """Calibrators and thresholds by label and language, from margins of unseen families."""
    calibrators: dict[str, Calibrator] = {}
    rows = []
    for label, case in cases.items():
        for index, tag in enumerate(SCORED):
            mine = case.language == index
            labels = case.labels[mine]
            if not labels.any() or labels.all():
                continue
            weights = np.where(mine, 1.0, OTHERS_WEIGHT)
            curve = fit(case.margins, case.labels, case.family.tolist(), weights)
            calibrators[f"{label}/{tag}"] = curve
            if label not in PRECISION:
                continue
            every = curve(case.margins)
            chosen = threshold(every, case.labels, PRECISION[label], weights=weights)
            probabilities = every[mine]
            flagged = probabilities >= chosen
            true = int((flagged & labels).sum())
            rows.append(
                {
                    "label": label,
                    "language": tag,
                    "threshold": round(chosen, 2),
                    "reviewed_from": round(chosen / 2, 2),
                    "precision_goal": PRECISION[label],
                    "precision": round(true / max(int(flagged.sum()), 1), 4),
                    "recall": round(true / int(labels.sum()), 4),
                    "cases": len(labels),
                    "calibration": curve.form,
                }
            )
    return calibrators, rows


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
