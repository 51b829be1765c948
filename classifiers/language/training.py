"""Fit the language model: hashed n-grams, multinomial logistic regression, calibrated logits.

The same data, seed and versions give the same weights. Texts are seen in several views
(:mod:`classifiers.language.views`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from classifiers import modelfile
from classifiers.language import evaluation, second_opinion
from classifiers.language import model as language_model
from classifiers.language.sources import Sample, phrases, public, read_sources, with_names
from classifiers.language.table import languages
from classifiers.language.views import names_in, views_of
from classifiers.ngrams import BITS
from classifiers.vectoriser import HashedNgrams

SEED = 20
STRENGTH = 0.1  # inverse of the regularisation, by comparison on held-out text
ITERATIONS = 100
#: What a text in one of the four weighs against another, by the same comparison.
INSIDE = 2.0
#: What a change of language costs, by comparison on concatenated sentences.
SWITCH = 35.0
#: Made-up texts of each language that has a profile and no text.
PSEUDO_TEXTS = 100
#: A noisy row is left out where a model of the other half gives its tag less than this ...
DOUBTED = 0.2
#: ... and another one more than this.
CONTRADICTED = 0.7
#: One text in this many is held out for calibration and the card's metrics.
HELD_OUT = 10
#: Shorter texts, such as names of signs, are not counted in the card's metrics.
LONG = 40

Classifier = Any  # scikit-learn has no types


def collect(
    data: Path | None, phrase_folder: Path | None, seed: int = SEED
) -> tuple[list[Sample], list[dict[str, Any]]]:
    """Read all there is: the samples, and for the card where they came from."""
    table = languages()
    samples: list[Sample] = []
    origins = []
    for source in read_sources() if data else []:
        assert data is not None
        found = list(public(data, source, table))
        if found:
            samples += found
            origins.append(
                {
                    "id": source.id,
                    "origin": source.origin,
                    "licence": source.licence,
                    "texts": len(found),
                    "sha256": modelfile.data_hash(s.text for s in found),
                }
            )
    found = list(unknown_languages(seed))
    samples += found
    origins.append(
        {
            "id": "langdetect",
            "origin": "made-up text from the 3-grams of langdetect's profiles",
            "licence": "Apache-2.0",
            "texts": len(found),
            "sha256": modelfile.data_hash(s.text for s in found),
        }
    )
    if phrase_folder:
        found = list(phrases(phrase_folder, seed))
        samples += found
        origins.append(
            {
                "id": "phrases",
                "origin": "this project's phrase tables",
                "licence": "Apache-2.0",
                "texts": len(found),
                "sha256": modelfile.data_hash(s.text for s in found),
            }
        )
    return samples, origins


def train(
    out: Path = modelfile.FOLDER,
    *,
    data: Path | None = None,
    phrase_folder: Path | None = None,
    seed: int = SEED,
    bits: int = BITS,
) -> dict[str, Any]:
    """Fit and write the model; returns its card.

    Args:
        out: the folder for ``language.safetensors`` and ``language.json``.
        data: a folder with the files of ``language_sources.yaml``, or None. Without it the model
            knows only the languages of the phrase tables, and those less well; the card says so.
        phrase_folder: a folder with phrase tables ``<tag>.csv``, or None.

    Raises:
        ValueError: there is nothing to fit on, or only one language.
    """
    samples, origins = collect(data, phrase_folder, seed)
    fitted = build(samples, phrase_folder=phrase_folder, seed=seed, bits=bits)
    card = {
        "trained_on": origins,
        "seed": seed,
        "samples": dict(sorted(Counter(s.tag for s in fitted.samples).items())),
        "left_out_as_noise": fitted.left_out,
        "public_text": bool(data),
        "note": "fitted on the phrase tables alone: few languages, no neighbours"
        if not any(s.source not in ("phrases", "langdetect") for s in samples)
        else "weights fitted on public text under the licences named; no sentence is included",
    }
    language_model.save(out, **fitted.parts, card=card)
    fresh = evaluation.tagger(language_model.load(out))
    tested = [s for s in samples if s.split == "test"]
    card["metrics"] = {
        "held out, same sources": evaluation.by_length(
            [s for s in fitted.held_out if s.source != "phrases" and len(s.text) >= LONG], fresh
        ),
        "phrase families of the test split": evaluation.by_length(tested, fresh),
    }
    language_model.save(out, **fitted.parts, card=card)
    return modelfile.read_card(out, language_model.NAME)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model's parts as :func:`classifiers.language.model.save` takes them, and on what."""

    parts: dict[str, Any]
    samples: list[Sample]
    held_out: list[Sample]
    left_out: int  # as noise


def build(
    samples: Sequence[Sample],
    *,
    phrase_folder: Path | None = None,
    seed: int = SEED,
    bits: int = BITS,
) -> Fitted:
    """Fit and calibrate on all samples but those of the test split; see :func:`train`."""
    judges = Judges(samples, seed, bits)
    doubted = judges.doubt(samples, [s.text for s in samples])
    kept = [s for s, doubt in zip(samples, doubted, strict=True) if not doubt]
    fitted = [s for s in kept if s.split == "train" and not is_held_out(s)]
    held_out = [s for s in kept if s.split == "validation" or is_held_out(s)]
    named = list(with_names(fitted, phrase_folder, seed)) if phrase_folder else []
    classifier = fit([*fitted, *named], seed=seed, bits=bits, judges=judges)
    classes = tuple(str(c) for c in classifier.classes_)
    held_out = [s for s in held_out if languages().class_of(s.tag) in classes]
    parts = {
        "classes": classes,
        "coefficients": coefficients_of(classifier),
        "bias": bias_of(classifier),
        "temperature": calibrate(classifier, held_out, seed, bits),
        "switch": SWITCH,
    }
    return Fitted(parts, fitted, held_out, len(samples) - len(kept))


def coefficients_of(classifier: Classifier) -> npt.NDArray[np.float64]:
    """Coefficients (classes, features); scikit-learn keeps one row for two classes."""
    found = np.asarray(classifier.coef_, np.float64)
    return np.vstack([-found / 2, found / 2]) if len(found) == 1 else found


def bias_of(classifier: Classifier) -> npt.NDArray[np.float64]:
    """Intercepts (classes,)."""
    found = np.asarray(classifier.intercept_, np.float64)
    return np.array([-found[0] / 2, found[0] / 2]) if found.size == 1 else found


def unknown_languages(seed: int) -> Iterator[Sample]:
    """Made-up text of languages in Latin letters out of scope: ``mis`` where none names them."""
    table = languages().by_tag
    named = {language.second: language for language in table.values()}
    for path in second_opinion.shipped_profiles():
        language = named.get(path.name, table["mis"])
        if not language.in_scope and language.scripts == table["mis"].scripts:
            for text in second_opinion.pseudo_texts(path, PSEUDO_TEXTS, seed):
                if sum(map(str.isascii, text)) > len(text) / 2:
                    yield Sample(text, language.tag, "langdetect")


def is_held_out(sample: Sample) -> bool:
    """Whether a text is kept from fitting: always the same ones, whatever else is read."""
    return sample.source != "phrases" and crc32(sample.text.encode()) % HELD_OUT == 0


class Judges:
    """Two models, each of one half of the samples, that judge the rows of the other half.

    Rows of noisy sources that the judge clearly contradicts are noise: English posts in a corpus
    of Roman Urdu, or the English piece of a mixed post once it is cut to twenty characters.
    """

    def __init__(self, samples: Sequence[Sample], seed: int, bits: int = BITS) -> None:
        self.noisy = {source.id for source in read_sources() if source.noisy}
        self.bits = bits
        learnt = [s for s in samples if s.split == "train"]
        self.of: list[Classifier] = []
        if any(s.source in self.noisy for s in samples):
            for half in (0, 1):
                rows = [s for s in learnt if _half(s) != half]
                self.of.append(fit(rows, seed=seed, bits=bits, variants=False))

    def doubt(self, samples: Sequence[Sample], texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether the tag of each sample is noise for its text, or for this piece of it."""
        doubted = np.zeros(len(samples), np.bool_)
        for half, judge in enumerate(self.of):
            rows = [i for i, s in enumerate(samples) if s.source in self.noisy and _half(s) == half]
            if not rows:
                continue
            place = {str(name): k for k, name in enumerate(judge.classes_)}
            tags = [languages().class_of(samples[i].tag) for i in rows]
            found = judge.predict_proba(HashedNgrams(self.bits).transform([texts[i] for i in rows]))
            own = np.array(
                [p[place[t]] if t in place else 1 for p, t in zip(found, tags, strict=True)]
            )
            doubted[rows] = (own < DOUBTED) & (found.max(axis=1) > CONTRADICTED)
        return doubted


def _half(sample: Sample) -> int:
    """The same texts always go into the same half."""
    return crc32(sample.text.encode()[::-1]) % 2


def fit(  # noqa: PLR0913 - what is compared when the model is developed
    samples: Iterable[Sample],
    *,
    seed: int = SEED,
    bits: int = BITS,
    variants: bool = True,
    strength: float = STRENGTH,
    judges: Judges | None = None,
) -> Classifier:
    """Fit a logistic regression on the samples' n-grams; classes are the model's.

    Rare languages weigh more, by the square root of how rare they are, and the four more by
    :data:`INSIDE`. ``variants``: learn the samples' views too, but for those that ``judges`` doubt.

    Raises:
        ValueError: fewer than two classes.
    """
    random = Random(seed)  # noqa: S311 - not for secrets
    texts: list[str] = []
    rows: list[Sample] = []
    samples = list(samples)
    names = names_in(s.text for s in samples if s.tag == "en")
    for sample in samples:
        views = list(views_of(sample.text, random, names)) if variants else [sample.text]
        texts += views
        rows += [sample] * len(views)
    if judges:
        good = ~judges.doubt(rows, texts)
        texts = [text for text, keep in zip(texts, good, strict=True) if keep]
        rows = [row for row, keep in zip(rows, good, strict=True) if keep]
    tags = [languages().class_of(row.tag) for row in rows]
    classes, y = np.unique(np.array(tags or [""]), return_inverse=True)
    if classes.size < 2:
        raise ValueError(
            "there is text in fewer than two languages; give a folder with the files of "
            "language_sources.yaml, or one with phrase tables"
        )
    counts = np.bincount(y)
    scope = np.where(np.isin(classes, evaluation.FOUR), INSIDE, 1.0)
    weights = (scope * np.sqrt(counts.mean() / counts))[y]
    features = HashedNgrams(bits).transform(texts)
    # Rare n-grams count for more while fitting (inverse document frequency), or single letters,
    # which every text has, would carry the decision. The weights take the factor in afterwards.
    occurs = np.bincount(features.indices, minlength=features.shape[1])
    rarity = np.log((1 + len(texts)) / (1 + occurs))
    features.data *= rarity[features.indices].astype(np.float32)
    classifier = LogisticRegression(C=strength, max_iter=ITERATIONS, tol=1e-3)
    classifier.fit(features, classes[y], sample_weight=weights)
    classifier.coef_ = classifier.coef_ * rarity
    return classifier


def calibrate(
    classifier: Classifier, held_out: Sequence[Sample], seed: int, bits: int = BITS
) -> tuple[float, float]:
    """Temperature of the logits by number of n-grams: exp(a + b ln n), least log loss.

    (Guo et al. 2017, with a temperature that depends on the length of the text.)
    """
    if not held_out:
        return 0.0, 0.0
    random = Random(seed + 1)  # noqa: S311 - not for secrets
    table = languages()
    texts, names = [], []
    for sample in held_out:
        for view in views_of(sample.text, random):
            texts.append(view)
            names.append(table.class_of(sample.tag))
    features = HashedNgrams(bits).transform(texts)
    logits = np.asarray(classifier.decision_function(features), np.float64)
    if logits.ndim == 1:
        logits = np.stack([-logits / 2, logits / 2], axis=1)
    gold = np.searchsorted(classifier.classes_, names)
    grams = np.log(np.maximum(_totals(features), 1))
    rows = np.arange(gold.size)

    def loss(x: npt.NDArray[np.float64]) -> float:
        z = logits / np.exp(np.clip(x[0] + x[1] * grams, -5, 5))[:, None]
        z -= z.max(axis=1, keepdims=True)
        return float((np.log(np.exp(z).sum(axis=1)) - z[rows, gold]).mean())

    a, b = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"maxiter": 200}).x
    return float(a), float(b)


def _totals(features: scipy.sparse.csr_matrix) -> npt.NDArray[np.float64]:
    """Number of n-grams of each row: rows are counts over the root of their sum."""
    return np.asarray(features.sum(axis=1), np.float64).ravel() ** 2
