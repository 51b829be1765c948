"""Rows with columns of any name: which column is what, and the message they make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any

from warehouse.parsing.entities import from_parts
from warehouse.parsing.format import Input
from warehouse.parsing.records import Found, refused
from warehouse.parsing.rows import Channel, Item, Message
from warehouse.parsing.values import (
    Record,
    as_int,
    channel_key,
    leftover,
    name_key,
    take_int,
    take_text,
    take_time,
    to_json,
    zone,
)

#: Our names, and those under which each is found when the user gives no mapping; the first wins.
ALIASES: Mapping[str, Sequence[str]] = {
    "text": (
        "text",
        "message",
        "body",
        "content",
        "message_text",
        "msg",
        "caption",
        "post",
        "raw_text",
        "tweet",
        "comment",
    ),
    "id": ("id", "message_id", "msg_id", "post_id", "messageid", "message id"),
    "date": (
        "date",
        "timestamp",
        "datetime",
        "date_unixtime",
        "unix_timestamp",
        "time",
        "created_at",
        "sent_at",
        "published_at",
        "posted_at",
    ),
    "edited": ("edited", "edit_date", "edited_at", "timestamp_edited"),
    "channel": (
        "channel_id",
        "channel_key",
        "channel",
        "chat_id",
        "chat",
        "peer_id",
        "group",
        "group_id",
        "channel_name",
        "channel_username",
        "chat_name",
        "chat_title",
        "source",
    ),
    "channel_name": ("channel_name", "channel_title", "chat_name", "chat_title", "group_name"),
    "channel_username": ("channel_username", "chat_username", "username"),
    "author_id": ("author_id", "from_id", "sender_id", "user_id"),
    "author": ("author", "author_name", "from", "sender", "sender_name", "user"),
    "reply_to": ("reply_to", "reply_to_id", "reply_to_message_id", "reply_to_msg_id"),
    "forwarded_from": ("forwarded_from", "forwarded_from_name", "fwd_from"),
    "views": ("views", "view_count", "n_views"),
    "forwards": ("forwards", "forward_count", "shares", "n_forwards"),
    "media_type": ("media_type",),
    "media_name": ("media_name", "file_name"),
}

#: Column names by which a table of messages is told from another.
TEXT_NAMES = frozenset(ALIASES["text"])
KNOWN_NAMES = frozenset(name for names in ALIASES.values() for name in names)

_KEY = re.compile(r"tg:[gu]?[0-9]{1,19}|name:[\w-]{1,100}")


class NoTextError(ValueError):
    """No column can be told to hold the text; the message says what to do."""


def check_mapping(mapping: Mapping[str, str]) -> None:
    """See to it that a mapping maps what there is.

    Raises:
        ValueError: naming what is unknown, and what was perhaps meant.
    """
    for ours in mapping:
        if ours not in ALIASES:
            close = get_close_matches(ours, ALIASES, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(ALIASES)}"
            raise ValueError(f"a mapping cannot name {ours!r}; {hint}")


def columns(names: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Which column is what: our name to theirs.

    Raises:
        NoTextError: when none holds the text, or the mapping names what does not exist.

    >>> columns(["ID", "Body", "mood"], {})
    {'text': 'Body', 'id': 'ID'}
    """
    for ours, theirs in mapping.items():
        if theirs not in names:
            shown = ", ".join(list(names)[:30])
            raise NoTextError(f"there is no column {theirs!r} for {ours}; there are {shown}")
    found = dict(mapping)
    used = set(mapping.values())
    by_lower: dict[str, str] = {}
    for name in names:
        by_lower.setdefault(name.strip().lower(), name)
    for ours, aliases in ALIASES.items():
        if ours not in found:
            free = (by_lower[a] for a in aliases if a in by_lower and by_lower[a] not in used)
            for theirs in free:
                found[ours] = theirs
                used.add(theirs)
                break
    if "text" not in found:
        shown = ", ".join(list(names)[:30])
        raise NoTextError(
            f"no column holds the text by its name (there are: {shown[:500]}); say which by a "
            f"mapping, such as text={names[0] if names else 'NAME'}"
        )
    return found


@dataclass(slots=True)
class Plain:
    """Makes messages of the rows of one file."""

    source: Input
    naive: tzinfo
    told: set[str] = field(default_factory=set)
    _known: dict[tuple[str, ...], dict[str, str] | NoTextError] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Input) -> Plain:
        """Begin to read a file."""
        return cls(source, zone(source.options.timezone))

    def layout(self, record: Record) -> dict[str, str]:
        """Which field is what in records with these fields.

        Raises:
            NoTextError: when no field holds the text.
        """
        names = tuple(record)
        found = self._known.get(names)
        if found is None:
            mapping = self.source.options.mapping
            try:
                found = columns(names, {k: v for k, v in mapping.items() if v in record})
            except NoTextError as error:
                found = error
            if len(self._known) < 1000:
                self._known[names] = found
        if isinstance(found, NoTextError):
            raise found
        return found

    def items(self, found: Found, row: int) -> Iterator[Item]:
        """The message of one record; ``row`` numbers it where it has no id of its own."""
        record, tally = found.record, self.source.tally
        try:
            where = self.layout(record)
        except NoTextError as error:
            yield refused(found, str(error))
            return
        details: Record = dict(found.repaired)
        given = record.get(where["id"]) if "id" in where else None
        number = as_int(given)
        if number is not None:
            del record[where["id"]]
        elif given is not None and given != "":
            details["id"] = record.pop(where["id"])
        key, name = self.channel(record, where, own_ids=number is not None)
        username = take_text(record, where.get("channel_username", ""))
        if key not in self.told:
            self.told.add(key)
            title = take_text(record, where.get("channel_name", "")) or name
            yield Channel(channel_key=key, name=title, username=username)
        elif "channel_name" in where:
            record.pop(where["channel_name"], None)
        message = Message(
            channel_key=key,
            message_id=row if number is None else number,
            kind="message",
            position=found.position,
            size=len(found.raw),
        )
        self._text(message, record, where["text"])
        if "date" in where:
            message.sent_at, message.time_basis = take_time(
                record, where["date"], self.naive, tally
            )
        if "edited" in where:
            message.edited_at, _ = take_time(record, where["edited"], self.naive, tally)
        if "author_id" in where and isinstance(value := record[where["author_id"]], str | int):
            message.author_id = str(record.pop(where["author_id"]))[:255] if value else None
        message.author_name = take_text(record, where.get("author", ""))
        message.forwarded_from_name = take_text(record, where.get("forwarded_from", ""))
        message.reply_to_id = take_int(record, where.get("reply_to", ""))
        message.views = take_int(record, where.get("views", ""))
        message.forwards = take_int(record, where.get("forwards", ""))
        message.media_type = take_text(record, where.get("media_type", ""))
        message.media_name = take_text(record, where.get("media_name", ""))
        message.details = to_json(details)
        for empty in [name for name, value in record.items() if value is None or value == ""]:
            del record[empty]
        message.extra = leftover(record, tally)
        yield message

    def _text(self, message: Message, record: Record, name: str) -> None:
        value: Any = record.pop(name)
        if isinstance(value, str):
            message.text = value
        elif isinstance(value, list):
            message.text, message.entities, understood = from_parts(value, self.source.tally)
            if not understood:
                record[name] = value
        elif isinstance(value, int | float):
            message.text = str(value)
        elif value is not None:
            record[name] = value

    def channel(
        self, record: Record, where: Mapping[str, str], *, own_ids: bool
    ) -> tuple[str, str | None]:
        """The channel's key, and its name if that is all there is.

        Ids that the file does not have, or a channel that it does not name, cannot be told from
        those of another file: the key is this file's own.
        """
        value = record.get(where["channel"]) if "channel" in where else None
        number = as_int(value)
        if number is None and not (isinstance(value, str) and value.strip()):
            return self.source.file_key(), None  # the field, if it is something else, is kept
        del record[where["channel"]]
        text = str(value)[:1000]
        if not own_ids:
            slug = name_key(text).removeprefix("name:")
            return self.source.file_key(slug), None if number is not None else text
        if number is not None:
            return channel_key(number), None
        if _KEY.fullmatch(text):
            return text, None
        return name_key(text), text.lstrip("@")
