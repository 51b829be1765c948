"""The accounts as a whole: one file, four tables, opened together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ops.console.accounts.database import Database
from ops.console.accounts.filters import Filters
from ops.console.accounts.passwords import Passwords
from ops.console.accounts.preferences import AllPreferences
from ops.console.accounts.sessions import Sessions
from ops.console.accounts.users import Users

#: A session ends when it was not used for this long,
IDLE = timedelta(hours=12)
#: and when it is this old, used or not.
ABSOLUTE = timedelta(days=7)


def accounts_of(warehouse: Path) -> Path:
    """Where the accounts of a warehouse lie."""
    return warehouse.with_name(warehouse.name + ".console")


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Accounts:
    """The open accounts. May be used from several threads, and beside other processes.

    Raises:
        AccountsError: the file cannot be opened, or is not one of ours.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        passwords: Passwords | None = None,
        idle: timedelta = IDLE,
        absolute: timedelta = ABSOLUTE,
    ) -> None:
        self.path = path
        self._database = Database(path)
        self.users = Users(self._database, passwords or Passwords(), now)
        self.sessions = Sessions(self._database, now, idle, absolute)
        self.preferences = AllPreferences(self._database)
        self.filters = Filters(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every thread's connection."""
        self._database.close()
