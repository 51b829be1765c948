"""The inbox: how any process hands rows to whichever process owns the warehouse.

What is handed over is one Arrow file (IPC, as Feather has it), written under a temporary name,
flushed to disk and renamed into place, so that a file that can be seen is whole. Parquet would take
half the space for some seconds, and a third of the time of loading to write and to read. Nothing
here opens the database. The owner loads the files in order and deletes them
(:mod:`warehouse.loading`).

A file holds batches of one kind, mostly one, but many where the batches are small: the file's
metadata names them in the order of their rows. A batch handed over twice is loaded once, because
the ledger knows its id.

Seven kinds of batches, with the metadata that each must carry (all values are strings; they are
made by the functions of :mod:`warehouse.batches`):

========== ============================================ ==========================================
kind       rows                                         metadata
========== ============================================ ==========================================
messages   :data:`LANDING`: a message and its analysis  ``batch_metadata``
quarantine ``schemas.QUARANTINE``                       ``batch_metadata``
source     ``schemas.CHANNELS``: one file is read       ``source_metadata``
run        none                                         ``run_metadata``
benchmark  ``schemas.BENCHMARKS``: what a run measured  ``run_id``
analysis   :data:`RESCORED`: of revisions that are here ``run_id``
shadow     :data:`RESCORED`: by a candidate model       ``run_id``, or ``batch_metadata``
========== ============================================ ==========================================
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from warehouse.encryption import MAGIC, Encryption, incoming, is_sealed, outgoing
from warehouse.schemas import ANALYSES, BENCHMARKS, CHANNELS, MESSAGES, QUARANTINE

#: The version of the files in an inbox; a loader refuses one that it does not know.
FORMAT = "2"

#: A message and its analysis side by side. All columns of an analysis are null where the message
#: was not scored, because the warehouse has the answers of this model already.
LANDING = pa.schema([*MESSAGES, *(field.with_nullable(True) for field in ANALYSES)])

#: An analysis of a revision that is in the warehouse, or that a batch of messages brings: then
#: ``content_id`` may be null, for a shadow whose rows are those of that batch, under its metadata.
RESCORED = pa.schema(
    [
        pa.field("channel_key", pa.string(), nullable=False),
        pa.field("message_id", pa.int64(), nullable=False),
        pa.field("content_id", pa.string()),
        *ANALYSES,
    ]
)

#: The most rows of one inbox file: order within a source is batch sequence × 2^20 + row.
MAX_ROWS = 1 << 20

#: Temporary files older than this belong to a writer that is dead.
STALE_SECONDS = 3600.0

_BATCH = ("run_id", "source_id", "reading", "sequence")
_REPORT = ("model_version", "items_read", "quarantined", "complete", "warnings", "unknown_fields")


class Kind(NamedTuple):
    """What a file of one kind must hold."""

    schema: pa.Schema
    required: tuple[str, ...]


KINDS = {
    "messages": Kind(LANDING, _BATCH),
    "quarantine": Kind(QUARANTINE, _BATCH),
    "source": Kind(CHANNELS, (*_BATCH[:3], *_REPORT)),
    "benchmark": Kind(BENCHMARKS, ("run_id",)),
    "analysis": Kind(RESCORED, ("run_id",)),
    "shadow": Kind(RESCORED, ("run_id",)),
    "run": Kind(pa.schema([pa.field("nothing", pa.null())]), ("run_id", "state", "time")),
}

_NAME = re.compile(
    r"(?P<order>[A-Za-z0-9_-]{1,100})\.(?P<kind>[a-z]+)\.(?P<crc>[0-9a-f]{8})\.arrow"
)


_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_ID_RULE = "1 to 100 letters, digits, _ or -"


class Pending(NamedTuple):
    """A file that waits in the inbox; sorts in the order of loading."""

    order: str
    kind: str
    crc: int
    path: Path


def inbox_of(warehouse: Path) -> Path:
    """The inbox of a warehouse: the folder beside its file.

    >>> inbox_of(Path("data/channelwatch.duckdb")).as_posix()
    'data/channelwatch.duckdb.inbox'
    """
    return warehouse.with_name(warehouse.name + ".inbox")


class Packed(NamedTuple):
    """A batch in a file: the next ``rows`` of its rows.

    ``batch_id`` of letters, digits, ``_`` and ``-``: a batch with an id that the warehouse has seen
    is dropped. ``metadata`` is what the kind requires (:mod:`warehouse.batches`).
    """

    batch_id: str
    rows: int
    metadata: Mapping[str, str]


class Staged(NamedTuple):
    """A file on disk that no loader sees yet; :func:`publish` shows it."""

    temporary: Path
    target: Path


def hand_over(
    inbox: Path, *, kind: str, order: str, batches: Sequence[Packed], table: pa.Table | None = None
) -> Path:
    """Put batches into the inbox, whole or not at all, to outlast a power cut; see :func:`stage`.

    Returns:
        The path of the file.
    """
    path = publish(stage(inbox, kind=kind, order=order, batches=batches, table=table))
    _sync_folder(inbox)
    return path


def stage(
    inbox: Path, *, kind: str, order: str, batches: Sequence[Packed], table: pa.Table | None = None
) -> Staged:
    """Write batches into one file of the inbox, under a name that loaders pass over.

    Workers stage side by side; one hand publishes, so that batches appear in their order.

    Args:
        inbox: the folder; made if it is missing.
        kind: one of :data:`KINDS`.
        order: letters, digits, ``_`` and ``-``; files are loaded in the order of these strings, and
            the batches of one file in that of this list.
        batches: at least one.
        table: the rows of all of them, at most :data:`MAX_ROWS`, by the columns of the kind in any
            order; None for a run.

    Raises:
        ValueError: the kind, a name, the metadata or a column is not as it must be.
        OSError: the disk is full, or the folder may not be written.
    """
    expected = KINDS.get(kind)
    if expected is None:
        raise ValueError(f"kind {kind!r} is none of {', '.join(KINDS)}")
    for batch in batches:
        missing = [name for name in expected.required if name not in batch.metadata]
        if missing:
            raise ValueError(f"a batch of kind {kind!r} lacks the metadata {', '.join(missing)}")
        if not _ID.fullmatch(batch.batch_id):
            raise ValueError(f"batch_id {batch.batch_id!r} must be {_ID_RULE}")
    data = outgoing(inbox, _encode(_conform(table, expected.schema), batches))
    name = f"{order}.{kind}.{zlib.crc32(data):08x}.arrow"
    if not _NAME.fullmatch(name):
        raise ValueError(f"order {order!r} must be {_ID_RULE}")
    inbox.mkdir(parents=True, exist_ok=True)
    temporary = inbox / f".{os.getpid()}-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Staged(temporary, inbox / name)


def publish(staged: Staged) -> Path:
    """Show a staged batch to the loader by one atomic rename; the path it has now.

    A power cut may undo renames that are younger than the last :func:`hand_over`.
    """
    staged.temporary.replace(staged.target)
    return staged.target


def pending(inbox: Path) -> tuple[list[Pending], list[Path]]:
    """The files that wait, in the order of loading, and the tables that are none of ours."""
    waiting: list[Pending] = []
    strangers: list[Path] = []
    if not inbox.is_dir():
        return waiting, strangers
    for path in inbox.iterdir():
        if path.name.startswith(".") or path.suffix not in (".arrow", ".parquet"):
            continue
        match = _NAME.fullmatch(path.name)
        if match is None or path.is_symlink() or not path.is_file():
            strangers.append(path)
        else:
            parts = match.groupdict()
            crc = int(parts["crc"], 16)
            waiting.append(Pending(parts["order"], parts["kind"], crc, path))
    return sorted(waiting), sorted(strangers)


def examine(entry: Pending, encryption: Encryption | None = None) -> list[Packed]:
    """Check a waiting file against its name and its kind; its batches.

    ``encryption`` is that of the warehouse, by default what the environment says.

    Raises:
        ValueError: the file is damaged, of another version, or not what its kind must be. The
            message says which.
    """
    if entry.kind not in KINDS:
        raise ValueError(f"kind {entry.kind!r} is none of {', '.join(KINDS)}")
    expected = KINDS[entry.kind]
    if _crc_of(entry.path) != entry.crc:
        raise ValueError("its bytes are not those that were handed over: damaged or cut off")
    try:
        with _opened(entry, encryption) as file, pa.ipc.open_file(file) as opened:
            schema = opened.schema
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not readable as Arrow: {error}") from error
    told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if told.get("inbox_format") != FORMAT:
        raise ValueError(
            f"inbox format {told.get('inbox_format')!r}; this version reads {FORMAT!r}: load "
            "it with the version of channelwatch that wrote it, or run the source again"
        )
    if not schema.remove_metadata().equals(expected.schema):
        raise ValueError(f"its columns are not those of kind {entry.kind!r}")
    batches = [Packed(**batch) for batch in json.loads(told["batches"])]
    for batch in batches:
        missing = [name for name in expected.required if name not in batch.metadata]
        if missing:
            raise ValueError(f"it lacks the metadata {', '.join(missing)}")
    return batches


def _opened(entry: Pending, encryption: Encryption | None) -> pa.NativeFile:
    """The Arrow file; what is sealed is opened in memory, what is plain is mapped."""
    with entry.path.open("rb") as file:
        sealed = is_sealed(file.read(len(MAGIC)))
    if not sealed and encryption is None:
        return pa.memory_map(str(entry.path))
    return pa.BufferReader(incoming(entry.path.read_bytes(), encryption))


def rows_of(entry: Pending, encryption: Encryption | None = None) -> pa.Table:
    """The rows of a file that was examined."""
    with _opened(entry, encryption) as file, pa.ipc.open_file(file) as opened:
        return opened.read_all().replace_schema_metadata(None)


def waiting_batches(inbox: Path) -> set[str]:
    """The ids of all batches that wait; of files that cannot be loaded, none."""
    found: set[str] = set()
    for entry in pending(inbox)[0]:
        try:
            found |= {batch.batch_id for batch in examine(entry)}
        except ValueError:
            continue
    return found


def reject(path: Path, reason: str) -> Path:
    """Move a file into ``rejected/`` with its reason beside it; where it is now."""
    folder = path.parent / "rejected"
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    target.with_name(target.name + ".reason.txt").write_text(reason + "\n", "utf-8")
    return path.replace(target)


def sweep(inbox: Path, *, older_than: float = STALE_SECONDS) -> list[Path]:
    """Delete the temporary files of writers that died; which they were."""
    swept: list[Path] = []
    if not inbox.is_dir():
        return swept
    limit = time.time() - older_than
    for path in inbox.glob(".*.tmp"):
        try:
            # By the clock alone a jump would take the files of writers that live.
            if path.lstat().st_mtime < limit and not _lives(path):
                path.unlink()
                swept.append(path)
        except FileNotFoundError:  # its writer lives and has just renamed it
            continue
    return swept


def _lives(temporary: Path) -> bool:
    """Whether a process of the number in a temporary file's name lives on this machine."""
    number = temporary.name[1:].partition("-")[0]
    if not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def _conform(table: pa.Table | None, schema: pa.Schema) -> pa.Table:
    """The table with exactly the columns of the schema, or a ValueError that names the fault."""
    if table is None:
        return schema.empty_table()
    wanted, given = set(schema.names), set(table.column_names)
    if wanted != given:
        raise ValueError(
            f"columns missing: {sorted(wanted - given) or 'none'}; "
            f"columns not known: {sorted(given - wanted)}"
        )
    try:
        if not table.schema.equals(schema):
            table = table.select(schema.names).cast(schema)
        table.validate(full=True)
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"a column does not fit its type: {error}") from error
    for field in schema:
        if not field.nullable and table.column(field.name).null_count:
            raise ValueError(f"column {field.name!r} must not be null")
    return table


def _encode(table: pa.Table, batches: Sequence[Packed]) -> bytes:
    """The bytes of an Arrow file with these rows, which names the batches."""
    rows = [batch.rows for batch in batches]
    if sum(rows) != table.num_rows or table.num_rows > MAX_ROWS:
        raise ValueError(f"batches of {sum(rows)} rows in {table.num_rows}; at most {MAX_ROWS}")
    named = json.dumps([batch._asdict() for batch in batches])
    table = table.replace_schema_metadata({"inbox_format": FORMAT, "batches": named})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _crc_of(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            crc = zlib.crc32(chunk, crc)
    return crc


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:  # some network file systems cannot
        pass
    finally:
        os.close(handle)
