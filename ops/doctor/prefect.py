"""Prefect: which server flows would use, whether it answers, and whether its home can be written.

Prefect itself is not imported: its settings are read where it reads them (the environment, else the
active profile of ``~/.prefect/profiles.toml``).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ops.doctor.finding import PREFECT_PORT, Finding, Place, fail, ok, warn
from ops.doctor.machine import answer
from ops.runbooks import Page

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
VARIABLE = "PREFECT_API_URL"


def home() -> Path:
    """Prefect's folder."""
    return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()


def configured() -> tuple[str, str] | None:
    """The address of the API that flows are told to use, and where it says so."""
    if address := os.environ.get(VARIABLE):
        return address, VARIABLE
    path = home() / "profiles.toml"
    try:
        profiles = tomllib.loads(path.read_text("utf-8"))
        active = os.environ.get("PREFECT_PROFILE") or profiles.get("active")
        address = profiles["profiles"][active].get(VARIABLE)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        return None
    return (str(address), f"{path}, profile {active}") if address else None


def server(_place: Place) -> Iterator[Finding]:
    """The Prefect server that is configured answers; where none is, each run starts its own."""
    told = configured()
    if told is None:
        if answer(f"http://127.0.0.1:{PREFECT_PORT}/api/health") == "true":
            yield warn(
                "Prefect server",
                f"one answers on port {PREFECT_PORT}, and {VARIABLE} does "
                "not name it: runs by hand start servers of their own",
                f"export {VARIABLE}=http://127.0.0.1:{PREFECT_PORT}/api",
                Page.PREFECT_SERVER_DOWN,
            )
        else:
            yield ok("Prefect server", "none is configured: each run starts one of its own")
        return
    address, where = told
    host = urlsplit(address).hostname or ""
    elsewhere = "" if host in LOCAL else f", on another machine ({host})"
    if answer(f"{address.rstrip('/')}/health") != "true":
        yield fail(
            "Prefect server",
            f"{address} ({where}){elsewhere} does not answer",
            f"start it (`prefect server start`), or unset {VARIABLE}, or run with --direct",
            Page.PREFECT_SERVER_DOWN,
        )
    elif elsewhere:
        yield warn(
            "Prefect server",
            f"{address} ({where}) answers{elsewhere}: names of files and "
            "the most urgent flags of each run are sent there",
            f"unset {VARIABLE} if that is not meant",
            Page.PREFECT_SERVER_DOWN,
        )
    else:
        yield ok("Prefect server", f"{address} answers")


def writable(_place: Place) -> Iterator[Finding]:
    """Prefect's home can be written."""
    folder = home()
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        yield ok("Prefect home", str(folder))
    else:
        yield fail(
            "Prefect home",
            f"{folder} cannot be written",
            "set PREFECT_HOME to a folder of the user that runs channelwatch, or run with --direct",
            Page.PREFECT_SERVER_DOWN,
        )
