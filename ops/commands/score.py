"""`channelwatch score`: NDJSON in, NDJSON out, same order, one answer per line."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import pyarrow as pa

from classifiers.answers import to_answer
from classifiers.knowledge import load as load_knowledge
from classifiers.scorer import Scorer
from ops.errors import PROBLEMS, USAGE, CommandError

#: A longer line is answered with an error and not held in memory.
MAX_LINE_BYTES = 64 * 1024 * 1024
#: What is scored at once at most; a pipe that brings less is answered as it comes.
BATCH_BYTES = 4 * 1024 * 1024

_surrogates = re.compile("[\ud800-\udfff]")
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Request(NamedTuple):
    """One line: the keys as they came, and what is scored of them; or what is wrong with it."""

    keys: dict[str, msgspec.Raw]
    text: str
    channel_actor: str | None
    error: str | None


def score_command(file: Path | None, models: Path | None) -> None:
    """Answer every line of ``file`` (standard input where None or ``-``); exit 1 after errors."""
    if file is None or str(file) == "-":
        failed = answer_stream(sys.stdin.buffer, sys.stdout.buffer, models)
    else:
        try:
            stream = file.open("rb")
        except FileNotFoundError as problem:
            raise CommandError(f"{file}: no such file", USAGE) from problem
        with stream:
            failed = answer_stream(stream, sys.stdout.buffer, models)
    if failed:
        raise SystemExit(PROBLEMS)


def answer_stream(source: BinaryIO, sink: BinaryIO, models: Path | None) -> int:
    """Answer line by line until the source ends; returns how many were answered with an error."""
    return answer_with(Scorer.load(models), source, sink)


def answer_with(scorer: Scorer, source: BinaryIO, sink: BinaryIO) -> int:
    """The same with a scorer that is there already."""
    actors = frozenset(load_knowledge(cues=False).actors)
    failed = number = 0
    for lines in batches(source):
        requests = [parse(line, actors) for line in lines]
        for answer in answers(requests, scorer, number + 1):
            sink.write(answer)
            sink.write(b"\n")
        sink.flush()
        failed += sum(request.error is not None for request in requests)
        number += len(requests)
    return failed


def batches(source: BinaryIO) -> Iterator[list[bytes | None]]:
    """Cut a stream into lists of whole lines, as they arrive; None is a line that is too long.

    >>> import io
    >>> list(batches(io.BytesIO(b"a\\n\\nb")))
    [[b'a', b''], [b'b']]
    """
    read = getattr(source, "read1", source.read)
    parts: list[bytes] = []
    held = 0
    while chunk := read(BATCH_BYTES):
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            first, *rest = head.split(b"\n")
            joined = None if held + len(first) > MAX_LINE_BYTES else b"".join([*parts, first])
            yield [joined, *rest]
            parts, held = [], 0
        if held + len(tail) <= MAX_LINE_BYTES:
            parts.append(tail)
        else:
            parts = []
        held += len(tail)
    if held:
        yield [None if held > MAX_LINE_BYTES else b"".join(parts)]


def parse(line: bytes | None, actors: frozenset[str]) -> Request:  # noqa: PLR0911
    """Read one line; whatever is wrong with it becomes its ``error``."""
    if line is None:
        return _refused(f"the line is longer than {MAX_LINE_BYTES} bytes")
    if not line.strip():
        return _refused("the line is empty; a JSON object with a text is needed")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as problem:
        return _refused(
            f"not UTF-8: byte {problem.start + 1} of the line is 0x{line[problem.start]:02x}"
        )
    try:
        keys = _decode(line)
    except (ValueError, RecursionError) as problem:
        return _refused(f"not a JSON object: {problem}")
    text = _value(keys, "text")
    if "text" not in keys:
        near = get_close_matches("text", list(keys), 1)
        return _refused('no "text"' + (f"; is it {json.dumps(near[0])}?" if near else ""))
    if not isinstance(text, str):
        return _refused(f'"text" must be a string, not {_kind(text)}')
    actor = _value(keys, "channel_actor")
    if actor is not None and not isinstance(actor, str):
        return _refused(f'"channel_actor" must be a string or null, not {_kind(actor)}')
    if actor is not None and actor not in actors:
        near = get_close_matches(str(actor), sorted(actors), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(actors))}"
        return _refused(f"no actor {actor!r}; {hint}")
    # A lone surrogate is no character: it counts as one code point, and no model sees it.
    return Request(keys, _surrogates.sub("\ufffd", text), actor, None)


def _decode(line: bytes) -> dict[str, msgspec.Raw]:
    """The object's keys, each value as the bytes it came in, so that it goes back unchanged."""
    try:
        return _object.decode(line)
    except msgspec.ValidationError:
        raise  # JSON, but no object
    except msgspec.DecodeError:
        # msgspec takes no lone surrogate escape, which JSON's grammar allows and exporters write.
        if b"\\u" not in line:
            raise
        values = json.loads(line, parse_constant=_no_constant)
        if not isinstance(values, dict):
            raise
        return {key: msgspec.Raw(json.dumps(value).encode()) for key, value in values.items()}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _refused(reason: str) -> Request:
    return Request({}, "", None, reason)


def _value(keys: dict[str, msgspec.Raw], name: str) -> Any:
    return json.loads(bytes(keys[name])) if name in keys else None


def _kind(value: object) -> str:
    kinds = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "an array",
    }
    return kinds.get(type(value), "an object")


def answers(requests: list[Request], scorer: Scorer, first: int) -> Iterator[bytes]:
    """Score the good ones in one batch and encode all in order; ``first`` is a line number."""
    good = [request for request in requests if request.error is None]
    scored: Iterator[dict[str, Any]] = iter(())
    if good:
        table = pa.table(
            {
                "text": pa.array([request.text for request in good], pa.string()),
                "channel_actor": pa.array([request.channel_actor for request in good], pa.string()),
            }
        )
        scored = (to_answer(row) for row in scorer.score(table).to_pylist())
    for number, request in enumerate(requests, first):
        if request.error is not None:
            yield _encode({"error": request.error, "line": number})
        else:
            yield _encode({**request.keys, **next(scored)})


def _encode(answer: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:  # a lone surrogate in a key
        plain = {
            key: json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else value
            for key, value in answer.items()
        }
        return json.dumps(plain).encode()
