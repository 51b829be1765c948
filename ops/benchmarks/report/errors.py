"""The worst errors of a model on a suite: the surest false alarms and the surest misses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from classifiers.evaluation import Answer, Sample
from classifiers.evaluation.cases import Case, gold_of
from ops.benchmarks.models import Answered
from ops.benchmarks.report.texts import Piece, evidence, excerpt, plain

#: Errors of a suite that a report shows, and so many of a group before the next one's turn.
MOST = 60
EACH = 4
#: Code points of the message replied to.
REPLY = 200


@dataclass(frozen=True, slots=True)
class Error:
    """One wrong decision, ready to be shown."""

    false_alarm: bool
    label: str
    target: str | None
    probability: float | None
    sample: str
    language: str
    channel_actor: str
    text: Sequence[Piece]
    evidence: Sequence[tuple[str, Sequence[Piece]]]
    reply: Sequence[Piece]
    gold: str
    answer: str


@dataclass(frozen=True, slots=True)
class Group:
    """Errors of one functionality, disguise or label; ``count``: all of them, shown or not."""

    name: str
    count: int
    shown: Sequence[Error]


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of a model on a suite, worst first in each group."""

    groups: Sequence[Group]
    count: int
    shown: int


def worst(found: Answered, cases: Sequence[Case], most: int = MOST) -> Errors:
    """At most ``most`` errors, taken from the groups in turn, that with the most errors first.

    A sample that is judged by one label counts with that label alone.
    """
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        judged = found.samples[case.sample].judged
        if case.gold != case.flagged and judged in ("", case.label):
            groups[_group(found.samples[case.sample], case)].append(case)
    names = sorted(groups, key=lambda name: (-len(groups[name]), name))
    ordered = {name: _in_turn(groups[name]) for name in names}
    turns = (
        (name, case)
        for start in range(0, most, EACH)
        for name in names
        for case in ordered[name][start : start + EACH]
    )
    chosen: dict[str, list[Case]] = {}
    for name, case in islice(turns, most):
        chosen.setdefault(name, []).append(case)
    return Errors(
        [
            Group(name, len(ordered[name]), [_error(found, case) for case in mine])
            for name, mine in chosen.items()
        ],
        sum(map(len, groups.values())),
        sum(map(len, chosen.values())),
    )


def _group(sample: Sample, case: Case) -> str:
    """The functionality or, of disguised cases, the disguise; otherwise the label."""
    slices = sample.slices
    names = slices.get("functionality") or ("tables" in slices and slices.get("obfuscation"))
    return plain(names[0]) if names else case.label


def _in_turn(cases: Sequence[Case]) -> list[Case]:
    """False alarms and misses alternately, each from the surest to the least sure."""
    alarms = sorted((c for c in cases if c.flagged), key=lambda c: -_sure(c, 0.0))
    misses = sorted((c for c in cases if not c.flagged), key=lambda c: _sure(c, 1.0))
    return [case for pair in zip_longest(alarms, misses) for case in pair if case is not None]


def _sure(case: Case, unsaid: float) -> float:
    """The probability; a model that said none is not sure of anything."""
    return unsaid if case.probability is None else case.probability


def _error(found: Answered, case: Case) -> Error:
    sample, answer = found.samples[case.sample], found.answers[case.sample]
    score = answer.scores.get((case.label, case.target))
    spans = score.evidence if score else ()
    return Error(
        false_alarm=case.flagged,
        label=case.label,
        target=plain(case.target) if case.target else None,
        probability=case.probability if score else None,
        sample=plain(sample.id, 80),
        language=plain(sample.language or ""),
        channel_actor=plain(sample.channel_actor or ""),
        text=excerpt(sample.text, spans),
        evidence=evidence(sample.text, spans),
        reply=excerpt(sample.reply_text, (), REPLY) if sample.reply_text else [],
        gold=_told(case.label, gold_of(sample, case.label) or frozenset()),
        answer=_answered(case.label, answer),
    )


def _told(label: str, targets: frozenset[str | None]) -> str:
    if not targets:
        return f"not {label}"
    named = ", ".join(sorted(plain(target) for target in targets if target))
    return f"{label} to {named}" if named else label


def _answered(label: str, answer: Answer) -> str:
    """What was flagged for a label, with probabilities."""
    flagged: Mapping[str, float | None] = {
        target or "": score.probability
        for (name, target), score in answer.scores.items()
        if name == label and score.flagged
    }
    if not flagged:
        return f"not {label}"
    named = ", ".join(
        plain(target) + ("" if probability is None else f" {probability:.2f}")
        for target, probability in sorted(flagged.items())
    )
    return f"{label} to {named}" if any(flagged) else f"{label}{named}"
