"""The named baseline: langdetect as shipped, TF-IDF, one logistic regression per label and target.

What a good engineer writes in a day, kept so that everything else is measured against it. It sees
the channel's actor as a word of its own and the message as a whole, in word pairs and character
n-grams; it has no lexicon, no windows and no calibration beyond the logistic regression's own.
Thresholds are its best F1 on the validation split, per label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.calibration import threshold
from classifiers.evidence_kernel import Spans
from classifiers.language.detection import REASONS as LANGUAGE_REASONS
from classifiers.language.detection import Columns as Languages
from classifiers.results import (
    CLEAR,
    FLAGGED,
    REASONS,
    Evidence,
    Facts,
    Hostile,
    Whole,
    assemble,
)
from classifiers.training import Labelled
from classifiers.vocabulary import FRAMES

VERSION = "baseline-1"

#: langdetect's names for the languages it knows of those that are scored.
_TAGS = {"en": "en", "ur": "ur", "fa": "fa"}

#: Messages are cut here: the vectoriser's time grows with the length.
_CHARACTERS = 8_000


@dataclass(slots=True)
class Baseline:
    """A fitted baseline with the interface of :class:`classifiers.scorer.Scorer`."""

    words: Any
    characters: Any
    models: dict[str, Any]
    thresholds: dict[str, float]
    targets: Sequence[str]
    version: str = VERSION

    @staticmethod
    def fit(examples: Iterable[Labelled], *, targets: Sequence[str]) -> Baseline:
        """Fit on the train split and choose thresholds on the validation split.

        Args:
            examples: labelled messages, as :func:`classifiers.training.train` takes them.
            targets: actor ids; each gets a model of its own.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

        own = [item for item in examples if item.split in ("train", "validation")]
        fitted = [item for item in own if item.split == "train"]
        held = [item for item in own if item.split == "validation"]
        baseline = Baseline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=60_000),
            TfidfVectorizer(
                analyzer="char_wb",
                ngram_range=(2, 4),
                min_df=3,
                sublinear_tf=True,
                max_features=60_000,
            ),
            {},
            {},
            list(targets),
        )
        baseline.words.fit(_documents(fitted))
        baseline.characters.fit(_documents(fitted))
        rows, held_rows = baseline._rows(_documents(fitted)), baseline._rows(_documents(held))
        for label in (*targets, "solicits_donation", "claims_attack"):
            gold = _labels(fitted, label)
            if gold.all() or not gold.any():
                continue
            model = LogisticRegression(
                C=10.0, solver="liblinear", class_weight="balanced", random_state=0
            ).fit(rows, gold)
            baseline.models[label] = model
            probability = model.predict_proba(held_rows)[:, 1]
            baseline.thresholds[label] = threshold(
                probability, _labels(held, label), 0.0, low=0.1, high=0.95
            )
        return baseline

    def score(self, table: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
        """Rows of ANALYSES; evidence and indicators are empty: this model has none."""
        texts = [text or "" for text in table.column("text").to_pylist()]
        names = table.schema.names
        speakers: list[str | None] = (
            table.column("channel_actor").to_pylist()
            if "channel_actor" in names
            else [None] * len(texts)
        )
        replies = table.column("reply_text").to_pylist() if "reply_text" in names else []
        languages = _languages(texts)
        documents = [
            _document(text, speaker, reply)
            for text, speaker, reply in zip(
                texts, speakers, replies or [None] * len(texts), strict=True
            )
        ]
        places = {actor: place for place, actor in enumerate(self.targets)}
        speaker = np.array([places.get(who or "", -1) for who in speakers], np.int32)
        silent = languages.code == languages.names.index("zxx")
        hostile, whole = self._answer(documents, speaker, silent)
        count = len(texts)
        facts = Facts(speaker, languages, {}, np.zeros(count, np.uint64), self.version)
        return assemble(self.targets, facts, hostile, whole, _no_evidence())

    def _answer(
        self, documents: Sequence[str], speaker: NDArray[np.int32], silent: NDArray[np.bool_]
    ) -> tuple[Hostile, Whole]:
        count = len(documents)
        whole = Whole(
            np.zeros((count, 2)),
            np.zeros((count, 2), np.int8),
            np.where(silent, np.int8(REASONS.index("no_text")), np.int8(-1)).astype(np.int8),
            np.zeros(count, np.uint8),
        )
        found: list[tuple[int, int, float, int]] = []
        rows = self._rows(documents) if documents else None
        for label, model in self.models.items() if documents else ():
            probability = model.predict_proba(rows)[:, 1]
            flagged = (probability >= self.thresholds[label]) & ~silent
            if label in self.targets:
                target = self.targets.index(label)
                told = ((probability >= 0.05) | flagged) & ~silent & (speaker != target)
                found += [
                    (row, target, float(probability[row]), FLAGGED if flagged[row] else CLEAR)
                    for row in np.flatnonzero(told).tolist()
                ]
            else:
                column = 0 if label == "solicits_donation" else 1
                whole.probability[:, column] = probability
                whole.status[:, column] = np.where(flagged, FLAGGED, CLEAR)
        frames = np.zeros((len(found), len(FRAMES)), np.bool_)
        frames[:, FRAMES.index("other")] = True
        at = np.array([message for message, *_ in found], np.int64)
        return Hostile(
            message=at,
            source=speaker[at].astype(np.int64),
            target=np.array([target for _, target, *_ in found], np.int64),
            probability=np.array([sure for *_, sure, _ in found], np.float64),
            status=np.array([status for *_, status in found], np.int8),
            severity=np.ones(len(found), np.int8),
            frames=frames,
        ), whole

    def _rows(self, documents: Sequence[str]) -> Any:
        from scipy.sparse import hstack  # noqa: PLC0415 - loaded when needed

        return hstack(
            [self.words.transform(documents), self.characters.transform(documents)], format="csr"
        )


def _no_evidence() -> Evidence:
    nothing = np.zeros(0, np.int32)
    spans = Spans(np.zeros(1, np.int64), nothing, nothing, nothing.astype(np.int8))
    return Evidence(nothing.astype(np.int8), nothing.astype(np.int64), spans)


def _languages(texts: Sequence[str]) -> Languages:
    """What langdetect as shipped says; it knows neither Pashto nor Dari."""
    found = [_language(text) for text in texts]
    names = list(dict.fromkeys(["zxx", "und", *(tag for tag, _, _ in found)]))
    count = len(found)
    return Languages(
        names=names,
        code=np.array([names.index(tag) for tag, _, _ in found], np.int16),
        probability=np.array([sure for _, sure, _ in found], np.float64),
        reason=np.array(
            [-1 if why is None else LANGUAGE_REASONS.index(why) for _, _, why in found], np.int8
        ),
        mixed={},
        dari_log_odds=np.zeros(count, np.float32),
        persian=np.zeros(count, np.bool_),
        second_opinions=0,
    )


def _language(text: str) -> tuple[str, float, str | None]:
    """Tag, probability, and why there is none."""
    from langdetect import DetectorFactory, detect_langs  # noqa: PLC0415 - loaded when needed
    from langdetect.lang_detect_exception import LangDetectException  # noqa: PLC0415

    DetectorFactory.seed = 0
    if not any(map(str.isalpha, text[:_CHARACTERS])):
        return "zxx", 0.0, "no_text"
    try:
        best = detect_langs(text[:_CHARACTERS])[0]
    except LangDetectException:
        return "und", 0.0, "uncertain"
    return _TAGS.get(best.lang, best.lang), float(best.prob), None


def _document(text: str, speaker: str | None, reply: str | None) -> str:
    return f"channelactor{speaker or 'none'} {text[:_CHARACTERS]} {(reply or '')[:_CHARACTERS]}"


def _documents(examples: Sequence[Labelled]) -> list[str]:
    return [_document(item.text, item.channel_actor, item.reply_to_text) for item in examples]


def _labels(examples: Sequence[Labelled], label: str) -> NDArray[np.bool_]:
    if label == "solicits_donation":
        return np.array([item.solicits_donation for item in examples], np.bool_)
    if label == "claims_attack":
        return np.array([item.claims_attack for item in examples], np.bool_)
    return np.array([any(row.target == label for row in item.hostile) for item in examples], bool)
