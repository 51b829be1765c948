"""Rows become flows: with their options, their parameters checked; what is not there is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import scheduled
from flows.schedules import SchedulesError, read_schedules
from flows.serving import deployments, schedule_of
from tests.commands import channelwatch

VALUES = {"$watch": ["/in"], "$warehouse": "/w.duckdb", "$reports": "/r"}


def table_of(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text("deployments:\n" + rows)
    return path


def row(name: str = "watch", flow: str = "flows.monitor:monitor", more: str = "") -> str:
    return f"  - name: {name}\n    flow: {flow}\n    description: what it does\n{more}"


def test_a_row_is_a_flow_with_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "    retries: 3\n    retry_wait_seconds: 100\n    timeout_minutes: 2\n"
    path = table_of(tmp_path, row("my-watch", more=more))
    monkeypatch.setenv("CHANNELWATCH_SCHEDULES", str(path))
    flow = scheduled.my_watch
    assert (flow.retries, flow.timeout_seconds, flow.description) == (3, 120, "what it does")
    waits = {scheduled.my_watch.retry_delay_seconds for _ in range(30)}
    assert len(waits) > 1, "drawn for each run"
    assert all(100 <= wait <= 150 and isinstance(wait, int) for wait in waits)
    with pytest.raises(AttributeError, match="no deployment 'nothing'"):
        _ = scheduled.nothing


def test_what_is_not_installed_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_others.py").write_text("import not_here\n")
    monkeypatch.syspath_prepend(tmp_path)
    rows = row("a", "of_others:x") + row(
        "c", more="    parameters: {sources: $watch}\n    every_minutes: 5\n"
    )
    served, left_out = deployments(read_schedules(table_of(tmp_path, rows)), VALUES)
    assert [each.name for each in served] == ["c"]
    assert served[0].entrypoint == "flows.scheduled.c"
    assert served[0].parameters == {"sources": ["/in"]}
    assert left_out == ["a: of_others needs not_here"]


@pytest.mark.parametrize(
    ("flow", "says"),
    [
        ("flows.montor:x", ":2: unknown module 'flows.montor'; did you mean 'flows.monitor'?"),
        ("nowhere.at.all:x", ":2: unknown module 'nowhere.at.all'"),
        (
            "flows.monitor:montor",
            ":2: unknown flow 'flows.monitor:montor'; did you mean 'flows.monitor:monitor'?",
        ),
    ],
)
def test_a_flow_that_there_is_not_is_a_mistake(tmp_path: Path, flow: str, says: str) -> None:
    path = table_of(tmp_path, row("a", flow))
    with pytest.raises(SchedulesError) as raised:
        deployments(read_schedules(path), VALUES)
    assert str(raised.value) == f"{path}{says}"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (
            "{sorces: $watch}",
            ":2: unknown parameter of flows.monitor:monitor 'sorces'; did you",
        ),
        ("{warehouse: $warehouse}", ":2: flows.monitor:monitor needs sources"),
        ("{sources: $watch, batch_rows: 0}", "batch_rows"),
        ("{sources: []}", "sources"),
    ],
)
def test_parameters_are_checked_before_anything_runs(
    tmp_path: Path, parameters: str, says: str
) -> None:
    path = table_of(tmp_path, row(more=f"    parameters: {parameters}\n"))
    with pytest.raises(SchedulesError) as raised:
        deployments(read_schedules(path), VALUES)
    assert says in str(raised.value)


def test_a_cron_without_a_meaning_is_told(tmp_path: Path) -> None:
    more = "    parameters: {sources: $watch}\n    cron: 99 99 * * *\n"
    path = table_of(tmp_path, row(more=more))
    with pytest.raises(SchedulesError, match=r":2: watch: Invalid cron string[^\n]*$"):
        deployments(read_schedules(path), VALUES)


def test_what_is_started_by_hand_has_no_schedule(tmp_path: Path) -> None:
    assert schedule_of(read_schedules(table_of(tmp_path, row())).named("watch")) is None


def test_with_a_mistake_in_its_table_nothing_is_started(tmp_path: Path) -> None:
    path = table_of(tmp_path, row(more="    parameters: {sorces: $watch}\n"))
    warehouse = tmp_path / "w.duckdb"
    ports = ("--port", 0, "--prefect-port", 0)
    done = channelwatch("serve", "-w", warehouse, "--watch", tmp_path, "--schedules", path, *ports)
    assert done.returncode == 2
    assert f"{path}:2: unknown parameter of flows.monitor:monitor 'sorces'" in done.stderr
    assert not done.stdout
    assert not warehouse.exists()


@pytest.mark.parametrize("variable", ["CHANNELWATCH_AUTHOR_KEY_FILE", "CHANNELWATCH_KEY_FILE"])
def test_without_a_key_that_is_named_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "no.key"))
    warehouse = tmp_path / "w.duckdb"
    ports = ("--port", 0, "--prefect-port", 0)
    done = channelwatch("serve", "-w", warehouse, "--watch", tmp_path, *ports)
    assert done.returncode == 3
    assert f"the key file {tmp_path / 'no.key'} cannot be read" in done.stderr
    assert not list(tmp_path.glob("w.duckdb*"))
