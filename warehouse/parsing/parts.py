"""Compiled: texts with their formatted stretches, and reactions, from a tape.

What ``entities.from_parts`` understands in full is read here as it reads it; a row with anything
else is marked as odd, for the general path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from warehouse.parsing import tokens
from warehouse.parsing.columns import Places, Strings, new_strings
from warehouse.parsing.compiled import Bytes, Ints, Words, compiled
from warehouse.parsing.tape import Tape
from warehouse.parsing.tokens import (
    code_points,
    number,
    past_space,
    same,
    says,
    value,
    write,
    write_text,
)

#: Changes with ``compiled``, ``tokens``, ``tape`` and ``columns``; see there.
BUILT_ON = ""

BAD, STRING, ESCAPED, INTEGER = tokens.BAD, tokens.STRING, tokens.ESCAPED, tokens.INTEGER
TRUE, FALSE, NULL, ARRAY = tokens.TRUE, tokens.FALSE, tokens.NULL, tokens.ARRAY

#: The types that are read here, as ``warehouse.schemas`` has them but for "unknown".
TYPES = (
    b"plain",
    b"link",
    b"text_link",
    b"mention",
    b"mention_name",
    b"hashtag",
    b"cashtag",
    b"phone",
    b"email",
    b"bank_card",
    b"bold",
    b"italic",
    b"underline",
    b"strikethrough",
    b"code",
    b"pre",
    b"spoiler",
    b"blockquote",
    b"custom_emoji",
    b"bot_command",
)
_PLAIN, _TEXT_LINK, _MENTION_NAME, _PRE, _BLOCKQUOTE, _CUSTOM_EMOJI = 0, 2, 4, 15, 17, 18

#: An entity, and a reaction, take no less than this in a file.
_SMALLEST = 20

# Fields of a part: of the last ones each type may have its own, for what the text does not show.
_KEYS = (b"type", b"text", b"href", b"user_id", b"language", b"collapsed", b"document_id")
_TYPE, _TEXT, _HREF, _USER_ID, _LANGUAGE, _COLLAPSED, _DOCUMENT_ID = range(7)

# Fields of a reaction.
_REACTION = (b"type", b"count", b"emoji", b"document_id")
_KIND, _COUNT, _EMOJI, _DOCUMENT = range(4)


class Items(NamedTuple):
    """A column of lists. ``ends``: for each row, and before the first, where its items end. An
    item has two numbers, the code of its type among ``TYPES``, and two strings."""

    ends: npt.NDArray[np.int32]
    first: Ints
    second: Ints
    codes: Bytes
    labels: Strings
    shown: Strings


def new_items(rows: int, room: int) -> Items:
    """An empty column, for lists that take ``room`` bytes in the file."""
    most = room // _SMALLEST + 1
    return Items(
        np.zeros(rows + 1, np.int32),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.uint8),
        new_strings(most, room),
        new_strings(most, room),
    )


@compiled
def _fields(
    buf: Bytes, words: Words, pos: int, end: int, keys: tuple[bytes, ...], found: Ints
) -> int:
    """Read an object with no other fields than ``keys``: kind, start and stop of each value into
    ``found``, kind BAD for none. The position behind it, or -1."""
    for key in range(len(keys)):
        found[key, 0] = BAD
    if pos >= end or buf[pos] != 123:
        return -1
    pos = past_space(buf, pos + 1, end)
    while True:
        if pos >= end or buf[pos] != 34:
            return -1
        start = pos + 1
        while pos + 1 < end and buf[pos + 1] != 34:
            pos += 1
        pos += 1
        which = -1
        for key in range(len(keys)):
            if says(buf, start, pos, keys[key]):
                which = key
                break
        if which < 0 or found[which, 0] != BAD:
            return -1
        pos = past_space(buf, pos + 1, end)
        if pos >= end or buf[pos] != 58:
            return -1
        pos, kind, start, stop = value(buf, words, past_space(buf, pos + 1, end), end)
        if kind == BAD:
            return -1
        found[which, 0] = kind
        found[which, 1] = start
        found[which, 2] = stop
        pos = past_space(buf, pos, end)
        if pos < end and buf[pos] == 125:
            return pos + 1
        if pos >= end or buf[pos] != 44:
            return -1
        pos = past_space(buf, pos + 1, end)


@compiled
def _type_of(buf: Bytes, start: int, stop: int) -> int:
    for code in range(len(TYPES)):
        if says(buf, start, stop, TYPES[code]):
            return code
    return -1


@compiled
def _own_key(code: int) -> int:
    """The field that a part of this type may have besides its type and text."""
    if code == _TEXT_LINK:
        return _HREF
    if code == _MENTION_NAME:
        return _USER_ID
    if code == _PRE:
        return _LANGUAGE
    if code == _BLOCKQUOTE:
        return _COLLAPSED
    return _DOCUMENT_ID if code == _CUSTOM_EMOJI else -1


@compiled
def _show(buf: Bytes, kind: int, start: int, stop: int, item: int, into: Strings) -> bool:  # noqa: PLR0913, PLR0917
    """Write what an entity's text does not show, as ``entities._shown`` does."""
    at = int(into.offsets[item])
    into.valid[item] = 1
    if kind in (BAD, NULL, FALSE) or (kind == STRING and start == stop):
        into.valid[item] = 0
    elif kind == TRUE:
        for letter in b"collapsed":
            into.data[at] = letter
            at += 1
    elif kind in (STRING, ESCAPED):
        at = write_text(buf, start, stop, kind, into.data, at)
    elif kind == INTEGER:
        at = write(buf, start, stop, into.data, at)
    else:
        return False
    into.offsets[item + 1] = at
    return True


@compiled
def _parts(  # noqa: PLR0911, PLR0912, PLR0913, PLR0917
    buf: Bytes,
    words: Words,
    pos: int,
    end: int,
    told: int,
    out: Bytes,
    at: int,
    item: int,
    found: Ints,
    into: Items,
) -> tuple[int, int]:
    """Read an array of parts. The ends of their text in ``out`` and of their entities, or -1, -1.

    ``told`` -1: the text is written at ``at``. Otherwise it stands there already, ``told`` bytes
    long, and the parts must say the same; what they say is then written behind it, and is scratch.
    """
    base, length, count = at, 0, 0
    pos = past_space(buf, pos + 1, end)
    if pos < end and buf[pos] == 93:
        return (at, item) if pos + 1 == end else (-1, -1)
    while True:
        code = _PLAIN
        if pos < end and buf[pos] == 34:
            pos, kind, start, stop = value(buf, words, pos, end)
        else:
            pos = _fields(buf, words, pos, end, _KEYS, found)
            if pos < 0 or found[_TYPE, 0] != STRING:
                return -1, -1
            kind, start, stop = found[_TEXT, 0], found[_TEXT, 1], found[_TEXT, 2]
            code = _type_of(buf, found[_TYPE, 1], found[_TYPE, 2])
            if code < 0:
                return -1, -1
            own = _own_key(code)
            for key in range(_HREF, len(_KEYS)):
                if found[key, 0] != BAD and key != own:
                    return -1, -1
        if kind not in (STRING, ESCAPED):
            return -1, -1
        if told < 0:
            size = write_text(buf, start, stop, kind, out, base + length) - base - length
        elif kind == STRING:
            size = stop - start
            if length + size > told or not same(buf, start, stop, out, base + length):
                return -1, -1
        else:
            size = write_text(buf, start, stop, kind, out, base + told) - base - told
            scratch = base + told
            if length + size > told or not same(out, scratch, scratch + size, out, base + length):
                return -1, -1
        points = code_points(out, base + length, base + length + size)
        if code != _PLAIN and size:
            into.first[item] = count
            into.second[item] = count + points
            into.codes[item] = code
            own = _own_key(code)
            kind = found[own, 0] if own >= 0 else BAD
            if not _show(buf, kind, found[own, 1], found[own, 2], item, into.shown):
                return -1, -1
            item += 1
        count += points
        length += size
        pos = past_space(buf, pos, end)
        if pos < end and buf[pos] == 93:
            if pos + 1 != end or (told >= 0 and length != told):
                return -1, -1
            return base + length, item
        if pos >= end or buf[pos] != 44:
            return -1, -1
        pos = past_space(buf, pos + 1, end)


@compiled
def texts(  # noqa: PLR0913, PLR0917
    buf: Bytes,
    words: Words,
    tape: Tape,
    at: Places,
    parts_at: Places,
    odd: Bytes,
    into: Strings,
    items: Items,
) -> None:
    """Texts and entities: from the column at ``parts_at`` where it tells the same as the text."""
    written = item = 0
    found = np.zeros((len(_KEYS), 3), np.int64)
    for row in range(len(at)):
        index, other, end, last = at[row], parts_at[row], written, item
        told = -1
        parts = other >= 0 and tape.kinds[other] != NULL
        if index >= 0 and tape.kinds[index] != NULL:
            kind, start, stop = int(tape.kinds[index]), tape.starts[index], tape.stops[index]
            if kind in (STRING, ESCAPED):
                end = write_text(buf, start, stop, kind, into.data, written)
            elif kind == ARRAY:
                end, last = _parts(
                    buf, words, start, stop, -1, into.data, written, item, found, items
                )
            else:
                end = -1
            told = end - written
        if end >= 0 and parts:
            kind, start, stop = int(tape.kinds[other]), tape.starts[other], tape.stops[other]
            empty = kind == ARRAY and past_space(buf, start + 1, stop) == stop - 1
            if kind != ARRAY:
                end = -1
            elif not empty:
                end, last = _parts(
                    buf, words, start, stop, told, into.data, written, item, found, items
                )
        if end < 0:
            odd[row] = 1
        else:
            written, item = end, last
        into.valid[row] = 1
        into.offsets[row + 1] = written
        items.ends[row + 1] = item


@compiled
def reactions(buf: Bytes, words: Words, tape: Tape, at: Places, odd: Bytes, items: Items) -> None:
    """Reactions: their counts, kinds (in ``labels``) and signs (in ``shown``)."""
    item = 0
    found = np.zeros((len(_REACTION), 3), np.int64)
    for row in range(len(at)):
        if at[row] >= 0:
            last = -1
            if tape.kinds[at[row]] == ARRAY:
                last = _reactions(
                    buf, words, tape.starts[at[row]], tape.stops[at[row]], item, found, items
                )
            if last < 0:
                odd[row] = 1
            else:
                item = last
        items.ends[row + 1] = item


@compiled
def _reactions(
    buf: Bytes, words: Words, pos: int, end: int, item: int, found: Ints, items: Items
) -> int:  # noqa: PLR0913, PLR0917
    """Read one array of reactions; the end of its items, or -1."""
    pos = past_space(buf, pos + 1, end)
    if pos < end and buf[pos] == 93:
        return item if pos + 1 == end else -1
    while True:
        pos = _fields(buf, words, pos, end, _REACTION, found)
        if pos < 0 or found[_COUNT, 0] != INTEGER or found[_KIND, 0] != STRING:
            return -1
        size = found[_KIND, 2] - found[_KIND, 1]
        if not 0 < size <= 64 or (found[_EMOJI, 0] != BAD and found[_DOCUMENT, 0] != BAD):
            return -1
        items.first[item] = number(buf, found[_COUNT, 1], found[_COUNT, 2])
        written = int(items.labels.offsets[item])
        items.labels.offsets[item + 1] = write(
            buf, found[_KIND, 1], found[_KIND, 2], items.labels.data, written
        )
        items.labels.valid[item] = 1
        sign = _EMOJI if found[_EMOJI, 0] != BAD else _DOCUMENT
        kind, start, stop = int(found[sign, 0]), found[sign, 1], found[sign, 2]
        written = int(items.shown.offsets[item])
        items.shown.valid[item] = 0
        if kind != BAD:
            if kind not in (STRING, ESCAPED) or not 0 < stop - start <= 255:
                return -1
            written = write_text(buf, start, stop, kind, items.shown.data, written)
            items.shown.valid[item] = 1
        items.shown.offsets[item + 1] = written
        item += 1
        pos = past_space(buf, pos, end)
        if pos < end and buf[pos] == 93:
            return item if pos + 1 == end else -1
        if pos >= end or buf[pos] != 44:
            return -1
        pos = past_space(buf, pos + 1, end)
