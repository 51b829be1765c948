"""Compiled: a JSON value written again, compact, as the encoder of the general path writes it.

The general path decodes and encodes: white space goes, escapes that are not needed become what
they stand for, of two equal names in an object the last one counts, numbers take their shortest
form. What would not come out the same here is refused.
"""

from __future__ import annotations

import numpy as np

from warehouse.parsing import tokens
from warehouse.parsing.compiled import Bytes, Ints, Words, compiled
from warehouse.parsing.tokens import hex4, past_space, same, value, write, write_text

#: Changes with ``compiled`` and ``tokens``; see there.
BUILT_ON = ""

STRING, ESCAPED, INTEGER, NUMBER = tokens.STRING, tokens.ESCAPED, tokens.INTEGER, tokens.NUMBER
BAD, ARRAY, OBJECT = tokens.BAD, tokens.ARRAY, tokens.OBJECT

_DEPTH = 16
_MOST_KEYS = 64  # of all objects that are open at once: each new one is compared to its siblings


@compiled
def _string(buf: Bytes, start: int, stop: int, kind: int, out: Bytes, at: int) -> int:  # noqa: PLR0913, PLR0917
    """A string with its quotes, or -1."""
    out[at] = 34
    at += 1
    if kind == STRING:
        at = write(buf, start, stop, out, at)
    else:
        pos = start
        while pos < stop:
            c = int(buf[pos])
            if c != 92:
                out[at] = c
                pos, at = pos + 1, at + 1
                continue
            c = int(buf[pos + 1])
            if c == 117:
                code = hex4(buf, pos + 2, stop)
                if code < 32 or code in (34, 92):  # stays an escape, of another form perhaps
                    return -1
                size = 12 if 0xD800 <= code < 0xE000 else 6
                at = write_text(buf, pos, pos + size, ESCAPED, out, at)
                pos += size
                continue
            if c != 47:  # a slash needs none
                out[at] = 92
                at += 1
            out[at] = c
            pos, at = pos + 2, at + 1
    out[at] = 34
    return at + 1


@compiled
def _is_shortest(buf: Bytes, start: int, stop: int) -> bool:
    """Whether this is how a float would be written: few digits, no zeros that say nothing."""
    pos = start + 1 if buf[start] == 45 else start
    point = pos
    while point < stop and buf[point] != 46:
        point += 1
    digits, places = stop - pos - 1, stop - point - 1
    if places < 1 or digits > 15:
        return False
    if buf[stop - 1] == 48 and places > 1:
        return False
    return bool(buf[pos] != 48 or places == 1 or buf[point + 1] != 48)


@compiled
def _scalar(buf: Bytes, start: int, stop: int, kind: int, out: Bytes, at: int) -> int:  # noqa: PLR0913, PLR0917
    """Anything but an array or object, or -1."""
    if kind in (STRING, ESCAPED):
        return _string(buf, start, stop, kind, out, at)
    if kind == NUMBER and not _is_shortest(buf, start, stop):
        return -1
    return write(buf, start, stop, out, at)


@compiled
def _is_new(buf: Bytes, start: int, stop: int, keys: Ints, first: int, count: int) -> bool:  # noqa: PLR0913, PLR0917
    for index in range(first, count):
        if keys[index, 1] - keys[index, 0] == stop - start:
            if same(buf, start, stop, buf, keys[index, 0]):
                return False
    return True


@compiled
def _nested(buf: Bytes, words: Words, pos: int, end: int, out: Bytes, at: int) -> int:  # noqa: PLR0911, PLR0912
    """An array or object, or -1."""
    closes = np.empty(_DEPTH, np.uint8)  # the bracket that each open container waits for
    firsts = np.empty(_DEPTH, np.int64)  # where each one's keys begin in ``keys``
    keys = np.empty((_MOST_KEYS, 2), np.int64)
    depth = count = 0
    while True:
        # A value begins here.
        c = int(buf[pos]) if pos < end else 0
        opened = c in (91, 123)
        if opened:
            if depth == _DEPTH:
                return -1
            closes[depth] = c + 2
            firsts[depth] = count
            depth += 1
            out[at] = c
            pos, at = pos + 1, at + 1
        else:
            pos, kind, start, stop = value(buf, words, pos, end)
            if kind == BAD:
                return -1
            at = _scalar(buf, start, stop, kind, out, at)
            if at < 0:
                return -1
        # What may follow: closing brackets, then a comma, then a key inside of an object.
        while True:
            pos = past_space(buf, pos, end)
            if pos >= end or buf[pos] != closes[depth - 1]:
                break
            depth -= 1
            count = firsts[depth]
            out[at] = buf[pos]
            pos, at, opened = pos + 1, at + 1, False
            if depth == 0:
                return at if pos == end else -1
        if not opened:
            if pos >= end or buf[pos] != 44:
                return -1
            out[at] = 44
            at += 1
            pos = past_space(buf, pos + 1, end)
        if closes[depth - 1] == 125:
            if pos >= end or buf[pos] != 34:
                return -1
            pos, kind, start, stop = value(buf, words, pos, end)
            if kind != STRING or count == _MOST_KEYS:
                return -1
            if not _is_new(buf, start, stop, keys, firsts[depth - 1], count):
                return -1
            keys[count, 0] = start
            keys[count, 1] = stop
            count += 1
            at = _string(buf, start, stop, STRING, out, at)
            pos = past_space(buf, pos, end)
            if pos >= end or buf[pos] != 58:
                return -1
            out[at] = 58
            at += 1
            pos = past_space(buf, pos + 1, end)


@compiled
def write_value(
    buf: Bytes, words: Words, start: int, stop: int, kind: int, out: Bytes, at: int
) -> int:  # noqa: PLR0913, PLR0917
    """Write a value; the position behind it in ``out``, or -1. Takes no more bytes than it has in
    the file, with its quotes."""
    if kind in (ARRAY, OBJECT):
        return _nested(buf, words, start, stop, out, at)
    return _scalar(buf, start, stop, kind, out, at)
