"""What the tests of the console share: accounts that hash quickly, and an application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

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
from tests.console.browsing import PASSWORD, QUICK, Clock
from tests.console.office import Office
from tests.console.reviewing import Bench
from warehouse.store import Store, open_store


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


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A warehouse without anything in it, for tests that leave it so."""
    with open_store(tmp_path_factory.mktemp("empty") / "w.duckdb") as store:
        yield store


@pytest.fixture
def guarded(empty: Store, accounts: Accounts, clock: Clock, key: OneTimeKey) -> Iterator[FastAPI]:
    """The application over an empty warehouse."""
    policy = read_policy()
    claims = Claims(accounts.path, policy.claim)
    console = Console(empty, accounts, claims, policy, load(cues=False), now=clock)
    yield create_app(console, access=Access(port=8765, key=key), limits=Limits(clock=clock.seconds))
    claims.close()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Bench]:
    """A warehouse with a review queue."""
    made = Bench(tmp_path / "w.duckdb", clock=clock)
    yield made
    made.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The console over a warehouse with a queue; each test works in a channel of its own."""
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    made.close()
