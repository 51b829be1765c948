"""Many objects at once: the compiled way where they are as usual, the general way where not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from warehouse.parsing.compiled import Bytes, Ints
from warehouse.parsing.names import Known
from warehouse.parsing.records import Many
from warehouse.parsing.rows import REFUSED, Block, Item, Message, Quarantined, message_batch
from warehouse.parsing.sheet import Sheet

#: Fewer rows than this are not worth the compiled path, which has to be loaded first.
FEWEST = 64

#: The first rows of a file go the general way, so that its names are known.
LESSONS = 32


def rows_of_many(
    many: Many,
    known: Known,
    general: Callable[[int], list[Item]],
    columns: Callable[[Sheet, Many, int], pa.RecordBatch],
) -> Iterator[Item]:
    """What becomes of many objects, in their order.

    ``general`` answers for one of them. ``columns`` makes a sheet of those from a certain one on
    into rows, and marks those of the sheet that it leaves to ``general``.
    """
    first = min(len(many), max(0, LESSONS - known.lessons))
    if len(many) < FEWEST:
        first = len(many)
    for place in range(first):
        yield from general(place)
    if first < len(many):
        rest = many.cut(first)
        sheet = Sheet(rest.data, rest.starts, rest.ends, known.table)
        rows = columns(sheet, rest, first)
        sizes = rest.ends - rest.starts
        yield from weave(rows, sizes, sheet.odd, lambda place: general(place + first))


def weave(
    fast: pa.RecordBatch, sizes: Ints, odd: Bytes, general: Callable[[int], list[Item]]
) -> Iterator[Item]:
    """The rows in order. Those that are ``odd`` count for nothing in ``fast``: what ``general``
    answers for them, at most one of it a message or quarantined, takes their place."""
    places = np.flatnonzero(odd).tolist()
    if not places:
        yield Block(fast, sizes)
        return
    order = np.arange(len(sizes))
    messages: list[Message] = []
    single: dict[int, Item] = {}
    for place in places:
        for item in general(place):
            if isinstance(item, Message):
                order[place] = len(sizes) + len(messages)
                messages.append(item)
            elif isinstance(item, Quarantined):
                single[place] = item
            else:
                yield item  # facts, which only have to come before the messages
    try:
        rows = pa.concat_batches([fast, message_batch(messages)]).take(pa.array(order))
    except REFUSED:  # a value that fits no column: whoever takes the messages sorts them out
        single.update({p: messages[order[p] - len(sizes)] for p in places if p not in single})
        rows = fast
    begin = 0
    for place in [*sorted(single), len(sizes)]:
        if place > begin:
            yield Block(rows.slice(begin, place - begin), sizes[begin:place])
        if place < len(sizes):
            yield single[place]
        begin = place + 1
