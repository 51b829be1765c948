"""How well languages are named: per length, per disguise, and across sources.

Dari and Persian count as one language here: no single message can tell them apart with honesty
(:mod:`classifiers.language.persian`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from classifiers.language.detection import SecondOpinion, detect, no_second_opinion
from classifiers.language.model import Model
from classifiers.language.sources import Sample

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


def by_length(
    samples: Sequence[Sample], model: Model, second_opinion: SecondOpinion = no_second_opinion
) -> dict[str, dict[str, Any]]:
    """The summary for whole texts and for their first 40 and 20 characters."""
    gold = [s.tag for s in samples]
    return {
        name: summary(
            gold,
            detect(
                [s.text[:length] for s in samples], model=model, second_opinion=second_opinion
            ).tag,
        )
        for name, length in LENGTHS.items()
    }


def by_disguise(
    samples: Sequence[Sample],
    model: Model,
    disguises: Mapping[str, Callable[[str, int], str]],
) -> dict[str, dict[str, Any]]:
    """The summary under each disguise, a function (text, seed) → text."""
    gold = [s.tag for s in samples]
    return {
        name: summary(
            gold,
            detect(
                [change(s.text, number) for number, s in enumerate(samples)],
                model=model,
                second_opinion=no_second_opinion,
            ).tag,
        )
        for name, change in disguises.items()
    }


def across_sources(
    samples: Sequence[Sample],
    train: Callable[[Sequence[Sample]], Model],
    sources: Iterable[str],
) -> dict[str, dict[str, Any]]:
    """Leave each source out of training and test on it: the numbers that mean something.

    Only texts of languages that the other sources know are tested.
    """
    found = {}
    for source in sources:
        rest = [s for s in samples if s.source != source and s.split != "test"]
        known = {s.tag for s in rest} | {"fa", "prs"}
        tested = [s for s in samples if s.source == source and s.tag in known]
        found[source] = by_length(tested, train(rest))
    return found
