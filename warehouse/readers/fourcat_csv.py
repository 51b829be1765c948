"""4CAT's CSV of a Telegram collection. It names chats by username and has no numeric id.

4CAT collects by query, so no coverage is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.records import Found, refused, rows_of
from warehouse.parsing.rows import Channel, Item, Message, Quarantined
from warehouse.parsing.table import rows, shape_of
from warehouse.parsing.values import (
    Record,
    as_int,
    leftover,
    name_key,
    take_int,
    take_text,
    take_time,
    to_json,
    zone,
)

_OWN = frozenset({"thread_id", "body", "author_username", "unix_timestamp", "chat", "author"})

_MEDIA = {"": None, "url": None, "document": "file", "geo": "location", "geo_live": "location"}

_DETAILS = (
    "thread_id",
    "author_username",
    "author_is_bot",
    "author_forwarded_from_username",
    "entities_linked",
    "entities_mentioned",
    "attachment_data",
    "reactions",
)


def sniff(head: Head) -> int:
    """By 4CAT's columns."""
    if head.binary or head.parquet or b"thread_id" not in head.data[:4096]:
        return 0
    shape = shape_of(head.data, _OWN)
    return 4 if shape and {"thread_id", "body", "chat"} <= {*shape.header} else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the rows."""
    naive = zone(source.options.timezone)
    shape = shape_of(source.head().data, _OWN)
    if shape is None:
        return
    told: set[str] = set()

    def build(found: Found) -> Iterator[Item]:
        chat = take_text(found.record, "chat") or ""
        number = _number(found.record.pop("id", None), chat)
        key = name_key(chat) if chat else source.file_key()
        if number is None:
            yield refused(found, "no message id", key)
            return
        if key not in told:
            told.add(key)
            yield Channel(channel_key=key, name=None, username=chat or None)
        yield _message(number, key, found, source, naive)

    for row in rows(source, shape):
        position = f"row {row.number}"
        if row.reason is not None:
            yield Quarantined(
                position=position, reason=row.reason, byte_offset=row.offset, raw=row.raw
            )
            continue
        record = dict(zip(shape.header, row.cells, strict=True))
        if row.lossy:
            source.tally.warnings["rows with bytes that are no text (replaced)"] += 1
        yield from rows_of(Found(record, position, row.offset, row.raw, {}), build)


def _number(value: object, chat: str) -> int | None:
    """The message's number in an id that may begin with the chat's name.

    >>> _number("notes-12", "notes"), _number("12", "notes"), _number("a-b-3", "x")
    (12, 12, 3)
    """
    text = str(value or "").removeprefix(f"{chat}-")
    return as_int(text) if as_int(text) is not None else as_int(text.rpartition("-")[2])


def _message(number: int, key: str, found: Found, source: Input, naive: tzinfo) -> Message:
    record, tally = found.record, source.tally
    message = Message(
        channel_key=key,
        message_id=number,
        kind="message",
        position=found.position,
        text=take_text(record, "body") or "",
        size=len(found.raw),
    )
    message.sent_at, message.time_basis = take_time(record, "unix_timestamp", naive, tally)
    local = take_time(record, "timestamp", naive, tally)
    if message.sent_at is None:
        message.sent_at, message.time_basis = local
    message.edited_at, _ = take_time(record, "unix_timestamp_edited", naive, tally)
    edited, _ = take_time(record, "timestamp_edited", naive, tally)
    message.edited_at = message.edited_at or edited
    author = take_int(record, "author")
    message.author_id = f"user{author}" if author is not None else None
    message.author_name = take_text(record, "author_name")
    message.reply_to_id = take_int(record, "reply_to")
    message.views = take_int(record, "views")
    message.forwarded_from_id = take_text(record, "author_forwarded_from_id")
    message.forwarded_from_name = take_text(record, "author_forwarded_from_name")
    message.forwarded_at, _ = take_time(record, "unix_timestamp_forwarded_from", naive, tally)
    record.pop("timestamp_forwarded_from", None)
    kind = str(record.pop("attachment_type", None) or "")
    message.media_type = _MEDIA.get(kind, kind[:64])
    message.media_name = take_text(record, "attachment_filename")
    details: Record = {}
    for name in _DETAILS:
        if (value := record.pop(name, None)) not in (None, ""):
            details[name] = value
    message.details = to_json(details)
    for empty in [name for name, value in record.items() if value == ""]:
        del record[empty]
    message.extra = leftover(record, tally)
    return message


def examples() -> Sequence[Example]:
    """A row as 4CAT writes it."""
    table = (
        "id,thread_id,chat,author,author_username,author_name,author_is_bot,body,reply_to,views,"
        "reactions,timestamp,unix_timestamp,timestamp_edited,author_forwarded_from_name,"
        "author_forwarded_from_username,author_forwarded_from_id,entities_linked,"
        "entities_mentioned,attachment_type,attachment_data,attachment_filename\r\n"
        'notes-31,notes,notes,8,dd,D,False,"ten, and ""more""",30,12,,2024-01-01 12:00:00,'
        "1704110400,,,,,https://example.org/,,photo,{},notes-31.jpeg\r\n"
    )
    row = {
        "channel_key": "name:notes",
        "message_id": 31,
        "text": 'ten, and "more"',
        "time_basis": "unix",
        "author_id": "user8",
        "reply_to_id": 30,
        "views": 12,
        "media_type": "photo",
        "media_name": "notes-31.jpeg",
        "extra": None,
    }
    return [Example(table.encode(), [row])]


FORMAT = Format("fourcat_csv", sniff, parse, examples)
