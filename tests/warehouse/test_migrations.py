"""Forward from every released schema: nothing is lost, and the views say the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.backup.backup import back_up, restore
from warehouse.retention.removing import retain
from warehouse.retention.rules import Rule, Rules
from warehouse.review.folding import fold
from warehouse.review.rules import Rules as QueueRules
from warehouse.sql import VIEWS, migrations, query
from warehouse.store import Store, StoreError, open_store

pytestmark = pytest.mark.usefixtures("made_anew")

ROWS = Path(__file__).with_name("old_rows.sql").read_text("utf-8")
NOW = datetime(2024, 4, 1, tzinfo=UTC)
#: What each release wrote beside the rows that all have, by the version that brought it.
SINCE = {
    4: "UPDATE base.decisions SET act_id = decision_id, purpose = 'review';"
    "INSERT INTO base.changed SELECT DISTINCT revision_no FROM base.flags;"
}
RELEASED = [step.version for step in migrations()]


def at_version(path: Path, version: int) -> None:
    """A warehouse as the release with this schema left it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(query("create_migrations"))
        for step in migrations():
            if step.version <= version:
                connection.execute(step.sql)
                connection.execute(
                    query("record_migration"), {"version": step.version, "name": step.name}
                )
        connection.execute(ROWS)
        for since, sql in SINCE.items():
            if version >= since:
                connection.execute(sql)


def content(store: Store) -> dict[str, list[str]]:
    answer = {}
    for view in VIEWS:
        with store.stream(view) as reader:
            answer[view] = sorted(map(str, reader.read_all().to_pylist()))
    return answer


def migrated(path: Path, version: int) -> dict[str, list[str]]:
    at_version(path, version)
    with open_store(path) as store:
        while fold(store, QueueRules(), NOW):
            pass
        assert store.check_run("run-1").adds_up
        return content(store)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return migrated(tmp_path_factory.mktemp("newest") / "w.duckdb", RELEASED[-1])


@pytest.mark.parametrize("version", RELEASED)
def test_forward_from_every_release(
    tmp_path: Path, version: int, expected: dict[str, list[str]]
) -> None:
    found = migrated(tmp_path / "w.duckdb", version)
    for view in VIEWS:
        assert found[view] == expected[view], view
    filled = {
        "messages": 3,
        "revisions": 4,
        "scores": 4,
        "flagged": 3,
        "indicators": 1,
        "channels": 1,
        "decisions": 1,
        "quarantine": 1,
        "runs": 1,
    }
    assert {view: len(found[view]) for view in filled} == filled
    assert found["items"]


@pytest.mark.parametrize("version", RELEASED)
def test_what_was_migrated_works(tmp_path: Path, version: int, build: Any) -> None:
    """It is loaded into, backed up, restored and thinned out as any other."""
    path = tmp_path / "w.duckdb"
    at_version(path, version)
    with open_store(path) as store:
        build.Desk(store.inbox, "run-2").file("next", [build.message(1, "متن one, edited again")])
        assert store.load_inbox().landed == 1
        assert store.check_run("run-2").adds_up
        back_up(store, tmp_path / "backup")
        gone = retain(store, Rules((Rule("hostile", 1),)), datetime.now(UTC))
        assert gone.revisions == 1, "message 1 said something new today, 2 is decided"
        assert store.check_run("run-1").adds_up
    restore(tmp_path / "backup", tmp_path / "new.duckdb")
    with open_store(tmp_path / "new.duckdb") as store:
        assert store.totals()["revisions"] == 5


def test_killed_between_two_steps_it_goes_on(
    tmp_path: Path, expected: dict[str, list[str]]
) -> None:
    """Each step is a transaction of its own: what was reached stays, the rest comes later."""
    path = tmp_path / "w.duckdb"
    at_version(path, 1)
    real = migrations()
    with pytest.MonkeyPatch.context() as patch:
        bad = real[-1]._replace(sql=real[-1].sql + "\nSELECT no_such_column FROM base.runs;")
        patch.setattr("warehouse.opening.migrations", lambda: (*real[:-1], bad))
        with pytest.raises(StoreError, match="brought up to date"):
            open_store(path)
    with open_store(path) as store:
        while fold(store, QueueRules(), NOW):
            pass
        assert content(store) == expected
