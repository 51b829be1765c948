"""One message as Telethon's ``to_dict`` and ``to_json`` give it, and dumps made from them.

Names follow Telegram Desktop's, so that one message is the same from either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from warehouse.parsing.entities import from_utf16, poll_text
from warehouse.parsing.format import Input
from warehouse.parsing.records import Found, refused
from warehouse.parsing.rows import Channel, Item, Message, Reaction, Whole
from warehouse.parsing.telethon_names import ACTIONS, DETAILS, MEDIA, SESSION_FIELDS
from warehouse.parsing.values import (
    Record,
    as_int,
    channel_key,
    leftover,
    parse_time,
    take_int,
    take_text,
    take_time,
    to_json,
    zone,
)


@dataclass(slots=True)
class Dump:
    """What is known while a dump is read.

    ``people`` names authors by id. A channel is claimed to be complete only if something without
    text was seen in it: a dump made by searching for words would make all else look deleted.
    """

    source: Input
    naive: tzinfo
    told: dict[str, Channel] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    textless: set[str] = field(default_factory=set)
    passed_over: int = 0

    @classmethod
    def of(cls, source: Input) -> Dump:
        """Begin to read a dump."""
        return cls(source, zone(source.options.timezone))

    def items(self, found: Found) -> Iterator[Item]:
        """The row of one object, and first what it says of its channel."""
        record, tally = found.record, self.source.tally
        tag = record.pop("_", None) or record.pop("_type", None) or "Message"
        number = as_int(record.pop("id", None))
        chat = record.pop("_chat", None) or record.pop("chat", None)
        peer = _peer(record.pop("peer_id", None) or record.pop("to_id", None))
        key = _key_of(peer) or self._key_beside(record, chat)
        if key.startswith("tg:u") and self.source.options.chats != "all":
            self.passed_over += 1
            return
        if number is None or tag == "MessageEmpty":
            yield refused(found, "no message id" if number is None else "an empty message", key)
            return
        yield from self._facts(key, chat)
        details: Record = dict(found.repaired)
        message = Message(
            channel_key=key,
            message_id=number,
            kind="service" if tag == "MessageService" else "message",
            position=found.position,
            size=len(found.raw),
        )
        message.sent_at, message.time_basis = take_time(record, "date", self.naive, tally)
        message.edited_at, _ = take_time(record, "edit_date", self.naive, tally)
        message.author_id, message.author_name = self._author(record)
        message.signature = take_text(record, "post_author")
        self._forward(message, record, details)
        _reply(message, record, details)
        if (bot := take_int(record, "via_bot_id")) is not None:
            message.via_bot = f"user{bot}"
        message.text = take_text(record, "message") or take_text(record, "raw_text") or ""
        if isinstance(entities := record.pop("entities", None), list) and entities:
            message.entities, understood = from_utf16(message.text, entities, tally)
            if not understood:
                record["entities"] = entities
        message.views = take_int(record, "views")
        message.forwards = take_int(record, "forwards")
        message.reactions = _reactions(record, details)
        _media(message, record, details)
        _action(message, record, details)
        for name in [name for name in record if name in DETAILS]:
            value = record.pop(name)
            if not _is_empty(value):
                details[name] = value
        message.details = to_json(details)
        message.extra = leftover(record, tally)
        if not message.text or "text_from" in details:
            self.textless.add(key)
        yield message

    def end(self, *, claims: bool) -> Iterator[Item]:
        """After the last object; ``claims``: the format exports channels completely."""
        if self.passed_over:
            warning = "messages of personal chats passed over (the option chats=all reads them)"
            self.source.tally.warnings[warning] += self.passed_over
        if claims and self.source.complete:
            for key in sorted(self.textless):
                yield Whole(key)

    def channel(self, chat: Any) -> Channel | None:
        """A channel, from Telegram's own object; None for what is none."""
        number = as_int(chat.get("id")) if isinstance(chat, dict) else None
        if number is None or chat.get("_") in ("User", "UserEmpty") or "first_name" in chat:
            return None
        name, username = chat.get("title"), chat.get("username")
        public = "public" if username else "private"
        group = chat.get("_") in ("Chat", "ChatForbidden") or chat.get("_type") == "Chat"
        kind = f"{public}_supergroup" if chat.get("megagroup") else f"{public}_channel"
        known = {"id", "_", "_type", "title", "username"} | SESSION_FIELDS
        rest = {k: v for k, v in chat.items() if k not in known and not _is_empty(v)}
        return Channel(
            channel_key=f"tg:g{abs(number)}" if group else channel_key(number),
            name=name if isinstance(name, str) else None,
            username=username if isinstance(username, str) else None,
            type="private_group" if group else kind,
            details=to_json(rest),
        )

    def _key_beside(self, record: Record, chat: Any) -> str:
        """The channel where a message has no peer: from fields that some dumps add."""
        for name in ("chat_id", "channel_id"):
            if (number := take_int(record, name)) is not None:
                return channel_key(number)
        facts = self.channel(chat)
        return facts.channel_key if facts else self.source.file_key()

    def _facts(self, key: str, chat: Any) -> Iterator[Item]:
        facts = self.channel(chat)
        if facts and facts.channel_key == key and key not in self.told:
            self.told[key] = facts
            yield facts

    def _author(self, record: Record) -> tuple[str | None, str | None]:
        peer = _peer(record.pop("from_id", None))
        sender = record.pop("_sender", None) or record.pop("sender", None)
        number = take_int(record, "sender_id")
        if peer is None and isinstance(sender, dict):
            found = as_int(sender.get("id"))
            title = "title" in sender
            peer = ("channel" if title else "user", found) if found is not None else None
        if peer is None and number is not None:
            peer = ("user", number) if number > 0 else ("channel", -number - 10**12)
        name = None
        if isinstance(sender, dict):
            parts = [sender.get(part) for part in ("first_name", "last_name", "title")]
            name = " ".join(part for part in parts if isinstance(part, str) and part) or None
        if peer is None:
            return None, name
        return f"{peer[0]}{peer[1]}", name or self.people.get(peer[1])

    def _forward(self, message: Message, record: Record, details: Record) -> None:
        forward = record.pop("fwd_from", None)
        if not isinstance(forward, dict):
            if forward is not None:
                record["fwd_from"] = forward
            return
        peer = _peer(forward.pop("from_id", None) or forward.pop("channel_id", None))
        message.forwarded_from_id = f"{peer[0]}{peer[1]}" if peer else None
        name = take_text(forward, "from_name")
        message.forwarded_from_name = name or (self.people.get(peer[1]) if peer else None)
        message.forwarded_at, _ = parse_time(forward.get("date"), self.naive)
        if message.forwarded_at is not None:
            del forward["date"]
        if rest := _told(forward):
            details["fwd_from"] = rest


def _peer(value: Any) -> tuple[str, int] | None:
    """A peer as ("channel", 123), from Telegram's object or a marked number.

    >>> _peer({"_": "PeerUser", "user_id": 5}), _peer(-1000000000007), _peer(5)
    (('user', 5), ('channel', 7), ('user', 5))
    """
    if isinstance(value, dict):
        for kind in ("channel", "chat", "user"):
            number = as_int(value.get(f"{kind}_id"))
            if number is not None:
                return kind, number
        return None
    number = as_int(value)
    if number is None:
        return None
    if number <= -(10**12):
        return "channel", -number - 10**12
    return ("user", number) if number >= 0 else ("chat", -number)


def _key_of(peer: tuple[str, int] | None) -> str | None:
    prefix = {"channel": "tg:", "chat": "tg:g", "user": "tg:u"}
    return f"{prefix[peer[0]]}{abs(peer[1])}" if peer else None


def _is_empty(value: Any) -> bool:
    """Whether a field says nothing: Telegram's flags are all there, and most are false."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def _told(value: Any) -> Any:
    """Without what is empty, and without what only the session that made the dump could use."""
    if isinstance(value, dict):
        found = {k: _told(v) for k, v in value.items() if k not in SESSION_FIELDS}
        return {k: v for k, v in found.items() if not _is_empty(v)}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _reply(message: Message, record: Record, details: Record) -> None:
    reply = record.pop("reply_to", None)
    if isinstance(reply, dict):
        message.reply_to_id = take_int(reply, "reply_to_msg_id")
        message.reply_to_channel = _key_of(_peer(reply.pop("reply_to_peer_id", None)))
        if rest := _told({k: v for k, v in reply.items() if k != "_"}):
            details["reply_to"] = rest
    elif reply is not None:
        record["reply_to"] = reply
    if message.reply_to_id is None:
        message.reply_to_id = take_int(record, "reply_to_msg_id")


def _reactions(record: Record, details: Record) -> list[Reaction]:
    value = record.get("reactions")
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, list):
        if not value:
            record.pop("reactions", None)
        return []
    found: list[Reaction] = []
    for item in results:
        count = as_int(item.get("count")) if isinstance(item, dict) else None
        if count is None:
            return []  # all of it stays in extra
        what = item.get("reaction")
        if isinstance(what, dict):
            label = what.get("emoticon") or what.get("document_id")
            custom = "paid" if "Paid" in str(what.get("_") or what.get("_type")) else "custom_emoji"
            kind = "emoji" if what.get("emoticon") else custom
        else:
            label, kind = what, "emoji"
        found.append((kind, None if label is None else str(label)[:255], count))
    rest = _told({k: v for k, v in record.pop("reactions").items() if k not in ("_", "results")})
    if rest:
        details["reactions"] = rest
    return found


def _media(message: Message, record: Record, details: Record) -> None:
    media = record.pop("media", None)
    if not isinstance(media, dict):
        if media is not None:
            record["media"] = media
        return
    tag = str(media.get("_") or media.get("_type") or "").removeprefix("MessageMedia")
    if tag in ("", "Empty"):
        return
    message.media_type = MEDIA.get(tag, tag[:64].lower())
    if tag == "Document":
        _document(message, media.get("document"))
    elif tag == "WebPage":
        message.media_type = None  # a preview of a link in the text
    elif tag == "Poll" and not message.text and isinstance(poll := media.get("poll"), dict):
        message.text = poll_text(poll.get("question"), poll.get("answers"))
    elif tag == "ToDo" and not message.text and isinstance(todo := media.get("todo"), dict):
        items = todo.get("list")
        titles = [item.get("title") for item in items or [] if isinstance(item, dict)]
        message.text = poll_text(todo.get("title"), titles)
    elif tag == "Invoice" and not message.text:
        message.text = poll_text(media.get("title"), [media.get("description")])
    else:
        tag = ""
    if message.text and tag in ("Poll", "ToDo", "Invoice"):
        details["text_from"] = message.media_type
    if rest := _told(media):
        details["media"] = rest


def _document(message: Message, document: Any) -> None:
    """What kind of file it is, told by its attributes."""
    message.media_type = "file"
    if not isinstance(document, dict):
        return
    message.media_bytes = as_int(document.get("size"))
    mime = document.get("mime_type")
    message.media_mime = mime[:255] if isinstance(mime, str) and mime else None
    attributes = document.get("attributes")
    tags: dict[str, Record] = {}
    for item in attributes if isinstance(attributes, list) else []:
        if isinstance(item, dict):
            tag = str(item.get("_") or item.get("_type") or "")
            tags[tag.removeprefix("DocumentAttribute")] = item
    name = tags.get("Filename", {}).get("file_name")
    message.media_name = name[:255] if isinstance(name, str) and name else None
    if "Sticker" in tags or "CustomEmoji" in tags:
        message.media_type = "sticker"
    elif "Animated" in tags:
        message.media_type = "animation"
    elif "Video" in tags:
        message.media_type = "video_message" if tags["Video"].get("round_message") else "video"
    elif "Audio" in tags:
        message.media_type = "voice" if tags["Audio"].get("voice") else "audio"


def _action(message: Message, record: Record, details: Record) -> None:
    action = record.pop("action", None)
    if not isinstance(action, dict):
        if action is not None:
            record["action"] = action
        return
    tag = str(action.get("_") or action.get("_type") or "").removeprefix("MessageAction")
    message.kind = "service"
    message.action = ACTIONS.get(tag, tag[:64]) or None
    if rest := _told({k: v for k, v in action.items() if k not in ("_", "_type")}):
        details["action"] = rest
