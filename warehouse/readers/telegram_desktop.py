"""Telegram Desktop's ``result.json``: one chat, or a whole account.

Personal data of an account (contacts, sessions, …) is passed over unread; so are personal chats,
unless asked for. Coverage is claimed for a chat whose list was read to its end; in an account's
file, for a group only if several authors wrote in it, because such a file may have been limited
to the account owner's own messages, and the others' would seem to be deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.desktop_message import message_of
from warehouse.parsing.desktop_rows import known_names, message_rows
from warehouse.parsing.elements import Splitter
from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.names import Known
from warehouse.parsing.plan import (
    RAW_LIMIT,
    Broken,
    Closed,
    Each,
    Elements,
    Fields,
    Opened,
    Path,
    Take,
    Value,
)
from warehouse.parsing.records import Found, Many, damaged, elements, refused, rows_of
from warehouse.parsing.rows import Channel, Item, Quarantined, Whole
from warehouse.parsing.sheet import Sheet
from warehouse.parsing.values import (
    Record,
    Tally,
    as_int,
    channel_key,
    leftover,
    name_key,
    take_text,
    zone,
)
from warehouse.parsing.weaving import rows_of_many

_GROUPS = ("private_group", "private_supergroup", "public_supergroup")
_CHANNELS = ("private_channel", "public_channel")
_PERSONAL = ("saved_messages", "replies", "verification_codes", "personal_chat", "bot_chat")
_KINDS = ("message", "service", "unsupported")
_ACCOUNT = {
    "personal_information",
    "profile_pictures",
    "contacts",
    "frequent_contacts",
    "web_sessions",
    "other_data",
    "chats",
    "left_chats",
}

_MESSAGE = re.compile(
    rb'\{\s{0,64}"id"\s{0,8}:\s{0,8}-?[0-9]{1,20}\s{0,8},\s{0,64}'
    rb'"type"\s{0,8}:\s{0,8}"(?:message|service|unsupported)"'
)
_CHAT = re.compile(
    rb'\{\s{0,64}"name"\s{0,8}:\s{0,8}(?:null|")'
    rb'|\{\s{0,64}"type"\s{0,8}:\s{0,8}'
    rb'"(?:(?:private|public)_[a-z]+|personal_chat|bot_chat|saved_messages|replies|verification_codes)"'
)
_MESSAGES = Each("message", Take(), _MESSAGE)
_ONE = Fields({"messages": _MESSAGES}, Take())
_CHATS = Fields({"list": Each("chat", _ONE, _CHAT)})
_ALL = Fields({"chats": _CHATS, "left_chats": _CHATS})

# Ids before 2021 carried the kind of peer in bits above the 32nd.
_OLD_CHANNEL, _OLD_SPAN = 1 << 33, 1 << 31


def sniff(head: Head) -> int:
    """By an account's sections, a chat's type, or a first message of the right shape."""
    value = head.value if isinstance(head.value, dict) else {}
    known_type = value.get("type") in _GROUPS + _CHANNELS + _PERSONAL
    messages = value.get("messages")
    if not isinstance(messages, list):
        account = any(isinstance(value.get(key), dict | list) for key in _ACCOUNT)
        account = account and not isinstance(value.get("chats"), list)
        return 3 if account or known_type else 0
    first = next((item for item in messages if isinstance(item, dict)), {})
    if "_" in first or "peer_id" in first:
        return 0
    if known_type or first.get("type") in _KINDS:
        return 3
    return 2 if "id" in first or (not first and {"name", "id"} & value.keys()) else 0


@dataclass(slots=True)
class _Chat:
    """What is known of the chat that is being read."""

    path: Path = ()
    header: Record = field(default_factory=dict)
    begun: bool = False  # its messages have: the header is settled
    key: str | None = None
    wanted: bool = True
    whole: bool = True
    type: str | None = None
    authors: set[str | None] = field(default_factory=set)


def parse(source: Input) -> Iterator[Item]:  # noqa: PLR0912  (one branch per kind of event)
    """Read one chat, or all chats of an account."""
    head = source.head().value
    account = isinstance(head, dict) and bool(_ACCOUNT & head.keys())
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    naive = zone(source.options.timezone)
    late: dict[Path, Record] | None = None
    known = known_names()
    chat = _Chat()
    document = passed_over = 0
    for event in splitter.walk(_ALL if account else _ONE):
        if not event.path and isinstance(event, Opened):
            document += 1
        if isinstance(event, Opened) and len(event.path) == (3 if account else 0):
            chat = _Chat(event.path)
        elif isinstance(event, Opened) and event.path == (*chat.path, "messages"):
            if chat.begun:
                chat.whole = False  # its list was closed before its time
                continue
            if not {"id", "type"} <= chat.header.keys():
                late = _headers(source, account) if late is None else late
                chat.header = late.get((document, *chat.path), {}) | chat.header
            facts = _begin(chat, source)
            if chat.wanted:
                yield facts
            passed_over += not chat.wanted
        elif isinstance(event, Elements) and chat.wanted:
            yield from _messages(event, chat, source, naive, known)
        elif isinstance(event, Value) and len(event.path) == len(chat.path) + 1:
            _note(chat, event)
        elif isinstance(event, Broken):
            if chat.wanted or event.path[: len(chat.path)] != chat.path:
                yield _quarantined(event, chat, account)
        elif isinstance(event, Closed) and event.path[: len(chat.path)] == chat.path:
            chat.whole = chat.whole and event.complete
            if event.path == chat.path and chat.begun and chat.wanted and chat.key:
                yield from _end(chat, source, account)
    if passed_over:
        warning = "personal chats passed over (the option chats=all reads them)"
        source.tally.warnings[warning] += passed_over
    source.complete = splitter.complete


def _messages(
    event: Elements, chat: _Chat, source: Input, naive: tzinfo, known: Known
) -> Iterator[Item]:
    """The messages of one run of elements."""
    watch = chat.type in _GROUPS
    many = elements(event, _where(event.path))
    key = chat.key or ""

    def build(found: Found) -> Iterator[Item]:
        known.learn(found.record)
        message = message_of(
            found.record,
            channel_key=key,
            position=found.position,
            naive=naive,
            tally=source.tally,
            repaired=found.repaired,
            size=len(found.raw),
        )
        if message is None:
            yield refused(found, "no message id")
            return
        if watch and len(chat.authors) < 2:
            chat.authors.add(message.author_id)
        yield message

    def general(place: int) -> list[Item]:
        items = rows_of(many.found(place, source), build)
        for item in items:
            if isinstance(item, Quarantined):
                item.channel_key = chat.key
        return items

    def columns(sheet: Sheet, many: Many, _: int) -> pa.RecordBatch:
        rows = message_rows(sheet, many, known, channel_key=key, naive=naive, tally=source.tally)
        if watch and len(chat.authors) < 2:
            sure = pa.array(sheet.odd == 0)
            chat.authors.update(pc.unique(rows.column("author_id").filter(sure)).to_pylist())
        return rows

    yield from rows_of_many(many, known, general, columns)


def _begin(chat: _Chat, source: Input) -> Channel:
    """Settle what the chat is, when its messages begin."""
    chat.begun = True
    kind = take_text(chat.header, "type")
    name = take_text(chat.header, "name")
    number = as_int(chat.header.pop("id", None))
    chat.type = kind
    chat.wanted = kind not in _PERSONAL or source.options.chats == "all"
    if number is None:
        within = "-".join(str(step) for step in chat.path) or None
        chat.key = name_key(name) if name else source.file_key(within)
    elif kind == "private_group":
        chat.key = f"tg:g{abs(number)}"
    elif kind in _PERSONAL:
        chat.key = f"tg:u{abs(number)}"
    else:
        if _OLD_CHANNEL <= number < _OLD_CHANNEL + _OLD_SPAN:
            number -= _OLD_CHANNEL
        chat.key = channel_key(number)
    username = take_text(chat.header, "username")
    extra = leftover(chat.header, source.tally, "chat.") if chat.wanted else None
    facts = Channel(channel_key=chat.key, name=name, username=username, type=kind, details=extra)
    chat.header = {}
    return facts


def _end(chat: _Chat, source: Input, account: bool) -> Iterator[Item]:
    """Claim coverage, where the chat was read completely."""
    for known in ("name", "type", "id", "username"):
        chat.header.pop(known, None)
    leftover(chat.header, source.tally, "chat.")
    own_only = account and chat.type in _GROUPS and len(chat.authors) < 2
    if chat.whole and not own_only:
        yield Whole(chat.key or "")


def _note(chat: _Chat, event: Value) -> None:
    """Keep a field of the chat's header."""
    try:
        chat.header[str(event.path[-1])] = decode(event.raw[:RAW_LIMIT], Tally())[0]
    except UndecodableError:
        chat.header[str(event.path[-1])] = None


def _headers(source: Input, account: bool) -> dict[Path, Record]:
    """The header fields of all chats, by document and path: for files where they come last."""
    found: dict[Path, Record] = {}
    document, depth = 0, 3 if account else 0
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(_ALL if account else _ONE):
        if isinstance(event, Opened) and not event.path:
            document += 1
        elif isinstance(event, Value) and len(event.path) == depth + 1:
            chat = _Chat(header=found.setdefault((document, *event.path[:-1]), {}))
            _note(chat, event)
    return found


def _quarantined(event: Broken, chat: _Chat, account: bool) -> Quarantined:
    """Damage, with as much of its place as is sure.

    In an account's file, bytes of which it is not sure that they are of a channel or group may be
    personal data: they are left where they are, in the file.
    """
    where = _where(event.path)
    inside = event.path[-1:] == ("messages",)
    place = f"{where}[{event.index}]" if inside else f"{where or 'document'}, damaged"
    found = damaged(event, place, chat.key if inside or not account else None)
    if account and not inside:
        found.raw = found.message_id = None
    return found


def _where(path: Path) -> str:
    """A path as people write it.

    >>> _where(("chats", "list", 3, "messages"))
    'chats.list[3].messages'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


def examples() -> Sequence[Example]:
    """The shapes of an export."""
    one = b"""{
 "name": "Daily notes",
 "type": "public_channel",
 "id": 1234567890,
 "messages": [
  {
   "id": 7,
   "type": "message",
   "date": "2024-01-01T12:00:00",
   "date_unixtime": "1704106800",
   "from": "Daily notes",
   "from_id": "channel1234567890",
   "text": [
    "see ",
    {
     "type": "text_link",
     "text": "here",
     "href": "https://example.org/"
    }
   ],
   "text_entities": [
    {
     "type": "plain",
     "text": "see "
    },
    {
     "type": "text_link",
     "text": "here",
     "href": "https://example.org/"
    }
   ],
   "shade": 1
  }
 ]
}"""
    account = (
        b'{"about": "", "contacts": {"list": [{"phone_number": "0"}]}, "chats": {"list": ['
        b'{"type": "saved_messages", "id": 1, "messages": [{"id": 1, "type": "message"}]},'
        b'{"name": "G", "type": "private_group", "id": 5, "messages": ['
        b'{"id": 2, "type": "service", "action": "pin_message", "message_id": 1},'
        b'{"id": 3, "type": "unsupported"}, {"type": "message"}]}]}}'
    )
    row = {
        "channel_key": "tg:1234567890",
        "message_id": 7,
        "kind": "message",
        "time_basis": "unix",
        "author_id": "channel1234567890",
        "text": "see here",
        "entities": [{"start": 4, "end": 8, "type": "text_link", "value": "https://example.org/"}],
        "extra": '{"shade":1}',
        "position": "messages[0]",
    }
    return [
        Example(one, [row], unknown={"shade": 1}),
        Example(
            account,
            [
                {"channel_key": "tg:g5", "kind": "service", "action": "pin_message"},
                {"message_id": 3, "kind": "unsupported", "position": "chats.list[1].messages[1]"},
            ],
            quarantined=1,
        ),
    ]


FORMAT = Format("telegram_desktop", sniff, parse, examples)
