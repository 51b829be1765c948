"""Answers of any model, in the form that `channelwatch score` prints.

An evaluator's model needs to give no more than this, of which everything is optional::

    {"language": {"tag": "ps"},
     "hostile": [{"target": "ttp", "probability": 0.97}],
     "solicits_donation": {"probability": 0.02},
     "claims_attack": {"probability": 0.01},
     "flags": ["hostile:ttp"]}

A label whose key is missing is not measured. Without ``flags``, what has a probability of at least
one half is flagged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from classifiers.evaluation.samples import CLAIMS, HOSTILE, LABELS, SOLICITS, Answer, Score

FLAGGED_FROM = 0.5


class AnswerError(ValueError):
    """An answer is not in the form of the contract; says what is wrong and where."""

    exit_code = 2


def answer_from(found: object, actors: Collection[str], where: str) -> Answer:
    """An answer from decoded JSON.

    Args:
        found: one answer.
        actors: ids that a target may be.
        where: the file and line, or the model and sample, for error messages.

    Raises:
        AnswerError: it is no object, a probability is no number from 0 to 1, or a target is
            unknown.

    >>> found = {"hostile": [{"target": "ttp", "probability": 0.9}]}
    >>> answer_from(found, ["ttp"], "line 1").flagged("hostile")
    frozenset({'ttp'})
    """
    if not isinstance(found, Mapping):
        raise AnswerError(f"{where}: an answer is an object, not {type(found).__name__}")
    flags = found.get("flags")
    if flags is not None and not _strings(flags):
        raise AnswerError(f"{where}: flags is a list of strings such as 'hostile:ttp'")
    scores: dict[tuple[str, str | None], Score] = {}
    known = {label for label in LABELS if label in found}
    hostile = found.get(HOSTILE) or []
    if not isinstance(hostile, list):
        raise AnswerError(f"{where}: hostile is a list of objects with a target")
    for item in hostile:
        if not isinstance(item, Mapping):
            raise AnswerError(f"{where}: hostile holds objects with a target")
        target = _actor(item.get("target"), actors, where)
        scores[HOSTILE, target] = _score(item, f"{HOSTILE}:{target}", flags, where)
    for label in (SOLICITS, CLAIMS):
        item = found.get(label)
        if item is None:
            known.discard(label)
            continue
        if not isinstance(item, Mapping):
            raise AnswerError(f"{where}: {label} is an object with a probability")
        scores[label, None] = _score(item, label, flags, where)
    for flag in flags or ():
        label, _, name = flag.partition(":")
        if label == HOSTILE:
            known.add(HOSTILE)
            scores.setdefault((HOSTILE, _actor(name, actors, where)), Score(None, True))
        elif label in LABELS:
            known.add(label)
            scores.setdefault((label, None), Score(None, True))
    return Answer(_language(found.get("language"), where), scores, frozenset(known))


def _score(item: Mapping[str, Any], flag: str, flags: Any, where: str) -> Score:
    probability = item.get("probability")
    if probability is not None and (
        isinstance(probability, bool)
        or not isinstance(probability, int | float)
        or not 0 <= probability <= 1
    ):
        raise AnswerError(f"{where}: {flag}: a probability is from 0 to 1, not {probability!r}")
    flagged = flag in flags if flags is not None else (probability or 0.0) >= FLAGGED_FROM
    severity = item.get("severity")
    frames = item.get("frames") or ()
    evidence = item.get("evidence") or ()
    try:
        spans = tuple((int(s["start"]), int(s["end"]), str(s["shows"])) for s in evidence)
    except (TypeError, KeyError, ValueError):
        raise AnswerError(
            f"{where}: {flag}: evidence is a list of objects with start, end and shows"
        ) from None
    return Score(
        probability=None if probability is None else float(probability),
        flagged=flagged,
        source=item.get("source"),
        severity=severity if isinstance(severity, int) else None,
        frames=tuple(str(name) for name in frames),
        evidence=spans,
    )


def _actor(target: object, actors: Collection[str], where: str) -> str:
    if isinstance(target, str) and target in actors:
        return target
    near = get_close_matches(str(target), actors, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(actors)}"
    raise AnswerError(f"{where}: unknown target {target!r}; {hint}")


def _language(found: object, where: str) -> str | None:
    if isinstance(found, Mapping):
        found = found.get("tag")
    if found is None or isinstance(found, str):
        return found
    raise AnswerError(f"{where}: language is a tag, or an object with a tag")


def _strings(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(item, str) for item in found)
