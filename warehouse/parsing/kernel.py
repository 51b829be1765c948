"""The compiled state machine that finds where JSON values end; it looks at structure only.

It walks bytes, in pieces of any size, and keeps what it must remember between two pieces in
``state`` (see the ``S_*`` indexes) and ``stack`` (the open brackets). It is strict about
brackets, commas and colons, so that damage is noticed where it lies, and lenient about what lies
inside strings and literals: those are judged when the element is decoded.
"""

from __future__ import annotations

from warehouse.parsing.compiled import Bytes, Ints, Words, compiled
from warehouse.parsing.tokens import plain_until

#: Changes with ``compiled`` and ``tokens``; see there.
BUILT_ON = ""

#: More open brackets than this is damage or an attack, not a message.
MAX_DEPTH = 256

# What scan and split answer.
MORE, DONE, BAD, CLOSED, FULL = 0, 1, 2, 3, 4

# Indexes into ``state``.
S_MODE, S_DEPTH, S_INSIDE, S_START = 0, 1, 2, 3
STATE_SIZE = 4

# Modes.
VALUE, VALUE_OR_CLOSE, STRING, STRING_ESCAPE, LITERAL = 0, 1, 2, 3, 4
AFTER, KEY, KEY_OR_CLOSE, KEY_STRING, KEY_ESCAPE, COLON = 5, 6, 7, 8, 9, 10

_OBJECT, _ARRAY = 1, 2


@compiled
def _is_space(c: int) -> bool:
    return c in (32, 10, 13, 9)


@compiled
def _is_literal(c: int) -> bool:
    return 48 <= c <= 57 or 97 <= c <= 122 or 65 <= c <= 90 or c in (43, 45, 46)


@compiled
def scan(
    buf: Bytes, words: Words, pos: int, end: int, state: Ints, stack: Bytes
) -> tuple[int, int]:  # noqa: PLR0912, PLR0915
    """Go on with the value that ``state`` is in; answers the position and MORE, DONE or BAD.

    DONE: ``pos`` is just behind the value. BAD: ``pos`` is the byte that cannot stand there.
    """
    mode = state[S_MODE]
    depth = state[S_DEPTH]
    status = MORE
    while pos < end:
        c = buf[pos]
        if mode in (STRING, KEY_STRING):
            pos = plain_until(buf, words, pos, end)
            if pos >= end:
                break
            c = buf[pos]
            if c < 32:  # a control character: judged when the element is decoded
                pos += 1
                continue
            pos += 1
            if c == 92:
                mode += 1
            elif mode == KEY_STRING:
                mode = COLON
            else:
                mode = AFTER
                if depth == 0:
                    status = DONE
                    break
            continue
        if mode in (STRING_ESCAPE, KEY_ESCAPE):
            pos += 1
            mode -= 1
            continue
        if mode == LITERAL:
            if _is_literal(c):
                pos += 1
                continue
            mode = AFTER
            if depth == 0:
                status = DONE
                break
        if _is_space(c):
            pos += 1
            continue
        if mode == AFTER:
            inside = stack[depth - 1]
            if c == 44:
                mode = KEY if inside == _OBJECT else VALUE
            elif (c == 125 and inside == _OBJECT) or (c == 93 and inside == _ARRAY):
                depth -= 1
                if depth == 0:
                    pos += 1
                    status = DONE
                    break
            else:
                status = BAD
                break
        elif mode in (VALUE, VALUE_OR_CLOSE):
            if c == 34:
                mode = STRING
            elif c in (123, 91):
                if depth >= MAX_DEPTH:
                    status = BAD
                    break
                stack[depth] = _OBJECT if c == 123 else _ARRAY
                depth += 1
                mode = KEY_OR_CLOSE if c == 123 else VALUE_OR_CLOSE
            elif c == 93 and mode == VALUE_OR_CLOSE:
                depth -= 1
                mode = AFTER
                if depth == 0:
                    pos += 1
                    status = DONE
                    break
            elif _is_literal(c):
                mode = LITERAL
            else:
                status = BAD
                break
        elif mode == COLON:
            if c != 58:
                status = BAD
                break
            mode = VALUE
        elif c == 34:  # KEY, KEY_OR_CLOSE
            mode = KEY_STRING
        elif c == 125 and mode == KEY_OR_CLOSE:
            depth -= 1
            mode = AFTER
            if depth == 0:
                pos += 1
                status = DONE
                break
        else:
            status = BAD
            break
        pos += 1
    state[S_MODE] = mode
    state[S_DEPTH] = depth
    return pos, status


@compiled
def split(  # noqa: PLR0913, PLR0917
    buf: Bytes,
    words: Words,
    pos: int,
    end: int,
    members: bool,
    state: Ints,
    stack: Bytes,
    starts: Ints,
    ends: Ints,
) -> tuple[int, int, int]:
    """Find the elements of an open array (or the ``"key": value`` members of an open object).

    Fills ``starts`` and ``ends`` and answers how many, the position, and MORE, BAD, CLOSED or
    FULL. An element that is still open at the end of the buffer is left in ``state``.
    """
    close = 125 if members else 93
    found = 0
    while found < len(starts):
        if state[S_INSIDE] == 0:
            while pos < end and (_is_space(buf[pos]) or buf[pos] == 44):
                pos += 1
            if pos >= end:
                return found, pos, MORE
            c = buf[pos]
            if c == close:
                return found, pos + 1, CLOSED
            state[S_START] = pos
            if members:
                if c != 34:
                    return found, pos, BAD
                state[S_MODE] = KEY
            else:
                state[S_MODE] = VALUE
            state[S_DEPTH] = 0
            state[S_INSIDE] = 1
        pos, status = scan(buf, words, pos, end, state, stack)
        if status != DONE:
            return found, pos, status
        starts[found] = state[S_START]
        ends[found] = pos
        found += 1
        state[S_INSIDE] = 0
    return found, pos, FULL
