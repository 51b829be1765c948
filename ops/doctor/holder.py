"""Whether the process that has the warehouse open is one of channelwatch's own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from warehouse import presence

#: Scripts that open a warehouse, and the packages of which a module may be started with `-m`.
SCRIPTS = frozenset({"channelwatch", "prefect"})
PACKAGES = frozenset({"ops", "flows", "prefect"})
#: What is started with `-c`.
_CODE = re.compile(r"\bfrom ops\.[\w.]+ import main\b")
#: Options of Python that are followed by a value of their own.
_VALUED = frozenset({"-X", "-W"})
#: Seconds by which the start of a process, counted in ticks since the boot, may be off.
_SLACK = 5.0


def command(pid: int | None) -> list[str]:
    """The command line of a process; empty where the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode("utf-8", "replace") for part in told.rstrip(b"\0").split(b"\0")]


def ours(warehouse: Path, pid: int | None) -> bool:
    """Whether it has put up the sign of an owner, or runs our program; True where nobody can say.

    What its arguments name decides nothing: a stranger's may name the warehouse, and so us.
    """
    arguments = command(pid)
    if pid is None or not any(arguments):
        return True
    sign = presence.seen(warehouse)
    # A sign may outlive its owner, and the number of that one be given to another process.
    if sign is not None and sign.pid == pid and _began(pid) <= sign.since + _SLACK:
        return True
    return is_program(arguments)


def is_program(arguments: Sequence[str]) -> bool:
    """Whether a command line starts channelwatch, or a flow of it.

    >>> is_program(["/usr/bin/python3", "-u", "/opt/bin/channelwatch", "console"])
    True
    >>> is_program(["python", "-m", "ops.serving.console", "{}"])
    True
    >>> is_program(["python", "-c", "import duckdb; duckdb.connect('channelwatch.duckdb')"])
    False
    >>> is_program(["duckdb", "/srv/channelwatch/channelwatch.duckdb"])
    False
    """
    program, *rest = arguments
    name = Path(program).name
    if not name.startswith("python"):
        return name in SCRIPTS
    while rest:
        option = rest.pop(0)
        if option == "-m":
            return bool(rest) and rest[0].partition(".")[0] in PACKAGES
        if option == "-c":
            return bool(rest) and _CODE.search(rest[0]) is not None
        if not option.startswith("-"):
            return Path(option).name in SCRIPTS
        if option in _VALUED:
            rest = rest[1:]
    return False


def _began(pid: int) -> float:
    """When a process began, seconds since 1970; now where the system does not tell."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return time.time()
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - up + ticks / os.sysconf("SC_CLK_TCK")
