"""Rows of delimited text: any delimiter, quoted line breaks, and damage that stays one row's."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from warehouse.parsing.bytestream import StreamDamagedError
from warehouse.parsing.format import Input
from warehouse.parsing.plan import RAW_LIMIT

#: Tried in this order; the first of the best is taken.
_DELIMITERS = ",\t;|^~\x1f\x01:"

#: No row may span more lines than this.
_MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its ``cells``, or the ``reason`` why it has none. ``number``: data rows from 1."""

    number: int
    offset: int
    raw: bytes
    cells: list[str]
    reason: str | None = None
    lossy: bool = False  # bytes that are no text were replaced


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is written."""

    delimiter: str
    header: list[str]
    encoding: str


def shape_of(head: bytes, known: frozenset[str] = frozenset()) -> Shape | None:
    """The shape of a table by its beginning; None where it has none.

    A table has a first line of at least two names, with as many cells in most of the next lines;
    or of one name that is ``known``. The delimiter that gives the most known names wins.

    >>> shape_of(b"id;text\\n1;a\\n2;b\\n")
    Shape(delimiter=';', header=['id', 'text'], encoding='utf-8')
    >>> shape_of(b"A letter, of sorts\\nwithout any columns\\n")
    """
    encoding = encoding_of(head)
    lines = [line + "\n" for line in head.decode(encoding, "replace").lstrip("\r\n").split("\n")]
    if len(lines) > 2:
        lines.pop()  # it may go on behind the head
    best: tuple[tuple[int, float, int], Shape] | None = None
    for delimiter in _DELIMITERS:
        found = [row for row in _parsed(lines[:200], delimiter) if row]
        if not found:
            continue
        header = _names(found[0])
        names = sum(name.lower() in known for name in header)
        if max(map(len, header)) > 100 or (len(header) < 2 and not names):
            continue
        body = found[1:]
        even = sum(len(row) == len(header) for row in body) / len(body) if body else 1.0
        if even < 0.5 and not names:
            continue
        rank = names, even, len(header)
        if best is None or rank > best[0]:
            best = rank, Shape(delimiter, header, encoding)
    return best[1] if best else None


def encoding_of(head: bytes) -> str:
    """UTF-8, or Windows-1256 where more bytes speak against UTF-8 than for it.

    >>> encoding_of("سلام".encode()), encoding_of("سلام دنيا".encode("cp1256"))
    ('utf-8', 'cp1256')
    """
    text = head.decode("utf-8", "replace")
    wrong = text.rstrip("\ufffd").count("\ufffd")
    right = sum(1 for c in text if c > "\x7f" and c != "\ufffd")
    return "cp1256" if wrong > right else "utf-8"


def rows(source: Input, shape: Shape) -> Iterator[Row]:
    """The data rows, the header left out."""
    longest = source.options.max_message_bytes
    number = -1  # the header is row 0
    waiting: deque[tuple[int, bytes]] = deque()  # lines taken back
    stream = _lines(source, longest)
    while True:
        start = waiting.popleft() if waiting else next(stream, None)
        if start is None:
            return
        offset, line = start
        if not waiting and not line.strip():
            continue
        parts = [line]
        text, lossy = _text(line, shape.encoding)
        open_quote = _ends_quoted(text, False, shape.delimiter)
        size = len(line)
        taken: list[tuple[int, bytes]] = []
        texts = [text]
        while open_quote and size <= longest and len(parts) < _MOST_LINES:
            follower = waiting.popleft() if waiting else next(stream, None)
            if follower is None:
                break
            taken.append(follower)
            parts.append(follower[1])
            size += len(follower[1])
            more, bad = _text(follower[1], shape.encoding)
            texts.append(more)
            lossy = lossy or bad
            open_quote = _ends_quoted(more, True, shape.delimiter)
        number += 1
        if open_quote:
            # The quote has no partner: this line is lost, those after it are not.
            waiting.extendleft(reversed(taken))
            reason = "a quoted value that is never closed"
            yield Row(number, offset, line[:RAW_LIMIT], [], reason)
            continue
        if number == 0:
            continue
        raw = b"".join(parts)
        if size > longest:
            reason = f"larger than the {longest:,} bytes that one message may have"
            yield Row(number, offset, raw[:RAW_LIMIT], [], reason)
            continue
        cells = next(_parsed(["".join(texts)], shape.delimiter), [])
        if len(cells) != len(shape.header):
            reason = f"{len(cells)} values for {len(shape.header)} columns"
            yield Row(number, offset, raw[:RAW_LIMIT], [], reason)
        else:
            yield Row(number, offset, raw, cells, lossy=lossy)


def _text(line: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return line.decode(encoding), False
    except UnicodeDecodeError:
        return line.decode(encoding, "replace"), True


def _lines(source: Input, longest: int) -> Iterator[tuple[int, bytes]]:
    """Physical lines with their ends; of one that is far too long, what exceeds is dropped."""
    offset, held, dropped = 0, b"", 0
    try:
        for piece in source.text():
            *ended, rest = piece.split(b"\n")
            for part in ended:
                yield offset, held + part + b"\n"
                offset += len(held) + len(part) + 1 + dropped
                held, dropped = b"", 0
            room = longest + 1 - len(held)
            if len(rest) > room:
                dropped += len(rest) - max(room, 0)
                rest = rest[: max(room, 0)]
            held += rest
    except StreamDamagedError as error:
        source.complete = False
        source.tally.warnings[f"the file breaks off: {error}"] += 1
    if held:
        yield offset, held


def _ends_quoted(text: str, quoted: bool, delimiter: str) -> bool:
    """Whether a quoted value is still open at the end of a line that began in one or not."""
    at = 0
    while True:
        if not quoted:
            if text[at : at + 1] != '"':
                at = text.find(delimiter, at) + 1
                if at == 0:
                    return False
                continue
            at += 1
        close = text.find('"', at)
        if close < 0:
            return True
        if text[close + 1 : close + 2] == '"':
            at, quoted = close + 2, True
            continue
        quoted = False
        at = text.find(delimiter, close) + 1
        if at == 0:
            return False


def _parsed(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The rows of these lines by Python's own parser; a row that it refuses is left out."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))  # bounded by the caller
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _names(cells: Sequence[str]) -> list[str]:
    """The columns' names, each different and none empty.

    >>> _names(["", " a ", "a"])
    ['column 1', 'a', 'a (column 3)']
    """
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        names.append(name if name not in names else f"{name} (column {number})")
    return names
