"""What every page of the console works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.console.accounts import Accounts


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Waiting:
    """What waits to be reviewed: counts, and the age of the oldest."""

    count: int = 0
    oldest: timedelta | None = None
    escalated: int = 0
    adjudication: int = 0


@dataclass
class Console:
    """The warehouse, the accounts and what else handlers need; ``now`` is replaced in tests."""

    store: Any
    accounts: Accounts
    claims: Any = None
    policy: Any = None
    knowledge: Any = None
    now: Callable[[], datetime] = field(default=utc_now)

    def waiting(self) -> Any:
        """What waits to be reviewed."""
        return Waiting()
