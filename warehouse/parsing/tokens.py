"""Compiled: the values of strict JSON, one at a time, straight from the bytes.

What is anything but plain, valid JSON is answered with BAD, and the general path then decides
what it is: these kernels accept nothing that it would refuse or read differently. That the bytes
are UTF-8 is seen to before. ``words`` are the bytes once more, eight at a time.
"""

from __future__ import annotations

import numpy as np

from warehouse.parsing.compiled import Bytes, Ints, Words, compiled

#: Changes with ``compiled``; see there.
BUILT_ON = ""

# Kinds of value. INTEGER: as Python writes it, of at most 18 digits; other numbers are NUMBER.
# STRING has no escapes; ESCAPED has some, all of them valid.
BAD, STRING, ESCAPED, INTEGER, NUMBER, TRUE, FALSE, NULL, ARRAY, OBJECT = range(10)

_MOST_DIGITS = 18  # of a number that surely fits 64 bits


@compiled
def past_space(buf: Bytes, pos: int, end: int) -> int:
    """The next position that holds no white space."""
    while pos < end and buf[pos] <= 32 and buf[pos] in (32, 10, 13, 9):
        pos += 1
    return pos


@compiled
def hex4(buf: Bytes, pos: int, end: int) -> int:
    """The number that four hexadecimal digits write, or -1."""
    if pos + 4 > end:
        return -1
    value = 0
    for at in range(pos, pos + 4):
        c = int(buf[at])
        if 48 <= c <= 57:
            value = value * 16 + c - 48
        elif 97 <= c <= 102 or 65 <= c <= 70:
            value = value * 16 + (c | 32) - 87
        else:
            return -1
    return value


@compiled
def _past_escape(buf: Bytes, pos: int, end: int) -> int:
    """The position behind the escape whose backslash is passed, or -1."""
    if pos >= end:
        return -1
    c = int(buf[pos])
    if c in (34, 92, 47, 98, 102, 110, 114, 116):
        return pos + 1
    if c != 117:
        return -1
    unit = hex4(buf, pos + 1, end)
    if unit < 0 or 0xDC00 <= unit < 0xE000:
        return -1
    if unit < 0xD800 or unit >= 0xE000:
        return pos + 5
    if pos + 7 > end or buf[pos + 5] != 92 or buf[pos + 6] != 117:
        return -1
    low = hex4(buf, pos + 7, end)
    return pos + 11 if 0xDC00 <= low < 0xE000 else -1


@compiled
def _past_sequence(buf: Bytes, pos: int, end: int) -> int:
    """The position behind the UTF-8 sequence of several bytes that begins here, or -1."""
    c = int(buf[pos])
    if c < 0xC2 or c > 0xF4:
        return -1
    more = 1 if c < 0xE0 else (2 if c < 0xF0 else 3)
    if pos + more >= end:
        return -1
    second = int(buf[pos + 1])
    if second & 0xC0 != 0x80:
        return -1
    # Overlong forms, halves of surrogate pairs, and what lies beyond Unicode.
    if (c == 0xE0 and second < 0xA0) or (c == 0xED and second >= 0xA0):
        return -1
    if (c == 0xF0 and second < 0x90) or (c == 0xF4 and second >= 0x90):
        return -1
    for at in range(pos + 2, pos + more + 1):
        if buf[at] & 0xC0 != 0x80:
            return -1
    return pos + more + 1


@compiled
def plain_until(buf: Bytes, words: Words, pos: int, end: int) -> int:
    """The next quote, backslash or control character, or the end.

    Eight bytes are looked at together where none of them is one; for the trick see "Determine if
    a word has a zero byte" in Anderson's "Bit Twiddling Hacks".
    """
    while pos < end:
        if pos & 7 == 0 and pos + 8 <= end:
            word = words[pos >> 3]
            quotes, backslashes = word ^ _QUOTES, word ^ _BACKSLASHES
            found = (quotes - _ONES) & ~quotes | (backslashes - _ONES) & ~backslashes
            if (found | (word - _SPACES) & ~word) & _HIGHEST == _NOTHING:
                pos += 8
                continue
        c = buf[pos]
        if c in (34, 92) or c < 32:
            return pos
        pos += 1
    return pos


_ONES, _HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES = np.uint64(0x2222222222222222), np.uint64(0x5C5C5C5C5C5C5C5C)
_SPACES, _NOTHING = np.uint64(0x2020202020202020), np.uint64(0)


@compiled
def string(buf: Bytes, words: Words, pos: int, end: int) -> tuple[int, int]:
    """Where the string whose quote is passed ends (its closing quote), and its kind."""
    kind = STRING
    while True:
        pos = plain_until(buf, words, pos, end)
        if pos >= end or buf[pos] < 32:
            return pos, BAD
        if buf[pos] == 34:
            return pos, kind
        kind = ESCAPED
        pos = _past_escape(buf, pos + 1, end)
        if pos < 0:
            return end, BAD


@compiled
def _number(buf: Bytes, pos: int, end: int) -> tuple[int, int]:
    """Where the number that begins here ends, and its kind."""
    start = pos
    if buf[pos] == 45:
        pos += 1
    first = pos
    while pos < end and 48 <= buf[pos] <= 57:
        pos += 1
    digits = pos - first
    if digits == 0 or (digits > 1 and buf[first] == 48):
        return pos, BAD
    kind = NUMBER if digits > _MOST_DIGITS or (first > start and buf[first] == 48) else INTEGER
    if pos < end and buf[pos] == 46:
        kind = NUMBER
        pos += 1
        first = pos
        while pos < end and 48 <= buf[pos] <= 57:
            pos += 1
        if pos == first:
            return pos, BAD
    if pos < end and buf[pos] | 32 == 101:  # absurd exponents are for the general path
        return pos, BAD
    return pos, kind


@compiled
def _past_nested(buf: Bytes, words: Words, pos: int, end: int) -> int:
    """The position behind the array or object that begins here, judged by brackets; or -1."""
    depth = 0
    while pos < end:
        c = int(buf[pos])
        pos += 1
        if c == 34:
            pos = plain_until(buf, words, pos, end)
            while pos < end and buf[pos] != 34:
                pos = plain_until(buf, words, pos + (2 if buf[pos] == 92 else 1), end)
            pos += 1
        elif c in (123, 91):
            depth += 1
        elif c in (125, 93):
            depth -= 1
            if depth == 0:
                return pos
    return -1


@compiled
def says(buf: Bytes, start: int, stop: int, word: bytes) -> bool:
    """Whether these bytes are that word."""
    if stop - start != len(word):
        return False
    for at in range(len(word)):
        if buf[start + at] != word[at]:
            return False
    return True


@compiled
def value(buf: Bytes, words: Words, pos: int, end: int) -> tuple[int, int, int, int]:
    """The value that begins here: the position behind it, its kind, and its start and stop.

    The span of a string is its content without the quotes. An array or object is only known to
    end there: who uses it has to look into it.
    """
    if pos >= end:
        return pos, BAD, pos, pos
    c = int(buf[pos])
    if c == 34:
        stop, kind = string(buf, words, pos + 1, end)
        return stop + 1, kind, pos + 1, stop
    if c == 45 or 48 <= c <= 57:
        stop, kind = _number(buf, pos, end) if c != 45 or pos + 1 < end else (pos, BAD)
        return stop, kind, pos, stop
    if c in (91, 123):
        stop = _past_nested(buf, words, pos, end)
        kind = BAD if stop < 0 else (ARRAY if c == 91 else OBJECT)
        return stop, kind, pos, stop
    if says(buf, pos, min(pos + 4, end), b"true"):
        return pos + 4, TRUE, pos, pos + 4
    if says(buf, pos, min(pos + 5, end), b"false"):
        return pos + 5, FALSE, pos, pos + 5
    if says(buf, pos, min(pos + 4, end), b"null"):
        return pos + 4, NULL, pos, pos + 4
    return pos, BAD, pos, pos


# -- content --------------------------------------------------------------------------------


@compiled
def write(buf: Bytes, start: int, stop: int, out: Bytes, at: int) -> int:
    """Copy bytes as they are; answers the position behind them in ``out``."""
    source, target = buf[start:stop], out[at : at + stop - start]
    for index in range(len(source)):  # of slices: many bytes in one instruction
        target[index] = source[index]
    return at + stop - start


@compiled
def _write_code_point(code: int, out: Bytes, at: int) -> int:
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
        out[at + 1] = 0x80 | code & 63
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | code >> 12
        out[at + 1] = 0x80 | code >> 6 & 63
        out[at + 2] = 0x80 | code & 63
        return at + 3
    out[at] = 0xF0 | code >> 18
    out[at + 1] = 0x80 | code >> 12 & 63
    out[at + 2] = 0x80 | code >> 6 & 63
    out[at + 3] = 0x80 | code & 63
    return at + 4


@compiled
def write_text(buf: Bytes, start: int, stop: int, kind: int, out: Bytes, at: int) -> int:  # noqa: PLR0913, PLR0917
    """Write what a valid string says: never more bytes than it takes in the file."""
    if kind == STRING:
        return write(buf, start, stop, out, at)
    pos = start
    while pos < stop:
        begin = pos
        while pos < stop and buf[pos] != 92:
            pos += 1
        at = write(buf, begin, pos, out, at)
        if pos == stop:
            break
        c = int(buf[pos + 1])
        if c == 117:
            code = hex4(buf, pos + 2, stop)
            pos += 6
            if 0xD800 <= code < 0xE000:
                code = 0x10000 + ((code - 0xD800) << 10) + hex4(buf, pos + 2, stop) - 0xDC00
                pos += 6
            at = _write_code_point(code, out, at)
            continue
        if c == 98:
            c = 8
        elif c == 102:
            c = 12
        elif c == 110:
            c = 10
        elif c == 114:
            c = 13
        elif c == 116:
            c = 9
        out[at] = c
        pos, at = pos + 2, at + 1
    return at


@compiled
def code_points(buf: Bytes, start: int, stop: int) -> int:
    """How many code points this much valid UTF-8 holds."""
    count = 0
    source = buf[start:stop]
    for index in range(len(source)):
        count += (source[index] & 0xC0) != 0x80
    return count


@compiled
def number(buf: Bytes, start: int, stop: int) -> int:
    """The value of an INTEGER."""
    sign = 1
    if buf[start] == 45:
        sign, start = -1, start + 1
    found = 0
    for pos in range(start, stop):
        found = found * 10 + int(buf[pos]) - 48
    return sign * found


@compiled
def same(buf: Bytes, start: int, stop: int, other: Bytes, at: int) -> bool:
    """Whether these bytes are those at ``at`` of ``other``, which reaches far enough."""
    source, target = buf[start:stop], other[at : at + stop - start]
    differ = 0
    for index in range(len(source)):
        differ |= source[index] ^ target[index]
    return differ == 0


@compiled
def mark_no_utf8(buf: Bytes, starts: Ints, stops: Ints, odd: Bytes) -> None:
    """Mark the spans that are not valid UTF-8."""
    for row in range(len(starts)):
        pos = starts[row]
        while 0 <= pos < stops[row]:
            pos = pos + 1 if buf[pos] < 0x80 else _past_sequence(buf, pos, stops[row])
        if pos < 0:
            odd[row] = 1
