"""The compiled path says what the general path says, whatever the objects hold."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.parsing import (
    columns,
    compiled,
    kernel,
    moments,
    parts,
    rewrite,
    tape,
    tokens,
    weaving,
)
from warehouse.parsing.sheet import Sheet
from warehouse.parsing.tape import names_table
from warehouse.reading import Batch, ReadOptions, SourceReport, identify, read

_QUIET = {"suppress_health_check": list(HealthCheck), "deadline": None}


def _read(
    content: bytes, fewest: int, rows: int, **options: Any
) -> tuple[list[Batch], SourceReport]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(weaving, "FEWEST", fewest)
        patch.setattr(weaving, "LESSONS", 2)
        path = Path(folder) / "file"
        path.write_bytes(content)
        *batches, report = read(identify(path), batch_rows=rows, options=ReadOptions(**options))
    return batches, report  # type: ignore[return-value]


def _assert_same(content: bytes, rows: int = 3, **options: Any) -> None:
    general, wanted = _read(content, 1 << 40, rows, **options)
    compiled_, found = _read(content, 1, rows, **options)
    assert len(compiled_) == len(general)
    for one, other in zip(compiled_, general, strict=True):
        one.messages.validate(full=True)
        assert one.messages.to_pylist() == other.messages.to_pylist()
        assert one.messages.equals(other.messages)
        assert one.quarantine.equals(other.quarantine)
        assert one.channels.equals(other.channels)
    assert found.channels.equals(wanted.channels)
    assert found.unknown_fields == wanted.unknown_fields
    assert found.warnings == wanted.warnings
    assert (found.items_read, found.complete) == (wanted.items_read, wanted.complete)


@pytest.fixture
def path_taken() -> None:
    """These tests choose the path themselves."""


# -- what is in the objects -----------------------------------------------------------------

_LETTERS = st.sampled_from(
    [
        *'aZ0 \t\n\r\b\f"\\/()._-:',
        "\x00",
        "\x1f",
        "\x7f",
        "é",
        "ښ",
        "\u2028",
        "\ufffd",
        "😀",
        "(File ",
    ]
)
_TEXT = st.lists(_LETTERS, max_size=9).map("".join)
_NUMBERS = [0, -1, 7, 12, 255, 10**9, 2**31, 10**17, 10**18, 2**63, -(2**63), 10**30]
_FLOATS = [0.0, -0.0, 1.0, 0.5, 12.25, 0.1 + 0.2, 1e-7, 1e20, 100.10, 0.05, 0.001]
_TIMES = [
    *("2024-01-31T12:30:00", "2024-02-30T12:30:00", "2024-01-31 12:30:00", "2024-01-31"),
    *("2024-01-31T12:30:00Z", "2024-01-31T12:30:00+04:30", "2024-01-31T12:30:00.123456"),
    *("2024-01-31T12:30:00.123-11:59", "1989-12-31T23:59:59", "2100-01-01T00:00:00", "soon"),
    *("2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-12-31T24:00:00", "2023-02-29"),
    *("1704106800", "0999999999", "4999999999", "1704106800123", "1704106800123456", "17"),
    *(1704106800, 1704106800123, 1704106800123456, -5, 0, 1704106800.5, None, "", True),
    *("1704106800.5", " 1704106800", "2024-01-31T12:30", "2024-01-31T12:30:00 UTC"),
    *("2024-02-29T23:59:59", "1999-03-01T00:00:00", "2000-02-29T00:00:00.5", "0001-01-01"),
]
_PATHS = [
    *("photos/a (1).jpg", "../x/y.png", "a/", "a\\b.png", "n" * 300, "ä.jpg", " a.jpg "),
    "(File not included. Change data exporting settings to download.)",
    "(File exceeds maximum size. Change (or not).)",
    *(
        "a (File unavailable)",
        "a (Video)",
        "(Filex)",
        "(Photo )",
        "(Video)",
        "(File " + "x" * 250 + ")",
    ),
]
_PEERS = ["channel12", "user5", "chat7", "", None, 5, (1 << 32) + 7, (1 << 33) + 7, 1 << 40, -1]
_NUMBER, _FLOAT, _TIME = map(st.sampled_from, (_NUMBERS, _FLOATS, _TIMES))
_SCALAR = st.none() | st.booleans() | _NUMBER | _FLOAT | _TEXT
_ANY = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_PART = _TEXT | st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["plain", "bold", "text_link", "pre", "blockquote", "unknown", "x"]
        ),
        "text": _TEXT,
    },
    optional={"href": _SCALAR, "language": _TEXT, "collapsed": st.booleans(), "user_id": _NUMBER},
)
_PARTS = st.lists(_PART, max_size=4)
_PATH = _TEXT | st.sampled_from(_PATHS)
_REACTION = st.fixed_dictionaries(
    {"type": st.sampled_from(["emoji", "paid", "", None]), "count": _NUMBER},
    optional={"emoji": _TEXT, "document_id": _TEXT, "recent": st.just([]), "x": _TEXT},
)
_PEER = st.sampled_from(_PEERS)

_DESKTOP = {
    "type": st.sampled_from(["message", "service", "unsupported", "other", None, ""]),
    "date": _TIME,
    "date_unixtime": _TIME,
    "edited": _TIME,
    "edited_unixtime": _TIME,
    "from": _SCALAR,
    "from_id": _PEER,
    "actor": _SCALAR,
    "actor_id": _PEER,
    "author": _SCALAR,
    "forwarded_from": _SCALAR,
    "forwarded_from_id": _PEER,
    "reply_to_message_id": _SCALAR,
    "reply_to_peer_id": _PEER,
    "via_bot": _SCALAR,
    "text": _TEXT | _PARTS | _ANY,
    "text_entities": _PARTS | _ANY,
    "reactions": st.lists(_REACTION, max_size=3) | _ANY,
    "action": _SCALAR,
    "photo": _PATH,
    "photo_file_size": _SCALAR,
    "file": _PATH,
    "file_name": _TEXT,
    "file_size": _SCALAR,
    "media_type": st.sampled_from(["video_file", "sticker", "x" * 70, "", None, 5]),
    "mime_type": _SCALAR,
    "width": _ANY,
    "title": _ANY,
    "poll": _ANY,
    "mood": _ANY,
    "سیال": _ANY,
}

_PLAIN = {
    "text": _TEXT | _PARTS | _ANY,
    "id": _SCALAR | st.sampled_from(["12", "+5", "007", " 3"]),
    "channel": _SCALAR | st.sampled_from(["@a", "tg:7", " ", "12", "-1001234567890"]),
    "channel_name": _SCALAR,
    "channel_username": _SCALAR,
    "date": _TIME,
    "edited": _TIME,
    "author_id": _SCALAR,
    "author": _SCALAR,
    "views": _SCALAR,
    "reply_to": _SCALAR,
    "media_type": _SCALAR,
    "mood": _ANY,
    "Text": _TEXT,
    "سیال": _ANY,
}


@st.composite
def _object(draw: st.DrawFn, fields: dict[str, Any], usual: dict[str, Any]) -> bytes:
    """An object as JSON, in one of the forms in which it may be written."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
    record = {**draw(st.fixed_dictionaries(usual)), **{name: draw(fields[name]) for name in names}}
    told = record.get("text")
    if "text_entities" in record and draw(st.booleans()) and isinstance(told, str | list):
        flat = told if isinstance(told, list) else [{"type": "plain", "text": told}]
        record["text_entities"] = flat
    raw = json.dumps(
        record, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    if draw(st.integers(0, 5)) == 0:
        raw = raw.replace(draw(st.sampled_from(['"', ",", "a", "1", "}"])), draw(_TEXT), 1)
    if draw(st.integers(0, 5)) == 0:
        raw = raw.replace("/", "\\/")
    content = raw.encode()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=2)) + content[at:]
    return content


_MESSAGES = st.lists(
    _object(_DESKTOP, {"id": st.integers(1, 99) | _SCALAR, "text": _TEXT}), min_size=1, max_size=20
)


@given(_MESSAGES, st.sampled_from(["UTC", "Asia/Kabul", "Europe/Berlin"]), st.booleans())
@settings(max_examples=60, **_QUIET)
def test_desktop_messages_are_read_the_same(messages: list[bytes], zone: str, group: bool) -> None:
    kind = b"public_supergroup" if group else b"public_channel"
    head = b'{"name": "N", "type": "' + kind + b'", "id": 7, "messages": ['
    content = head + b",\n".join(messages) + b"]}"
    _assert_same(content, timezone=zone)
    _assert_same(b'{"about": "", "chats": {"list": [' + content + b"]}}", timezone=zone)


_ROWS = st.lists(_object(_PLAIN, {"text": _TEXT}), min_size=1, max_size=20)


@given(_ROWS, st.sampled_from(["UTC", "Europe/Berlin"]), st.booleans())
@settings(max_examples=60, **_QUIET)
def test_plain_objects_are_read_the_same(rows: list[bytes], zone: str, lines: bool) -> None:
    one_a_line = b"\n".join(row.replace(b"\n", b" ") for row in rows)
    _assert_same(one_a_line if lines else b"[" + b",".join(rows) + b"]", timezone=zone)


_VALUES = [
    *(*_NUMBERS, *_FLOATS, *_TIMES, *_PATHS, *_PEERS, True, False, "message", "x" * 300),
    *("tg:7", "@a", " ", "007", "+5", "é" * 128, 'a\n"\\/\b\f\r\t\u2028', "\x00", "\x1f"),
    *([], {}, [[]], [1, "a"], {"a": [1.5, {"b": None}]}, {"a": 0.1}, ["x", {"text": "y"}]),
    [{"type": "bold", "text": "b", "href": "h"}, "c", {"type": "code", "text": ""}],
    *([{"type": "blockquote", "text": "q", "collapsed": each}] for each in (True, False, 1, "")),
    *([{"type": "text_link", "text": "ښ😀", "href": each}] for each in ("a/b", None, 5, 0.5)),
    *([{"type": each, "text": "t"}] for each in ("plain", "unknown", "x", "emoji", "paid")),
    *([{"type": "emoji", "count": each, "emoji": "❤"}] for each in (3, 0, "3", None, 2.0, 2**70)),
    *([{"type": each, "count": 1}] for each in ("paid", "", None, "t" * 65)),
    [{"type": "custom_emoji", "count": 1, "document_id": "d/1.webp"}],
    [{"type": "emoji", "count": 1, "emoji": "a", "recent": [{"from": "A"}]}],
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_every_field_with_every_value(zone: str) -> None:
    """Each value alone, so that nothing else sends its message the general way."""
    messages = [
        {"id": number, "text": "a", name: value}
        for name in ("id", *_DESKTOP)
        for number, value in enumerate(_VALUES)
    ]
    chat = {"name": "N", "type": "public_channel", "id": 7, "messages": messages}
    for ascii_ in (False, True):
        _assert_same(json.dumps(chat, ensure_ascii=ascii_).encode(), rows=5000, timezone=zone)
    rows = [
        {"id": number, "text": "a", "channel": "c", name: value}
        for name in ("channel", *_PLAIN)
        for number, value in enumerate(_VALUES)
    ]
    for ascii_ in (False, True):
        lines = "\n".join(json.dumps(row, ensure_ascii=ascii_) for row in rows)
        _assert_same(lines.encode(), rows=5000, timezone=zone)


def test_usual_messages_do_not_take_the_general_path() -> None:
    """A fast path that nothing takes would pass every other test."""
    raw = json.dumps({"id": 7, "text": 'a "quoted"\nښ', "views": 3, "tags": ["x", 1]}).encode()
    sheet = Sheet(
        raw, np.array([0]), np.array([len(raw)]), names_table([b"id", b"text", b"views", b"tags"])
    )
    sheet.assign(np.array([[0, 1, 2, 3]], np.int16), np.zeros(1, np.int64), 3)
    assert sheet.integers(0)[0].tolist() == [7]
    assert sheet.texts(1)[0].to_pylist() == ['a "quoted"\nښ']
    assert sheet.members([3]).to_pylist() == ['{"tags":["x",1]}']
    assert not sheet.odd.any()


# -- how they are compiled ------------------------------------------------------------------


def test_compiled_code_is_built_anew_when_what_it_calls_has_changed() -> None:
    """Numba's cache looks only at the file that holds a function, so the file must change too."""
    called = {
        tokens: [compiled],
        kernel: [compiled, tokens],
        tape: [compiled, tokens],
        rewrite: [compiled, tokens],
        moments: [compiled, tokens],
        columns: [compiled, tokens, tape, rewrite, moments],
        parts: [compiled, tokens, tape, columns],
    }
    for caller, files in called.items():
        content = b"".join(Path(str(file.__file__)).read_bytes() for file in files)
        stamp = hashlib.sha256(content).hexdigest()[:12]
        assert stamp == caller.BUILT_ON, f"write {stamp} into BUILT_ON of {caller.__file__}"
