"""Opening: one owner, clear refusals, no reach beyond the inbox."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import sql
from warehouse.store import Store, StoreError, StoreLocked, open_store

pytestmark = pytest.mark.usefixtures("made_anew")

HOLD = """
import sys
from pathlib import Path
from warehouse.store import open_store

with open_store(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_makes_a_warehouse_and_opens_it_again(path: Path) -> None:
    with open_store(path) as store:
        assert store.totals()["messages"] == 0
        for view in sql.VIEWS:
            with store.stream(view) as reader:
                assert reader.read_all().num_rows == 0
    before = path.read_bytes()
    with open_store(path) as store:
        assert store.check_run("x").adds_up
    assert path.read_bytes() == before  # opening a file that is up to date writes nothing
    with open_store(path, read_only=True, memory_limit="1GB", threads=1) as store:
        assert store.flagged().num_rows == 0


def test_another_process_has_it(path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        for read_only in (False, True):
            with pytest.raises(StoreLocked, match="stop that process") as caught:
                open_store(path, read_only=read_only)
            assert caught.value.pid == child.pid
    finally:
        child.communicate()
    open_store(path).close()


def test_refuses_what_is_no_warehouse(tmp_path: Path) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("hello " * 1000)
    with pytest.raises(StoreError, match="not a DuckDB database"):
        open_store(text)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(StoreError, match="something else"):
        open_store(other)
    with pytest.raises(StoreError, match="does not exist"):
        open_store(tmp_path / "no" / "w.duckdb")
    with pytest.raises(StoreError, match="no warehouse"):
        open_store(tmp_path / "w.duckdb", read_only=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.duckdb", "text.duckdb"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_says_when_it_may_not_write(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o000)
    with pytest.raises(StoreError, match="no permission"):
        open_store(path)


def test_refuses_a_newer_schema_and_says_when_it_is_older(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(path).close()
    real = sql.migrations()
    last = sql.Migration(real[-1].version + 1, "9999_more", "CREATE TABLE base.more (a INTEGER)")
    monkeypatch.setattr("warehouse.opening.migrations", lambda: (*real, last))
    with pytest.raises(StoreError, match="older schema"):
        open_store(path, read_only=True)
    with open_store(path) as store:  # migrates forward
        store.connection.execute("FROM base.more")
    monkeypatch.setattr("warehouse.opening.migrations", lambda: real)
    for read_only in (False, True):
        with pytest.raises(StoreError, match=f"schema version {last.version}"):
            open_store(path, read_only=read_only)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(path).close()
    real = sql.migrations()
    bad = sql.Migration(99, "0099_bad", "CREATE TABLE base.more (a INTEGER); SELECT * FROM nothing")
    monkeypatch.setattr("warehouse.opening.migrations", lambda: (*real, bad))
    with pytest.raises(StoreError, match="could not be brought up to date"):
        open_store(path)
    monkeypatch.setattr("warehouse.opening.migrations", lambda: real)
    with open_store(path) as store, pytest.raises(duckdb.CatalogException):
        store.connection.execute("FROM base.more")


def test_reaches_no_file_but_its_own(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    reaching = [
        f"SELECT * FROM read_csv('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'other.duckdb'}'",
        "SELECT * FROM read_csv('http://localhost/x.csv')",
    ]
    for statement in reaching:
        with pytest.raises(duckdb.Error):
            store.connection.execute(statement)
    with pytest.raises(duckdb.Error):
        store.connection.execute("SET enable_external_access = true")


def test_times_are_utc_wherever_it_runs(store: Store) -> None:
    for connection in (store.connection, store.connection.cursor()):
        row = connection.execute("SELECT current_setting('TimeZone')").fetchone()
        assert row == ("UTC",)


def test_reads_while_another_thread_loads(store: Store, desk: Any, build: Any) -> None:
    for number in range(6):
        rows = [build.message(i, f"t{i}", f"tg:{number}") for i in range(50)]
        desk.file(f"file {number}", rows)
    loader = threading.Thread(target=store.load_inbox)
    loader.start()
    seen = [store.totals()["messages"]]
    while loader.is_alive():
        seen.append(store.totals()["messages"])
    loader.join()
    seen.append(store.totals()["messages"])
    assert seen == sorted(seen)
    assert all(count % 50 == 0 for count in seen)
    assert seen[-1] == 300


def test_every_view_says_what_it_is() -> None:
    folder = Path(sql.__file__).parent
    assert {p.stem for p in (folder / "views").glob("*.sql")} == set(sql.VIEWS)
    for file in (folder / "views").glob("*.sql"):
        header = file.read_text().split("CREATE")[0]
        for word in (f"-- {file.stem}:", "-- Grain:", "-- Units:", "-- Read by:"):
            assert word in header, (file.name, word)
    for file in (folder / "queries").glob("*.sql"):
        assert file.read_text().startswith("-- "), f"{file.name} does not say what it does"
