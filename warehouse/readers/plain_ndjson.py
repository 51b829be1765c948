"""Objects with a text, one per line or in a JSON array; their fields may have any names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head, look
from warehouse.parsing.names import Known
from warehouse.parsing.plain import TEXT_NAMES, NoTextError, Plain
from warehouse.parsing.plain_rows import MOST_NAMES, plain_rows
from warehouse.parsing.plan import RAW_LIMIT
from warehouse.parsing.records import Found, Many, rows_of, several
from warehouse.parsing.rows import Item, Quarantined
from warehouse.parsing.sheet import Sheet
from warehouse.parsing.weaving import rows_of_many

_OBJECT = re.compile(rb'\{\s{0,64}"(?:id|message_id|text|message|date)"\s{0,8}:')


def sniff(head: Head) -> int:
    """By its shape; surer where a field has a name that speaks of text."""
    if not head.first:
        return 0
    return 2 if any(name.lower() in TEXT_NAMES for name in head.first) else 1


def parse(source: Input) -> Iterator[Item]:
    """Read the objects; rows count from 1."""
    plain = Plain.of(source)
    head = look(source.raw())
    if problem := _no_text(head, plain):
        source.complete = False
        raw = head.data[:RAW_LIMIT]
        yield Quarantined(position="file", reason=problem, byte_offset=0, raw=raw)
        return
    known = Known(most=MOST_NAMES)
    row = 1
    for found in several(source, _OBJECT):
        if isinstance(found, Many):
            yield from _many(found, row, plain, known)
            row += len(found)
        else:
            yield from _one(found, row, plain, known)
            row += 1


def _many(many: Many, row: int, plain: Plain, known: Known) -> Iterator[Item]:
    """The rows of many objects, of which the first is number ``row``."""

    def general(place: int) -> list[Item]:
        return _one(many.found(place, plain.source), row + place, plain, known)

    def columns(sheet: Sheet, rest: Many, first: int) -> pa.RecordBatch:
        return plain_rows(sheet, rest, known, plain, row + first)

    return rows_of_many(many, known, general, columns)


def _one(found: Found | Quarantined, row: int, plain: Plain, known: Known) -> list[Item]:
    """What becomes of one object."""

    def build(found: Found) -> Iterator[Item]:
        known.learn(found.record)
        return plain.items(found, row)

    return rows_of(found, build)


def _no_text(head: Head, plain: Plain) -> str | None:
    """Why none of the first objects is a message; None where one is."""
    records = head.records or [item for item in head.value or () if isinstance(item, dict)]
    problem: str | None = None
    for record in records:
        try:
            plain.layout(record)
        except NoTextError as error:
            problem = problem or str(error)
        else:
            return None
    return problem


def examples() -> Sequence[Example]:
    """Lines with and without ids, an array, and a line that is no object."""
    lines = (
        b'{"id": 4, "channel": "@Notes_A", "text": "six", "date": "2024-01-01T00:00:00Z"}\n'
        b"\n[1]\n"
        b'{"id": "5", "channel": -1000000000009, "body": "seven", "mood": 2}\n'
    )
    array = b'[{"text": ["a", {"type": "bold", "text": "b"}]}, {"text": "c", "id": "x"}]'
    return [
        Example(
            lines,
            [
                {"channel_key": "name:notes_a", "message_id": 4, "position": "line 1"},
                {"channel_key": "tg:9", "message_id": 5, "text": "seven", "position": "line 4"},
            ],
            quarantined=1,
            unknown={"mood": 1},
        ),
        Example(
            array,
            [
                {
                    "message_id": 1,
                    "text": "ab",
                    "entities": [{"start": 1, "end": 2, "type": "bold", "value": None}],
                },
                {"message_id": 2, "details": '{"id":"x"}'},
            ],
        ),
    ]


FORMAT = Format("plain_ndjson", sniff, parse, examples)
