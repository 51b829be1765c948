"""Whatever the bytes: nothing raises, everything is accounted for, and pieces do not matter."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.parsing.elements import Splitter
from warehouse.parsing.entities import from_parts, from_utf16
from warehouse.parsing.plan import Broken, Each, Elements, Fields, Take
from warehouse.parsing.rows import message_batch
from warehouse.parsing.values import Tally
from warehouse.readers import formats
from warehouse.reading import Batch, ReadOptions, SourceReport, identify, read

_EXAMPLES = [each.content for form in formats().values() for each in form.examples()]
_SIGNS = [b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b"\r", b"\0", b"\xff"]
_WORDS = [b"\\ud83d", b"\\x01", b"1e999", b"9" * 30, b"[" * 400, b"null", b'"id": {}']
_JUNK = st.sampled_from([*_SIGNS, *_WORDS, b'{"id": 1, "type": "message"}'])
_QUIET = {"suppress_health_check": list(HealthCheck), "deadline": None}


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(_EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        drop = draw(st.integers(0, 12))
        content = content[:at] + draw(_JUNK | st.binary(max_size=4)) + content[at + drop :]
    return content


@given(_mutated(), st.integers(1, 5))
@settings(max_examples=80, **_QUIET)
def test_damaged_files_never_raise_and_add_up(content: bytes, batch_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        options = ReadOptions(max_message_bytes=2000, chats="all")
        *batches, report = read(identify(path), batch_rows=batch_rows, options=options)
    assert isinstance(report, SourceReport)
    rows, bad = 0, 0
    for batch in batches:
        assert isinstance(batch, Batch)
        batch.messages.validate(full=True)
        batch.quarantine.validate(full=True)
        rows += len(batch.messages)
        bad += len(batch.quarantine)
        for reason in batch.quarantine.column("reason").to_pylist():
            assert "reader failed" not in reason
        for row in batch.messages.select(["text", "entities"]).to_pylist():
            for entity in row["entities"]:
                assert 0 <= entity["start"] < entity["end"] <= len(row["text"])
    assert (report.items_read, report.quarantined) == (rows + bad, bad)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
_NAMES = sorted(
    {
        name.decode()
        for content in _EXAMPLES
        for name in re.findall(rb'"([a-z_]{1,24})"\s*:', content)
    }
)


@given(
    st.lists(st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=12), min_size=1, max_size=4)
)
@settings(max_examples=40, **_QUIET)
def test_fields_of_any_type_never_raise(records: list[dict[str, Any]]) -> None:
    desktop = {"name": "x", "type": "public_channel", "id": 5, "messages": records}
    tagged = [{"_": "Message", "id": n, **record} for n, record in enumerate(records)]
    lines = b"\n".join(msgspec.json.encode({"text": "x", **record}) for record in records)
    tracker = {"count": 1, "messages": tagged, "chats": records, "users": records}
    dataset = {"7": {"username": "a", "text_messages": {"1": records[0]}, "generic_media": records}}
    contents = [lines, *map(msgspec.json.encode, (desktop, tagged, tracker, dataset))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for content in contents:
            path.write_bytes(content)
            for batch in read(identify(path), options=ReadOptions(chats="all")):
                if isinstance(batch, Batch):
                    for reason in batch.quarantine.column("reason").to_pylist():
                        assert "reader failed" not in reason
                        assert "does not fit its column" not in reason


_PLAN = Fields({"messages": Each("m", Take(), re.compile(rb'\{\s{0,64}"id"'))}, Take())


def _events(content: bytes, size: int) -> tuple[list[Any], bool]:
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    splitter = Splitter(pieces, max_element=500)
    found: list[Any] = []
    for event in splitter.walk(_PLAN):
        if isinstance(event, Elements):
            for index, (start, end) in enumerate(
                zip(event.starts, event.ends, strict=True), event.first
            ):
                found.append((event.path, index, event.data[start:end], event.offset + start))
        else:
            found.append(event)
    return found, splitter.complete


@given(_mutated(), st.integers(1, 40))
@settings(max_examples=80, **_QUIET)
def test_pieces_of_any_size_give_the_same_elements(content: bytes, size: int) -> None:
    assert _events(content, size) == _events(content, 1 << 20)


@given(
    st.lists(st.dictionaries(st.text(max_size=5), _JSON, max_size=4), max_size=8), st.integers(0, 4)
)
@settings(max_examples=40, **_QUIET)
def test_sound_documents_are_split_into_what_was_put_in(
    records: list[dict[str, Any]], indent: int
) -> None:
    content = msgspec.json.format(
        msgspec.json.encode({"a": [1], "messages": records, "z": "end"}), indent=indent or -1
    )
    events, complete = _events(content, 7)
    small = [msgspec.json.encode(record) for record in records]
    found = [
        msgspec.json.format(event[2], indent=-1) for event in events if isinstance(event, tuple)
    ]
    large = sum(isinstance(event, Broken) for event in events)
    assert complete
    assert len(found) + large == len(small)
    assert not Counter(found) - Counter(msgspec.json.format(each, indent=-1) for each in small)


_UNIT = st.sampled_from(["a", "\U0001f600", "ښ", " ", "\u200d", "é"])


@given(
    st.lists(_UNIT, max_size=20),
    st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50)), max_size=5),
)
def test_spans_from_utf16_lie_in_the_text(units: list[str], places: list[tuple[int, int]]) -> None:
    text = "".join(units)
    given_ = [{"_": "MessageEntityBold", "offset": o, "length": n} for o, n in places]
    entities, _ = from_utf16(text, given_, Tally())
    for start, end, _, _ in entities:
        assert 0 <= start < end <= len(text)


@given(st.lists(_UNIT, min_size=1, max_size=20), st.data())
def test_spans_from_utf16_are_those_that_were_meant(units: list[str], data: st.DataObject) -> None:
    text = "".join(units)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    offset, stop = (len(text[:at].encode("utf-16-le")) // 2 for at in (start, end))
    entity = {"_": "MessageEntityItalic", "offset": offset, "length": stop - offset}
    assert from_utf16(text, [entity], Tally())[0] == [(start, end, "italic", None)]


@given(
    st.lists(
        st.text(max_size=5)
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["bold", "plain"]), "text": st.text(max_size=5)}
        ),
        max_size=6,
    )
)
def test_parts_join_to_the_text_and_spans_show_their_own(parts: list[Any]) -> None:
    text, entities, understood = from_parts(parts, Tally())
    assert understood
    assert text == "".join(part if isinstance(part, str) else part["text"] for part in parts)
    bold = [p["text"] for p in parts if isinstance(p, dict) and p["type"] == "bold" and p["text"]]
    assert [text[start:end] for start, end, _, _ in entities] == bold


def test_no_rows_make_an_empty_batch() -> None:
    assert message_batch([]).num_rows == 0
