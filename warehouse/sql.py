"""The SQL of the warehouse, which lives in ``.sql`` files beside this module."""

from __future__ import annotations

import atexit
import threading
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import duckdb

#: The stable views, for users' own SQL: their columns are a contract.
VIEWS = (
    "messages",
    "revisions",
    "scores",
    "flagged",
    "indicators",
    "channels",
    "decisions",
    "items",
    "quarantine",
    "runs",
    "benchmarks",
    "alerts",
    "removed",
    "holds",
    "audit",
    "shadow",
)


class Migration(NamedTuple):
    """One step of the schema, applied once, in order of ``version``."""

    version: int
    name: str
    sql: str


@cache
def query(name: str) -> str:
    """The text of ``queries/<name>.sql``.

    Raises:
        FileNotFoundError: there is no such query.
    """
    return (files(__package__) / "queries" / f"{name}.sql").read_text("utf-8")


def parsed(name: str) -> duckdb.Statement:
    """As :func:`query`, parsed once for all: for small statements that are asked again and again.

    Of a statement that finds one row by its number, parsing is a quarter of the work.

    Raises:
        FileNotFoundError: there is no such query.
        ValueError: it is more than one statement.
    """
    if name not in _parsed:
        with _parsing:
            if not _parser:
                _parser.append(duckdb.connect())
            (_parsed[name],) = _parser[0].extract_statements(query(name))
    return _parsed[name]


def _forget() -> None:
    """Before DuckDB's module ends, which says so of what is left."""
    _parsed.clear()
    _parser.clear()


_parsed: dict[str, duckdb.Statement] = {}
_parser: list[duckdb.DuckDBPyConnection] = []  # made when it is needed: that takes its time
_parsing = threading.Lock()
atexit.register(_forget)


@cache
def scripts(folder: str) -> tuple[str, ...]:
    """The names of the queries in a folder of ``queries``, sorted.

    >>> scripts("retention/clear")[0]
    'retention/clear/analyses'
    """
    found = (files(__package__) / "queries" / folder).iterdir()
    return tuple(sorted(f"{folder}/{item.name[:-4]}" for item in found if item.name[-4:] == ".sql"))


@cache
def views() -> str:
    """The statements that create every stable view."""
    folder = files(__package__) / "views"
    return "\n".join((folder / f"{name}.sql").read_text("utf-8") for name in VIEWS)


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, oldest first; the number in front of the file name is the version."""
    folder = files(__package__) / "migrations"
    found = [
        Migration(int(item.name.split("_", 1)[0]), item.name[:-4], item.read_text("utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return tuple(sorted(found))
