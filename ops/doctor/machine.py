"""The machine: room, memory, clock, ports."""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from ops.doctor.finding import PREFECT_PORT, Finding, Place, fail, ok, size, span, warn
from ops.runbooks import Page

#: Bytes: with less nothing can be landed, and less is worth a word.
NO_DISK, LOW_DISK = 256 << 20, 2 << 30
NO_MEMORY, LOW_MEMORY = 300 << 20, 1 << 30
#: Seconds that clocks of two machines may differ.
SKEW = 120.0
#: Files of an inbox whose times are looked at.
MOST_FILES = 1000
#: A year before which nobody runs this: the clock was never set.
FIRST_YEAR = 2025


def disk(place: Place) -> Iterator[Finding]:
    """The folder may be written, and there is room, also for a copy of the warehouse."""
    folder = place.folder
    if not folder.is_dir():
        yield fail(
            "disk",
            f"the folder {folder} does not exist",
            "make it, or give another path with --warehouse",
            Page.DISK_READ_ONLY,
        )
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield fail(
            "disk",
            f"{folder} is on a file system that is mounted read-only",
            "see why (`dmesg` names errors of the disk), then mount it writable again",
            Page.DISK_READ_ONLY,
        )
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(
            "disk",
            f"{folder} cannot be written by this user",
            "give the folder to the user that runs channelwatch, or run as that user",
            Page.DISK_READ_ONLY,
        )
        return
    yield room(folder, warehouse_bytes(place.warehouse))


def room(folder: Path, stored: int) -> Finding:
    """Whether there is room beside a warehouse of so many bytes."""
    free = shutil.disk_usage(folder).free
    says = f"{size(free)} free in {folder}"
    if free < NO_DISK:
        return fail(
            "disk",
            says,
            "make room now; nothing is lost, what waits is loaded when there is room",
            Page.DISK_FULL,
        )
    if free < LOW_DISK:
        return warn("disk", says, "make room", Page.DISK_FULL)
    if free < 1.1 * stored:
        return warn(
            "disk",
            f"{says}: too little for a backup there of {size(stored)}",
            "make room, or back up to another disk",
            Page.BACKUP_FAILED,
        )
    return ok("disk", says)


def warehouse_bytes(warehouse: Path) -> int:
    """The file and its log."""
    parts = (warehouse, warehouse.with_name(warehouse.name + ".wal"))
    return sum(part.stat().st_size for part in parts if part.is_file())


def memory(_place: Place) -> Iterator[Finding]:
    """There is memory for a run, also where a container has less than the machine."""
    yield memory_of(Path("/proc/meminfo"), Path("/sys/fs/cgroup"))


def memory_of(meminfo: Path, cgroup: Path) -> Finding:
    """The same of what these files say; see proc(5) and the kernel's cgroup-v2."""
    free: float | None = None
    try:
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
        most = (cgroup / "memory.max").read_text().strip()
        if most != "max":
            left = int(most) - int((cgroup / "memory.current").read_text())
            free = left if free is None else min(free, left)
    except (OSError, ValueError, IndexError):
        pass
    if free is None:
        return ok("memory", "this system does not say how much is free")
    says = f"{size(max(free, 0))} available"
    remedy = "end what else runs here, give the machine more, or run with --workers 1"
    if free < NO_MEMORY:
        return fail("memory", says, remedy, Page.OUT_OF_MEMORY)
    if free < LOW_MEMORY:
        return warn(
            "memory", f"{says}; a run takes about {size(LOW_MEMORY)}", remedy, Page.OUT_OF_MEMORY
        )
    return ok("memory", says)


def clock(place: Place) -> Iterator[Finding]:
    """The clock is not behind what was written here."""
    now = time.time()
    remedy = "set the clock (`timedatectl` says whether it is synchronised), then look again"
    if time.gmtime(now).tm_year < FIRST_YEAR:
        yield fail(
            "clock",
            f"it is {time.strftime('%Y-%m-%d', time.gmtime(now))} here",
            remedy,
            Page.CLOCK_JUMPED,
        )
        return
    newest = max(written(place), default=0.0)
    if newest > now + SKEW:
        yield fail(
            "clock",
            f"it is {span(newest - now)} behind the newest file of the warehouse",
            remedy,
            Page.CLOCK_JUMPED,
        )
    else:
        yield ok("clock", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


def written(place: Place) -> Iterator[float]:
    """When the warehouse and what waits for it were written, seconds since 1970."""
    beside = place.warehouse.with_name(place.warehouse.name + ".wal")
    waiting = sorted(place.inbox.glob("*.arrow"))[-MOST_FILES:] if place.inbox.is_dir() else []
    for path in (place.warehouse, beside, *waiting):
        try:
            yield path.stat().st_mtime
        except FileNotFoundError:  # not there, or just loaded
            continue


def port(place: Place) -> Iterator[Finding]:
    """The console's port is free, or a console answers there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex(("127.0.0.1", place.port)) != 0:
            yield ok("console", f"port {place.port} is free")
            return
    if answer(f"http://127.0.0.1:{place.port}/health") == "ok":
        yield ok("console", f"answers on port {place.port}")
    else:
        yield warn(
            "console",
            f"something else than a console listens on port {place.port}, or one with https",
            "give the console another one with --port, or see who it is: "
            f"`ss -ltnp 'sport = :{place.port}'`",
            Page.PORT_IN_USE,
        )


def answer(address: str, most: int = 200) -> str | None:
    """The beginning of what an address answers; None where it does not within a second."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=1) as answered:
            return str(answered.read(most).decode("utf-8", "replace")).strip()
    except (OSError, urllib.error.URLError, ValueError):
        return None


__all__ = ["PREFECT_PORT", "answer", "clock", "disk", "memory", "port"]
