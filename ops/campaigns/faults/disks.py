"""A disk that is full, and one that is read-only, under a run."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.campaigns.faults.ground import Ground, Row, command, finished, until

_MB = 1 << 20
#: More than all of it needs.
ROOM = 2_000 * _MB
#: Room when the filling begins, and what the filler takes at once: a page.
SMALL, _PIECE = 4 * _MB, bytes(4096)
#: Seconds that a lot takes, so that most lots are still to be written when the disk is full after
#: ``EARLY`` seconds at most.
SLOWLY, EARLY = 0.3, 1.5
NO_MOUNT = "needs the right to mount (root): left out"


@contextmanager
def disk(folder: Path) -> Iterator[Callable[[str], None]]:
    """A small file system of its own in memory; what is yielded mounts it anew with options."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        raise PermissionError("there is no mount")
    folder.mkdir()

    def again(options: str) -> None:
        subprocess.run(
            [str(mount), "-o", f"remount,{options}", str(folder)], check=True, capture_output=True
        )

    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={ROOM}", "channelwatch-campaign", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield again
    finally:
        subprocess.run([umount, "-l", str(folder)], check=False, capture_output=True)


def full(ground: Ground, times: int) -> Row:
    """A run on a disk that is filled up at a random moment, then again with room."""
    row = Row("disk full", "a tmpfs that another file fills up while the run goes on")
    return _each(ground, row, times, _fill, ("No space left", "no space left", "disk is full"))


def read_only(ground: Ground, times: int) -> Row:
    """A run on a disk that is mounted read-only before it starts, then writable again."""
    row = Row("disk read-only", "a tmpfs that is mounted read-only between two runs")
    return _each(ground, row, times, _lock, ("Read-only", "read-only"))


def _each(
    ground: Ground,
    row: Row,
    times: int,
    fault: Callable[[Ground, Row, Path, Callable[[str], None], tuple[str, ...]], None],
    signs: tuple[str, ...],
) -> Row:
    ground.undisturbed(ground.exports)
    for number in range(times):
        folder = ground.folder / f"{row.fault.replace(' ', '-')}-{number}"
        try:
            with disk(folder) as again:
                warehouse = folder / "made" / "w.duckdb"
                warehouse.parent.mkdir()
                fault(ground, row, warehouse, again, signs)
                row.times += 1
                ground.settle(row, warehouse)
        except PermissionError as error:
            row.skipped = f"{NO_MOUNT} ({error})"
            return row
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row


def _fill(
    ground: Ground, row: Row, warehouse: Path, again: Callable[[str], None], signs: tuple[str, ...]
) -> None:
    process = ground.run(warehouse, environment={"CHANNELWATCH_CAMPAIGN_PAUSE": str(SLOWLY)})
    until(lambda: process.poll() is not None or warehouse.exists())
    time.sleep(ground.chance.uniform(0, EARLY))
    disk = warehouse.parent.parent
    again(f"size={used(disk) + SMALL}")
    with filled(disk / "filler"):
        said, _ = finished(process)
        row.name(said, *signs)
        doctor, _ = finished(command(["doctor", "-w", str(warehouse)], quick=False))
    if "wrong" not in doctor or "disk" not in doctor:
        row.problems.append("doctor does not see that the disk is full")
    again(f"size={ROOM}")


@contextmanager
def filled(file: Path) -> Iterator[None]:
    """Have a file take all room, what becomes free meanwhile too: nobody else can write any more.

    Room that is left once, however little, is enough for a run that is nearly through, or that
    makes room itself by loading its inbox.
    """
    ended = threading.Event()

    def fill() -> None:
        with file.open("wb", buffering=0) as filler:
            while not ended.is_set():
                try:
                    filler.write(_PIECE)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    ended.wait(0.001)

    thread = threading.Thread(target=fill, name="filler")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        file.unlink()


def used(folder: Path) -> int:
    """Bytes that are taken of a file system."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _lock(
    ground: Ground, row: Row, warehouse: Path, again: Callable[[str], None], signs: tuple[str, ...]
) -> None:
    process = ground.run(warehouse)
    until(lambda: process.poll() is not None or warehouse.exists())
    time.sleep(ground.seconds / 2 * ground.chance.random())
    process.kill()
    process.communicate()
    until(lambda: mounted(again, "ro"))
    said, code = finished(ground.run(warehouse))
    if code in (0, 1):
        row.problems.append(f"a run on a read-only disk ended with {code}")
    row.name(said, *signs)
    doctor, _ = finished(command(["doctor", "-w", str(warehouse)], quick=False))
    if "read-only" not in doctor:
        row.problems.append("doctor does not see that the disk is read-only")
    again("rw")


def mounted(again: Callable[[str], None], options: str) -> bool:
    """Whether it could be: not while anybody has a file open for writing."""
    try:
        again(options)
    except subprocess.CalledProcessError:
        return False
    return True
