"""Put a legal hold on, lift one, or list them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flows.duties import DutyError
from warehouse import audit
from warehouse.retention import holds
from warehouse.retention.rules import RetentionError
from warehouse.store import Store


def run(store: Store, act: str, **what: Any) -> dict[str, Any]:
    """``act`` is add, lift or list; see :mod:`warehouse.retention.holds` for the rest."""
    now = datetime.now(UTC)
    try:
        if act == "add":
            result = {"held": holds.add(store, now=now, **what), "hold_id": what["hold_id"]}
        elif act == "lift":
            result = {"lifted": holds.lift(store, now=now, **what)}
        else:
            return {"holds": holds.listed(store)}
    except RetentionError as error:
        raise DutyError(str(error)) from error
    about = {name: value for name, value in what.items() if name != "who"} | result
    audit.record(store, audit.entry(what["who"], f"hold.{act}", about))
    return result
