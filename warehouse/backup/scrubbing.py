"""Write the database anew, so that what was deleted is no longer in the bytes of its file.

DuckDB marks rows as deleted and gives blocks free; the bytes stay until something else is written
over them. A copy has neither. What the file system or the disk keeps of the former file is beyond
this: against that helps encryption.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from warehouse.backup.copying import copy_database, workshop
from warehouse.store import Store, StoreError


def scrub(store: Store) -> dict[str, int]:
    """Put a fresh copy in the place of the database's file; bytes before and after.

    Nothing is loaded and nothing decided meanwhile; reading goes on but for the moment of the
    change. Killed at any moment, the former file or the new one is in place, and whole.

    Raises:
        StoreError: the disk is full, or another process got hold of the file; it is as it was.
    """
    with store.alone(), workshop(store) as folder:
        store.checkpoint()
        before = store.path.stat().st_size
        fresh = folder / "fresh.duckdb"
        copy_database(store, fresh)
        with store.closed():
            log = store.path.with_name(store.path.name + ".wal")
            if log.exists() and log.stat().st_size:
                raise StoreError(f"{log} was not written into {store.path}; nothing was changed")
            _replace(store.path, fresh)
        return {"bytes_before": before, "bytes": store.path.stat().st_size}


def _replace(path: Path, fresh: Path) -> None:
    """Rename the new file over the former one, if nobody has opened that since we closed it."""
    with path.open("r+b") as former:
        try:
            fcntl.lockf(former, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                f"another process has opened {path}; it was not written anew"
            ) from error
        fresh.replace(path)
