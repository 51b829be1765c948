"""What people and receivers answered to alerts, and the alerts as they stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from warehouse.alerting import deliveries, record
from warehouse.alerting.rule import Rule
from warehouse.store import Store

Answer = dict[str, Any]


def run(store: Store, action: str, now: str | None = None, **more: Any) -> Answer:
    """Do one of ``acknowledge``, ``silence``, ``lift``, ``attempted``, ``listed`` and ``looked``.

    ``now`` is in ISO 8601; the other parameters are those of the function of that name below.

    Raises:
        ValueError: there is no such action, or what it was given cannot be.
    """
    if action not in _ACTIONS:
        raise ValueError(f"no action {action!r}; there are {', '.join(_ACTIONS)}")
    moment = datetime.fromisoformat(now) if now else datetime.now(UTC)
    return _ACTIONS[action](store, moment, **more)


def acknowledge(
    store: Store, now: datetime, alert_id: str, reviewer: str, note: str | None = None
) -> Answer:
    """Note that somebody takes care of an alert."""
    return {"done": record.acknowledge(store, alert_id, reviewer, now, note)}


def silence(  # noqa: PLR0913, PLR0917
    store: Store,
    now: datetime,
    until: str,
    reviewer: str,
    why: str,
    rule: str | None = None,
    key: str | None = None,
    alert_id: str | None = None,
) -> Answer:
    """Tell nothing of a rule, of one subject of it, or of the subject of an alert."""
    told = {"until": datetime.fromisoformat(until), "reviewer": reviewer, "why": why, "now": now}
    if alert_id is not None:
        return {"silence": record.silence_alert(store, alert_id, **told)}  # type: ignore[arg-type]
    return {"silence": record.silence(store, rule=rule, key=key, **told)}  # type: ignore[arg-type]


def lift(store: Store, now: datetime, silence_id: str, reviewer: str) -> Answer:
    """End a silence early."""
    return {"done": record.lift(store, silence_id, reviewer, now)}


def attempted(store: Store, _now: datetime, attempts: list[dict[str, str]]) -> Answer:
    """Note what became of deliveries."""
    return {"noted": deliveries.attempted(store, attempts)}


def listed(
    store: Store, now: datetime, state: str | None = None, rule: str | None = None
) -> Answer:
    """Alerts, silences, rules and deliveries under way."""
    found = {
        "alerts": record.listed(store, now, state=state, rule=rule),
        "counts": record.counted(store, now),
        "silences": record.silences(store, now),
        "rules": record.rules(store),
        "outstanding": deliveries.outstanding(store),
    }
    plain: Answer = json.loads(json.dumps(found, default=str))
    for row in plain["alerts"]:
        row["subject"], row["evidence"] = json.loads(row["subject"]), json.loads(row["evidence"])
    return plain


def looked(store: Store, now: datetime, rules: list[dict[str, Any]]) -> Answer:
    """What rules would find, without writing anything."""
    import msgspec  # noqa: PLC0415

    from warehouse.alerting.evaluating import look  # noqa: PLC0415

    found = []
    for rule in msgspec.convert(rules, list[Rule]):
        each = look(store, rule, now)
        findings = [
            {
                "key": one.key,
                "count": one.count,
                "measure": one.measure,
                "subject": one.subject,
                "evidence": one.evidence,
                "link": one.link,
            }
            for one in each.findings
        ]
        found.append(
            {
                "rule": rule.id,
                "kind": rule.kind,
                "severity": rule.severity,
                "description": rule.description,
                "problem": each.problem,
                "seconds": each.seconds,
                "findings": findings,
            }
        )
    return {"looks": json.loads(json.dumps(found, default=str))}


_ACTIONS: dict[str, Callable[..., Answer]] = {
    "acknowledge": acknowledge,
    "silence": silence,
    "lift": lift,
    "attempted": attempted,
    "listed": listed,
    "looked": looked,
}
