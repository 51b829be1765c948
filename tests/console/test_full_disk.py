"""A disk that is full or read-only: what was not saved is said to be so, and is saved later."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.console.office import Office
from tests.console.reviewing import flag
from warehouse.review import deciding

NO_ROOM = "TransactionContext Error: Failed to commit: No space left on device"


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("not said")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EROFS, os.strerror(errno.EROFS)),
        duckdb.TransactionException(NO_ROOM),
        duckdb.IOException("Could not truncate file"),
        of_sqlite(sqlite3.SQLITE_FULL),
        of_sqlite(sqlite3.SQLITE_READONLY),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_cannot_be_written_is_not_saved_and_is_saved_later(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception, htmx: bool
) -> None:
    channel = office.channel([flag()], [flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")

    def full(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(deciding, "write", full)
        answer = ada.decide(page, "confirm", htmx=htmx)
        assert answer.status == 507
        assert "Not saved" in answer.text
        assert "disk of this machine is full" in answer.text
        assert "Traceback" not in answer.html
        assert "No space left" not in answer.html
    assert ada.decide(page, "confirm", htmx=htmx).status in (200, 303)
    assert office.said(channel) == [("ada", "confirm", "review")]


def test_what_else_fails_in_a_database_is_a_defect(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = office.channel([flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")

    def broken(*_: Any, **__: Any) -> None:
        raise duckdb.BinderException("no such column")

    monkeypatch.setattr(deciding, "write", broken)
    assert ada.decide(page, "confirm").status == 500


def test_claims_hold_where_they_cannot_be_written(office: Office, tmp_path: Path) -> None:
    """And so an item can still be read, and is nobody else's."""
    channel = office.channel([flag()])
    claims = office.console.claims
    claims._file.execute("PRAGMA query_only = ON")
    try:
        ada, ben = office.browser("ada"), office.browser("ben")
        item = ada.work(f"channel={channel}").item
        assert item is not None
        assert ben.work(f"channel={channel}").item != item
    finally:
        claims._file.execute("PRAGMA query_only = OFF")
