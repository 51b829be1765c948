"""Look at the beginning of a file and say what shape its content has; names are not trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from warehouse.parsing.bytestream import StreamDamagedError, pieces, utf8_pieces
from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.values import Record, Tally

#: How much of a file is looked at.
HEAD_SIZE = 128 * 1024

#: What is nested deeper is not looked at.
_MOST_OPEN = 64

# What lies between these needs no look: words, colons, white space.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: ``data`` in UTF-8, and what it looks like.

    ``value`` is as much of the first JSON value as lies in the head; ``records`` are the objects
    of the first lines where each line is one; ``binary``: neither text nor known.
    """

    data: bytes
    value: Any = None
    records: tuple[Record, ...] = ()
    parquet: bool = False
    binary: bool = False

    @property
    def first(self) -> Record:
        """The first message-like object of an array or of lines, or an empty one."""
        if self.records:
            return self.records[0]
        if isinstance(self.value, list):
            return next((item for item in self.value if isinstance(item, dict)), {})
        return {}


@lru_cache(4)
def head_of(path: Path, compression: str | None, source_id: str) -> Head:
    """The head of a file. It is looked at to tell the format, and again by the reader soon after;
    ``source_id`` stands for what lay there.

    Raises:
        OSError: when the file cannot be read.
    """
    return look(pieces(path, compression))


def look(stream: Iterator[bytes]) -> Head:
    """Read the head of a decompressed stream and see what it is."""
    data = b""
    with suppress(StreamDamagedError):
        for piece in utf8_pieces(stream):
            data += piece[: HEAD_SIZE - len(data)]
            if len(data) >= HEAD_SIZE:
                break
    if data.startswith(b"PAR1"):
        return Head(data, parquet=True)
    if is_binary(data):
        return Head(data, binary=True)
    start = data.lstrip()[:1]
    if start not in (b"{", b"["):
        return Head(data)
    return Head(data, peek_json(data.decode("utf-8", "replace")), _records(data))


def is_binary(data: bytes) -> bool:
    """Whether these bytes are no text: many zeros or control characters near the beginning.

    >>> is_binary(b"\\x89PNG\\r\\n\\x1a\\n\\0\\0\\0\\rIHDR\\0\\0"), is_binary("متن".encode())
    (True, False)
    """
    sample = data[:4096]
    # Not 1 and 28 to 31: some tables are delimited by them.
    odd = sum(sample.count(bytes([c])) for c in (0, *range(2, 9), *range(14, 28)))
    return odd * 20 > len(sample)


def _records(data: bytes) -> tuple[Record, ...]:
    """The objects of the first lines, if lines are objects."""
    lines = data.split(b"\n", 40)
    if len(lines) > 40 or (len(data) >= HEAD_SIZE and len(lines) > 1):
        lines.pop()
    if not lines[0].lstrip().startswith(b"{"):
        return ()
    found = []
    for line in lines:
        if line.strip():
            with suppress(UndecodableError):
                value, _ = decode(line, Tally())
                if isinstance(value, dict):
                    found.append(value)
    return tuple(found)


def peek_json(text: str) -> Any:
    """As much of the first JSON value as the text holds; None where there is none.

    >>> peek_json('{"name": "x", "messages": [{"id": 1}, {"id": 2, "te')
    {'name': 'x', 'messages': [{'id': 1}, {'id': 2}]}
    """
    for _ in range(4):
        closed = _close(text)
        try:
            value, _ = decode(closed.encode("utf-8", "replace"), Tally())
        except UndecodableError as error:
            # Damage: what lies before it is enough to tell the format by.
            cause = _position(closed)
            if cause is None or cause <= 1 or "deep" in str(error):
                return None
            text = text[: cause - 1]
        else:
            return value
    return None


def _position(text: str) -> int | None:
    """Where the JSON is broken."""
    try:
        json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError as error:
        return getattr(error, "pos", None)
    return None


def _close(text: str) -> str:
    """The text up to its last comma or bracket, with the open brackets closed."""
    stack: list[str] = []
    cut = 0
    for token in _TOKEN.finditer(text):
        sign = text[token.start()]
        if sign == '"':
            continue
        if sign in "{[":
            if len(stack) == _MOST_OPEN:
                break
            stack.append("}" if sign == "{" else "]")
            cut = token.end()
        elif sign in "}]":
            if not stack or stack[-1] != sign:
                break
            stack.pop()
            cut = token.end()
            if not stack:
                break
        elif sign == ",":
            cut = token.start()
    return text[:cut] + "".join(reversed(stack))
