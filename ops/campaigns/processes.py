"""A process with all that it has started, as Linux shows it: memory and open files of each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """``command`` with its arguments; ``memory`` resident, in bytes; ``files`` that are open."""

    pid: int
    parent: int
    command: str
    memory: int
    files: int


def family(pid: int) -> list[Process]:
    """The process and its descendants that live now, parents before their children."""
    everybody = {each.pid: each for each in map(_look, _numbers()) if each is not None}
    found = [everybody[pid]] if pid in everybody else []
    for each in found:
        found += [other for other in everybody.values() if other.parent == each.pid]
    return found


def environment(pid: int) -> dict[str, str]:
    """What a process was started with; empty where it has gone."""
    try:
        told = (_PROC / str(pid) / "environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(each.split("=", 1) for each in told.split("\0") if "=" in each)


def _numbers() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def _look(pid: int) -> Process | None:
    """What a process is; None where it has just gone, or is a zombie."""
    folder = _PROC / str(pid)
    try:
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        if state == "Z":
            return None
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        memory = int((folder / "statm").read_text().split()[1]) * _PAGE
        files = len(list((folder / "fd").iterdir()))
    except (OSError, IndexError):
        return None
    return Process(pid, int(parent), command, memory, files)
