"""Who gives a command, for the audit log."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from warehouse.orders import place


def login(who: str | None = None) -> str:
    """Who does something: as given, else who is logged in.

    >>> login("asma")
    'asma'
    """
    if who:
        return who
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def noted(warehouse: Path, what: str, **about: object) -> None:
    """Have the audit log of a warehouse say what this user does.

    It is an order that nobody waits for: whoever owns the warehouse carries it out, or the next
    one that does.
    """
    if warehouse.is_file():
        given = {"act": "note", "who": login(), "what": what, "about": about}
        given["when"] = datetime.now(UTC).isoformat()
        with suppress(OSError):  # a read-only disk takes no note
            place(warehouse.absolute(), "audit", given)
