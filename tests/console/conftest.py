"""What the tests of the console share: accounts that hash quickly, an application, browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from classifiers.knowledge import load
from ops.console.accounts import Accounts
from ops.console.accounts.passwords import Passwords
from ops.console.app import create_app
from ops.console.claims import Claims
from ops.console.console import Console
from ops.console.policy import read_policy
from ops.console.security.access import Access
from ops.console.security.limits import Limits
from ops.console.security.onetime import OneTimeKey
from warehouse.store import open_store

PASSWORD = "correct horse battery"
#: The least that argon2 takes: what is tested is not how slow it is.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def move(self, **much: float) -> None:
        self.time += timedelta(**much)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    with Accounts(tmp_path / "w.duckdb.console", now=clock, passwords=Passwords(QUICK)) as opened:
        yield opened


@pytest.fixture
def users(accounts: Accounts) -> dict[str, str]:
    """A user of each role, named by the role; all have the same password."""
    for role in ("moderator", "lead", "auditor", "admin"):
        accounts.users.add(role, role, PASSWORD)
    return {role: role for role in ("moderator", "lead", "auditor", "admin")}


@pytest.fixture
def key(clock: Clock) -> OneTimeKey:
    return OneTimeKey(clock)


@pytest.fixture
def guarded(tmp_path: Path, accounts: Accounts, clock: Clock, key: OneTimeKey) -> Iterator[FastAPI]:
    """The application over an empty warehouse."""
    store = open_store(tmp_path / "w.duckdb")
    policy = read_policy()
    claims = Claims(accounts.path, policy.claim)
    console = Console(store, accounts, claims, policy, load(cues=False), now=clock)
    yield create_app(console, access=Access(port=8765, key=key), limits=Limits(clock=clock.seconds))
    claims.close()
    store.close()


class Browser(TestClient):
    """A browser of one's own, at the console's address; it does not follow on its own."""

    def __init__(self, app: FastAPI, base_url: str = "http://localhost:8765") -> None:
        super().__init__(
            app, base_url=base_url, follow_redirects=False, raise_server_exceptions=False
        )

    def token(self, path: str = "/settings") -> str:
        """The token that a page carries."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, f"no token on {path}"
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        form = {"csrf": self.token("/sign-in"), "name": name, "password": password} | more
        return self.post("/sign-in", data=form)

    def submit(self, path: str, **form: str) -> httpx.Response:
        """Post a form as a page of ours would."""
        return self.post(path, data={"csrf": self.token("/settings/password")} | form)
