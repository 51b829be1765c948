"""How well languages are named: per length, per disguise, and across sources.

Dari and Persian count as one language here: no single message can tell them apart with honesty
(:mod:`classifiers.language.persian`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from classifiers.language.detection import SecondOpinion, detect, no_second_opinion
from classifiers.language.model import Model
from classifiers.language.sources import Sample, read_sources

#: Texts → the tag of each.
Tagger = Callable[[Sequence[str]], Sequence[str]]
#: The languages that macro-F1 is over, as classes of the model.
FOUR = ("ps", "ur", "en", "fa")
MERGED = {"prs": "fa"}
LENGTHS = {"full": 1 << 16, "40": 40, "20": 20}


def summary(gold: Sequence[str], found: Sequence[str]) -> dict[str, Any]:
    """F1 and recall by language, macro-F1 over the four, and how often others are taken for them.

    Tags that abstain (``und``) count as wrong.

    >>> summary(["en", "prs", "ar"], ["en", "fa", "ur"])["macro_f1"]
    1.0
    >>> summary(["en", "prs", "ar"], ["en", "fa", "ur"])["others_taken"]
    1.0
    """
    right = np.array([MERGED.get(tag, tag) for tag in gold], object)
    said = np.array([MERGED.get(tag, tag) for tag in found], object)
    f1: dict[str, float] = {}
    recall: dict[str, float] = {}
    for tag in sorted(set(right) | (set(said) & set(FOUR))):
        hits = int(((right == tag) & (said == tag)).sum())
        f1[tag] = round(2 * hits / max(1, int((right == tag).sum() + (said == tag).sum())), 4)
        if (right == tag).any():
            recall[tag] = round(hits / int((right == tag).sum()), 4)
    scored = [tag for tag in FOUR if tag in recall]
    others = ~np.isin(right, [*FOUR, "ps-Latn", "ur-Latn"])
    english = said[right == "en"]
    return {
        "texts": len(right),
        "macro_f1": round(float(np.mean([f1[tag] for tag in scored])), 4) if scored else None,
        "f1": {tag: f1[tag] for tag in f1 if tag in (*FOUR, "ps-Latn", "ur-Latn")},
        "recall": {tag: recall[tag] for tag in recall if tag in (*FOUR, "ps-Latn", "ur-Latn")},
        "others_taken": round(float(np.isin(said[others], FOUR).mean()), 4)
        if others.any()
        else None,
        "english_lost_to_ur_latn": round(float((english == "ur-Latn").mean()), 4)
        if english.size
        else None,
    }


def tagger(model: Model, second_opinion: SecondOpinion = no_second_opinion) -> Tagger:
    """A model as a function of texts."""
    return lambda texts: detect(texts, model=model, second_opinion=second_opinion).tag


def by_length(samples: Sequence[Sample], tags: Tagger) -> dict[str, dict[str, Any]]:
    """The summary for whole texts and for their first 40 and 20 characters."""
    gold = [s.tag for s in samples]
    return {
        name: summary(gold, tags([s.text[:length] for s in samples]))
        for name, length in LENGTHS.items()
    }


def by_disguise(
    samples: Sequence[Sample],
    tags: Tagger,
    disguises: Mapping[str, Callable[[str, int], str]],
) -> dict[str, dict[str, Any]]:
    """The summary under each disguise, a function (text, seed) → text."""
    gold = [s.tag for s in samples]
    return {
        name: summary(gold, tags([change(s.text, number) for number, s in enumerate(samples)]))
        for name, change in disguises.items()
    }


def without(samples: Sequence[Sample], source: str) -> tuple[list[Sample], list[Sample]]:
    """Part samples into (what to train on, what to test on), a source left out of training.

    Sources out of one package are left out together. Only texts of languages that the other
    sources know are tested. Numbers of texts whose source was not trained on are the numbers that
    mean something.
    """
    files = {row.id: row.file for row in read_sources()}
    package = {row for row, file in files.items() if file == files.get(source)} | {source}
    rest = [s for s in samples if s.source not in package and s.split != "test"]
    known = {s.tag for s in rest} | {"fa", "prs"}
    return rest, [s for s in samples if s.source == source and s.tag in known]
