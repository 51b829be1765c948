"""The Prefect flow: the same rows as without it, and its pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from flows.monitor import monitor, run_monitor
from flows.progress import Silent
from flows.settings import Settings
from warehouse.store import open_store

pytestmark = pytest.mark.usefixtures("quick_scorer", "prefect")


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


def artifact(key: str) -> dict[str, Any]:
    """The latest artifact of a key, as the pages read it."""
    wanted = {"artifacts": {"key": {"any_": [key]}}, "sort": "UPDATED_DESC", "limit": 1}
    with get_client(sync_client=True) as client:
        [found] = client._client.post("/artifacts/filter", json=wanted).json()
    assert isinstance(found, dict)
    return found


def test_the_flow_lands_the_messages_and_leaves_its_tables(
    tmp_path: Path, export: Callable[..., Path]
) -> None:
    texts = {n: f"message {n}" for n in range(1, 41)} | {41: "the enemy [x](javascript:1) <b>"}
    path = export(tmp_path / "in", texts)
    warehouse = tmp_path / "w.duckdb"
    settings = Settings(sources=(path,), warehouse=warehouse, batch_rows=10)
    report = run_monitor(settings, Silent())
    assert (report.read, report.landed, report.flagged, report.exit_code) == (41, 41, 1, 0)
    with open_store(warehouse, read_only=True) as store:
        assert store.totals()["messages"] == 41

    run = artifact("monitor-run")
    assert report.run_id in run["description"]
    [row] = json.loads(run["data"])
    assert (row["read"], row["landed"], row["quarantined"]) == (41, 41, 0)
    [row] = json.loads(artifact("monitor-flagged")["data"])
    assert row["words"] == "enemy"
    assert "[x]" not in row["text"], "a message must not become a link in the page"
    assert artifact("monitor-progress")["data"] == 100.0

    again = run_monitor(settings, Silent())
    assert (again.read, again.new_revisions) == (0, 0)


def test_parameters_are_validated(tmp_path: Path) -> None:
    from prefect.exceptions import ParameterTypeError

    for wrong in ({"sources": []}, {"sources": ["x"], "batch_rows": 0}, {"sources": 5}):
        with pytest.raises(ParameterTypeError):
            monitor(**wrong, warehouse=tmp_path / "w.duckdb")
