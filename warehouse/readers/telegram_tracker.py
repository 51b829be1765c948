"""telegram-tracker's ``<channel>_messages.json``: messages, and the chats and users in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.elements import Splitter
from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.plan import Broken, Each, Elements, Fields, Take, Value
from warehouse.parsing.records import damaged, opened, rows_of
from warehouse.parsing.rows import Item
from warehouse.parsing.telethon_message import Dump
from warehouse.parsing.values import Tally, as_int

_MESSAGE = re.compile(rb'\{\s{0,64}"_"\s{0,8}:\s{0,8}"Message(?:Service|Empty)?"')
_PEER = re.compile(rb'\{\s{0,64}"_"\s{0,8}:\s{0,8}"(?:Channel|Chat|User)(?:Forbidden|Empty)?"')

_CHATS = {"chats": Each("chat", Take(), _PEER), "users": Each("user", Take(), _PEER)}
_FIRST = Fields({"messages": None, **_CHATS})
_SECOND = Fields(
    {"messages": Each("message", Take(), _MESSAGE), "chats": None, "users": None, "count": None},
    Take(),
)

#: Names of this many authors are kept in memory at most.
_MOST_PEOPLE = 200_000


def sniff(head: Head) -> int:
    """By Telethon's messages under ``messages``, or its chats before them."""
    value = head.value if isinstance(head.value, dict) else {}
    for name in ("messages", "chats", "users"):
        items = value.get(name)
        first = items[0] if isinstance(items, list) and items else {}
        if isinstance(first, dict) and ("_" in first or "peer_id" in first):
            return 3
    lists = [name for name in ("messages", "chats", "users") if value.get(name) == []]
    return 2 if len(lists) > 1 and "count" in value else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the chats and users first, wherever they stand: they say whose the messages are."""
    dump = Dump.of(source)
    _meet(source, dump)
    yield from dump.told.values()
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(_SECOND):
        if isinstance(event, Elements):
            for index, (start, end) in enumerate(
                zip(event.starts, event.ends, strict=True), event.first
            ):
                place = f"messages[{index}]"
                found = opened(event.data[start:end], place, event.offset + start, source)
                yield from rows_of(found, dump.items)
        elif isinstance(event, Broken):
            inside = event.path[:1] == ("messages",)
            yield damaged(event, f"messages[{event.index}]" if inside else "document, damaged")
        elif isinstance(event, Value):
            source.tally.unknown_field(f"file.{event.path[-1]}")
    source.complete = splitter.complete
    yield from dump.end(claims=True)


def _meet(source: Input, dump: Dump) -> None:
    """Note the channels and people that the file describes."""
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(_FIRST):
        if not isinstance(event, Elements):
            continue
        for start, end in zip(event.starts, event.ends, strict=True):
            try:
                value, _ = decode(event.data[start:end], Tally())
            except UndecodableError:
                continue  # names only; the messages are read all the same
            if not isinstance(value, dict):
                continue
            number = as_int(value.get("id"))
            if event.path[0] == "users" and number is not None:
                parts = [value.get(part) for part in ("first_name", "last_name")]
                if len(dump.people) < _MOST_PEOPLE:
                    dump.people[number] = " ".join(part for part in parts if isinstance(part, str))
            elif (facts := dump.channel(value)) is not None:
                dump.told[facts.channel_key] = facts
                if number is not None and facts.name:
                    dump.people.setdefault(number, facts.name)


def examples() -> Sequence[Example]:
    """Chats that come after the messages."""
    content = rb"""{"count": 2, "messages": [
  {"_": "Message", "id": 11, "peer_id": {"_": "PeerChannel", "channel_id": 500},
   "date": "2022-05-04 10:00:00+00:00", "message": "one",
   "from_id": {"_": "PeerUser", "user_id": 3},
   "media": {"_": "MessageMediaPhoto", "photo": {"_": "Photo", "file_reference": "b'\\x01'"}}},
  {"_": "Message", "id": 12, "peer_id": {"_": "PeerChannel", "channel_id": 500},
   "date": "2022-05-04 11:00:00+00:00", "edit_date": "2022-05-04 12:00:00+00:00", "message": "two"}
 ], "chats": [{"_": "Channel", "id": 500, "title": "Notes", "username": "notes_x",
   "megagroup": false, "participants_count": 10}],
 "users": [{"_": "User", "id": 3, "first_name": "A", "last_name": "B"}], "session": "s"}"""
    return [
        Example(
            content,
            [
                {
                    "channel_key": "tg:500",
                    "message_id": 11,
                    "author_id": "user3",
                    "author_name": "A B",
                    "media_type": "photo",
                    "time_basis": "offset",
                },
                {"message_id": 12, "text": "two"},
            ],
            unknown={"file.session": 1},
        )
    ]


FORMAT = Format("telegram_tracker", sniff, parse, examples)
