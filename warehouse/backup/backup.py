"""Backups: a folder with the database, what waited in its inbox, and a manifest to check it by.

What lay in the inbox when the backup began is in it, in the database or as files that the restored
warehouse loads; files that are in both are loaded once, because the ledger knows them.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.backup.copying import copy_database, count_rows, sync, workshop
from warehouse.encryption import Encryption, KeyProblem, from_environment
from warehouse.inbox import inbox_of, pending
from warehouse.opening import connect
from warehouse.store import Store, StoreError, open_store

FORMAT = 1
DATABASE, MANIFEST, INBOX, CONSOLE = "warehouse.duckdb", "manifest.json", "inbox", "console.sqlite"


class BackupError(StoreError):
    """A backup cannot be made, or is not whole; the message says why and what to do."""

    exit_code = 1


class TakenError(BackupError):
    """There is something where a backup is to be put in place."""

    exit_code = 2


def console_of(warehouse: Path) -> Path:
    """The console's users and preferences, beside the warehouse."""
    return warehouse.with_name(warehouse.name + ".console")


def back_up(store: Store, out: Path, *, asked: str = "") -> dict[str, Any]:
    """Make a backup in the new folder OUT, while the warehouse is used; its manifest.

    The folder appears by one rename when all of it is on the disk. Asked for again under the same
    name ``asked``, what was made is answered.

    Raises:
        BackupError: there is something at OUT.
        StoreError: the disk is full, or the database failed; OUT is not there then.
    """
    out = out.absolute()
    if out.exists():
        if asked and (out / MANIFEST).is_file():
            made: dict[str, Any] = json.loads((out / MANIFEST).read_text("utf-8"))
            if made.get("asked") == asked:
                return made
        raise BackupError(f"{out} is there already; name a new folder")
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    began = datetime.now(UTC)
    try:
        partial.mkdir(parents=True, mode=0o700)
        (partial / INBOX).mkdir()
        # First: what is loaded and deleted from now on is in the database when that is copied.
        waiting = pending(store.inbox)[0]
        for entry in waiting:
            with suppress(FileNotFoundError):
                shutil.copy2(entry.path, partial / INBOX / entry.path.name)
        with workshop(store) as folder:
            counts = copy_database(store, folder / DATABASE)
            _move(folder / DATABASE, partial / DATABASE)
        if console_of(store.path).exists():
            _copy_sqlite(console_of(store.path), partial / CONSOLE)
        manifest = {
            "format": FORMAT,
            "asked": asked,
            "made_at": began.isoformat(),
            "warehouse": str(store.path),
            "encrypted": store.encryption is not None,
            "schema": store.rows("backup/schema")[0]["version"],
            "rows": counts,
            "audit_head": next((row["hash"] for row in store.rows("audit/last")), None),
            "files": _files(partial),
        }
        _verify_rows(partial / DATABASE, counts, store.encryption)
        path = partial / MANIFEST
        path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")
        sync(path)
        sync(partial)
        partial.rename(out)
        sync(out.parent)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise StoreError(f"no backup was made in {out}: {error}") from error
        raise
    return manifest


def verify(backup: Path, encryption: Encryption | None = None) -> dict[str, Any]:
    """Check a backup against its manifest, byte by byte and table by table; the manifest.

    Raises:
        BackupError: it is none, or it is not what was written.
        KeyProblem: it is encrypted, and there is no key.
        StoreError: the key is another one.
    """
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(
            f"{backup} is no backup: its {MANIFEST} cannot be read ({error})"
        ) from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{backup} is of format {manifest.get('format')}; this reads {FORMAT}")
    found = _files(backup)
    for name, facts in manifest["files"].items():
        if found.get(name) != facts:
            state = "damaged" if name in found else "missing"
            raise BackupError(
                f"{backup / name} is {state}: its bytes are not those of the manifest"
            )
    _verify_rows(backup / DATABASE, manifest["rows"], _key_for(manifest, encryption))
    return manifest


def restore(
    backup: Path,
    into: Path,
    *,
    encryption: Encryption | None = None,
    encrypt: Encryption | None = None,
) -> dict[str, Any]:
    """Put a backup in place as the warehouse INTO, which must not be there; its manifest.

    Args:
        encryption: the key of the backup, by default what the environment says.
        encrypt: encrypt with this key what was backed up without one.

    Raises:
        BackupError: the backup is not whole, or there is something at INTO.
        StoreError: the disk is full, or the key is not the right one.
    """
    into = into.absolute()
    manifest = verify(backup, encryption)
    present = [path for path in (into, inbox_of(into), console_of(into)) if path.exists()]
    if present:
        raise TakenError(
            f"{present[0]} is there already; restore into a new place, nothing is overwritten"
        )
    if encrypt is not None and manifest["encrypted"]:
        raise BackupError(f"{backup} is encrypted already; restore it with its own key")
    if not into.parent.is_dir():
        raise BackupError(f"the folder {into.parent} does not exist; make it first")
    target = into if encrypt is None else into.with_name(f".{into.name}.plain")
    _place(backup, target)
    if encrypt is not None:
        _encrypted(target, into, encrypt)
    if (backup / CONSOLE).exists():
        _move_copy(backup / CONSOLE, console_of(into))
        console_of(into).chmod(0o600)
    return manifest


def _place(backup: Path, target: Path) -> None:
    """The files of a backup as a warehouse; the database last, and never over another one."""
    inbox = inbox_of(target)
    waiting = list((backup / INBOX).iterdir())
    if waiting:
        inbox.mkdir()
        for path in waiting:
            _move_copy(path, inbox / path.name)
    _move_copy(backup / DATABASE, target)
    sync(target.parent)


def _encrypted(plain: Path, into: Path, encryption: Encryption) -> None:
    """The warehouse at PLAIN as an encrypted one; the plain one goes."""
    # No key from the environment: that of the new file.
    opened = Store(lambda: connect(plain, copies=encryption), plain, False)
    try:
        with opened as store:
            store.load_inbox()
            with workshop(store) as folder:
                copy_database(store, folder / DATABASE, encryption=encryption)
                (folder / DATABASE).rename(into)
        with open_store(into, encryption=encryption):
            pass
    finally:
        shutil.rmtree(inbox_of(plain), ignore_errors=True)
        plain.unlink(missing_ok=True)


def _key_for(manifest: Mapping[str, Any], encryption: Encryption | None) -> Encryption | None:
    if not manifest["encrypted"]:
        return None
    encryption = encryption or from_environment()
    if encryption is None:
        raise KeyProblem("the backup is encrypted; name the file of its key with --key-file")
    return encryption


def _verify_rows(database: Path, rows: Mapping[str, int], encryption: Encryption | None) -> None:
    """Open the copy and count."""
    try:
        connection = connect(database, read_only=True, encryption=encryption, check=False)
    except duckdb.Error as error:
        raise BackupError(f"{database} cannot be opened: {error}") from error
    try:
        found = count_rows(connection)
    except duckdb.Error as error:
        raise BackupError(f"{database} is not whole: {error}") from error
    finally:
        connection.close()
    for table in sorted({*rows, *found}):
        if rows.get(table) != found.get(table):
            raise BackupError(
                f"{database}: {table} has {found.get(table)} rows, {rows.get(table)} were copied"
            )


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            name = path.relative_to(folder).as_posix()
            found[name] = {"bytes": path.stat().st_size, "sha256": digest}
    return found


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own copy of a database that is in use."""
    with closing(sqlite3.connect(source)) as used, closing(sqlite3.connect(target)) as copy:
        used.backup(copy)
    target.chmod(0o600)
    sync(target)


def _move(source: Path, target: Path) -> None:
    """Rename; across file systems, copy."""
    try:
        source.rename(target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def _move_copy(source: Path, target: Path) -> None:
    """Copy under another name, then show it, never over what is there."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        shutil.copyfile(source, partial)
        sync(partial)
        os.link(partial, target)
    except FileExistsError as error:
        raise BackupError(f"{target} is there already; nothing is overwritten") from error
    finally:
        partial.unlink(missing_ok=True)
