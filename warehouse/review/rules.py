"""What orders the review queue and how many reviews an item wants, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rules:
    """The organisation's policy, as far as the queue needs it.

    Args:
        label_weights: label → factor; a label that is not named weighs 1.
        severity_weights: severity 1 to 3 (0 where a label has none) → factor.
        review_weight: factor of a score that is below its threshold and sent to review.
        reach_exponent: an item seen ``v`` times weighs ``(1 + v) ** reach_exponent``.
        half_life: days in which an item loses half its weight.
        double_share: share of items, 0 to 1, that two must review, drawn by content.
        double_labels: labels that two must always review.
        double_severity: severity from which two must always review; 4 is never.
        unsure: how many may be unsure before an item goes to a lead.
    """

    label_weights: Mapping[str, float] = field(default_factory=dict)
    severity_weights: Mapping[int, float] = field(default_factory=dict)
    review_weight: float = 0.5
    reach_exponent: float = 0.3
    half_life: float = 7.0
    double_share: float = 0.0
    double_labels: tuple[str, ...] = ()
    double_severity: int = 4
    unsure: int = 2
