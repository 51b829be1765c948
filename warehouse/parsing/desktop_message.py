"""One message as Telegram Desktop exports it."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import msgspec

from warehouse.parsing.entities import Entity, from_parts, poll_text, take_details
from warehouse.parsing.rows import Message, Reaction
from warehouse.parsing.values import (
    Record,
    Tally,
    Time,
    as_int,
    bare_name,
    leftover,
    peer_key,
    take_int,
    take_text,
    take_time,
    to_json,
)

KINDS = ("message", "service", "unsupported")

MEDIA = {
    "video_file": "video",
    "audio_file": "audio",
    "voice_message": "voice",
    "video_message": "video_message",
    "animation": "animation",
    "sticker": "sticker",
}

# Media that is told by a field of its own.
MEDIA_FIELDS = {
    "poll": "poll",
    "todo_list": "todo_list",
    "contact_information": "contact",
    "contact_vcard": "contact",
    "location_information": "location",
    "place_name": "location",
    "invoice_information": "invoice",
    "giveaway_information": "giveaway",
    "giveaway_results": "giveaway",
    "game_title": "game",
    "game_description": "game",
    "game_link": "game",
}

#: Known fields that have no column: kept as ``details``.
DETAILS = frozenset(
    """
    photo file thumbnail thumbnail_file_size sticker_emoji performer title
    duration_seconds width height media_spoiler self_destruct_period_seconds paid_stars_amount
    poll todo_list contact_information contact_vcard contact_vcard_file_size location_information
    live_location_period_seconds place_name address invoice_information giveaway_information
    giveaway_results game_title game_description game_link saved_from inline_bot_buttons

    members inviter message_id game_message_id score amount currency invoice_message_id recurring
    discard_reason information_text reason_app_id reason_app_name reason_domain values to to_id
    distance duration period schedule_date emoticon cost months new_title new_icon_emoji_id
    button_id peer_id boosts stars gift_code slug unclaimed via_giveaway giveaway_message_id
    winners unread transaction_id gift_id gift_text is_limited is_anonymous to_me channel
    """.split()  # noqa: SIM905  (a list of 80 words reads better like this)
)

# Ids before 2021 carried the kind of peer in bits above the 32nd.
_OLD_CHAT, _OLD_CHANNEL = 1 << 32, 1 << 33


def message_of(  # noqa: PLR0913
    record: Record,
    *,
    channel_key: str,
    position: str,
    naive: tzinfo,
    tally: Tally,
    repaired: dict[str, str],
    size: int,
) -> Message | None:
    """The row of one exported message; None when it has no id. Takes ``record`` apart."""
    number = record.pop("id", None)
    if type(number) is not int or not -(1 << 63) <= number < 1 << 63:
        found = as_int(number)
        if found is None:
            return None
        number = found
    kind = record.pop("type", "message")
    if kind not in KINDS:
        record["type"], kind = kind, "message"
    details: Record = repaired if repaired else {}
    sent, basis = _time(record, "date", "date_unixtime", naive, tally)
    text, entities = _text(record, details, tally)
    message = Message(
        channel_key=channel_key,
        message_id=number,
        kind=kind,
        sent_at=sent,
        time_basis=basis,
        author_id=_author(record, "from_id"),
        author_name=take_text(record, "from"),
        text=text,
        entities=entities,
        position=position,
        size=size,
    )
    if record:  # most messages are read by now
        _add_the_rest(message, record, details, naive, tally)
    if details:
        if not message.text:
            message.text = _spoken(details)
        message.details = to_json(details)
    return message


def _add_the_rest(
    message: Message, record: Record, details: Record, naive: tzinfo, tally: Tally
) -> None:
    """The fields that only some messages have."""
    if "edited" in record or "edited_unixtime" in record:
        message.edited_at, _ = _time(record, "edited", "edited_unixtime", naive, tally)
    if "actor" in record or "actor_id" in record:
        message.author_id = _author(record, "actor_id") or message.author_id
        message.author_name = take_text(record, "actor") or message.author_name
    if "forwarded_from" in record and record["forwarded_from"] is None:
        details["forwarded_from"] = None  # forwarded, from somebody who is gone
    if "photo" in record and "action" in record:  # a new picture of the channel, no media
        details.update(take_details(record, frozenset({"photo_file_size"})))
    else:
        message.media_type, message.media_name, message.media_bytes = _media(record)
    message.media_mime = take_text(record, "mime_type")
    message.signature = take_text(record, "author")
    message.forwarded_from_id = _author(record, "forwarded_from_id")
    message.forwarded_from_name = take_text(record, "forwarded_from")
    message.reply_to_id = take_int(record, "reply_to_message_id")
    if (key := peer_key(record.get("reply_to_peer_id"))) is not None:
        message.reply_to_channel = key
        del record["reply_to_peer_id"]
    message.via_bot = take_text(record, "via_bot")
    message.action = take_text(record, "action")
    if "reactions" in record:
        message.reactions = _reactions(record, details)
    details.update(take_details(record, DETAILS))
    if "invoice_information" in details:
        details["invoice_information"] = _opened(details["invoice_information"])
    message.extra = leftover(record, tally)


def _time(record: Record, local: str, unix: str, naive: tzinfo, tally: Tally) -> Time:
    """The time in seconds since 1970 wins over the local one, which depends on a computer."""
    value = record.get(unix)
    if type(value) is str and len(value) == 10 and value.isascii() and "1" <= value < "4":
        if value.isdecimal():  # the usual case in short: 2001 to 2096
            del record[unix]
            record.pop(local, None)
            return int(value) * 1_000_000, "unix"
    elif value is None and local not in record:
        return None, "missing"
    found = take_time(record, unix, naive, tally)
    if found[0] is None:
        return take_time(record, local, naive, tally)
    record.pop(local, None)
    return found


def _text(record: Record, details: Record, tally: Tally) -> tuple[str, list[Entity]]:
    """The text and its entities, from ``text_entities`` where they tell the same as ``text``."""
    value: Any = record.pop("text", None)
    parts: Any = record.pop("text_entities", None)
    text, entities, understood = "", list[Entity](), value is None
    if isinstance(value, str):
        text, understood = value, True
    elif isinstance(value, list):
        text, entities, understood = from_parts(value, tally)
    if not understood:
        record["text"] = value
    if not isinstance(parts, list):
        if parts is not None:
            record["text_entities"] = parts
        return text, entities
    if not parts:
        return text, entities
    if len(parts) == 1 and parts[0] == {"type": "plain", "text": text}:
        return text, []
    told, marked, understood = from_parts(parts, tally)
    if told == text or value is None:
        if not understood:
            record["text_entities"] = parts
        return told, marked
    tally.warnings["messages whose text and text_entities disagree (text is used)"] += 1
    details["text_entities"] = parts
    return text, entities


def _media(record: Record) -> tuple[str | None, str | None, int | None]:
    """The kind of media, its name and its size in bytes. Paths are told, never followed."""
    kind = record.get("media_type")
    media: str | None = None
    if isinstance(kind, str):
        media = MEDIA.get(kind, kind[:64])
        del record["media_type"]
    if "photo" in record:
        name = bare_name(record["photo"])
        return media or "photo", name, take_int(record, "photo_file_size")
    if "file" in record:
        name = take_text(record, "file_name") or bare_name(record["file"])
        return media or "file", name and name[:255], take_int(record, "file_size")
    if media is None:
        for key in record:
            if key in MEDIA_FIELDS:
                media = MEDIA_FIELDS[key]
                break
    return media, None, None


def _spoken(details: Record) -> str:
    """What a message without text says all the same: a poll, a to-do list, an invoice."""
    text = ""
    if isinstance(poll := details.get("poll"), dict):
        text, told = poll_text(poll.get("question"), poll.get("answers")), "poll"
    elif isinstance(todo := details.get("todo_list"), dict):
        text, told = poll_text(todo.get("title"), todo.get("answers")), "todo_list"
    elif "invoice_information" in details:
        invoice = _opened(details["invoice_information"])
        if isinstance(invoice, dict):
            text, told = poll_text(invoice.get("title"), [invoice.get("description")]), "invoice"
    if text:
        details["text_from"] = told
    return text


def _opened(value: Any) -> Any:
    """An invoice is JSON inside a string."""
    if isinstance(value, str) and len(value) < 65_536:
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _author(record: Record, key: str) -> str | None:
    """A peer as "channel123": older exports have a number, with the kind in its high bits."""
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        peer = old_peer(value)
        if peer:
            del record[key]
            return peer
    return take_text(record, key)


def old_peer(number: int) -> str | None:
    """The peer with this number in older exports.

    >>> old_peer(5), old_peer((1 << 33) + 7), old_peer(-1)
    ('user5', 'channel7', None)
    """
    if not 0 <= number < 1 << 40:
        return None
    if number >= _OLD_CHANNEL:
        return f"channel{number - _OLD_CHANNEL}"
    return f"chat{number - _OLD_CHAT}" if number >= _OLD_CHAT else f"user{number}"


def _reactions(record: Record, details: Record) -> list[Reaction]:
    """The reactions with their counts; who reacted last is kept in ``details``."""
    found: list[Reaction] = []
    value = record["reactions"]
    if not isinstance(value, list):
        return found
    understood, recent = True, False
    for item in value:
        count = as_int(item.get("count")) if isinstance(item, dict) else None
        if count is None:
            understood = False
            continue
        label = item.get("emoji") or item.get("document_id")
        kind = item.get("type") or ("emoji" if item.get("emoji") else "empty")
        found.append((str(kind)[:64], None if label is None else str(label)[:255], count))
        recent = recent or bool(item.get("recent"))
        understood = understood and item.keys() <= _REACTION_FIELDS
    if understood:
        del record["reactions"]
        if recent:
            details["reactions"] = value
    return found


_REACTION_FIELDS = {"type", "count", "emoji", "document_id", "recent"}
