"""4CAT's NDJSON: Telethon's fields beside ``_chat``, ``_sender`` and ``_type``.

4CAT collects by query, so no coverage is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.records import objects, rows_of
from warehouse.parsing.rows import Item
from warehouse.parsing.telethon_message import Dump

_MESSAGE = re.compile(rb'\{\s{0,64}"_chat"\s{0,8}:')


def sniff(head: Head) -> int:
    """By 4CAT's own fields."""
    return 4 if head.records and {"_chat", "_sender"} & head.first.keys() else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the messages; each says of which chat it is."""
    dump = Dump.of(source)
    for found in objects(source, _MESSAGE):
        yield from rows_of(found, dump.items)
    yield from dump.end(claims=False)


def examples() -> Sequence[Example]:
    """A message with its chat and sender."""
    line = (
        b'{"_chat": {"_type": "Channel", "id": 900, "title": "Notes", "username": "notes_y"}, '
        b'"_sender": {"_type": "User", "id": 4, "first_name": "C", "username": "c_c"}, '
        b'"_type": "Message", "id": 21, "date": 1704110400.0, "edit_date": "", '
        b'"message": "three", "peer_id": {"_type": "PeerChannel", "channel_id": 900}, '
        b'"media": null, "views": 5}\n'
    )
    row = {
        "channel_key": "tg:900",
        "message_id": 21,
        "author_id": "user4",
        "author_name": "C",
        "time_basis": "unix",
        "text": "three",
        "views": 5,
        "extra": None,
        "position": "line 1",
    }
    return [Example(line, [row])]


FORMAT = Format("fourcat_ndjson", sniff, parse, examples)
