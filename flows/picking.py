"""Which of the files that were found a run takes: those of its days, and none that is half written.

A file is being written while its size or times change, or while its name says so (``x.json.part``).
Where producers leave a marker (``x.json.done``) beside a file that is complete, that is waited for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

#: Endings of the names that files have while they are written or downloaded.
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".writing")

WRITTEN = "still being written: left for the next run"
_DAY = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)")


@dataclass(frozen=True)
class Picking:
    """What decides whether a file is taken.

    ``settle`` are the seconds that it must have been left alone, 0 asks for none; ``marker`` is
    the ending of the file that must lie beside it, None asks for none; its day is from ``since``
    on and before ``until``, where given.
    """

    settle: float = 0.0
    marker: str | None = None
    since: date | None = None
    until: date | None = None


def pick(
    files: Iterable[Path], picking: Picking, wait: Callable[[float], None] = time.sleep
) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files that are taken, in their order, and those that are not, each with why.

    Where a file has changed within the last seconds, this waits for that long, once, and takes
    what has not changed since: clocks that jump do not matter then.
    """
    taken, left = [], []
    for path in files:
        why = _why_not(path, picking)
        if why is None:
            taken.append(path)
        else:
            left.append((path, why))
    if picking.settle > 0:
        doubtful = {path: _look(path) for path in taken if _fresh(path, picking.settle)}
        if doubtful:
            wait(picking.settle)
        moving = {path for path, before in doubtful.items() if _look(path) != before}
        left += [(path, WRITTEN) for path in taken if path in moving]
        taken = [path for path in taken if path not in moving]
    return taken, left


def day_of(path: Path) -> date | None:
    """The day that a path names, the innermost one; None where it names none.

    >>> day_of(Path("in/2024-05-01/a.json")), day_of(Path("in/2024/05/02/a.json"))
    (datetime.date(2024, 5, 1), datetime.date(2024, 5, 2))
    >>> day_of(Path("in/export_20240503.json")), day_of(Path("in/2024-13-01/12345678.json"))
    (datetime.date(2024, 5, 3), None)
    """
    parts = path.parts
    for number in range(len(parts) - 1, -1, -1):
        texts = list(_DAY.findall(parts[number]))
        if number >= 2 and all(part.isdigit() for part in parts[number - 2 : number + 1]):
            year, month, day = parts[number - 2 : number + 1]
            if (len(year), len(month), len(day)) == (4, 2, 2):
                texts.append((year, month, day))
        for year, month, day in reversed(texts):
            try:
                found = date(int(year), int(month), int(day))
            except ValueError:
                continue
            if 1990 <= found.year <= 2100:
                return found
    return None


def _why_not(path: Path, picking: Picking) -> str | None:
    if picking.settle > 0 and path.name.lower().endswith(UNFINISHED):
        return WRITTEN
    if picking.marker is not None:
        if path.name.endswith(picking.marker):
            return "the marker of another file"
        if not path.with_name(path.name + picking.marker).exists():
            return f"no {path.name}{picking.marker} beside it yet: left for the next run"
    if picking.since is not None or picking.until is not None:
        day = day_of(path) or _changed_on(path)
        if day is None or not (picking.since or date.min) <= day < (picking.until or date.max):
            return f"of another day ({day})"
    return None


def _changed_on(path: Path) -> date | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except (OSError, OverflowError, ValueError):
        return None


def _look(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written; None where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _fresh(path: Path, seconds: float) -> bool:
    """Whether a file may have changed within the last seconds, or says so of the future."""
    try:
        found = path.stat()
    except OSError:
        return True
    return max(found.st_mtime, found.st_ctime) > time.time() - seconds
