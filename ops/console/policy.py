"""Read the organisation's policy for reviewing: order, double review, reasons, wellbeing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ops.console.accounts.preferences import DEFAULTS, Blur, Preferences
from warehouse.review.deciding import JUDGEMENTS
from warehouse.review.rules import Rules

BUILT_IN = Path(__file__).with_name("policy.yaml")


class PolicyError(Exception):
    """The policy file is not as it must be; the message says where and what to do."""

    exit_code = 2


class _Priority(msgspec.Struct, forbid_unknown_fields=True):
    labels: dict[str, float] = {}
    severities: dict[int, float] = {}
    review: float = 0.5
    reach_exponent: float = 0.3
    half_life_days: float = 7


class _DoubleReview(msgspec.Struct, forbid_unknown_fields=True):
    share: float = 0
    labels: list[str] = []
    severity: int = 4


class _Wellbeing(msgspec.Struct, forbid_unknown_fields=True):
    blur: Blur = "severe"
    muted: bool = True
    severe_in_a_row: int = 5
    break_after_minutes: int = 50


class _File(msgspec.Struct, forbid_unknown_fields=True):
    priority: _Priority = msgspec.field(default_factory=_Priority)
    claim_minutes: float = 10
    double_review: _DoubleReview = msgspec.field(default_factory=_DoubleReview)
    unsure_before_escalation: int = 2
    golden_share: float = 0
    reasons: dict[str, list[str]] = {}
    required: list[str] = []
    bulk_limit: int = 500
    wellbeing: _Wellbeing = msgspec.field(default_factory=_Wellbeing)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation has decided about reviewing.

    ``severe_from`` is the severity from which an item is blurred and counts as severe;
    ``preferences`` hold for reviewers who set nothing else for themselves.
    """

    rules: Rules
    claim: timedelta = timedelta(minutes=10)
    golden_share: float = 0.0
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    bulk_limit: int = 500
    severe_from: int = 3
    preferences: Preferences = DEFAULTS


def read_policy(path: Path = BUILT_IN, labels: Mapping[str, Any] | None = None) -> Policy:
    """The policy of a YAML file; what it does not name is as in the classes above.

    Args:
        path: the file; the built-in one is its own documentation.
        labels: the labels that there are; None checks no label's name.

    Raises:
        PolicyError: the file is no YAML, or something in it is unknown or out of range.

    >>> read_policy().claim
    datetime.timedelta(seconds=600)
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8")) or {}
        told = msgspec.convert(data, _File)
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"the policy {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise PolicyError(f"the policy {path} is no YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise PolicyError(
            f"the policy {path}: {error}; compare it with the built-in {BUILT_IN.name}"
        ) from error
    for problem in _problems(told, labels):
        raise PolicyError(f"the policy {path}: {problem}")
    return Policy(
        rules=Rules(
            label_weights=told.priority.labels,
            severity_weights=told.priority.severities,
            review_weight=told.priority.review,
            reach_exponent=told.priority.reach_exponent,
            half_life=told.priority.half_life_days,
            double_share=told.double_review.share,
            double_labels=tuple(told.double_review.labels),
            double_severity=told.double_review.severity,
            unsure=told.unsure_before_escalation,
        ),
        claim=timedelta(minutes=told.claim_minutes),
        golden_share=told.golden_share,
        reasons={name: tuple(reasons) for name, reasons in told.reasons.items()},
        required=frozenset(told.required),
        bulk_limit=told.bulk_limit,
        preferences=replace(
            DEFAULTS,
            blur=told.wellbeing.blur,
            muted=told.wellbeing.muted,
            severe_in_a_row=told.wellbeing.severe_in_a_row,
            break_after_minutes=told.wellbeing.break_after_minutes,
        ),
    )


def alone(policy: Policy) -> Policy:
    """The policy for somebody who reviews alone: nobody is there to give a second opinion."""
    return replace(
        policy, rules=replace(policy.rules, double_share=0.0, double_labels=(), double_severity=4)
    )


def _problems(told: _File, labels: Mapping[str, Any] | None) -> list[str]:
    """What is out of range or unknown, in words."""
    found = []
    weights = [*told.priority.labels.values(), *told.priority.severities.values()]
    weights.append(told.priority.review)
    if not all(map(isfinite, weights)):
        found.append("a weight of `priority` is no number")
    found += [
        f"`{name}` is no number"
        for name, value in (
            ("half_life_days", told.priority.half_life_days),
            ("reach_exponent", told.priority.reach_exponent),
            ("claim_minutes", told.claim_minutes),
        )
        if not isfinite(value)
    ]
    if not all(weight > 0 for weight in weights):
        found.append("a weight of `priority` is not above 0")
    if told.priority.half_life_days <= 0:
        found.append("`half_life_days` is not above 0")
    if told.priority.reach_exponent < 0:
        found.append("`reach_exponent` is below 0")
    if told.claim_minutes <= 0:
        found.append("`claim_minutes` is not above 0")
    if told.bulk_limit < 1 or told.unsure_before_escalation < 1:
        found.append("`bulk_limit` or `unsure_before_escalation` is below 1")
    for name, share in (
        ("share", told.double_review.share),
        ("golden_share", told.golden_share),
    ):
        if not 0 <= share <= 1:
            found.append(f"`{name}` {share} is no share from 0 to 1")
    if told.wellbeing.severe_in_a_row < 0 or told.wellbeing.break_after_minutes < 0:
        found.append("a number under `wellbeing` is below 0; 0 is never")
    found += [
        _unknown("judgement", name, JUDGEMENTS)
        for name in [*told.reasons, *told.required]
        if name not in JUDGEMENTS
    ]
    found += [
        f"`required` names {name!r}, and `reasons` lists none for it"
        for name in told.required
        if name in JUDGEMENTS and not told.reasons.get(name)
    ]
    if labels is not None:
        found += [
            _unknown("label", name, labels)
            for name in [*told.priority.labels, *told.double_review.labels]
            if name not in labels
        ]
    return found


def _unknown(what: str, name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
    return f"unknown {what} {name!r}{hint}"
