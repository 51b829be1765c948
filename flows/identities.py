"""Which content a file had when it was last read, so that a watched folder is not hashed each time.

A file is taken for the same while its place on the disk, its size and both of its times are what
they were, as git does it. Only for files that had been left alone for some seconds then: a later
change within the same tick of the clock would not show.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from warehouse.inbox import inbox_of

#: Seconds that a file must have been left alone before it is remembered, and files at most.
RESTED, MOST = 3.0, 2_000_000


class _Seen(msgspec.Struct, array_like=True, frozen=True):
    look: tuple[int, int, int, int]
    source_id: str


class Identities:
    """What is remembered beside a warehouse; a file that is lost costs time alone."""

    def __init__(self, warehouse: Path) -> None:
        self._path = inbox_of(warehouse) / "files.msgpack"
        self._seen: dict[str, _Seen] = {}
        self._news = False
        with suppress(OSError, msgspec.DecodeError):
            self._seen = msgspec.msgpack.decode(self._path.read_bytes(), type=dict[str, _Seen])

    def of(self, path: Path) -> str | None:
        """The source id of a file that has not changed since it was remembered."""
        seen = self._seen.get(str(path))
        return seen.source_id if seen is not None and seen.look == _look(path) else None

    def remember(self, path: Path, source_id: str) -> None:
        """Keep the source id of a file that was identified just now."""
        look = _look(path)
        if look is None or max(look[2:]) > time.time_ns() - RESTED * 1e9:
            return
        self._seen[str(path)] = _Seen(look, source_id)
        self._news = True

    def save(self) -> None:
        """Write it down where there is news, without the files that are gone."""
        if not self._news:
            return
        kept = {path: seen for path, seen in self._seen.items() if Path(path).exists()}
        if len(kept) > MOST:
            kept = dict(list(kept.items())[-MOST:])
        temporary = self._path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
        with suppress(OSError):
            temporary.write_bytes(msgspec.msgpack.encode(kept))
            temporary.replace(self._path)
        temporary.unlink(missing_ok=True)
        self._news = False


def _look(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
