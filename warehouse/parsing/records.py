"""The objects of a file that is a JSON array, or has one JSON object per line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.elements import Splitter
from warehouse.parsing.format import Input
from warehouse.parsing.lines import Line, runs
from warehouse.parsing.plan import RAW_LIMIT, Broken, Each, Elements, Take
from warehouse.parsing.rows import Item, Quarantined
from warehouse.parsing.values import Record, as_int


class Found(NamedTuple):
    """One decoded object, its place, and details that a lossy repair asks to keep."""

    record: Record
    position: str
    offset: int
    raw: bytes
    repaired: dict[str, str]


@dataclass(frozen=True, slots=True)
class Many:
    """Many objects in a row, not decoded yet.

    Object ``i`` is ``data[starts[i]:ends[i]]`` and lies at ``offset + starts[i]`` of the file;
    its position is ``before``, its number, ``after``.
    """

    data: bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    offset: int
    before: str
    after: str = ""

    def __len__(self) -> int:
        return len(self.starts)

    def cut(self, first: int) -> Many:
        """Those from ``first`` on."""
        spans = self.starts[first:], self.ends[first:], self.numbers[first:]
        return Many(self.data, *spans, self.offset, self.before, self.after)

    def found(self, index: int, source: Input) -> Found | Quarantined:
        """One of them, decoded."""
        start, end = int(self.starts[index]), int(self.ends[index])
        position = f"{self.before}{self.numbers[index]}{self.after}"
        return opened(self.data[start:end], position, self.offset + start, source)


def elements(event: Elements, before: str) -> Many:
    """The elements of a run that the splitter found."""
    spans = np.array(event.starts, np.int64), np.array(event.ends, np.int64)
    numbers = np.arange(event.first, event.first + len(event.starts))
    return Many(event.data, *spans, numbers, event.offset, f"{before}[", "]")


def objects(source: Input, signature: re.Pattern[bytes]) -> Iterator[Found | Quarantined]:
    """The objects of an array or of lines; what is none is quarantined.

    ``signature`` matches where an element of the array begins; see ``elements.Each``.
    """
    for each in several(source, signature):
        if isinstance(each, Many):
            for index in range(len(each)):
                yield each.found(index, source)
        else:
            yield each


def several(source: Input, signature: re.Pattern[bytes]) -> Iterator[Found | Quarantined | Many]:
    """The same objects, many at a time where they can be had so."""
    start = b""
    for piece in source.text():
        start = piece.lstrip()[:1]
        if start:
            break
    return _of_array(source, signature) if start == b"[" else _of_lines(source)


def _of_lines(source: Input) -> Iterator[Found | Quarantined | Many]:
    for line in runs(source.text(), source.options.max_message_bytes):
        if not isinstance(line, Line):
            yield Many(line.data, line.starts, line.ends, line.numbers, line.offset, "line ")
            continue
        position = f"line {line.number}"
        if line.reason is None:
            yield opened(line.data, position, line.offset, source)
            continue
        if line.cut:
            source.complete = False
        yield Quarantined(
            position=position,
            reason=line.reason,
            byte_offset=line.offset,
            message_id=only_id(line.data),
            raw=line.data,
        )


def _of_array(source: Input, signature: re.Pattern[bytes]) -> Iterator[Found | Quarantined | Many]:
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(Each("message", Take(), signature)):
        if isinstance(event, Elements):
            yield elements(event, "")
        elif isinstance(event, Broken):
            yield damaged(event, f"[{event.index}]")
    source.complete = splitter.complete


def opened(raw: bytes, position: str, offset: int, source: Input) -> Found | Quarantined:
    """The object in these bytes, or what to quarantine."""
    try:
        record, repaired = decode(raw, source.tally)
        if isinstance(record, dict):
            return Found(record, position, offset, raw, repaired)
        reason = "not an object"
    except UndecodableError as error:
        reason = str(error)
    return Quarantined(
        position=position,
        reason=reason,
        byte_offset=offset,
        message_id=only_id(raw),
        raw=raw[:RAW_LIMIT],
    )


def damaged(event: Broken, position: str, channel_key: str | None = None) -> Quarantined:
    """Damage, with the message's id if it is sure."""
    return Quarantined(
        position=position,
        reason=event.reason,
        byte_offset=event.offset,
        channel_key=channel_key,
        message_id=only_id(event.raw) if event.size <= RAW_LIMIT else None,
        raw=event.raw,
    )


def rows_of(found: Found | Quarantined, build: Callable[[Found], Iterable[Item]]) -> list[Item]:
    """What ``build`` makes of one object; a mistake of ours costs that one, never the file."""
    if isinstance(found, Quarantined):
        return [found]
    try:
        return list(build(found))
    except RecursionError:
        return [refused(found, "nested too deeply")]
    except Exception as error:  # noqa: BLE001  (named in the quarantine)
        return [refused(found, f"the reader failed: {type(error).__name__}: {error}"[:500])]


def refused(found: Found, reason: str, channel_key: str | None = None) -> Quarantined:
    """An object that is no message."""
    return Quarantined(
        position=found.position,
        reason=reason,
        byte_offset=found.offset,
        channel_key=channel_key,
        message_id=only_id(found.raw),
        raw=found.raw[:RAW_LIMIT],
    )


_ID = re.compile(rb'"id"\s{0,8}:\s{0,8}"?(-?[0-9]{1,19})\b')


def only_id(raw: bytes) -> int | None:
    """The message id in damaged bytes, if exactly one can be read there.

    >>> only_id(b'{"id": 12, "te'), only_id(b'{"id": 1}, {"id": 2}')
    (12, None)
    """
    found = _ID.findall(raw)
    return as_int(found[0].decode()) if len(found) == 1 else None
