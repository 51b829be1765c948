"""The flow of alerts on a Prefect server: events that automations can act on, and a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from flows.alerts import AlertsProblem, alerts
from warehouse.alerting import evaluating
from warehouse.alerting.evaluating import Look
from warehouse.batches import run_metadata
from warehouse.inbox import Packed, hand_over
from warehouse.store import open_store

pytestmark = pytest.mark.slow

TABLE = """
console: http://console.example
routes:
  - {name: automations, type: prefect}
rules:
  - {id: failed, kind: run_failed, severity: critical}
"""


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture
def events() -> Iterator[type[AssertingEventsClient]]:
    """The events that were emitted, instead of sending them."""
    EventsWorker.set_client_override(AssertingEventsClient)
    AssertingEventsClient.reset()
    yield AssertingEventsClient
    EventsWorker._client_override = None
    AssertingEventsClient.reset()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "w.duckdb"
    told = run_metadata(run_id="run-1", state="failed", time=datetime.now(UTC))
    with open_store(path) as store:
        hand_over(store.inbox, kind="run", order="1", batches=[Packed("run-1-failed", 0, told)])
        store.load_inbox()
    (tmp_path / "alerts.yaml").write_text(TABLE, "utf-8")
    return path


def test_an_alert_is_an_event_and_a_row(broken: Path, events: Any) -> None:
    result = alerts(warehouse=broken, rules=broken.parent / "alerts.yaml")
    assert result["events"] == {"raised": 1}
    assert result["delivery"]["delivered"] == 1
    emitted = [
        one for client in events.all for one in client.events
        if one.event.startswith("channelwatch.")
    ]  # fmt: skip
    [event] = emitted
    assert event.event == "channelwatch.alert.raised"
    assert event.resource.id == "channelwatch.alert.failed"
    assert event.resource["channelwatch.severity"] == "critical"
    assert event.payload["says"].startswith("The run run-1 ended badly (failed)")
    wanted = {"artifacts": {"key": {"any_": ["alerts"]}}, "sort": "UPDATED_DESC", "limit": 1}
    with get_client(sync_client=True) as client:
        [table] = client._client.post("/artifacts/filter", json=wanted).json()
    [row] = json.loads(table["data"])
    assert (row["rule"], row["state"]) == ("failed", "open")
    again = alerts(warehouse=broken, rules=broken.parent / "alerts.yaml")
    assert (again["events"], again["delivery"]["delivered"]) == ({}, 0)


def test_a_rule_that_cannot_be_evaluated_fails_the_flow(
    broken: Path, events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "look", lambda _s, rule, _n: Look(rule, (), 0.0, "no such"))
    with pytest.raises(AlertsProblem, match="rule failed: no such"):
        alerts(warehouse=broken, rules=broken.parent / "alerts.yaml")
