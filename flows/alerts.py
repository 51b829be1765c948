"""The flow of alerts: what somebody must be told of is found, delivered, and left as a table.

Importing this module imports Prefect.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from pydantic import Field

from flows.alerting import wording
from flows.alerting.delivering import SENDERS
from flows.alerting.reading import read_alerts
from flows.alerting.routes import Route
from flows.alerting.watch import watch
from flows.alerting.webhook import NotDelivered
from flows.owner import on_warehouse
from flows.watching.safe import counted


class AlertsProblem(RuntimeError):  # noqa: N818
    """Rules could not be evaluated; what the others found was delivered."""


@flow(name="alerts", validate_parameters=True, persist_result=False)
def alerts(
    warehouse: Annotated[Path, Field(description="The DuckDB file.")] = Path("channelwatch.duckdb"),
    rules: Annotated[Path | None, Field(description="YAML of rules and routes.")] = None,
) -> dict[str, Any]:
    """Look for what somebody must be told of, and tell it."""
    logger = get_run_logger()
    table = read_alerts(rules)
    result = watch(warehouse, table, senders={**SENDERS, "prefect": emit})
    listed = on_warehouse(warehouse, "alert_record", action="listed", state="held")
    create_table_artifact(
        key="alerts",
        table=[_row(alert, table.console) for alert in listed["alerts"]],
        description=f"Alerts that hold in {warehouse}: {listed['counts']}",
    )
    logger.info("%s", counted(result))
    for problem in result["delivery"]["problems"]:
        logger.warning("%s", problem)
    if result["problems"]:
        raise AlertsProblem(
            "; ".join(f"rule {rule}: {why}" for rule, why in result["problems"].items())
        )
    return result


def emit(delivery: Mapping[str, Any], route: Route, console: str) -> str:
    """Emit an event ``channelwatch.alert.<event>`` for each alert, for automations to act on.

    The resource is ``channelwatch.alert.<rule>``; the id of the event is the same whenever it is
    emitted, so that Prefect keeps one.

    Raises:
        NotDelivered: Prefect takes no events.
    """
    for event in delivery["events"]:
        told = wording.as_json(event, route, console)
        emitted = emit_event(
            event=f"channelwatch.alert.{event['event']}",
            resource={
                "prefect.resource.id": f"channelwatch.alert.{event['rule']}",
                "prefect.resource.name": event["rule"],
                "channelwatch.kind": event["kind"],
                "channelwatch.severity": event["severity"],
                "channelwatch.alert": event["alert_id"],
            },
            occurred=datetime.fromisoformat(event["happened_at"]),
            payload=told,
            id=uuid5(NAMESPACE_URL, f"channelwatch:{route.name}:{event['event_id']}"),
        )
        if emitted is None:
            raise NotDelivered("Prefect takes no events here")
    with suppress(RuntimeError):
        EventsWorker.instance().wait_until_empty()
    return f"{len(delivery['events'])} events"


def _row(alert: Mapping[str, Any], console: str) -> dict[str, Any]:
    return {
        "severity": alert["severity"],
        "state": alert["state"],
        "rule": alert["rule"],
        "says": wording.sentence(alert),
        "count": alert["count"],
        "since": alert["first_seen"],
        "last": alert["last_seen"],
        "page": wording.page_address(alert, console),
    }
