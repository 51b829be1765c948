"""`channelwatch score`: every line is answered, in order, whatever it holds."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.commands.score import MAX_LINE_BYTES, answer_stream, batches


def answers(data: bytes) -> tuple[list[dict[str, Any]], int]:
    sink = io.BytesIO()
    failed = answer_stream(io.BytesIO(data), sink, None)
    return [json.loads(line) for line in sink.getvalue().splitlines()], failed


def test_every_line_is_answered_in_order() -> None:
    lines = [
        b'{"id": 1, "text": "The market opens on Monday."}',
        b"",
        b"x",
        b'{"text": ""}',
        b'{"text": "' + b"a" * 1_000_000 + b'"}',
        b"\xff\xfe",
        b"[1]",
        b'{"id": 7}',
        b'{"text": 5}',
        b'{"text": "\\ud800 lone", "id": 9}',
        b'{"text": "a", "channel_actor": "tpt"}',
        b'{"text": "a\\u0000b"}',
        b'{"text": "a", "channel_actor": ["ttp"]}',
        b'{"text": "a", "channel_actor": {}}',
        '{"id": 12, "text": "د هوا حال نن ښه دی"}'.encode(),
    ]
    found, failed = answers(b"\n".join(lines))
    assert len(found) == len(lines)
    wrong = [index + 1 for index, answer in enumerate(found) if "error" in answer]
    assert wrong == [2, 3, 6, 7, 8, 9, 11, 13, 14]
    assert failed == len(wrong)
    assert [found[number - 1]["line"] for number in wrong] == wrong
    assert found[0]["id"] == 1
    assert found[-1]["language"]["tag"] == "ps"
    assert "did you mean 'ttp'" in found[10]["error"]
    assert "byte 1 of the line is 0xff" in found[5]["error"]


def test_unknown_keys_come_back_untouched() -> None:
    line = (
        b'{"z": 1.10, "text": "hello there", "n": 123456789012345678901234567890, "o": {"b": [1]}}'
    )
    sink = io.BytesIO()
    answer_stream(io.BytesIO(line), sink, None)
    assert b'"z":1.10,' in sink.getvalue()
    assert b'"n":123456789012345678901234567890' in sink.getvalue()
    assert json.loads(sink.getvalue())["o"] == {"b": [1]}


def test_keys_that_are_no_text_come_back_too() -> None:
    [answer], failed = answers(b'{"\\ude00": 1, "text": "hello there"}')
    assert not failed
    assert answer["\ude00"] == 1
    assert answer["language"]["tag"]


def test_an_answer_has_the_keys_of_the_contract() -> None:
    found, _ = answers(b'{"id": 7, "text": "The exam results are out today for all students."}')
    assert set(found[0]) >= {
        "id",
        "text",
        "language",
        "hostile",
        "solicits_donation",
        "claims_attack",
        "flags",
    }
    assert set(found[0]["language"]) == {"tag", "probability", "mixed", "abstained"}
    assert set(found[0]["solicits_donation"]) >= {"probability", "routes", "indicators", "evidence"}


def test_a_line_too_long_to_hold_is_answered_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ops.commands.score.MAX_LINE_BYTES", 1000)
    found, failed = answers(b'{"text": "' + b"a" * 5000 + b'"}\n{"text": "b"}')
    assert failed == 1
    assert "longer than" in found[0]["error"]
    assert found[1]["text"] == "b"
    assert MAX_LINE_BYTES > 1_000_000


class Trickle(io.RawIOBase):
    """A pipe that brings a few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data, self.sizes, self.at = data, sizes, 0

    def read(self, size: int = -1) -> bytes:
        step = self.sizes[self.at % len(self.sizes)]
        self.at += 1
        piece, self.data = self.data[:step], self.data[step:]
        return piece


@given(
    st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=20),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.booleans(),
)
@settings(max_examples=200)
def test_lines_are_cut_the_same_however_they_arrive(
    lines: list[bytes], sizes: list[int], ends: bool
) -> None:
    data = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    cut = [line for batch in batches(Trickle(data, sizes)) for line in batch]  # type: ignore[arg-type]
    assert cut == expected


def test_the_command_answers_and_exits_1_after_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "score", "-"],
        input=b'{"text": "hello"}\nnonsense\n',
        capture_output=True,
        env=os.environ | {"LC_ALL": "C"},
        check=False,
    )
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert json.loads(first)["text"] == "hello"
    assert json.loads(second) == {"error": json.loads(second)["error"], "line": 2}


def test_a_missing_file_is_a_usage_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "score", "no-such-file.ndjson"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode() == "channelwatch: no-such-file.ndjson: no such file\n"
