"""Batches as a run hands them over, made without reading or scoring: one channel each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ops.benchmarks.console.texts import Language, Numbers, Texts, lengthened
from warehouse.inbox import LANDING
from warehouse.schemas import TIMESTAMP

#: The messages are spread over so long before the warehouse was made.
SPAN = timedelta(days=730)
#: Share of the messages with flags that repeat one of another channel, and of those word by word.
COPIES, EXACT = 0.08, 0.6

Column = Any


class Copying:
    """Remembers texts with flags, so that later channels repeat some of them."""

    def __init__(self, keep: int = 2_000) -> None:
        self.keep = keep
        self.rows: list[tuple[str, int]] = []

    def add(self, texts: pa.Array, rows: Numbers, random: np.random.Generator) -> None:
        """Remember some of a channel's."""
        for place in random.integers(0, len(texts), min(20, len(texts))):
            made = (texts[int(place)].as_py(), int(rows[place]))
            if len(self.rows) < self.keep:
                self.rows.append(made)
            else:
                self.rows[int(random.integers(self.keep))] = made


def channel_key(number: int) -> str:
    """The key of a channel."""
    return f"tg:86{number:07}"


def batch(  # noqa: PLR0913, PLR0917 (what a batch is made of)
    texts: Texts,
    language: Language,
    number: int,
    count: int,
    flagged: int,
    copying: Copying,
    random: np.random.Generator,
    until: datetime,
) -> pa.Table:
    """All messages of one channel, in the order of their ids.

    Args:
        number: of the channel.
        flagged: how many of the messages have flags.
        until: the latest time.
    """
    places = np.sort(random.choice(count, flagged, replace=False))
    rows = random.choice(language.clear, count, p=language.weights)
    rows[places] = random.choice(language.flagged, flagged)
    written = lengthened(texts, language, rows, random)
    if flagged:
        said = written.take(pa.array(places)).to_pylist()
        for place in np.flatnonzero(random.random(flagged) < COPIES):
            if copying.rows:
                text, row = copying.rows[int(random.integers(len(copying.rows)))]
                word = language.rare[int(random.integers(len(language.rare)))].as_py()
                said[place] = text if random.random() < EXACT else f"{text} {word}"
                rows[places[place]] = row
        mask = np.zeros(count, bool)
        mask[places] = True
        written = pc.replace_with_mask(written, pa.array(mask), pa.array(said, pa.string()))
        copying.add(pa.array(said), rows[places], random)
    told = _told(number, count, written, random, until)
    scored = texts.analyses.take(pa.array(rows))
    prints = random.integers(1, 1 << 63, count, np.uint64) << np.uint64(1)
    prints[places] = _prints(written.take(pa.array(places)).to_pylist())
    told |= {name: scored[name] for name in scored.column_names} | {"fingerprint": pa.array(prints)}
    return pa.table([told[field.name] for field in LANDING], schema=LANDING)


def _prints(texts: list[str]) -> Numbers:
    """Fingerprints as the scorer makes them."""
    from flows.scoring import load_scorer

    nothing = pa.nulls(len(texts), pa.string())
    table = pa.table({"text": texts, "channel_actor": nothing, "reply_text": nothing})
    found: Numbers = load_scorer(None).score(table).column("fingerprint").to_numpy(False)
    return found


def _told(
    number: int, count: int, written: pa.Array, random: np.random.Generator, until: datetime
) -> dict[str, Column]:
    """The columns that a reader gives."""
    seconds = np.sort(random.random(count)) * SPAN.total_seconds()
    began = (until - SPAN).astimezone(UTC).timestamp()
    sent = pa.array(((began + seconds) * 1e6).astype(np.int64)).cast(pa.timestamp("us"))
    ids = np.arange(1, count + 1)
    replies = np.maximum(ids - random.integers(1, 40, count), 1)
    views = np.exp(random.normal(6, 1.5, count)).astype(np.int64)
    told: dict[str, Column] = {
        field.name: pa.nulls(count, field.type) for field in LANDING if field.nullable
    }
    empty = pa.array(np.zeros(count + 1, np.int32))
    for name in ("entities", "reactions"):
        kind = LANDING.field(name).type
        told[name] = pa.ListArray.from_arrays(empty, pa.nulls(0, kind.value_type))
    return told | {
        "channel_key": pa.repeat(channel_key(number), count),
        "message_id": pa.array(ids),
        "kind": pa.repeat("message", count),
        "sent_at": sent.cast(TIMESTAMP),
        "time_basis": pa.repeat("unix", count),
        "text": written,
        "reply_to_id": pa.array(replies, mask=random.random(count) > 0.1),
        "views": pa.array(views),
        "forwards": pa.array(views // 40),
        "position": pc.binary_join_element_wise(
            "messages[", pa.array(ids).cast(pa.string()), "]", ""
        ),
    }
