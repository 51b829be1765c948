"""Gather what a reader yields into batches, and note what is known of each channel."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.parsing.rows import (
    Channel,
    Item,
    Message,
    Quarantined,
    channel_batch,
    message_batch,
    quarantine_batch,
)

# What Arrow raises for a value that does not fit a column.
_REFUSED = (pa.ArrowException, ValueError, TypeError, OverflowError)


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

    rows: list[Message] = field(default_factory=list)
    bad: list[Quarantined] = field(default_factory=list)
    bytes: int = 0
    sequence: int = 0
    yielded: int = 0
    quarantined: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)
    ranges: dict[str, tuple[int, int, int | None]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    torn: set[str | None] = field(default_factory=set)  # None: of which channel is not known

    @property
    def waiting(self) -> int:
        return len(self.rows) + len(self.bad)

    def take(self, item: Item) -> None:
        """Sort one thing that a reader yielded."""
        if isinstance(item, Message):
            self.rows.append(item)
            self.bytes += item.size
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
        messages = self._messages()
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
        self.yielded += len(messages)
        self.quarantined += len(self.bad)
        self.sequence += 1
        self.rows, self.bad, self.bytes = [], [], 0
        return batch

    def _messages(self) -> pa.RecordBatch:
        """The rows in Arrow; a row that Arrow refuses is quarantined, and the others stay."""
        try:
            return message_batch(self.rows)
        except _REFUSED:
            good = []
            for row in self.rows:
                try:
                    message_batch([row])
                except _REFUSED as error:
                    reason = f"a value does not fit its column: {error}"[:500]
                    self.take(Quarantined(position=row.position, reason=reason))
                else:
                    good.append(row)
            return message_batch(good)

    def _extend_ranges(self, messages: pa.RecordBatch) -> None:
        """Widen each channel's range of ids, and its latest time."""
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
