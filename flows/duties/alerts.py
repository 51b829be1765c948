"""Evaluate the rules of alerts, and say what is to be delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from warehouse.alerting.deliveries import Receiver, due, plan
from warehouse.alerting.evaluating import evaluate
from warehouse.alerting.rule import Rule
from warehouse.store import Store


def run(
    store: Store,
    rules: list[dict[str, Any]],
    receivers: list[dict[str, Any]],
    now: str | None = None,
    whole: bool = True,
) -> dict[str, Any]:
    """Evaluate ``rules``, fix the deliveries to ``receivers``, hand out those that are due.

    Both are plain data as :class:`Rule` and :class:`Receiver` have it; ``whole`` says that these
    are all rules. ``now`` is in ISO 8601.

    Returns:
        what :func:`evaluate` says, and ``deliveries``.
    """
    moment = datetime.fromisoformat(now) if now else datetime.now(UTC)
    to = msgspec.convert(receivers, list[Receiver])
    result = evaluate(store, msgspec.convert(rules, list[Rule]), moment, whole=whole)
    plan(store, to, moment)
    return result | {"deliveries": due(store, [each.name for each in to], moment)}
