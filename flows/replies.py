"""The text that a message replies to, where the same batch holds it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def reply_texts(messages: pa.RecordBatch) -> pa.Array:
    """The text each message replies to, where that lies in the same batch; null elsewhere.

    A reply across two batches is scored without it: the batches of a file are cut by size alone,
    so the result is the same at every run. Of a message that comes twice the later one counts.
    """
    replying = pc.indices_nonzero(pc.is_valid(messages.column("reply_to_id")))
    if not len(replying):
        return pa.nulls(len(messages), pa.string())
    own = messages.column("channel_key").dictionary_encode()
    ids, ranks = np.unique(_numbers(messages.column("message_id")), return_inverse=True)
    keys = _numbers(own.indices) * len(ids) + ranks
    order = np.argsort(keys, kind="stable")

    asked = messages.select(["channel_key", "reply_to_id", "reply_to_channel"]).take(replying)
    channel = pc.coalesce(asked.column("reply_to_channel"), asked.column("channel_key"))
    code = _numbers(pc.fill_null(pc.index_in(channel, value_set=own.dictionary), -1))
    wanted = _numbers(asked.column("reply_to_id"))
    rank = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    key = code * len(ids) + rank
    place = np.searchsorted(keys[order], key, side="right") - 1
    row = order[np.maximum(place, 0)]
    found = (code >= 0) & (ids[rank] == wanted) & (keys[row] == key)

    rows = np.full(len(messages), -1, np.int64)
    rows[_numbers(replying)] = np.where(found, row, -1)
    return messages.column("text").take(pa.array(rows, mask=rows < 0))


def _numbers(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]] = column.cast(pa.int64()).to_numpy()
    return numbers
