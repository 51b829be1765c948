"""Dumps of Telethon's messages: a JSON array, or one message per line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.records import objects, rows_of
from warehouse.parsing.rows import Item
from warehouse.parsing.telethon_message import Dump

_MESSAGE = re.compile(rb'\{\s{0,64}"_"\s{0,8}:\s{0,8}"Message(?:Service|Empty)?"')
_TAGS = ("Message", "MessageService", "MessageEmpty")


def sniff(head: Head) -> int:
    """By Telethon's tag, or its peer beside a message."""
    first = head.first
    if first.get("_") in _TAGS:
        return 3
    return 2 if "peer_id" in first and {"message", "action"} & first.keys() else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the messages; coverage is claimed where nothing speaks for a filtered dump."""
    dump = Dump.of(source)
    for found in objects(source, _MESSAGE):
        yield from rows_of(found, dump.items)
    yield from dump.end(claims=True)


def examples() -> Sequence[Example]:
    """An array with the three ways to write a date, and lines."""
    array = rb"""[
 {"_": "Message", "id": 3, "peer_id": {"_": "PeerChannel", "channel_id": 77},
  "date": "2024-01-01T12:00:00+00:00", "message": "\ud83d\ude00 bold", "post": true,
  "entities": [{"_": "MessageEntityBold", "offset": 3, "length": 4}], "views": 9, "forwards": 2,
  "fwd_from": {"_": "MessageFwdHeader", "date": "2023-12-31 00:00:00+00:00",
               "from_id": {"_": "PeerChannel", "channel_id": 8}, "channel_post": 4},
  "reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": 2, "reply_to_top_id": 1},
  "reactions": {"_": "MessageReactions", "results": [{"_": "ReactionCount", "count": 5,
               "reaction": {"_": "ReactionEmoji", "emoticon": "x"}}]},
  "novelty": [1, 2]},
 {"_": "Message", "id": 4, "peer_id": {"_": "PeerChannel", "channel_id": 77},
  "date": "2024-01-01 12:00:00", "message": "",
  "media": {"_": "MessageMediaDocument", "document": {"_": "Document", "size": 10,
    "mime_type": "audio/ogg", "file_reference": [1, 2, 3],
    "attributes": [{"_": "DocumentAttributeAudio", "voice": true}]}}},
 {"_": "MessageService", "id": 5, "peer_id": {"_": "PeerChannel", "channel_id": 77},
  "date": 1704110400, "action": {"_": "MessageActionChatEditTitle", "title": "New"}}
]"""
    lines = (
        b'{"_": "Message", "id": 1, "peer_id": {"_": "PeerChat", "chat_id": 6}, "message": "a",'
        b' "from_id": {"_": "PeerUser", "user_id": 12}}\n'
        b'{"_": "Message", "id": 2, "peer_id": {"_": "PeerUser", "user_id": 6}, "message": "b"}\n'
    )
    return [
        Example(
            array,
            [
                {
                    "channel_key": "tg:77",
                    "message_id": 3,
                    "time_basis": "offset",
                    "entities": [{"start": 2, "end": 6, "type": "bold", "value": None}],
                    "views": 9,
                    "forwards": 2,
                    "forwarded_from_id": "channel8",
                    "reply_to_id": 2,
                    "reactions": [{"kind": "emoji", "label": "x", "count": 5}],
                    "extra": '{"novelty":[1,2]}',
                },
                {"message_id": 4, "time_basis": "naive", "media_type": "voice"},
                {
                    "message_id": 5,
                    "time_basis": "unix",
                    "kind": "service",
                    "action": "edit_group_title",
                    "details": '{"action":{"title":"New"}}',
                },
            ],
            unknown={"novelty": 1},
        ),
        Example(lines, [{"channel_key": "tg:g6", "author_id": "user12", "time_basis": "missing"}]),
    ]


FORMAT = Format("telethon", sniff, parse, examples)
