"""Opening a warehouse: the DuckDB file with its settings, brought to the present schema."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import duckdb

from warehouse.encryption import ALLOW_MBEDTLS, HTTPFS, KEY_FILE, MARK, Encryption
from warehouse.inbox import inbox_of
from warehouse.sql import migrations, query, views


class StoreError(Exception):
    """The warehouse cannot be used; the message says why and what to do."""

    exit_code = 3


class StoreLocked(StoreError):  # noqa: N818
    """Another process owns the warehouse; ``pid`` is its number where known."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


#: What DuckDB says where a file cannot be opened, and what is said instead.
REFUSALS = {
    "without a key": f"{{path}} is encrypted; name the file of its key with {KEY_FILE}",
    "Wrong encryption key": "{path} is encrypted with another key than the one that was given",
    "is not encrypted": "{path} is not encrypted and a key was given. Leave the key out, or make "
    "an encrypted copy: channelwatch restore BACKUP --into NEW --encrypt",
    "read-only crypto module": "to write encrypted files DuckDB needs its extension httpfs: name "
    f"its file with {HTTPFS}. Or consent to the weaker cipher within DuckDB, which has no secure "
    f"source of random numbers, with {ALLOW_MBEDTLS}=1 or --allow-mbedtls",
    "not a valid DuckDB database": "{path} is not a DuckDB database; give another path with "
    "--warehouse",
    "different configuration": "{path} is already open in this process with other settings; "
    "close it",
    "Permission denied": "no permission to open {path}; check its owner and its folder's",
    "Read-only file system": "{path} lies on a disk that is mounted read-only; mount it writable "
    "first: the system's log says why it is not",
}


def connect(  # noqa: PLR0913
    path: Path,
    *,
    read_only: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
    encryption: Encryption | None = None,
    check: bool = True,
    copies: Encryption | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection to a warehouse of the present schema; see :func:`warehouse.store.open_store`.

    Without ``check``, one that is read may be of any schema. ``copies`` is what copies of a plain
    one will be encrypted with.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        # Inbox files are read once: caching them would only grow the memory.
        "enable_external_file_cache": False,
    }
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    if threads is not None:
        config["threads"] = threads
    try:
        if encryption is None:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            if copies is not None:
                _prepare(connection, copies)
        else:
            config["temp_directory"] = f"{path}.tmp"
            connection = duckdb.connect(":memory:", config=config)
            _attach(connection, path, read_only, encryption)
    except (duckdb.Error, OSError) as error:
        raise _explain(path, error) from error
    try:
        _settle_in(connection, path)
        if read_only and check:
            _require_present(connection, path)
        elif not read_only:
            _migrate(connection, path)
            if encryption is not None:
                inbox_of(path).mkdir(parents=True, exist_ok=True)
                (inbox_of(path) / MARK).touch()
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: duckdb.DuckDBPyConnection, encryption: Encryption) -> None:
    """Let DuckDB write encrypted files, as far as was consented to."""
    connection.execute("SET temp_file_encryption = true")
    if encryption.httpfs is not None:
        connection.load_extension(str(encryption.httpfs))
    elif encryption.allow_mbedtls:
        connection.execute("SET force_mbedtls_unsafe = 'true'")


def _attach(
    connection: duckdb.DuckDBPyConnection, path: Path, read_only: bool, encryption: Encryption
) -> None:
    """Attach an encrypted database, and make it the one that is meant."""
    try:
        _prepare(connection, encryption)
        connection.execute(
            query("attach_reading" if read_only else "attach"),
            {"path": str(path), "key": encryption.key},
        )
    except BaseException:
        connection.close()
        raise
    connection.execute(query("use"))


def _settle_in(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Session settings: UTC, and no files but the database's own and the inbox's."""
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    locked = connection.execute("SELECT NOT current_setting('enable_external_access')").fetchone()
    if locked and locked[0]:  # a second connection of this process: the settings are shared
        return
    # Few checkpoints: with the default of 16 MB every transaction pays for one. Yet until the next
    # one, what is less than a row group stays in memory.
    connection.execute("SET checkpoint_threshold = '64MB'")
    # By default every checkpoint merges row groups that are not full, and a long run writes most of
    # its file several times over; Store.checkpoint merges when it is worth it.
    connection.execute("SET max_vacuum_tasks = 0")
    connection.execute("SET allowed_directories = $folders", {"folders": [str(inbox_of(path))]})
    connection.execute("SET enable_external_access = false")


def _applied(connection: duckdb.DuckDBPyConnection, path: Path) -> set[int]:
    """The versions that the file has; empty for a new one."""
    row = connection.execute(query("ledger_exists")).fetchone()
    ours, tables = row or (0, 0)
    if not ours and tables:
        raise StoreError(
            f"{path} is a DuckDB database of something else ({tables} tables, none of them ours); "
            "give another path with --warehouse"
        )
    if not ours:
        return set()
    applied = {version for (version,) in connection.execute(query("applied_migrations")).fetchall()}
    newest = max((step.version for step in migrations()), default=0)
    if max(applied, default=0) > newest:
        raise StoreError(
            f"{path} has schema version {max(applied)}, this channelwatch knows up to {newest}; "
            "use the newer channelwatch that wrote it"
        )
    return applied


def _require_present(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A reader cannot migrate: say so when it would have to."""
    applied = _applied(connection, path)
    behind = [step.version for step in migrations() if step.version not in applied]
    if behind:
        raise StoreError(
            f"{path} has an older schema (version {max(applied, default=0)}); "
            "open it once for writing, for instance with `channelwatch check`"
        )


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Apply what is missing, each step in a transaction, and put the views in place."""
    applied = _applied(connection, path)
    try:
        connection.execute(query("create_migrations"))
        for step in migrations():
            if step.version in applied:
                continue
            connection.begin()
            connection.execute(step.sql)
            connection.execute(
                query("record_migration"), {"version": step.version, "name": step.name}
            )
            connection.commit()
        digest = hashlib.sha256(views().encode()).hexdigest()
        if connection.execute(query("views_digest")).fetchall() != [(digest,)]:
            connection.begin()
            connection.execute(views())
            connection.execute(query("record_views"), {"digest": digest})
            connection.commit()
    except duckdb.Error as error:
        raise StoreError(f"{path} could not be brought up to date: {first_line(error)}") from error


def _explain(path: Path, error: Exception) -> StoreError:
    """DuckDB's error on opening, in words that say what to do."""
    text = str(error)
    if "lock on file" in text:
        found = re.search(r"PID (\d+)", text)
        pid = int(found[1]) if found else None
        owner = f"process {pid}" if pid else "another process"
        return StoreLocked(
            f"{path} is open in {owner} (a run, `channelwatch serve` or `console`). Rows can be "
            "handed to it through the inbox; to open the file here, stop that process first",
            pid,
        )
    if "Unique file handle conflict" in text:
        return StoreLocked(f"{path} is already open in this process; close it", os.getpid())
    for sign, says in REFUSALS.items():
        if sign in text:
            return StoreError(says.format(path=path))
    return StoreError(f"{path} cannot be opened: {first_line(error)}")


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).strip().split("\n", 1)[0]
