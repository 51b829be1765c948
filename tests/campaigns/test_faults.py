"""The fault campaign: small, and whether it would notice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.campaigns.faults import disks, kills, odd
from ops.campaigns.faults.ground import Ground, Row, finished, rows_of, until
from ops.campaigns.processes import environment
from warehouse.store import open_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("faults"), 1_000, 3, lambda line: None)


def test_a_few_kills_and_a_stranger_hold(ground: Ground) -> None:
    for row in (kills.flow(ground, 2), odd.locked(ground, 1)):
        assert row.holds, row


def test_what_is_lost_or_doubled_is_counted(ground: Ground) -> None:
    warehouse = ground.fresh()
    finished(ground.run(warehouse))
    whole = rows_of(warehouse)
    with open_store(warehouse) as store:
        store.connection.execute(
            "INSERT INTO base.quarantine SELECT * FROM base.quarantine LIMIT 1"
        )
        store.connection.execute("DELETE FROM base.revisions WHERE revision_no = 1")
    damaged = rows_of(warehouse)
    assert damaged != whole
    row = Row("none", "damaged by the test")
    ground.hold(row, warehouse)
    assert row.lost
    assert row.doubled
    assert not row.holds


def test_a_fault_that_nobody_names_does_not_hold() -> None:
    row = Row("none", "", times=1)
    row.name("all is well", "No space left")
    assert not row.holds
    assert row.problems == ["not named; it said: all is well"]


def test_one_that_was_left_out_does_not_count_as_held(tmp_path: Path) -> None:
    assert not Row("none", "", skipped="no right to mount").holds


def test_a_filled_disk_stays_full_for_everybody_else(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    try:
        with disks.disk(folder) as again:
            (folder / "old").write_bytes(bytes(1 << 16))
            again(f"size={disks.used(folder) + (1 << 20)}")
            with disks.filled(folder / "filler"):
                until(lambda: os.statvfs(folder).f_bfree == 0)
                (folder / "old").unlink()  # what it gives free is taken too
                assert until(lambda: os.statvfs(folder).f_bfree == 0, 30)
                with pytest.raises(OSError, match="No space left"):
                    (folder / "new").write_bytes(bytes(1 << 16))
            (folder / "new").write_bytes(bytes(1 << 16))
    except PermissionError as error:
        pytest.skip(str(error))


def test_the_environment_of_a_process_is_read() -> None:
    child = subprocess.Popen(["/bin/sleep", "60"], env={"NAME": "a=b"})
    try:
        assert until(lambda: environment(child.pid).get("NAME") == "a=b", 30)
    finally:
        child.kill()
        child.wait()
    assert environment(child.pid) == {}
