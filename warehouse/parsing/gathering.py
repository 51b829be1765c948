"""Gather what a reader yields into batches, and note what is known of each channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.parsing.rows import (
    REFUSED,
    Block,
    Channel,
    Item,
    Message,
    Quarantined,
    channel_batch,
    message_batch,
    quarantine_batch,
)

#: A batch is closed when the messages in it took this many bytes, however few they are.
BATCH_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of a file: at most ``batch_rows`` messages, what was quarantined among them, and the
    facts (name, username, type) of every channel that occurs in ``messages``."""

    sequence: int
    messages: pa.RecordBatch
    quarantine: pa.RecordBatch
    channels: pa.RecordBatch


@dataclass(slots=True)
class Gathering:
    """What is gathered while a file is read."""

    batch_rows: int
    parts: list[pa.RecordBatch] = field(default_factory=list)  # messages, and after them
    in_parts: int = 0
    rows: list[Message] = field(default_factory=list)
    bad: list[Quarantined] = field(default_factory=list)
    bytes: int = 0
    sequence: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)
    ranges: dict[str, tuple[int, int, int | None]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    torn: set[str | None] = field(default_factory=set)  # None: of which channel is not known

    @property
    def waiting(self) -> int:
        return self.in_parts + len(self.rows) + len(self.bad)

    def rest(self) -> Iterator[Batch]:
        """What is left when the reader has come to its end."""
        if self.waiting:
            yield self.batch()

    def take(self, item: Item) -> Iterator[Batch]:
        """Sort one thing that a reader yielded; answers the batches that it completes."""
        while isinstance(item, Block) and (fits := self._fitting(item)) < len(item.sizes):
            first, item = item.cut(fits)
            self._sort(first)
            yield self.batch()
        self._sort(item)
        if self.waiting >= self.batch_rows or self.bytes >= BATCH_BYTES:
            yield self.batch()

    def _fitting(self, block: Block) -> int:
        """How many rows of a block complete the batch; all of them where they do not."""
        ends = self.bytes + np.cumsum(block.sizes)
        return min(self.batch_rows - self.waiting, int(np.searchsorted(ends, BATCH_BYTES)) + 1)

    def _sort(self, item: Item) -> None:
        if isinstance(item, Message):
            self.rows.append(item)
            self.bytes += item.size
        elif isinstance(item, Block):
            self._settle()
            self._append(item.rows)
            self.bytes += int(item.sizes.sum())
        elif isinstance(item, Quarantined):
            self.bad.append(item)
            self.bytes += len(item.raw or b"")
            if item.message_id is None or item.channel_key is None:
                self.torn.add(item.channel_key)
        elif isinstance(item, Channel):
            self.channels[item.channel_key] = item
        else:
            self.whole.add(item.channel_key)

    def batch(self) -> Batch:
        """The waiting rows as a batch."""
        self._settle()
        messages = pa.concat_batches(self.parts) if self.parts else message_batch([])
        occurring = pc.unique(messages.column("channel_key")).to_pylist()
        for key in occurring:
            self.channels.setdefault(key, Channel(channel_key=key))
        batch = Batch(
            self.sequence,
            messages,
            quarantine_batch(self.bad),
            channel_batch([self.channels[key] for key in occurring], {}),
        )
        self._extend_ranges(messages)
        self.sequence += 1
        self.parts, self.in_parts, self.bad, self.bytes = [], 0, [], 0
        return batch

    def _settle(self) -> None:
        """Put the single rows into Arrow; one that Arrow refuses is quarantined."""
        if not self.rows:
            return
        rows, self.rows = self.rows, []
        try:
            self._append(message_batch(rows))
        except REFUSED:
            good = []
            for row in rows:
                try:
                    message_batch([row])
                except REFUSED as error:
                    reason = f"a value does not fit its column: {error}"[:500]
                    self._sort(Quarantined(position=row.position, reason=reason))
                else:
                    good.append(row)
            self._append(message_batch(good))

    def _append(self, rows: pa.RecordBatch) -> None:
        self.parts.append(rows)
        self.in_parts += len(rows)

    def _extend_ranges(self, messages: pa.RecordBatch) -> None:
        """Widen each channel's range of ids, and its latest time."""
        if not messages.num_rows:
            return
        times = {name: messages.column(name).cast(pa.int64()) for name in ("sent_at", "edited_at")}
        table = pa.table({name: messages.column(name) for name in ("channel_key", "message_id")})
        for name, column in times.items():
            table = table.append_column(name, column)
        wanted = [("message_id", "min"), ("message_id", "max"), ("sent_at", "max")]
        groups = table.group_by("channel_key").aggregate([*wanted, ("edited_at", "max")])
        for group in groups.to_pylist():
            key, low, high = group["channel_key"], group["message_id_min"], group["message_id_max"]
            known = self.ranges.get(key, (low, high, None))
            times_seen = (known[2], group["sent_at_max"], group["edited_at_max"])
            latest = max((time for time in times_seen if time is not None), default=None)
            self.ranges[key] = min(known[0], low), max(known[1], high), latest

    def coverage(self) -> dict[str, tuple[int | None, int | None, int | None]]:
        """The range of ids that each channel is complete in, and its latest time."""
        found: dict[str, tuple[int | None, int | None, int | None]] = {}
        for key, (low, high, latest) in self.ranges.items():
            covered = key in self.whole and not self.torn & {key, None}
            found[key] = (low, high, latest) if covered else (None, None, latest)
        return found
