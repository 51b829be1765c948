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
from classifiers.explain import Span
from classifiers.results import CLEAR, FLAGGED, REASONS, Answers, Hostile, Language, assemble
from classifiers.training import Labelled

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
        languages = [_language(text) for text in texts]
        answers = Answers.empty(len(texts))
        for index, row in enumerate(languages):
            if row.tag == "zxx":
                answers.reasons[index] = REASONS.index("no_text")
        documents = [
            _document(text, speaker, reply)
            for text, speaker, reply in zip(
                texts, speakers, replies or [None] * len(texts), strict=True
            )
        ]
        if documents:
            self._answer(documents, speakers, answers)
        return assemble(answers, speakers, languages, {}, self.version)

    def _answer(
        self, documents: Sequence[str], speakers: Sequence[str | None], answers: Answers
    ) -> None:
        rows = self._rows(documents)
        spans: Sequence[Span] = ()
        for label, model in self.models.items():
            probability = model.predict_proba(rows)[:, 1]
            flagged = probability >= self.thresholds[label]
            if label in self.targets:
                for index in np.flatnonzero((probability >= 0.05) | flagged).tolist():
                    if answers.reasons[index] >= 0 or speakers[index] == label:
                        continue
                    answers.hostile.append(
                        Hostile(
                            index,
                            speakers[index] or "unknown",
                            label,
                            float(probability[index]),
                            FLAGGED if flagged[index] else CLEAR,
                            1,
                            ("other",),
                            spans,
                        )
                    )
            else:
                column = 0 if label == "solicits_donation" else 1
                answers.probability[:, column] = probability
                answers.status[:, column] = np.where(
                    flagged & (answers.reasons < 0), FLAGGED, CLEAR
                )

    def _rows(self, documents: Sequence[str]) -> Any:
        from scipy.sparse import hstack  # noqa: PLC0415 - loaded when needed

        return hstack(
            [self.words.transform(documents), self.characters.transform(documents)], format="csr"
        )


def _language(text: str) -> Language:
    """The tag that langdetect as shipped gives; it knows neither Pashto nor Dari."""
    from langdetect import DetectorFactory, detect_langs  # noqa: PLC0415 - loaded when needed
    from langdetect.lang_detect_exception import LangDetectException  # noqa: PLC0415

    DetectorFactory.seed = 0
    if not any(map(str.isalpha, text[:_CHARACTERS])):
        return Language("zxx", None, (), "no_text")
    try:
        best = detect_langs(text[:_CHARACTERS])[0]
    except LangDetectException:
        return Language("und", None, (), "undecided")
    return Language(_TAGS.get(best.lang, best.lang), float(best.prob), (), None)


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
