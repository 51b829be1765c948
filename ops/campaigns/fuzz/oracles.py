"""What has to hold of any input, whatever is in it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from classifiers.scorer import Scorer
from ops.campaigns.fuzz.inputs import BOMB, Mutated
from ops.campaigns.fuzz.originals import SCORE
from ops.commands.score import answer_with
from warehouse.parsing import weaving
from warehouse.parsing.plan import RAW_LIMIT
from warehouse.reading import Batch, ReadOptions, SourceReport, identify, read
from warehouse.schemas import CHANNELS, MESSAGES, QUARANTINE

#: What a reader says of itself in the quarantine where it failed, and not the file.
STUMBLED = ("reader failed", "does not fit its column")
#: One input in so many is read both ways, compiled and general, and the two are compared.
BOTH_WAYS = 8
#: Larger ones are not: what they are about is size.
BOTH_WAYS_BYTES = 1 << 18
#: Smaller ones may be read in batches of one.
TINY = 8_000


class Found(NamedTuple):
    """What became of an input. Of a file: items read, landed, quarantined; of a stream of `score`:
    lines, answered, refused. ``wrong``: what does not hold, in words."""

    items: int
    good: int
    bad: int
    wrong: tuple[str, ...]


def examine(given: Mutated, chance: Random, folder: Path) -> Found:
    """Give an input to what it is for, and look at what comes back.

    Raises:
        Exception: whatever a reader or `score` let through, which it never may.
    """
    if given.target == SCORE:
        return _scored(given.content, chance)
    path = folder / "input"
    path.write_bytes(given.content)
    options = ReadOptions(
        max_message_bytes=chance.choice((2_000, 4 << 20)),
        chats=chance.choice(("all", "channels_and_groups")),
    )
    rows, compiled = chance.choice((1, 7, 20_000)), chance.random() < 0.5
    if given.target == BOMB or len(given.content) > TINY:  # a batch for each takes its time
        rows = 20_000
    with _way(compiled):
        found, batches, report = _read(path, rows, options)
    small = len(given.content) <= BOTH_WAYS_BYTES and given.target != BOMB
    if small and chance.randrange(BOTH_WAYS) == 0:
        with _way(not compiled):
            _, others, other = _read(path, rows, options)
        if not _same(batches, report, others, other):
            return found._replace(wrong=(*found.wrong, "the compiled way reads something else"))
    return found


# -- files ----------------------------------------------------------------------------------


@contextmanager
def _way(compiled: bool) -> Iterator[None]:
    """Have small files read the compiled way, or no file at all."""
    former = weaving.FEWEST, weaving.LESSONS
    weaving.FEWEST, weaving.LESSONS = (1, 2) if compiled else (1 << 40, 2)
    try:
        yield
    finally:
        weaving.FEWEST, weaving.LESSONS = former


def _read(
    path: Path, rows: int, options: ReadOptions
) -> tuple[Found, list[Batch], SourceReport | None]:
    landed = quarantined = 0
    wrong: list[str] = []
    batches: list[Batch] = []
    report: SourceReport | None = None
    for item in read(identify(path), batch_rows=rows, options=options):
        if report is not None:
            wrong.append("something follows the report")
        if isinstance(item, SourceReport):
            report = item
            continue
        landed += item.messages.num_rows
        quarantined += item.quarantine.num_rows
        wrong += _of_batch(item, rows)
        if len(batches) < 200:  # the rest is large, and need not be held
            batches.append(item)
    if report is None:
        return Found(0, landed, quarantined, (*wrong, "no report")), batches, None
    told = report.items_read, report.quarantined
    if told != (landed + quarantined, quarantined):
        wrong.append(
            f"the report says {told[0]} read, {told[1]} quarantined; the batches hold {landed} "
            f"messages and {quarantined} quarantined"
        )
    report.channels.validate(full=True)
    return Found(report.items_read, landed, quarantined, tuple(wrong)), batches, report


def _of_batch(batch: Batch, most: int) -> Iterator[str]:
    parts = (
        (batch.messages, MESSAGES),
        (batch.quarantine, QUARANTINE),
        (batch.channels, CHANNELS),
    )
    for part, schema in parts:
        part.validate(full=True)
        if part.schema != schema:
            yield "a batch of another schema"
    if batch.messages.num_rows > most:
        yield f"a batch of {batch.messages.num_rows} messages where {most} are the most"
    for reason in batch.quarantine.column("reason").to_pylist():
        if any(sign in reason for sign in STUMBLED):
            yield reason
    for raw in batch.quarantine.column("raw").to_pylist():
        if len(raw or b"") > RAW_LIMIT:
            yield f"{len(raw)} bytes kept of what was quarantined"
    if not batch.messages.num_rows:
        return
    for row in batch.messages.select(["text", "entities"]).to_pylist():
        for entity in row["entities"]:
            if not 0 <= entity["start"] < entity["end"] <= len(row["text"]):
                yield "a span that does not lie in its text"


def _same(
    batches: list[Batch], report: SourceReport | None, others: list[Batch], other: Any
) -> bool:
    return (
        len(batches) == len(others)
        and all(
            one.messages.equals(two.messages)
            and one.quarantine.equals(two.quarantine)
            and one.channels.equals(two.channels)
            for one, two in zip(batches, others, strict=True)
        )
        and _told(report) == _told(other)
    )


def _told(report: SourceReport | None) -> object:
    if report is None:
        return None
    return report.items_read, report.complete, report.warnings, report.unknown_fields


# -- lines ----------------------------------------------------------------------------------


@cache
def scorer() -> Scorer:
    """The bundled models."""
    return Scorer.load(None)


class _Pipe(io.BytesIO):
    """A stream that brings as much as it likes."""

    def __init__(self, content: bytes, chance: Random) -> None:
        super().__init__(content)
        self._chance = chance
        self._most = max(64, len(content) // 3)

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._chance.randint(1, self._most))


def _scored(content: bytes, chance: Random) -> Found:
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    sink = io.BytesIO()
    source = _Pipe(content, chance) if chance.random() < 0.5 else io.BytesIO(content)
    failed = answer_with(scorer(), source, sink)
    answers = sink.getvalue().split(b"\n")
    wrong = [] if answers.pop() == b"" else ["the last answer has no end"]
    if len(answers) != len(lines):
        wrong.append(f"{len(answers)} answers to {len(lines)} lines")
    refused = 0
    for number, answer in enumerate(answers, 1):
        try:
            told = json.loads(answer)
        except ValueError as error:
            wrong.append(f"answer {number} is no JSON: {error}")
            continue
        if told.keys() == {"error", "line"}:
            refused += 1
            if told["line"] != number:
                wrong.append(f"answer {number} speaks of line {told['line']}")
        else:
            wrong += _of_answer(number, told)
    if refused != failed:
        wrong.append(f"{refused} refused, {failed} counted")
    return Found(len(lines), len(lines) - refused, refused, tuple(wrong))


def _of_answer(number: int, told: Any) -> Iterator[str]:
    """An answer has the scores beside what was asked, and spans that lie in the text."""
    if not isinstance(told, dict) or not {"text", "language", "flags", "hostile"} <= told.keys():
        yield f"answer {number} has neither scores nor an error"
        return
    labels = [*told["hostile"], told["solicits_donation"], told["claims_attack"]]
    for span in (span for label in labels for span in label.get("evidence", ())):
        if not 0 <= span["start"] < span["end"] <= len(told["text"]):
            yield f"answer {number} has evidence that does not lie in its text"
