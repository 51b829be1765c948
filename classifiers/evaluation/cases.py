"""Samples and answers as single decisions: one per (message, label, target)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.evaluation.samples import HOSTILE, LABELS, SOLICITS, Aimed, Answer, Sample


@dataclass(frozen=True, slots=True)
class Case:
    """One decision of a model beside the truth; ``slices`` are those of the sample and its own."""

    sample: int
    label: str
    target: str | None
    gold: bool
    flagged: bool
    probability: float | None
    group: str
    slices: Mapping[str, tuple[str, ...]]


def gold_of(sample: Sample, label: str) -> frozenset[str | None] | None:
    """The targets that are true for a label (``{None}``: true without direction); None: unsaid."""
    if label == HOSTILE:
        return None if sample.hostile is None else frozenset(row.target for row in sample.hostile)
    value = sample.solicits_donation if label == SOLICITS else sample.claims_attack
    if value is None:
        return None
    return frozenset({None}) if value else frozenset()


def cases_of(samples: Sequence[Sample], answers: Sequence[Answer]) -> list[Case]:
    """Every decision for which there are both a gold label and a model that knows the label.

    For ``hostile`` the targets are those of the truth and those that the model scored: of another
    target there is nothing to say but that both leave it out.
    """
    found = []
    for number, (sample, answer) in enumerate(zip(samples, answers, strict=True)):
        aimed = {row.target: row for row in sample.hostile or ()}
        for label in LABELS:
            gold = gold_of(sample, label)
            if gold is None or label not in answer.known:
                continue
            targets = {target for name, target in answer.scores if name == label}
            if label == HOSTILE:
                targets.discard(None)
            for target in sorted(targets | gold, key=str) or ([None] if label != HOSTILE else []):
                score = answer.scores.get((label, target))
                found.append(
                    Case(
                        number,
                        label,
                        target,
                        target in gold,
                        bool(score and score.flagged),
                        score.probability if score else 0.0,
                        sample.group or sample.id,
                        _slices(sample, label, aimed.get(str(target)), target),
                    )
                )
    return found


def _slices(
    sample: Sample, label: str, aimed: Aimed | None, target: str | None
) -> dict[str, tuple[str, ...]]:
    slices = dict(sample.slices)
    if sample.language:
        slices["language"] = (sample.language,)
    if label == HOSTILE and target:
        slices["actor"] = (target,)
        if aimed and aimed.frames:
            slices["frame"] = aimed.frames
            slices["severity"] = (str(aimed.severity),)
    if label == SOLICITS and sample.routes:
        slices["route"] = sample.routes
    return slices


def right(sample: Sample, answer: Answer) -> bool | None:
    """Whether the whole answer is right, or that for the judged label; None: nothing to judge."""
    labels = [sample.judged] if sample.judged else LABELS
    verdicts = [
        answer.flagged(label) == gold
        for label in labels
        if (gold := gold_of(sample, label)) is not None and label in answer.known
    ]
    return all(verdicts) if verdicts else None
