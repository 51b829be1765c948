"""From files on disk to batches of messages: find the files, tell their format, read them.

>>> import tempfile
>>> export = (b'{"name": "x", "type": "public_channel", "id": 5,'
...     b' "messages": [{"id": 1, "text": "hi"}]}')
>>> with tempfile.TemporaryDirectory() as folder:
...     _ = (Path(folder) / "result.json").write_bytes(export)
...     [file] = discover([Path(folder)]).files
...     batch, report = read(identify(file))
>>> batch.messages.column("text").to_pylist(), report.format, report.items_read
(['hi'], 'telegram_desktop', 1)
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from warehouse.parsing.bytestream import (
    StreamDamagedError,
    compression_of,
    digest,
)
from warehouse.parsing.discovery import Discovery, discover
from warehouse.parsing.format import Format, Input, ReadOptions
from warehouse.parsing.gathering import Batch, Gathering
from warehouse.parsing.head import Head, head_of
from warehouse.parsing.plain import check_mapping
from warehouse.parsing.plan import RAW_LIMIT
from warehouse.parsing.rows import Quarantined, channel_batch
from warehouse.parsing.values import zone
from warehouse.readers import formats

__all__ = [
    "Batch",
    "Discovery",
    "ReadOptions",
    "Source",
    "SourceReport",
    "discover",
    "identify",
    "read",
]


@dataclass(frozen=True, slots=True)
class Source:
    """One file: ``source_id`` is the SHA-256 of its bytes, ``format`` None if nobody reads it.

    ``problem`` says why the file cannot be read at all; the source_id then stands for its path.
    """

    path: Path
    source_id: str
    size: int
    compression: str | None
    format: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of a file. ``items_read`` = messages yielded + ``quarantined``.

    ``channels`` has the coverage; ``unknown_fields`` counts by name; ``complete``: the file was
    read to its own end. ``changed``: it is no longer the file that was identified, so what was read
    of it since is not yielded, and it has to be read again.
    """

    format: str | None
    items_read: int
    quarantined: int
    channels: pa.RecordBatch
    unknown_fields: dict[str, int]
    complete: bool
    warnings: tuple[str, ...]
    changed: bool = False


# -- identifying ----------------------------------------------------------------------------


def identify(path: Path) -> Source:
    """Hash a file and tell its format by its content; never raises for what is in it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _unreadable(path, "not a regular file")
        source_id, size = digest(path)
        with path.open("rb") as file:
            compression = compression_of(file.read(16))
        head = head_of(path, compression, source_id)
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror or error}")
    sure, name = 0, ""
    for each in sorted(formats().values(), key=lambda each: -each.most):
        if (each.most, each.name) > (sure, name):
            sure, name = max((sure, name), (_sureness(each, head), each.name))
    if sure:
        return Source(path, source_id, size, compression, name)
    if not head.data.strip():
        problem = f"nothing could be decompressed ({compression})" if compression else "empty"
    elif head.binary:
        problem = "a binary file of no format that is known"
    else:
        problem = f"no reader recognises it (there are: {', '.join(formats())})"
    return Source(path, source_id, size, compression, None, problem)


def _sureness(format_: Format, head: Head) -> int:
    """What the format's own sniffer says; one that stumbles over a file does not own it."""
    try:
        return format_.sniff(head)
    except Exception:  # noqa: BLE001
        return 0


def _unreadable(path: Path, problem: str) -> Source:
    source_id = hashlib.sha256(b"path:" + str(path).encode("utf-8", "surrogateescape"))
    return Source(path, source_id.hexdigest(), 0, None, None, problem)


# -- reading --------------------------------------------------------------------------------

_DEFAULTS = ReadOptions()


def read(
    source: Source, *, batch_rows: int = 20_000, options: ReadOptions = _DEFAULTS
) -> Iterator[Batch | SourceReport]:
    """Read a file in batches; the last thing yielded is the report.

    The same bytes, ``batch_rows`` and ``options`` give the same batches. Nothing that is in the
    file raises: what cannot be read is in the batches' quarantine.

    Raises:
        ValueError: when an option has no meaning.
    """
    zone(options.timezone)
    check_mapping(options.mapping)
    if options.chats not in ("channels_and_groups", "all"):
        raise ValueError(f"chats is 'channels_and_groups' or 'all', not {options.chats!r}")
    if batch_rows < 1 or options.max_message_bytes < 1:
        raise ValueError("batch_rows and max_message_bytes are at least 1")
    return _read(source, batch_rows, options)


def _read(source: Source, batch_rows: int, options: ReadOptions) -> Iterator[Batch | SourceReport]:
    gathered = Gathering(batch_rows)
    messages = quarantined = 0
    file = Input(source.path, source.compression, source.source_id, options)
    items = (
        formats()[source.format].parse(file)
        if source.format
        else iter([_whole_file(source, source.problem or "no reader recognises it")])
    )
    changed = False
    while not changed:
        try:
            item = next(items, None)
        except (OSError, StreamDamagedError) as error:
            item = Quarantined(position="file", reason=f"cannot be read further: {error}"[:500])
            items, file.complete = iter(()), False
        except Exception as error:  # noqa: BLE001  (a reader's mistake must not stop the run)
            reason = f"the {source.format} reader failed: {type(error).__name__}: {error}"
            item = Quarantined(position="file", reason=reason[:500])
            items, file.complete = iter(()), False
        batches = gathered.take(item) if item is not None else gathered.rest()
        for batch in batches:
            # Asked after its bytes were read: what is yielded are the bytes that were hashed.
            if changed := _changed(source):
                break
            yield batch
            messages += batch.messages.num_rows
            quarantined += batch.quarantine.num_rows
        if item is None:
            break
    if changed := changed or _changed(source):
        file.tally.warnings["the file changed while it was read; read it again"] += 1
        file.complete = False
    yield SourceReport(
        format=source.format,
        items_read=messages + quarantined,
        quarantined=quarantined,
        channels=channel_batch(list(gathered.channels.values()), gathered.coverage()),
        unknown_fields=dict(sorted(file.tally.unknown.items())),
        complete=file.complete and source.format is not None,
        warnings=tuple(f"{what}: {n:,}" for what, n in sorted(file.tally.warnings.items())),
        changed=changed,
    )


def _whole_file(source: Source, reason: str) -> Quarantined:
    """A file that nobody reads, with its beginning."""
    raw = None
    if source.path.is_file():
        try:
            with source.path.open("rb") as file:
                raw = file.read(RAW_LIMIT)
        except OSError:
            raw = None
    return Quarantined(position="file", reason=reason, byte_offset=0, raw=raw)


def _changed(source: Source) -> bool:
    """Whether the file is no longer as long as when it was identified."""
    try:
        return source.problem is None and source.path.stat().st_size != source.size
    except OSError:
        return True
