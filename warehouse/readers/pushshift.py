"""The Pushshift Telegram data set: lines of Telethon's ``to_json`` as it was in 2019."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.records import objects, rows_of
from warehouse.parsing.rows import Item
from warehouse.parsing.telethon_message import Dump

_MESSAGE = re.compile(rb'\{\s{0,64}"_"\s{0,8}:\s{0,8}"Message(?:Service|Empty)?"')


def sniff(head: Head) -> int:
    """By the fields of that time: ``to_id`` for the peer, and when it was retrieved."""
    first = head.first
    tagged = first.get("_") in ("Message", "MessageService") or "message" in first
    old = isinstance(first.get("to_id"), dict) or {"retrieved_utc", "updated_utc"} & first.keys()
    return 4 if head.records and tagged and old else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the messages of however many channels."""
    dump = Dump.of(source)
    for found in objects(source, _MESSAGE):
        yield from rows_of(found, dump.items)
    yield from dump.end(claims=True)


def examples() -> Sequence[Example]:
    """Two channels in one file."""
    lines = (
        b'{"_": "Message", "id": 1, "to_id": {"_": "PeerChannel", "channel_id": 1001}, '
        b'"date": "2019-05-04T10:00:00+00:00", "message": "a", "from_id": 7, '
        b'"reply_to_msg_id": null, "retrieved_utc": 1570000000}\n'
        b'{"_": "MessageService", "id": 2, "to_id": {"_": "PeerChannel", "channel_id": 1002}, '
        b'"date": "2019-05-04T10:00:01+00:00", "action": {"_": "MessageActionPinMessage"}}\n'
    )
    return [
        Example(
            lines,
            [
                {"channel_key": "tg:1001", "author_id": "user7", "time_basis": "offset"},
                {"channel_key": "tg:1002", "kind": "service", "action": "pin_message"},
            ],
        )
    ]


FORMAT = Format("pushshift", sniff, parse, examples)
