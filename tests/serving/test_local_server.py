"""The server's process: what it may hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.local_server import SQLITE_BYTES, bound_sqlite
from ops.campaigns.day.sampling import anonymous


@pytest.fixture(autouse=True)
def _unbound_again() -> Iterator[None]:
    yield
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA soft_heap_limit = 0")


def test_connections_together_keep_no_more_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", (["x" * 4_000] for _ in range(6_000)))
    bound_sqlite()
    before = anonymous()
    read = []
    for _ in range(4):
        read.append(sqlite3.connect(path))
        read[-1].execute("PRAGMA cache_size = 20000")  # as Prefect has it
        read[-1].execute("SELECT sum(length(a)) FROM t").fetchall()
    grown = anonymous() - before
    for each in read:
        each.close()
    # Each would keep the whole file, 24 MB, if it was let.
    assert grown < 2 * SQLITE_BYTES
