"""TGDataset: an object of channels by id, each with its messages by id.

It holds texts and some kinds of media only, so no coverage is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.elements import Splitter
from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.plan import (
    RAW_LIMIT,
    Broken,
    Closed,
    Each,
    Elements,
    Fields,
    Opened,
    Take,
    Value,
)
from warehouse.parsing.records import Found, damaged, opened, refused, rows_of
from warehouse.parsing.rows import Channel, Item, Message, Quarantined
from warehouse.parsing.values import (
    Record,
    Tally,
    as_int,
    bare_name,
    channel_key,
    leftover,
    name_key,
    take_int,
    take_text,
    take_time,
    to_json,
    zone,
)

_KEY = rb'"-?[0-9]{1,20}"\s{0,8}:\s{0,8}\{\s{0,64}'
_TEXT = re.compile(_KEY + rb'"(?:message|date|author|is_forwarded)"')
_MEDIA = re.compile(
    _KEY + rb'"(?:title|media_id|extension)"\s{0,8}:[^{}]{0,400}?"(?:date|media_id)"'
)
_CHANNEL = re.compile(
    _KEY + rb'"(?:username|description|scam|verified|n_subscribers|creation_date|text_messages)"'
    rb"|" + _KEY + rb'"title"\s{0,8}:[^{}]{0,400}?"(?:description|scam|verified|n_subscribers)"'
)

_LISTS = ("text_messages", "generic_media")
_FACTS = {"username", "title", "description", "scam", "verified", "n_subscribers", "creation_date"}
_PLAN = Each(
    "channel",
    Fields(
        {
            "text_messages": Each("text", Take(), _TEXT, members=True),
            "generic_media": Each("media", Take(), _MEDIA, members=True),
        },
        Take(),
    ),
    _CHANNEL,
    members=True,
)
_DETAILS = ("description", "scam", "verified", "n_subscribers", "creation_date")

_KINDS = {
    "audio": {".mp3", ".ogg", ".oga", ".m4a", ".wav", ".flac", ".aac"},
    "video": {".mp4", ".mov", ".mkv", ".avi", ".webm", ".3gp"},
    "photo": {".jpg", ".jpeg", ".png", ".webp"},
}


def sniff(head: Head) -> int:
    """By a channel's lists of messages, or its facts, under a first key."""
    value = head.value if isinstance(head.value, dict) else {}
    first = next(iter(value.values()), None)
    if not isinstance(first, dict):
        return 0
    return 3 if {*_LISTS} & first.keys() or len(_FACTS & first.keys()) >= 3 else 0


@dataclass(slots=True)
class _Place:
    """The channel that is being read."""

    id: str = ""
    key: str = ""
    header: Record = field(default_factory=dict)
    begun: bool = False


def parse(source: Input) -> Iterator[Item]:
    """Read the channels one after the other."""
    naive = zone(source.options.timezone)
    place = _Place()
    late: dict[str, Record] | None = None
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(_PLAN):
        if isinstance(event, Opened) and len(event.path) == 1:
            place = _place(str(event.path[0]))
        elif isinstance(event, Opened) and len(event.path) == 2 and not place.begun:
            if not place.header:
                late = _headers(source) if late is None else late
                place.header = late.get(place.id, {})
            place.begun = True
            yield _facts(place, source)
        elif isinstance(event, Value) and len(event.path) == 2 and not place.begun:
            _note(place.header, event)
        elif isinstance(event, Closed) and len(event.path) == 1 and not place.begun:
            yield _facts(place, source)
        elif isinstance(event, Elements):
            yield from _messages(event, place, source, naive)
        elif isinstance(event, Broken):
            inside = len(event.path) == 2
            where = f"{'.'.join(map(str, event.path))}[{event.index}]" if inside else "document"
            found = damaged(event, where, place.key if inside else None)
            found.message_id = _damaged_id(event) if inside else None
            yield found
    source.complete = splitter.complete


def _place(step: str) -> _Place:
    number = as_int(step)
    return _Place(step, channel_key(number) if number is not None else name_key(step))


def _messages(event: Elements, place: _Place, source: Input, naive: tzinfo) -> Iterator[Item]:
    """The members of one list: ``"id": {…}``."""
    media = event.path[-1] == "generic_media"
    where = ".".join(map(str, event.path))

    def build(found: Found) -> Iterator[Item]:
        [(key, record)] = found.record.items()
        number = as_int(key)
        if number is None or not isinstance(record, dict):
            yield refused(found, "no message id" if number is None else "not an object")
        else:
            yield _message(number, record, found, place, source, naive, media)

    for index, (start, end) in enumerate(zip(event.starts, event.ends, strict=True), event.first):
        raw = b"{" + event.data[start:end] + b"}"
        found = opened(raw, f"{where}[{index}]", event.offset + start, source)
        for item in rows_of(found, build):
            if isinstance(item, Quarantined):
                item.channel_key = place.key
                item.raw = raw[1:-1][:RAW_LIMIT]
            yield item


def _message(  # noqa: PLR0913, PLR0917
    number: int,
    record: Record,
    found: Found,
    place: _Place,
    source: Input,
    naive: tzinfo,
    media: bool,
) -> Message:
    tally = source.tally
    sent, basis = take_time(record, "date", naive, tally)
    message = Message(
        channel_key=place.key,
        message_id=number,
        kind="message",
        position=found.position,
        sent_at=sent,
        time_basis=basis,
        text=take_text(record, "message") or "",
        size=len(found.raw),
    )
    author = take_int(record, "author")
    if author is not None:
        own = channel_key(author) == place.key
        message.author_id = f"channel{place.key[3:]}" if own else f"user{abs(author)}"
    else:
        message.author_name = take_text(record, "author")
    details: Record = dict(found.repaired)
    forwarder = take_int(record, "forwarded_from_id")
    if forwarder is not None:
        message.forwarded_from_id = f"channel{channel_key(forwarder).removeprefix('tg:')}"
    else:
        message.forwarded_from_name = take_text(record, "forwarded_from_id")
    if record.pop("is_forwarded", None) and forwarder is None:
        details["is_forwarded"] = True
    message.forwarded_at, _ = take_time(record, "forwarded_message_date", naive, tally)
    if media:
        extension = str(record.get("extension") or "").lower()
        extension = extension if extension.startswith(".") else f".{extension}"
        known = (kind for kind, endings in _KINDS.items() if extension in endings)
        message.media_type = next(known, "file")
        message.media_name = bare_name(record.get("title"))
        for name in ("title", "extension", "media_id"):
            if (value := record.pop(name, None)) is not None:
                details[name] = value
    message.details = to_json(details)
    message.extra = leftover(record, tally)
    return message


def _facts(place: _Place, source: Input) -> Channel:
    header = dict(place.header)
    details = {name: header.pop(name) for name in _DETAILS if header.get(name) is not None}
    username = take_text(header, "username")
    name = take_text(header, "title")
    for empty in [key for key, value in header.items() if value is None]:
        del header[empty]
    if leftover(header, source.tally, "channel."):
        details["extra"] = header
    return Channel(
        channel_key=place.key,
        name=name,
        username=username,
        type="public_channel" if username else None,
        details=to_json(details),
    )


def _note(header: Record, event: Value) -> None:
    try:
        header[str(event.path[-1])] = decode(event.raw[:RAW_LIMIT], Tally())[0]
    except UndecodableError:
        header[str(event.path[-1])] = None


def _headers(source: Input) -> dict[str, Record]:
    """The facts of all channels: for files where they come after the messages."""
    found: dict[str, Record] = {}
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(_PLAN):
        if isinstance(event, Value) and len(event.path) == 2:
            _note(found.setdefault(str(event.path[0]), {}), event)
    return found


def _damaged_id(event: Broken) -> int | None:
    """The message id of a damaged member, if there is one member only."""
    keys = re.findall(rb'"(-?[0-9]{1,19})"\s*:\s*\{', event.raw)
    return as_int(keys[0].decode()) if len(keys) == 1 and event.size <= RAW_LIMIT else None


def examples() -> Sequence[Example]:
    """Two channels, one with media."""
    content = (
        b'{"1000000001": {"username": "notes_z", "title": "Notes", "description": "d", '
        b'"scam": false, "verified": false, "n_subscribers": 10, "creation_date": 1500000000, '
        b'"text_messages": {"5": {"message": "four", "date": 1600000000, "author": 1000000001, '
        b'"is_forwarded": true, "forwarded_from_id": 42, "forwarded_message_date": 1590000000}}, '
        b'"generic_media": {"6": {"title": "a.mp3", "media_id": 1, "date": 1600000001, '
        b'"author": 7, "extension": ".mp3"}}}, '
        b'"1000000002": {"text_messages": {"1": {"message": "five", "date": 1600000000.5}}, '
        b'"generic_media": {}, "title": "Late", "mood": 1}}'
    )
    return [
        Example(
            content,
            [
                {
                    "channel_key": "tg:1000000001",
                    "message_id": 5,
                    "author_id": "channel1000000001",
                    "forwarded_from_id": "channel42",
                    "text": "four",
                    "position": "1000000001.text_messages[0]",
                },
                {"message_id": 6, "media_type": "audio", "media_name": "a.mp3", "text": ""},
                {"channel_key": "tg:1000000002", "message_id": 1, "time_basis": "unix"},
            ],
            unknown={"channel.mood": 1},
        )
    ]


FORMAT = Format("tgdataset", sniff, parse, examples)
