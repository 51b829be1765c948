"""Warehouses that earlier releases wrote, as the files that they left, opened by this one.

They lie in ``fixtures/warehouses``, whose README says what they hold; one that is added there is
tested without a change here.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest
import zstandard

import flows.scoring
from fixtures.tables import FOLDER
from flows.pipeline import run_directly
from flows.settings import Settings
from ops.releases.keep_warehouse import NOW, keep
from tests.commands import channelwatch
from tests.warehouse import conftest as build
from warehouse.backup.backup import back_up, restore
from warehouse.backup.copying import copy_database, workshop
from warehouse.encryption import Encryption
from warehouse.integrity import read_through
from warehouse.opening import connect
from warehouse.review import record
from warehouse.review.deciding import Verdict, decide, undo
from warehouse.review.folding import fold, keep_rules
from warehouse.review.rules import Rules
from warehouse.schemas import ANALYSES
from warehouse.sql import VIEWS, migrations
from warehouse.store import Store, StoreError, open_store

pytestmark = pytest.mark.usefixtures("made_anew")

PLACE = FOLDER / "warehouses"
KEPT = sorted(path.name.removesuffix(".duckdb.zst") for path in PLACE.glob("*.duckdb.zst"))
#: The oldest, from which every migration is done.
OLDEST = KEPT[0]
LATER = NOW.replace(year=2026)

#: What bringing a warehouse to the present schema changes: the record of just that, ...
CHANGED = {"schema_migrations", "schema_views"}
#: ... what is derived anew, ...
DERIVED = {"base.items": {"words"}}
#: ... and rows that nothing writes any more.
DROPPED = {"base.item_flags": "state = 'waiting'"}

#: What an export says, and what follows from it.
SAID = ("messages", "revisions", "scores", "flagged", "quarantine", "removed", "base.items")

Columns = dict[str, list[str]]
#: Of each table and view its rows, as text.
Content = dict[str, list[str]]

every = pytest.mark.parametrize("name", KEPT)
one_of_each_schema = pytest.mark.parametrize("name", {name[:4]: name for name in KEPT}.values())


@cache
def unpacked(name: str) -> bytes:
    packed = (PLACE / f"{name}.duckdb.zst").read_bytes()
    return zstandard.ZstdDecompressor().decompress(packed)


def put(name: str, path: Path) -> Path:
    path.write_bytes(unpacked(name))
    return path


def columns_of(connection: duckdb.DuckDBPyConnection, kinds: str = "tv") -> Columns:
    """Of each of our tables (t) and stable views (v) its columns, as the file itself has them."""
    found = connection.execute(
        "SELECT schema_name, table_name, list(column_name ORDER BY column_index) "
        "FROM duckdb_columns() WHERE schema_name = 'base' AND table_oid IN ("
        "SELECT table_oid FROM duckdb_tables()) OR schema_name = 'main' AND NOT internal "
        "GROUP BY ALL"
    ).fetchall()
    named = {
        f"base.{name}" if schema == "base" else name: columns
        for schema, name, columns in found
        if name not in CHANGED and {"base": "t", "main": "v"}[schema] in kinds
    }
    return {
        name: [column for column in columns if column not in DERIVED.get(name, ())]
        for name, columns in named.items()
    }


def shape_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """All columns of tables and views with their types, and macros."""
    rows = connection.execute(
        "SELECT schema_name, table_name, column_name, data_type || is_nullable || column_index "
        "FROM duckdb_columns() WHERE NOT internal UNION ALL "
        "SELECT schema_name, function_name, parameters::VARCHAR, macro_definition "
        "FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    return sorted(map(repr, rows))


def content(connection: duckdb.DuckDBPyConnection, columns: Columns) -> Content:
    """The rows of these tables and views, in these columns."""
    found = {}
    for name, each in columns.items():
        listed = ", ".join(f'"{column}"' for column in each)
        besides = f" WHERE NOT ({DROPPED[name]})" if name in DROPPED else ""
        rows = connection.execute(f"SELECT {listed} FROM {name}{besides}").fetchall()
        found[name] = sorted(map(repr, rows))
    return found


@cache
def written(name: str, folder: Path) -> tuple[Columns, Content]:
    with duckdb.connect(str(put(name, folder / f"{name}.duckdb"))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        columns = columns_of(connection)
        return columns, content(connection, columns)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    return put(name, tmp_path / "w.duckdb")


def opened(path: Path, **more: Any) -> Store:
    return open_store(path, threads=1, **more)


def test_some_are_kept() -> None:
    assert {int(name[:4]) for name in KEPT} >= {1, 2, 3, 4, 7, 8}
    assert len({path.name for path in PLACE.glob("exports/*")}) == 2


@every
def test_nothing_is_lost(name: str, path: Path, folder: Path, new: Path) -> None:
    """Every row that was there is there, as it was, in every column that there was.

    Else it is made as a new one is.
    """
    columns, before = written(name, folder)
    assert len(before["messages"]) > 80
    for view in ("revisions", "scores", "flagged", "indicators", "quarantine", "runs"):
        assert before[view], view
    with opened(path) as store:
        after = content(store.connection, columns)
        for of, rows in before.items():
            assert after[of] == rows, of
        with duckdb.connect(str(new), read_only=True) as made:
            assert shape_of(store.connection) == shape_of(made)
        assert not store.connection.execute(
            "SELECT words FROM base.items JOIN base.flags USING (revision_no) "
            "WHERE words <> base.searched(text)"
        ).fetchall()
        for view in set(VIEWS) - set(before):
            with store.stream(view) as reader:
                reader.read_all()
        assert all(said is None for _, _, said in read_through(store))
        for run in store.rows("watching/run_ids"):
            assert store.check_run(run["run_id"]).adds_up
        ledger = store.connection.execute("FROM schema_migrations ORDER BY ALL").fetchall()
    assert [row[0] for row in ledger] == [step.version for step in migrations()]
    file = path.read_bytes()
    with opened(path) as store:  # a second time nothing is done
        assert store.connection.execute("FROM schema_migrations ORDER BY ALL").fetchall() == ledger
    assert path.read_bytes() == file


@one_of_each_schema
def test_the_queue_goes_on(path: Path) -> None:
    """What was decided stands where it stood; the next decision is one as any other."""
    with opened(path) as store:
        while fold(store, Rules(), NOW):
            pass
        said = store.connection.execute("FROM base.decisions ORDER BY decision_id").fetchall()
        assert shown(store) == {str(row[0]) for row in said}
        waiting = [number for number, state in states(store).items() if state == "waiting"][:4]
        for number in waiting:
            flags = store.rows("review/bulk", items=[number])
            verdicts = [
                Verdict(number, row["label"], row["source"], row["target"], "confirm", "review")
                for row in flags
            ]
            for reviewer in ("chand", "dawud"):  # the second where two are to agree
                if states(store)[number] != "decided":
                    told = {"reviewer": reviewer, "now": LATER + timedelta(minutes=number)}
                    decide(store, Rules(), verdicts, act=uuid4(), **told)
        before = states(store)
        assert {before[number] for number in waiting} == {"decided"}
        assert_one_state_each(store, before)
        keep_rules(store, Rules(half_life=10), LATER)
        assert states(store) == before
        told = {"reviewer": "chand", "now": LATER + timedelta(days=1)}
        assert undo(store, Rules(), former=None, act=uuid4(), **told) == [max(waiting)]
        assert states(store)[max(waiting)] == "waiting"
        kept = store.connection.execute("FROM base.decisions ORDER BY decision_id").fetchall()
        assert [row for row in kept if row in said] == said


def states(store: Store) -> dict[int, str]:
    found = store.connection.execute("SELECT item_no, state FROM base.items ORDER BY 1").fetchall()
    assert len(found) > 20
    return dict(found)


def shown(store: Store) -> set[str]:
    """The decisions that are shown with an item of the queue."""
    found: set[str] = set()
    for number in states(store):
        item = record.item(store, number)
        assert item is not None
        found |= {row["decision_id"] for row in record.decisions(store, item)}
    return found


def assert_one_state_each(store: Store, items: dict[int, str]) -> None:
    """Every flag of an item has one state, wherever it is read."""
    listed = store.rows("review/bulk", items=list(items))
    flags = [(row["item_no"], row["label"], row["source"], row["target"]) for row in listed]
    assert len(flags) == len(set(flags))
    said = {key: row["flag_state"] for key, row in zip(flags, listed, strict=True)}
    for number in items:
        item = record.item(store, number)
        assert item is not None
        for flag in item.flags:
            assert said[number, flag["label"], flag["source"], flag["target"]] == flag["state"]


class Known:
    """A scorer that names itself as the one whose scores a warehouse has: these stay."""

    def __init__(self, version: str) -> None:
        self.version = version

    def score(self, table: pa.Table) -> pa.RecordBatch:
        row = build.analysis(model=self.version)
        return pa.RecordBatch.from_pylist([row] * table.num_rows, schema=ANALYSES)


@one_of_each_schema
def test_the_same_exports_change_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as store:
        [(model,)] = store.connection.execute(
            "SELECT DISTINCT model_version FROM base.analyses"
        ).fetchall()
        everything = columns_of(store.connection)
        columns = {name: everything[name] for name in SAID}
        before = content(store.connection, columns)
    monkeypatch.setattr(flows.scoring, "load_scorer", lambda models: Known(model))
    # Batches of another size than before: so they are read again.
    wanted = Settings((PLACE / "exports",), warehouse=path, batch_rows=50, workers=1)
    report = run_directly(wanted)
    assert (report.landed, report.quarantined, report.problems) == (0, 1, ())
    assert report.unchanged == report.read - 1 > 160
    with opened(path) as store:
        assert content(store.connection, columns) == before


@pytest.mark.parametrize("name", [OLDEST])
def test_a_backup_of_it_is_the_same(path: Path, tmp_path: Path) -> None:
    with opened(path) as store:
        tables = columns_of(store.connection, "t")
        before = content(store.connection, tables)
        back_up(store, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again.duckdb")
    with opened(tmp_path / "again.duckdb") as store:
        assert content(store.connection, tables) == before


#: Ends when the statements of so many steps are done, and the last of them is not committed.
KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse import opening
from warehouse.store import open_store

left, query = int(sys.argv[2]), opening.query
def counting(name):
    global left
    left -= name == "record_migration"
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return query(name)
opening.query = counting
open_store(Path(sys.argv[1]), threads=1)
"""


def test_killed_within_its_steps_it_goes_on(tmp_path: Path) -> None:
    path, whole = put(OLDEST, tmp_path / "w.duckdb"), put(OLDEST, tmp_path / "whole.duckdb")
    for step in (2, 3):
        command = [sys.executable, "-c", KILLED, str(path), str(step)]
        assert subprocess.run(command, check=False, timeout=120).returncode == -signal.SIGKILL
        with duckdb.connect(str(path)) as connection:
            reached = connection.execute("SELECT max(version) FROM schema_migrations").fetchone()
        assert reached == ({2: 2, 3: 4}[step],)
    with opened(path) as store, opened(whole) as other:
        columns = columns_of(other.connection)
        assert columns_of(store.connection) == columns
        assert content(store.connection, columns) == content(other.connection, columns)


def test_an_encrypted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encrypted file of an earlier schema, as it was copied from a plain one."""
    name = next(name for name in reversed(KEPT) if name.startswith("0007"))
    plain, path = put(name, tmp_path / "plain.duckdb"), tmp_path / "w.duckdb"
    key = Encryption("0123456789abcdef" * 4, allow_mbedtls=True)
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.opening._migrate", lambda connection, path: None)
        with Store(partial(connect, plain, copies=key), plain, read_only=False) as store:
            columns = columns_of(store.connection)
            before = content(store.connection, columns)
            with workshop(store) as place:
                copy_database(store, place / "copy", encryption=key)
                (place / "copy").rename(path)
    with opened(path, encryption=key) as store:
        assert store.rows("watching/version")[0]["version"] == migrations()[-1].version
        assert content(store.connection, columns) == before


def test_one_of_a_later_release_is_refused(tmp_path: Path) -> None:
    path = put(KEPT[-1], tmp_path / "w.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, '9999_later', now())")
    before = path.read_bytes()
    said = channelwatch("audit", "verify", "-w", path)
    assert said.returncode == 3
    assert "has schema version 9999" in said.stderr
    assert "use the newer channelwatch that wrote it" in said.stderr
    with pytest.raises(StoreError, match="9999"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.slow
def test_this_release_can_be_kept(tmp_path: Path) -> None:
    kept = keep("now", tmp_path)
    path = tmp_path / "w.duckdb"
    path.write_bytes(zstandard.ZstdDecompressor().decompress(kept.read_bytes()))
    with duckdb.connect(str(path)) as connection:
        empty = [
            name for name, rows in content(connection, columns_of(connection)).items() if not rows
        ]
    assert set(empty) <= {
        "base.alert_attempts", "base.alert_deliveries", "base.author_key", "base.changed",
        "base.unknown_fields",
    }  # fmt: skip
    with pytest.raises(FileExistsError):
        keep("now", tmp_path)
