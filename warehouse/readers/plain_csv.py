"""Tables as text: any delimiter, UTF-8, UTF-16 or Windows-1256, with columns of any names."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from warehouse.parsing.decode import RAW_FIELD
from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.plain import KNOWN_NAMES, TEXT_NAMES, NoTextError, Plain, columns
from warehouse.parsing.plan import RAW_LIMIT
from warehouse.parsing.records import Found, rows_of
from warehouse.parsing.rows import Item, Quarantined
from warehouse.parsing.table import rows, shape_of


def sniff(head: Head) -> int:
    """By its shape; surer where a column has a name that speaks of text."""
    if head.binary or head.parquet or head.first:
        return 0
    shape = shape_of(head.data, KNOWN_NAMES)
    if shape is None:
        return 0
    return 2 if any(name.lower() in TEXT_NAMES for name in shape.header) else 1


def parse(source: Input) -> Iterator[Item]:
    """Read the rows; a row with too few or too many values is quarantined."""
    plain = Plain.of(source)
    head = source.head().data
    shape = shape_of(head, KNOWN_NAMES | {name.lower() for name in source.options.mapping.values()})
    try:
        if shape is None:
            raise NoTextError("no table can be made out")
        columns(shape.header, source.options.mapping)
    except NoTextError as error:
        source.complete = False
        yield Quarantined(position="file", reason=str(error), byte_offset=0, raw=head[:RAW_LIMIT])
        return
    if shape.encoding != "utf-8":
        source.tally.warnings[f"text that is not UTF-8, read as {shape.encoding}"] += 1
    for row in rows(source, shape):
        position = f"row {row.number}"
        if row.reason is not None:
            yield Quarantined(
                position=position, reason=row.reason, byte_offset=row.offset, raw=row.raw
            )
            continue
        repaired = {}
        if row.lossy:
            source.tally.warnings["rows with bytes that are no text (kept in details)"] += 1
            repaired = {RAW_FIELD: base64.b64encode(row.raw[:RAW_LIMIT]).decode()}
        record = dict(zip(shape.header, row.cells, strict=True))
        found = Found(record, position, row.offset, row.raw, repaired)
        number = row.number
        yield from rows_of(found, lambda found, number=number: plain.items(found, number))  # type: ignore[misc]


def examples() -> Sequence[Example]:
    """Quoted line breaks, a ragged row, a byte order mark, and Windows-1256."""
    table = (
        "\ufeffid;channel;text;date;mood\r\n"
        '1;notes;"eight\r\nand; more ""quoted""";2024-01-01;\r\n'
        "2;notes;too short\r\n"
        "3;notes;nine;1704110400;glad\r\n"
    ).encode()
    arabic = "text\tid\nسلام دنيا\t1\nمرحبا\t2\n"
    return [
        Example(
            table,
            [
                {
                    "channel_key": "name:notes",
                    "message_id": 1,
                    "text": 'eight\r\nand; more "quoted"',
                    "time_basis": "naive",
                    "position": "row 1",
                },
                {"message_id": 3, "text": "nine", "time_basis": "unix", "extra": '{"mood":"glad"}'},
            ],
            quarantined=1,
            unknown={"mood": 1},
        ),
        Example(arabic.encode("cp1256"), [{"text": "سلام دنيا"}, {"text": "مرحبا"}]),
        Example(arabic.encode("utf-16"), [{"text": "سلام دنيا"}, {"text": "مرحبا"}]),
    ]


FORMAT = Format("plain_csv", sniff, parse, examples, most=2)
