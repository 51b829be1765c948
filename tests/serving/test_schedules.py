"""The table of schedules: what it may say, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.schedules import BUILT_IN, SchedulesError, filled, read_schedules
from ops.serving.plan import with_rhythm
from ops.serving.project import project, text_of

ROW = "deployments:\n  - name: watch\n    flow: flows.monitor:monitor\n    description: d\n"


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(SchedulesError) as raised:
        read_schedules(path)
    assert raised.value.exit_code == 2
    return str(raised.value).replace(str(path), "s.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ROW + "    retrys: 2\n", "s.yaml:5: unknown key 'retrys'; did you mean 'retries'?"),
        (ROW + "    retries: -1\n", "s.yaml:5: Expected `int` >= 0"),
        (ROW + "    when_busy: never\n", "s.yaml:5: Invalid enum value 'never'"),
        (ROW + "    cron: 10 2 * *\n", "s.yaml:5: '10 2 * *' is not cron's five fields"),
        (ROW + "    timezone: Asia/Kabull\n", "unknown time zone 'Asia/Kabull'; did you mean 'As"),
        (
            ROW + "    every_minutes: 5\n    cron: 1 2 * * *\n",
            "s.yaml:6: give `every_minutes` or `cron`, not both",
        ),
        (
            ROW + "    parameters: {warehouse: $warehose}\n",
            "s.yaml:5: unknown placeholder '$warehose'; did you mean '$warehouse'?",
        ),
        (ROW + ROW.partition("\n")[2], "s.yaml:5: 'watch' stands at line 2 already"),
        (ROW.replace("    description: d\n", ""), "s.yaml:2: Object missing required field"),
        (ROW.replace("flows.monitor:monitor", "flows.monitor"), "s.yaml:3: Expected `str`"),
        ("deployment: []\n", "s.yaml:1: it must hold one key, `deployments`"),
        ("deployments: {}\n", "s.yaml:1: `deployments` is a list"),
        ("deployments:\n  - [\n", "no YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, text)


def test_the_bundled_table_holds_what_one_machine_needs() -> None:
    table = read_schedules(BUILT_IN)
    assert {"watch", "nightly", "benchmark", "retention", "alerts", "backup"} <= set(
        table.deployments
    )
    watch = table.named("watch")
    assert (watch.concurrency, watch.when_busy) == (1, "skip")
    assert all(row.timeout_minutes and row.retries for row in table.deployments.values())
    with pytest.raises(SchedulesError, match="did you mean 'nightly'"):
        table.named("nigthly")


def test_what_is_not_said_is_left_to_the_flow() -> None:
    watch = read_schedules(BUILT_IN).named("watch")
    given = filled(watch, {"$watch": ["/in"], "$warehouse": "/w", "$channels": None})
    assert given == {"sources": ["/in"], "warehouse": "/w", "settle_seconds": 5}


def test_the_project_file_says_the_same_as_the_table() -> None:
    """``python -m ops.serving.project > ops/prefect.yaml`` mends it."""
    table = read_schedules(BUILT_IN)
    path = BUILT_IN.with_name("prefect.yaml")
    assert path.read_text("utf-8") == text_of(table)
    told = yaml.safe_load(path.read_text("utf-8"))
    assert told == project(table)
    assert [row["name"] for row in told["deployments"]] == list(table.deployments)
    # Every placeholder is a variable by now; those that may be missing are left out.
    for row in told["deployments"]:
        assert not any(str(value).startswith("$") for value in row["parameters"].values())
    watch = told["deployments"][0]["parameters"]
    assert watch["warehouse"] == "{{ $CHANNELWATCH_WAREHOUSE }}"
    assert "models" not in watch


def test_another_rhythm_of_watch_is_written_for_flow_runs(tmp_path: Path) -> None:
    table = read_schedules(BUILT_IN)
    assert with_rhythm(table, None, tmp_path / "w.duckdb") is table
    quick = with_rhythm(table, 0.1, tmp_path / "w.duckdb")
    assert quick.path.parent == tmp_path
    assert quick.named("watch").every_minutes == 0.1
    assert read_schedules(quick.path).named("nightly") == table.named("nightly")
