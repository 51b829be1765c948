"""One look at the alerts of a warehouse: evaluate, deliver, note; without Prefect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.alerting.delivering import PAUSE, SENDERS, Sender, deliver
from flows.alerting.reading import Alerts
from flows.owner import on_warehouse
from warehouse.alerting.deliveries import Receiver
from warehouse.alerting.rule import Rule

#: Seconds that the owner of the warehouse may take.
PATIENCE = 600.0


def watch(  # noqa: PLR0913
    warehouse: Path,
    alerts: Alerts,
    *,
    only: Sequence[str] = (),
    now: datetime | None = None,
    senders: Mapping[str, Sender] = SENDERS,
    pause: float = PAUSE,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    """Evaluate the rules (``only`` those named), and deliver what is due.

    Returns:
        ``found``, ``events``, ``problems`` and ``seconds`` of the evaluation, and ``delivery``.

    Raises:
        StoreError: the warehouse cannot be used.
        DutyError: its owner failed, or did not answer in time.
    """
    rules = [rule for rule in alerts.rules if not only or rule.id in only]
    # A route that nobody here can serve is left for whoever can.
    served = [route for route in alerts.routes if route.type in senders]
    receivers = [Receiver(route.name, route.digest_from, route.resolved) for route in served]
    moment = {"now": now.isoformat()} if now else {}
    result = on_warehouse(
        warehouse,
        "alerts",
        timeout=patience,
        rules=as_data(rules),
        receivers=[asdict(receiver) for receiver in receivers],
        whole=not only,
        **moment,
    )

    def note(attempts: list[dict[str, str]]) -> None:
        on_warehouse(
            warehouse, "alert_record", timeout=patience, action="attempted", attempts=attempts
        )

    due = result.pop("deliveries")
    report = deliver(due, served, alerts.console, note, senders=senders, pause=pause)
    return result | {"delivery": asdict(report)}


def as_data(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as plain JSON."""
    return [asdict(rule) for rule in rules]
