"""A disk that is full, and one that is read-only, under a run."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.campaigns.faults.ground import Ground, Row, command, finished, until

_MB = 1 << 20
#: More than all of it needs.
ROOM = 2_000 * _MB
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
    process = ground.run(warehouse)
    until(lambda: process.poll() is not None or warehouse.exists())
    time.sleep(ground.seconds / 2 * ground.chance.random())
    filler = warehouse.parent.parent / "filler"
    with filler.open("wb") as file:
        used = sum(each.stat().st_blocks * 512 for each in _files(warehouse.parent.parent))
        again(f"size={used + ground.chance.randint(0, _MB // 2)}")
        file.flush()
    said, code = finished(process)
    if code == 0:
        row.problems.append("a run on a full disk ended as if nothing were")
    row.name(said, *signs)
    doctor, _ = finished(command(["doctor", "-w", str(warehouse)], quick=False))
    if "wrong" not in doctor or "disk" not in doctor:
        row.problems.append("doctor does not see that the disk is full")
    filler.unlink()
    again(f"size={ROOM}")


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


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
