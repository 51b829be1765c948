"""A message on its way from a reader into Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.parsing.entities import Entity
from warehouse.schemas import CHANNELS, ENTITY, MESSAGES, QUARANTINE, REACTION, TIMESTAMP

#: What Arrow raises for a value that does not fit a column.
REFUSED = (pa.ArrowException, ValueError, TypeError, OverflowError)

#: kind, label, count: see ``warehouse.schemas.REACTION``.
Reaction = tuple[str, str | None, int | None]


class Message(msgspec.Struct, gc=False, kw_only=True):
    """One row of ``warehouse.schemas.MESSAGES``, its fields in that order.

    Times are microseconds since 1970 UTC.
    """

    channel_key: str
    message_id: int
    kind: str
    sent_at: int | None = None
    edited_at: int | None = None
    time_basis: str = "missing"
    author_id: str | None = None
    author_name: str | None = None
    signature: str | None = None
    forwarded_from_id: str | None = None
    forwarded_from_name: str | None = None
    forwarded_at: int | None = None
    reply_to_id: int | None = None
    reply_to_channel: str | None = None
    via_bot: str | None = None
    text: str = ""
    entities: Sequence[Entity] = ()
    media_type: str | None = None
    media_name: str | None = None
    media_mime: str | None = None
    media_bytes: int | None = None
    views: int | None = None
    forwards: int | None = None
    reactions: Sequence[Reaction] = ()
    action: str | None = None
    details: str | None = None
    extra: str | None = None
    position: str
    size: int = 0  # bytes it took in the file, to bound a batch


class Quarantined(msgspec.Struct, kw_only=True):
    """One row of ``warehouse.schemas.QUARANTINE``."""

    position: str
    reason: str
    byte_offset: int | None = None
    channel_key: str | None = None
    message_id: int | None = None
    raw: bytes | None = None


class Channel(msgspec.Struct, kw_only=True):
    """What a file says of a channel: comes before the channel's first message."""

    channel_key: str
    name: str | None = None
    username: str | None = None
    type: str | None = None
    details: str | None = None


class Whole(msgspec.Struct):
    """The channel's list was read to its end, and claims to hold all of the channel."""

    channel_key: str


@dataclass(frozen=True, slots=True)
class Block:
    """Many messages at once, as rows of ``warehouse.schemas.MESSAGES``.

    ``sizes``: the bytes that each took in the file.
    """

    rows: pa.RecordBatch
    sizes: npt.NDArray[np.int64]

    def cut(self, rows: int) -> tuple[Block, Block]:
        """The first so many rows, and the others."""
        first = Block(self.rows.slice(0, rows), self.sizes[:rows])
        return first, Block(self.rows.slice(rows), self.sizes[rows:])


Item = Message | Block | Quarantined | Channel | Whole


def message_batch(rows: Sequence[Message]) -> pa.RecordBatch:
    """The rows as one record batch."""
    columns: list[Any] = []
    values_of = zip(*map(msgspec.structs.astuple, rows), strict=True) if rows else repeat(())
    for field, values in zip(MESSAGES, values_of, strict=False):
        if field.type == TIMESTAMP:
            columns.append(pa.array(values, pa.int64()).cast(TIMESTAMP))
        elif field.name == "entities":
            columns.append(_lists(values, ENTITY))
        elif field.name == "reactions":
            columns.append(_lists(values, REACTION))
        else:
            columns.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=MESSAGES)


def quarantine_batch(rows: Sequence[Quarantined]) -> pa.RecordBatch:
    """The rows as one record batch."""
    columns = [pa.array([getattr(row, f.name) for row in rows], f.type) for f in QUARANTINE]
    return pa.RecordBatch.from_arrays(columns, schema=QUARANTINE)


def channel_batch(
    rows: Sequence[Channel], coverage: dict[str, tuple[int | None, int | None, int | None]]
) -> pa.RecordBatch:
    """The rows as one record batch, with covers_from, covers_to and as_of where given."""
    columns: list[Any] = []
    for place, field in enumerate(CHANNELS):
        if place < 5:
            columns.append(pa.array([getattr(row, field.name) for row in rows], field.type))
        else:
            none = (None, None, None)
            values = [coverage.get(row.channel_key, none)[place - 5] for row in rows]
            columns.append(pa.array(values, pa.int64()).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=CHANNELS)


def _lists(values: Iterable[Sequence[tuple[Any, ...]]], item: pa.DataType) -> pa.Array:
    """A list column of structs, built from flat columns: far quicker than from dicts."""
    offsets = [0, *accumulate(map(len, values))]
    flat = [entry for value in values for entry in value]
    columns = zip(*flat, strict=True) if flat else [()] * item.num_fields
    arrays = [pa.array(column, f.type) for column, f in zip(columns, item.fields, strict=True)]
    items = pa.StructArray.from_arrays(arrays, fields=item.fields)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=pa.list_(item))
