"""A run killed at any moment and started again ends with the rows of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.world import generate
from warehouse.inbox import inbox_of, pending
from warehouse.store import open_store

ROOT = Path(__file__).parents[2]
QUICK_RUN = Path(__file__).with_name("quick_run.py")
#: What tells one run from another, and nothing about the rows.
VOLATILE = {"run_id", "revision_no", "loaded_at", "landed_at", "scored_at", "first_seen_at"}
VIEWS = ("messages", "revisions", "scores", "flagged", "indicators", "channels", "quarantine")


def start(exports: Path, warehouse: Path) -> subprocess.Popen[bytes]:
    options = ["--direct", "--quiet", "--batch-rows", "25", "--limit", "0"]
    return subprocess.Popen(
        [sys.executable, str(QUICK_RUN), str(exports), "-w", str(warehouse), *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def time_to_first_batch(process: subprocess.Popen[bytes], warehouse: Path) -> float:
    """Seconds until a run has handed over its first messages."""
    began = time.monotonic()
    waiting = set(inbox_of(warehouse).glob("*.messages.*"))
    while process.poll() is None and not set(inbox_of(warehouse).glob("*.messages.*")) - waiting:
        time.sleep(0.005)
    return time.monotonic() - began


def content(warehouse: Path) -> dict[str, list[str]]:
    """Every row of every view, but for what differs between any two runs, in one order."""
    found = {}
    with open_store(warehouse, read_only=True) as store:
        for view in VIEWS:
            table = store.connection.sql(f"SELECT * FROM {view}").to_arrow_table()
            table = table.drop_columns([name for name in table.column_names if name in VOLATILE])
            found[view] = sorted(map(repr, table.to_pylist()))
    return found


@pytest.mark.parametrize(
    ("times", "messages"), [(3, 1_500), pytest.param(20, 10_000, marks=pytest.mark.slow)]
)
def test_killed_at_random_moments(tmp_path: Path, times: int, messages: int) -> None:
    generate(tmp_path / "world", messages, seed=3)
    exports = tmp_path / "world" / "exports"
    (exports / "broken.json").write_text('{"name": "cut off", "messages": [{"id": 1, "te')
    undisturbed, killed = tmp_path / "a.duckdb", tmp_path / "b.duckdb"

    process = start(exports, undisturbed)
    startup = time_to_first_batch(process, undisturbed)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1, said.decode()  # the broken file

    chance = random.Random(times)
    kills = 0
    for _ in range(times):
        process = start(exports, killed)
        if chance.random() < 0.25:
            time.sleep(startup * chance.random())
        else:
            time_to_first_batch(process, killed)
            time.sleep(chance.uniform(0, 0.1))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
    assert kills == times, "a run ended before it could be killed: make the world larger"
    process = start(exports, killed)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1, said.decode()

    expected, found = content(undisturbed), content(killed)
    assert len(expected["messages"]) > messages / 10
    for view in VIEWS:
        assert found[view] == expected[view], view
    assert pending(inbox_of(killed))[0] == []


def test_a_resumed_run_keeps_its_number_and_its_counts_add_up(tmp_path: Path) -> None:
    generate(tmp_path / "world", 1000, seed=1)
    warehouse = tmp_path / "w.duckdb"
    process = start(tmp_path / "world" / "exports", warehouse)
    time_to_first_batch(process, warehouse)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = start(tmp_path / "world" / "exports", warehouse)
    said, _ = done.communicate(timeout=300)
    assert done.returncode == 0, said.decode()
    assert b"resumed and finished" in said
    with open_store(warehouse, read_only=True) as store:
        runs = store.connection.execute("SELECT run_id, state FROM runs").fetchall()
        assert [state for _, state in runs] == ["finished"]
        assert store.check_run(runs[0][0]).adds_up
