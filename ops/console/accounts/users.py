"""The users: adding, roles, passwords, disabling. What is forbidden for all is forbidden here."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from ops.console.accounts.database import AccountsError, Database
from ops.console.accounts.passwords import Passwords, check_password
from ops.console.accounts.times import as_text, as_time
from ops.console.security.capabilities import ROLES

#: Letters and digits of any script; what names decisions must be plain to read.
NAME = re.compile(r"\w[\w.@-]{0,63}")


@dataclass(frozen=True)
class User:
    """A user. ``disabled_at`` is None while he may sign in; times are UTC."""

    name: str
    role: str
    has_password: bool
    made_at: datetime
    disabled_at: datetime | None


class Users:
    """The table of users. Whoever is disabled or gets a new password is signed out everywhere."""

    def __init__(
        self, database: Database, passwords: Passwords, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._now = now

    def all(self) -> list[User]:
        """Every user, by name."""
        return [_user(row) for row in self._database.rows("users")]

    def get(self, name: str) -> User:
        """The user of this name, in whatever case it is written.

        Raises:
            AccountsError: there is none.
        """
        row = self._database.row("user", name=name)
        if row is None:
            near = get_close_matches(name, [user.name for user in self.all()], 1)
            hint = f"did you mean {near[0]!r}?" if near else "`channelwatch users list` shows all"
            raise AccountsError(f"no user {name!r}; {hint}")
        return _user(row)

    def add(self, name: str, role: str, password: str, *, temporary: bool = False) -> User:
        """Make a user; a temporary password lets him in to change it and to nothing else.

        Raises:
            AccountsError: the name is taken or none, no such role, the password may not be.
        """
        self.check_new(name, role)
        check_password(name, password)
        added = self._database.change(
            "add_user",
            name=name,
            role=role,
            hash=self._passwords.hash(password),
            temporary=int(temporary),
            now=as_text(self._now()),
        )
        if not added:
            raise _taken(name)
        return self.get(name)

    def check_new(self, name: str, role: str) -> None:
        """Whether a user of this name and role can be added.

        Raises:
            AccountsError: the name is taken or none, or there is no such role.
        """
        if not NAME.fullmatch(name):
            raise AccountsError(
                f"{name!r} is no user's name: up to 64 letters, digits and . _ @ -, of which the "
                "first is a letter or a digit"
            )
        _check_role(role)
        if self._database.row("user", name=name) is not None:
            raise _taken(name)

    def checked(self, name: str, password: str) -> User | None:
        """The user, if he may sign in and this is his password; it takes as long if not."""
        row = self._database.row("user", name=name)
        kept = row["password_hash"] if row is not None else None
        if not self._passwords.matches(kept, password):
            return None
        if row is None or row["disabled_at"] is not None:
            return None
        if kept is not None and self._passwords.outdated(kept):
            self._database.change(
                "refresh_hash", name=name, former=kept, hash=self._passwords.hash(password)
            )
        return _user(row)

    def set_password(
        self,
        name: str,
        password: str,
        *,
        temporary: bool = False,
        keep_session: int | None = None,
    ) -> None:
        """Give a user a new password and end his sessions, but for ``keep_session``.

        Raises:
            AccountsError: no such user, or the password may not be.
        """
        check_password(self.get(name).name, password)
        kept = self._passwords.hash(password)
        with self._database.transaction():
            self._database.change("set_password", name=name, hash=kept, temporary=int(temporary))
            self._database.change("end_sessions_of", user=name, keep=keep_session)

    def set_role(self, name: str, role: str) -> None:
        """Give a user another role; it holds from his next request on.

        Raises:
            AccountsError: no such user or role, or he is the last admin.
        """
        _check_role(role)
        with self._database.transaction():
            if role != "admin":
                self._keep_an_admin(self.get(name), "demoted")
            else:
                self.get(name)
            self._database.change("set_role", name=name, role=role)

    def disable(self, name: str) -> None:
        """Sign a user out everywhere and in nowhere; what he decided stays.

        Raises:
            AccountsError: no such user, or he is the last admin.
        """
        with self._database.transaction():
            self._keep_an_admin(self.get(name), "disabled")
            self._database.change("disable", name=name, now=as_text(self._now()))
            self._database.change("end_sessions_of", user=name, keep=None)

    def enable(self, name: str) -> None:
        """Let a user sign in again.

        Raises:
            AccountsError: no such user.
        """
        self.get(name)
        self._database.change("enable", name=name)

    def operator(self, name: str) -> User:
        """The admin without a password whom the one-time link signs in; made where there is none.

        He is named ``name``, or ``name@local`` where that is the name of somebody with a password.
        """
        plain = NAME.match(name)
        name = plain[0] if plain else "local"
        row = self._database.row("user", name=name)
        if row is not None and row["password_hash"] is not None:
            name = f"{name[:58]}@local"
        self._database.change("add_operator", name=name, now=as_text(self._now()))
        return self.get(name)

    def any_password(self) -> bool:
        """Whether anybody can sign in with a password."""
        return any(user.has_password and user.disabled_at is None for user in self.all())

    def any_admin(self) -> bool:
        """Whether an admin can sign in with a password."""
        return bool(self._admins())

    def _admins(self) -> list[str]:
        """The admins who can sign in with a password."""
        return [
            user.name
            for user in self.all()
            if user.role == "admin" and user.has_password and user.disabled_at is None
        ]

    def _keep_an_admin(self, user: User, what: str) -> None:
        """Refuse to take the last admin away."""
        if self._admins() == [user.name]:
            raise AccountsError(
                f"{user.name} is the last admin and cannot be {what}; make another admin first"
            )


def _taken(name: str) -> AccountsError:
    return AccountsError(f"there is a user {name!r} already; choose another name")


def _check_role(role: str) -> None:
    if role not in ROLES:
        near = get_close_matches(role, ROLES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(ROLES)}"
        raise AccountsError(f"no role {role!r}; {hint}")


def _user(row: sqlite3.Row) -> User:
    return User(
        name=row["name"],
        role=row["role"],
        has_password=row["password_hash"] is not None,
        made_at=as_time(row["made_at"]),
        disabled_at=None if row["disabled_at"] is None else as_time(row["disabled_at"]),
    )
