"""The SQLite file of the accounts: opening, migrating, and running named queries."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

#: How long a writer waits for another one, in seconds.
PATIENCE = 10.0
#: "cwac": what tells our files from other SQLite files.
APPLICATION = 0x63776163


class AccountsError(Exception):
    """What was asked of the accounts cannot be done; the message says why and what to do."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@cache
def query(name: str) -> str:
    """The text of ``queries/<name>.sql``."""
    return (files(__package__) / "queries" / f"{name}.sql").read_text("utf-8")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Version and text of every step of the schema, oldest first."""
    steps = (files(__package__) / "migrations").iterdir()
    found = [
        (int(step.name.split("_", 1)[0]), step.read_text("utf-8"))
        for step in steps
        if step.name.endswith(".sql")
    ]
    return tuple(sorted(found))


class Database:
    """One connection for each thread, all of them on one file that only its owner may read.

    Raises:
        AccountsError: the file cannot be opened or made, or is of something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._turn = threading.Lock()
        try:
            # Made here, not by SQLite, so that it is never readable by others, not for a moment;
            # SQLite gives its write-ahead log the same mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise AccountsError(
                f"the accounts in {path} cannot be opened: {error}; check its owner and its "
                "folder's, or move it away to start with none",
                exit_code=3,
            ) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        mine: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if mine is None:
            # Before, for SQLite gives the next connection the file that one of the same leaves.
            self._close_ended()
            # No implicit transactions: a statement alone is one, `transaction` makes longer ones.
            mine = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            mine.row_factory = sqlite3.Row
            mine.execute("PRAGMA journal_mode = WAL")
            mine.execute("PRAGMA synchronous = FULL")
            mine.execute("PRAGMA foreign_keys = ON")
            mine.execute("PRAGMA trusted_schema = OFF")
            with self._turn:
                self._all[threading.current_thread()] = mine
            self._own.connection = mine
        return mine

    def rows(self, name: str, /, **values: object) -> list[sqlite3.Row]:
        """The rows of a query; times are bound and given as ISO 8601 text in UTC."""
        return self.connection.execute(query(name), values).fetchall()

    def row(self, name: str, /, **values: object) -> sqlite3.Row | None:
        """Its first row, if any."""
        found = self.rows(name, **values)
        return found[0] if found else None

    def change(self, name: str, /, **values: object) -> int:
        """Run a statement that writes; gives how many rows it changed."""
        return self.connection.execute(query(name), values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several statements, all or none, while nobody else writes."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._turn:
            for connection in self._all.values():
                connection.close()
            self._all.clear()
        self._own = threading.local()

    def _close_ended(self) -> None:
        """Close what threads have left that have ended: a server's pool ends those that idle."""
        with self._turn:
            for thread in [each for each in self._all if not each.is_alive()]:
                self._all.pop(thread).close()

    def _migrate(self) -> None:
        """Bring the schema up to date; another process may be doing the same."""
        newest = migrations()[-1][0]
        if self._version() == newest:
            return
        with self.transaction():
            version = self._version()
            if version > newest:
                raise AccountsError(
                    f"{self.path} is of a newer channelwatch (version {version}, this one knows "
                    f"{newest}); use the newer one",
                    exit_code=3,
                )
            for step, text in migrations():
                if step > version:
                    for statement in statements(text):
                        self.connection.execute(statement)

    def _version(self) -> int:
        """The version of the schema, 0 for an empty file."""
        # Tables first: another process may make them, with both marks, between two of these.
        (tables,) = self.connection.execute(query("tables")).fetchone()
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if tables and application != APPLICATION:
            raise AccountsError(
                f"{self.path} is a SQLite file of something else; move it away", exit_code=3
            )
        return int(version)


def statements(text: str) -> Iterator[str]:
    """The single statements of a script.

    >>> list(statements("SELECT 1;\\nSELECT ';'\\n;"))
    ['SELECT 1;\\n', "SELECT ';'\\n;"]
    """
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
