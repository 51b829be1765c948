"""`channelwatch users`: who may use the console, changed also while it runs."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich import box
from rich.table import Table

from ops.console.accounts import Accounts, User, accounts_of
from ops.console.accounts.passwords import check_password
from ops.console_output import count, stdout
from ops.errors import ENVIRONMENT, CommandError
from ops.who import noted


def add_command(warehouse: Path, name: str, role: str, stdin: bool) -> None:
    """Add a user; the accounts are made with the first one."""
    with Accounts(accounts_of(warehouse)) as accounts:
        accounts.users.check_new(name, role)
        user = accounts.users.add(name, role, _password(name, stdin))
    noted(warehouse, "users.add", user=user.name, role=user.role)
    _say(f"{user.name} may sign in as {user.role}.")


def list_command(warehouse: Path, as_json: bool) -> None:
    """List the users, as a table or as JSON."""
    with _present(warehouse) as accounts:
        users = accounts.users.all()
    if as_json:
        sys.stdout.write(msgspec.json.encode([_facts(user) for user in users]).decode() + "\n")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("name", "role", "state", "password", "since"):
        table.add_column(column)
    for user in users:
        table.add_row(
            user.name,
            user.role,
            "active" if user.disabled_at is None else "disabled",
            "yes" if user.has_password else "none: one-time link",
            f"{user.made_at:%Y-%m-%d}",
        )
    stdout().print(table)
    _say(f"{count(len(users), 'user')} in {accounts_of(warehouse)}.")


def role_command(warehouse: Path, name: str, role: str) -> None:
    """Give a user another role."""
    with _present(warehouse) as accounts:
        accounts.users.set_role(name, role)
    noted(warehouse, "users.role", user=name, role=role)
    _say(f"{name} is {role} now.")


def disable_command(warehouse: Path, name: str) -> None:
    """Sign a user out and let him in no more."""
    with _present(warehouse) as accounts:
        accounts.users.disable(name)
    noted(warehouse, "users.disable", user=name)
    _say(f"{name} is signed out and may not sign in.")


def enable_command(warehouse: Path, name: str) -> None:
    """Let a user in again."""
    with _present(warehouse) as accounts:
        accounts.users.enable(name)
    noted(warehouse, "users.enable", user=name)
    _say(f"{name} may sign in again.")


def password_command(warehouse: Path, name: str, stdin: bool) -> None:
    """Give a user a new password."""
    with _present(warehouse) as accounts:
        user = accounts.users.get(name)
        accounts.users.set_password(user.name, _password(user.name, stdin))
    noted(warehouse, "users.password", user=name)
    _say(f"{user.name} has a new password and is signed out everywhere.")


@contextmanager
def _present(warehouse: Path) -> Iterator[Accounts]:
    """The accounts of a warehouse, which must be there: a mistyped path makes none."""
    path = accounts_of(warehouse)
    if not path.exists():
        raise CommandError(
            f"{path} is not there: {warehouse} has no users yet. `channelwatch users add NAME` "
            "makes the first one; another warehouse is named with --warehouse",
            ENVIRONMENT,
        )
    with Accounts(path) as accounts:
        yield accounts


def _password(name: str, stdin: bool) -> str:
    """A password, typed twice or read from standard input; never an argument, which others see."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask for the password; pipe it in with --stdin")
    password = getpass.getpass(f"Password for {name}: ")
    check_password(name, password)
    if getpass.getpass("Again: ") != password:
        raise CommandError("the two passwords differ; nothing was changed")
    return password


def _facts(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "active": user.disabled_at is None,
        "has_password": user.has_password,
        "made_at": user.made_at,
    }


def _say(line: str) -> None:
    stdout().print(line, markup=False)
