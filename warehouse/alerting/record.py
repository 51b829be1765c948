"""What people say to alerts, and the alerts as they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from warehouse.alerting.rule import SEVERITIES
from warehouse.sql import query
from warehouse.store import Store

Row = dict[str, Any]

#: States that alerts can be asked for by; ``held`` is all that are not resolved.
STATES = ("open", "acknowledged", "silenced", "resolved", "held")
#: Text that a person gives is cut here.
MOST_TEXT = 500

_SPACE = UUID("c1d6f1c8-8a0b-4d50-9b62-9f6b3a0d7a11")


def listed(  # noqa: PLR0913 (filters)
    store: Store,
    now: datetime,
    *,
    state: str | None = None,
    rule: str | None = None,
    alert_id: str | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Row]:
    """Alerts as they stand at a moment, the open and urgent ones first; None filters nothing."""
    return store.rows(
        "alerting/listed",
        now=now,
        state=state,
        rule=rule,
        alert_id=alert_id,
        most=limit,
        offset=offset,
    )


def counted(store: Store, now: datetime) -> dict[str, int]:
    """How many alerts are in each state; every state is named."""
    found = {row["state"]: row["alerts"] for row in store.rows("alerting/counted", now=now)}
    return {state: found.get(state, 0) for state in STATES[:4]}


def open_by_severity(store: Store, now: datetime) -> dict[str, int]:
    """How many alerts nobody has acknowledged or silenced; every severity is named."""
    found = {row["severity"]: row["alerts"] for row in store.rows("alerting/open", now=now)}
    return {severity: found.get(severity, 0) for severity in SEVERITIES}


def history(store: Store, alert_id: str) -> list[Row]:
    """What happened to an alert: ``moment``, ``what``, ``who``, ``detail``, oldest first."""
    return store.rows("alerting/history", alert_id=alert_id)


def rules(store: Store) -> list[Row]:
    """The rules as they were last evaluated."""
    return store.rows("alerting/rules")


def silences(store: Store, now: datetime) -> list[Row]:
    """The silences in force at a moment."""
    return store.rows("alerting/silences", now=now)


def acknowledge(
    store: Store, alert_id: str, reviewer: str, now: datetime, note: str | None = None
) -> bool:
    """Note that somebody takes care of an alert; False where there is no such alert.

    It is told again only when it has become much worse.
    """
    if not store.rows("alerting/open_alert", alert_id=alert_id):
        return False
    with store.transaction() as connection:
        connection.execute(
            query("alerting/acknowledge"),
            {
                "alert_id": alert_id,
                "reviewer": reviewer,
                "now": now,
                "note": (note or "").strip()[:MOST_TEXT] or None,
            },
        )
    return True


def silence(  # noqa: PLR0913 (who, what, how long and why)
    store: Store,
    *,
    rule: str | None,
    key: str | None,
    until: datetime,
    reviewer: str,
    why: str,
    now: datetime,
) -> str:
    """Tell nothing of a rule, or of one subject of it, until a time; the id of the silence.

    Raises:
        ValueError: it says no reason, or its end is past.
    """
    why = why.strip()[:MOST_TEXT]
    if not why:
        raise ValueError("a silence needs a reason, for whoever wonders later")
    if until <= now:
        raise ValueError(f"a silence until {until:%Y-%m-%d %H:%M} UTC is over already")
    return _silence(store, rule, key, until, reviewer, why, now, None)


def silence_alert(  # noqa: PLR0913
    store: Store, alert_id: str, *, until: datetime, reviewer: str, why: str, now: datetime
) -> str | None:
    """Tell nothing of the subject of one alert until a time; None where there is no such alert."""
    found = store.rows("alerting/open_alert", alert_id=alert_id)
    if not found:
        return None
    [row] = found
    return silence(
        store,
        rule=row["rule"],
        key=row["key"],
        until=until,
        reviewer=reviewer,
        why=why,
        now=now,
    )


def lift(store: Store, silence_id: str, reviewer: str, now: datetime) -> bool:
    """End a silence early; False where none of that id is in force."""
    found = [row for row in silences(store, now) if str(row["silence_id"]) == silence_id]
    if not found:
        return False
    [row] = found
    _silence(store, row["rule"], row["key"], row["until"], reviewer, "lifted", now, silence_id)
    return True


def _silence(  # noqa: PLR0913, PLR0917 (the columns of a silence)
    store: Store,
    rule: str | None,
    key: str | None,
    until: datetime,
    reviewer: str,
    why: str,
    now: datetime,
    lifts: str | None,
) -> str:
    told = "\n".join(map(str, (rule, key, until, reviewer, now, lifts)))
    silence_id = str(uuid5(_SPACE, told))
    with store.transaction() as connection:
        connection.execute(
            query("alerting/silence"),
            {
                "silence_id": silence_id,
                "rule": rule,
                "key": key,
                "until": until,
                "reviewer": reviewer,
                "now": now,
                "why": why,
                "lifts": lifts,
            },
        )
    return silence_id
