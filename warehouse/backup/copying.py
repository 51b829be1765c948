"""One consistent copy of the database in a new file, while others read and write."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from warehouse.encryption import Encryption
from warehouse.sql import query
from warehouse.store import Store, StoreError

_one_at_a_time = threading.Lock()


@contextmanager
def workshop(store: Store) -> Iterator[Path]:
    """A folder for files that are being made, within the inbox: DuckDB may write nowhere else."""
    mine = f"{os.getpid()}-"
    for left in (store.inbox / "work").glob("*"):
        if not left.name.startswith(mine):  # of an owner that was killed: there is one at a time
            shutil.rmtree(left, ignore_errors=True)
    folder = store.inbox / "work" / f"{mine}{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_database(
    store: Store, target: Path, *, encryption: Encryption | None = None
) -> dict[str, int]:
    """Copy the database as it stands into TARGET, a new file in a :func:`workshop`.

    What is committed while it goes on is not in the copy. Blocks that are free, and rows that are
    deleted, are not copied.

    Args:
        encryption: of the copy; by default that of the warehouse.

    Returns:
        Rows of each table, counted in the warehouse in the same transaction.

    Raises:
        StoreError: the disk is full, or the database failed; the target is then worth nothing.
    """
    encryption = encryption or store.encryption
    with _one_at_a_time, store.reading() as connection:
        try:
            if encryption is None:
                connection.execute(query("backup/attach"), {"path": str(target)})
            else:
                values = {"path": str(target), "key": encryption.key}
                connection.execute(query("backup/attach_encrypted"), values)
            connection.begin()
            counts = count_rows(connection)
            row = connection.execute(query("backup/catalog")).fetchone()
            catalog = '"' + str(row[0] if row else "").replace('"', '""') + '"'
            connection.execute(query("backup/copy").format(catalog=catalog))
            connection.commit()
            connection.execute(query("backup/finish"))
        except (duckdb.Error, OSError) as error:
            with suppress(duckdb.Error):
                connection.rollback()
            with suppress(duckdb.Error):
                connection.execute(query("backup/drop"))
            raise StoreError(f"{store.path} could not be copied: {error}") from error
    sync(target)
    return counts


def count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The rows of every table of a warehouse.

    Where it is in a transaction, as that sees them.
    """
    counts: dict[str, int] = {}
    for schema, table in connection.execute(query("backup/tables")).fetchall():
        row = connection.table(f"{schema}.{table}").aggregate("count(*)").fetchall()
        counts[f"{schema}.{table}"] = int(row[0][0])
    return counts


def sync(path: Path) -> None:
    """Have a file outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
