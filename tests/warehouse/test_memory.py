"""DuckDB lets go of what it keeps: the memory comes back, the limit stays, who reads goes on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import memory, store
from warehouse.memory import let_go
from warehouse.store import open_store


def kept(connection: duckdb.DuckDBPyConnection) -> int:
    """Bytes that DuckDB counts as used."""
    told = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"
    return int(connection.execute(told).fetchall()[0][0])


def limit(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """A database all of which was read into memory."""
    connection = duckdb.connect(str(tmp_path / "d.duckdb"), config={"memory_limit": "300MB"})
    connection.execute("CREATE TABLE t AS SELECT md5(i::VARCHAR) AS s FROM range(200000) r(i)")
    connection.execute("CHECKPOINT")
    connection.execute("SELECT max(length(s)), max(s) FROM t").fetchall()
    with connection:
        yield connection


def test_the_memory_comes_back_and_the_limit_stays(read: duckdb.DuckDBPyConnection) -> None:
    before, allowed = kept(read), limit(read)
    let_go(read)
    assert kept(read) < before / 4
    assert limit(read) == allowed


def test_a_limit_that_is_met_after_all_is_taken_back(
    read: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "NOT_TO_BE_MET", "100MB")
    allowed = limit(read)
    let_go(read)
    assert limit(read).split(".")[0] == allowed.split(".")[0]  # it is told in tenths of a MiB


def test_who_reads_meanwhile_gets_it_all(read: duckdb.DuckDBPyConnection) -> None:
    found: list[list[Any]] = []
    asked = "SELECT s, count(*) AS n FROM t GROUP BY s ORDER BY s LIMIT 3"
    expected = read.execute(asked).fetchall()

    def reads() -> None:
        cursor = read.cursor()
        for _ in range(6):
            found.append(cursor.execute(asked).fetchall())

    readers = [threading.Thread(target=reads) for _ in range(2)]
    for reader in readers:
        reader.start()
    while any(reader.is_alive() for reader in readers):
        let_go(read)
    assert found == [expected] * 12


def test_a_store_lets_go_after_so_many_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LET_GO", 3)
    times: list[int] = []
    monkeypatch.setattr(store, "let_go", lambda _: times.append(1))
    with open_store(tmp_path / "w.duckdb") as opened:
        for _ in range(7):
            assert opened.checkpoint()
    assert len(times) == 2
