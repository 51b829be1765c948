"""The sign of an owner that answers: who keeps a warehouse, since when, and how it goes.

A run owns a warehouse too while it goes on, but answers no orders. The console's keeper does, and
says so in a small file beside the inbox. Whoever finds the database locked reads it here; so do
health checks. A sign may outlive a keeper that was killed: it holds where its process has the lock,
or where it is fresh.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from warehouse.inbox import inbox_of

#: Seconds after which the sign of a process that cannot be named is stale.
FRESH = 60.0


@dataclass(frozen=True)
class Sign:
    """What a keeper says of itself; times in seconds since 1970, UTC.

    ``seen`` is when it last looked into the inbox, ``problem`` why it failed there, None where all
    is well; ``heard`` is when a run last brought something or asked for it, None where none did.
    """

    pid: int
    since: float
    seen: float = field(default_factory=time.time)
    problem: str | None = None
    heard: float | None = None

    @property
    def age(self) -> float:
        """Seconds since it looked into the inbox; a long duty, or a sleep, makes it old."""
        return max(0.0, time.time() - self.seen)


def show(warehouse: Path, sign: Sign) -> None:
    """Put the sign up, in the place of the last one.

    Raises:
        OSError: the folder may not be written, or the disk is full.
    """
    path = _path(warehouse)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(msgspec.json.encode(asdict(sign)))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def take_down(warehouse: Path) -> None:
    """Take this process's sign away."""
    with suppress(OSError):
        if (sign := seen(warehouse)) is not None and sign.pid == os.getpid():
            _path(warehouse).unlink(missing_ok=True)


def seen(warehouse: Path) -> Sign | None:
    """The sign beside a warehouse; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(_path(warehouse).read_bytes(), type=Sign)
    except (OSError, msgspec.DecodeError):
        return None


def answers(warehouse: Path, owner: int | None) -> bool:
    """Whether the process that has the warehouse open (None where not known) answers orders."""
    sign = seen(warehouse)
    return sign is not None and (sign.pid == owner or sign.age < FRESH)


def _path(warehouse: Path) -> Path:
    return inbox_of(warehouse) / "keeper.json"
