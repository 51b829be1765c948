"""Sessions: a random token in the browser, its SHA-256 here."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.console.accounts.database import Database
from ops.console.accounts.preferences import Preferences, preferences_from
from ops.console.accounts.times import as_text, as_time

#: The time of the last request is kept to this step: not every page is worth a write to disk.
STEP = timedelta(minutes=1)
#: Characters of what a browser says of itself.
LONGEST_AGENT = 200


@dataclass(frozen=True)
class Session:
    """A session as its user sees it; times are UTC, ``seen_at`` to the minute."""

    session_no: int
    agent: str
    made_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Known:
    """Who sent a request: the user of a session that has not ended, with what he prefers.

    ``temporary``: he has a password that others know, and has to change it first.
    """

    session_no: int
    name: str
    role: str
    temporary: bool
    preferences: Preferences


class Sessions:
    """The table of sessions. One ends when it is not used for ``idle``, or ``absolute`` old."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        idle: timedelta,
        absolute: timedelta,
    ) -> None:
        self._database = database
        self._now = now
        self._idle = idle
        self._absolute = absolute

    def start(self, user: str, agent: str = "") -> str:
        """A new session of a user; gives its token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        now = self._now()
        with self._database.transaction():
            self._database.change("end_expired", now=as_text(now), idle=self._oldest(now))
            self._database.change(
                "start_session",
                token_hash=hashed(token),
                user=user,
                agent=agent[:LONGEST_AGENT],
                now=as_text(now),
                expires=as_text(now + self._absolute),
            )
        return token

    def known(self, token: str) -> Known | None:
        """Whose session this is; None where it has ended, or its user is disabled."""
        now = self._now()
        row = self._database.row(
            "known", token_hash=hashed(token), now=as_text(now), idle=self._oldest(now)
        )
        if row is None:
            return None
        if now - as_time(row["seen_at"]) >= STEP:
            # On a disk that is full, who is signed in can still read.
            with suppress(sqlite3.OperationalError):
                self._database.change("seen", session_no=row["session_no"], now=as_text(now))
        return Known(
            session_no=row["session_no"],
            name=row["name"],
            role=row["role"],
            temporary=bool(row["temporary"]),
            preferences=preferences_from(row),
        )

    def of(self, user: str) -> list[Session]:
        """A user's sessions that have not ended, the latest used first."""
        now = self._now()
        rows = self._database.rows(
            "sessions_of", user=user, now=as_text(now), idle=self._oldest(now)
        )
        return [_session(row) for row in rows]

    def end(self, token: str) -> None:
        """End the session of a token."""
        self._database.change("end_session", token_hash=hashed(token))

    def end_one(self, user: str, session_no: int) -> bool:
        """End one of the user's own sessions; whether there was such a one."""
        return self._database.change("end_session_of", user=user, session_no=session_no) > 0

    def end_all(self, user: str, *, keep: int | None = None) -> int:
        """End all sessions of a user, but for ``keep``; gives how many."""
        return self._database.change("end_sessions_of", user=user, keep=keep)

    def _oldest(self, now: datetime) -> str:
        """Sessions that were last used before this have ended."""
        return as_text(now - self._idle)


def hashed(token: str) -> str:
    """What is kept of a token. It is long and random: no salt, no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _session(row: sqlite3.Row) -> Session:
    return Session(
        row["session_no"], row["agent"], as_time(row["made_at"]), as_time(row["seen_at"])
    )
