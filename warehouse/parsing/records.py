"""The objects of a file that is a JSON array, or has one JSON object per line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from warehouse.parsing.decode import UndecodableError, decode
from warehouse.parsing.elements import Splitter
from warehouse.parsing.format import Input
from warehouse.parsing.lines import lines
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


def objects(source: Input, signature: re.Pattern[bytes]) -> Iterator[Found | Quarantined]:
    """The objects of an array or of lines; what is none is quarantined.

    ``signature`` matches where an element of the array begins; see ``elements.Each``.
    """
    start = b""
    for piece in source.text():
        start = piece.lstrip()[:1]
        if start:
            break
    return _of_array(source, signature) if start == b"[" else _of_lines(source)


def _of_lines(source: Input) -> Iterator[Found | Quarantined]:
    for line in lines(source.text(), source.options.max_message_bytes):
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


def _of_array(source: Input, signature: re.Pattern[bytes]) -> Iterator[Found | Quarantined]:
    splitter = Splitter(source.text(), source.options.max_message_bytes)
    for event in splitter.walk(Each("message", Take(), signature)):
        if isinstance(event, Elements):
            for index, (start, end) in enumerate(
                zip(event.starts, event.ends, strict=True), event.first
            ):
                raw = event.data[start:end]
                yield opened(raw, f"[{index}]", event.offset + start, source)
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
