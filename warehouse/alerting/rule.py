"""A rule of alerts and what it finds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: From the least to the most urgent.
SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Rule:
    """When somebody is told of what.

    Args:
        id: names it in silences and alerts.
        kind: one of :func:`warehouse.alerting.kinds.kinds`.
        severity: one of :data:`SEVERITIES`.
        description: for those who are told.
        window_days: what was sent or happened so long before now is looked at.
        quiet_days: what still holds is told again after so long; None: never.
        worse: what has become so many times worse is told again at once, acknowledged or not.
        parameters: of the kind; what is not named is as the kind has it.
        labels, channels: nothing else counts; empty: everything does.
        routes: to whom, by the names of routes.
    """

    id: str
    kind: str
    severity: str
    description: str
    window_days: float
    quiet_days: float | None = 1.0
    worse: float = 2.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule holds for one subject.

    ``key`` names it; ``measure`` says how bad it is; ``link`` is the query string of the console's
    queue that shows its rows, None where it has none there. Strings in ``subject`` are hostile
    input.
    """

    rule: Rule
    key: str
    count: int
    measure: float
    subject: Mapping[str, Any]
    evidence: Mapping[str, Any]
    link: str | None
