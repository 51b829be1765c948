"""DuckDB lets go of what it keeps: the memory comes back, the limit stays, who reads goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import memory, store
from warehouse.memory import let_go, limit_of
from warehouse.store import Store, open_store


def kept(connection: duckdb.DuckDBPyConnection) -> int:
    """Bytes that DuckDB counts as used."""
    told = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"
    return int(connection.execute(told).fetchall()[0][0])


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """A table, all of which is in memory."""
    connection.execute("CREATE TABLE t AS SELECT md5(i::VARCHAR) AS s FROM range(200000) r(i)")
    connection.execute("CHECKPOINT")
    connection.execute("SELECT max(length(s)), max(s) FROM t").fetchall()


@pytest.mark.parametrize("met", ["1KB", "100MB"], ids=["not met", "met"])
def test_the_memory_comes_back_and_the_limit_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, met: str
) -> None:
    monkeypatch.setattr(memory, "NEXT_TO_NOTHING", met)
    with duckdb.connect(str(tmp_path / "d.duckdb"), config={"memory_limit": "300MB"}) as open_:
        allowed = limit_of(open_)
        fill(open_)
        before = kept(open_)
        for _ in range(20):
            let_go(open_, allowed)
        if met == "1KB":
            assert kept(open_) < before / 4
        after, past = limit_of(open_).split(), allowed.split()
        assert after[1] == past[1] == "MiB"
        assert 0 <= float(past[0]) - float(after[0]) < 0.2


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store that lets go at every checkpoint."""
    monkeypatch.setattr(store, "LET_GO", 1)
    with open_store(tmp_path / "w.duckdb", memory_limit="300MB") as found:
        fill(found.connection)
        yield found


def test_who_reads_or_writes_meanwhile_goes_on(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    let: list[int] = []
    monkeypatch.setattr(store, "let_go", lambda *told: let.append(1) or let_go(*told))
    asked = "SELECT s, count(*) AS n FROM t GROUP BY s ORDER BY s LIMIT 3"
    expected = opened.connection.execute(asked).fetchall()
    found: list[Any] = []

    def reads() -> None:
        for _ in range(8):
            with opened.reading() as cursor:
                found.append(cursor.execute(asked).fetchall())
            time.sleep(0.02)

    readers = [threading.Thread(target=reads) for _ in range(2)]
    for reader in readers:
        reader.start()
    while any(reader.is_alive() for reader in readers):
        assert opened.checkpoint()
    assert found == [expected] * 16
    assert let


def test_while_somebody_reads_it_is_left_for_the_next_time(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOMENT", 0.05)
    before = kept(opened.connection)
    with opened.reading():
        assert opened.checkpoint()
        assert kept(opened.connection) >= before / 2
    assert opened.checkpoint()
    assert kept(opened.connection) < before / 2
