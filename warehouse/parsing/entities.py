"""Formatted stretches of a message, as half-open spans of code points in its text."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Any

from warehouse.parsing.values import Record, Tally
from warehouse.schemas import ENTITY_TYPES

#: start, end, type, value: see ``warehouse.schemas.ENTITY``.
Entity = tuple[int, int, str, str | None]

_TYPES = frozenset(ENTITY_TYPES)

# Which field of an exported entity holds what its text does not show.
_VALUE_OF = {
    "text_link": "href",
    "mention_name": "user_id",
    "pre": "language",
    "custom_emoji": "document_id",
    "blockquote": "collapsed",
}

_TELETHON_TYPES = {
    "Url": "link",
    "TextUrl": "text_link",
    "Mention": "mention",
    "MentionName": "mention_name",
    "Hashtag": "hashtag",
    "Cashtag": "cashtag",
    "Phone": "phone",
    "Email": "email",
    "BankCard": "bank_card",
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strike": "strikethrough",
    "Code": "code",
    "Pre": "pre",
    "Spoiler": "spoiler",
    "Blockquote": "blockquote",
    "CustomEmoji": "custom_emoji",
    "BotCommand": "bot_command",
    "Unknown": "unknown",
}
_TELETHON_VALUE_OF = _VALUE_OF | {"text_link": "url"}


def from_parts(parts: list[Any], tally: Tally) -> tuple[str, list[Entity], bool]:
    """Join a text that is given in parts: strings, and objects with ``type`` and ``text``.

    The third answer is whether every part was understood in full.

    >>> from_parts(["see ", {"type": "link", "text": "x.example"}], Tally())
    ('see x.example', [(4, 13, 'link', None)], True)
    """
    texts: list[str] = []
    entities: list[Entity] = []
    at, understood = 0, True
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            at += len(part)
            continue
        text = part.get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            tally.unknown_field("text_entities[] without text")
            understood = False
            continue
        kind = part.get("type")
        texts.append(text)
        end = at + len(text)
        if kind != "plain":
            kind = kind if isinstance(kind, str) else str(kind)[:100]
            key = _VALUE_OF.get(kind)
            if kind not in _TYPES:
                tally.unknown_field(f"text_entities[].type={kind}")
                kind, understood = "unknown", False
            if text:
                entities.append((at, end, kind, _shown(part.get(key)) if key else None))
        else:
            key = None
        if len(part) > 2 + (key is not None and key in part):
            for other in part.keys() - {"type", "text", key}:
                if part[other] not in (None, ""):
                    tally.unknown_field(f"text_entities[].{other}")
                    understood = False
        at = end
    return "".join(texts), entities, understood


def from_utf16(text: str, found: list[Any], tally: Tally) -> tuple[list[Entity], bool]:
    """Telegram's own entities, whose offsets and lengths count UTF-16 units.

    What lies outside of the text is cut off or, where nothing is left, dropped. The second
    answer is whether every entity was understood in full.

    >>> bold = {"_": "MessageEntityBold", "offset": 2, "length": 2}
    >>> from_utf16("\\U0001F600ok", [bold], Tally())
    ([(1, 3, 'bold', None)], True)
    """
    entities: list[Entity] = []
    understood = True
    units = None if not text or max(text) <= "\uffff" else _unit_ends(text)
    for item in found:
        offset = item.get("offset") if isinstance(item, dict) else None
        length = item.get("length") if isinstance(item, dict) else None
        if type(offset) is not int or type(length) is not int:  # a bool is one in Python
            tally.warnings["entities without a place in the text (kept in extra)"] += 1
            understood = False
            continue
        stop = offset + length
        start, end = (
            (offset, stop) if units is None else (_index(units, offset), _index(units, stop))
        )
        start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
        if start >= end:
            tally.warnings["entities without a place in the text (kept in extra)"] += 1
            understood = False
            continue
        name = str(item.get("_") or item.get("_type") or item.get("type") or "")
        name = name.removeprefix("Input").removeprefix("MessageEntity")
        kind = _TELETHON_TYPES.get(name)
        if kind is None:
            tally.unknown_field(f"entities[]._={name}")
            kind, understood = "unknown", False
        key = _TELETHON_VALUE_OF.get(kind)
        entities.append((start, end, kind, _shown(item.get(key)) if key else None))
    return entities, understood


def flat(value: object) -> str:
    """The plain text of a string, of parts, or of an object with ``text``; else "".

    >>> flat(["a", {"type": "bold", "text": "b"}]), flat({"text": "c"}), flat(3)
    ('ab', 'c', '')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return flat(value.get("text"))
    if isinstance(value, list):
        return "".join(flat(item) for item in value[:10_000] if not isinstance(item, list))
    return ""


def poll_text(question: object, answers: object) -> str:
    """A poll's question and answers, one a line, so that they can be scored.

    >>> poll_text("Which?", [{"text": "this"}, {"text": "that"}])
    'Which?\\nthis\\nthat'
    """
    lines = [flat(question), *(flat(a) for a in (answers if isinstance(answers, list) else []))]
    return "\n".join(line for line in lines if line)


def _shown(value: object) -> str | None:
    """An entity's value as text; a flag that is set is told by its own name."""
    if value is None or value is False or value == "":
        return None
    if value is True:
        return "collapsed"
    return value if isinstance(value, str) else str(value)[:200]


def _unit_ends(text: str) -> list[int]:
    """For each code point, how many UTF-16 units precede its end."""
    return list(accumulate(2 if c > "\uffff" else 1 for c in text))


def _index(unit_ends: list[int], unit: int) -> int:
    """The code point that begins at this unit (or the next one, inside a pair)."""
    return bisect_left(unit_ends, unit) + 1 if unit > 0 else 0


def take_details(record: Record, keys: frozenset[str]) -> Record:
    """Remove and return the fields that are known but have no column."""
    return {key: record.pop(key) for key in [key for key in record if key in keys]}
