"""Small builders of what readers and scorers yield."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from warehouse import batches
from warehouse import inbox as inboxes
from warehouse.schemas import ANALYSES, CHANNELS, MESSAGES, QUARANTINE
from warehouse.store import Store, open_store

START = datetime(2024, 1, 1, tzinfo=UTC)
MODEL = "model-1"

Row = dict[str, Any]


def message(message_id: int, text: str = "", channel: str = "tg:1", **more: Any) -> Row:
    row: Row = dict.fromkeys(MESSAGES.names)
    row |= {
        "channel_key": channel,
        "message_id": message_id,
        "kind": "message",
        "sent_at": START + timedelta(minutes=message_id),
        "time_basis": "unix",
        "text": text,
        "entities": [],
        "reactions": [],
        "position": f"messages[{message_id}]",
    }
    return row | more


def score(label: str, probability: float, **more: Any) -> Row:
    status = "flagged" if probability >= 0.5 else "clear"
    row: Row = {
        "label": label,
        "probability": probability,
        "status": status,
        "frames": [],
        "routes": [],
        "evidence": [],
    }
    return row | more


def analysis(*scores: Row, indicators: Sequence[Row] = (), model: str = MODEL, **more: Any) -> Row:
    row: Row = dict.fromkeys(ANALYSES.names)
    row |= {
        "language": "en",
        "language_probability": 0.75,
        "language_mixed": [],
        "scores": list(scores),
        "indicators": list(indicators),
        "model_version": model,
    }
    return row | more


def landing(messages: Sequence[Row], analyses: Sequence[Row | None] | None = None) -> pa.Table:
    """Messages beside their analyses (None: not scored)."""
    if analyses is None:
        analyses = [analysis() for _ in messages]
    blank: Row = dict.fromkeys(ANALYSES.names)
    rows = [m | (a or blank) for m, a in zip(messages, analyses, strict=True)]
    return pa.Table.from_pylist(rows, schema=inboxes.LANDING)


def channel(key: str = "tg:1", **more: Any) -> Row:
    return dict.fromkeys(CHANNELS.names) | {"channel_key": key, "name": f"name of {key}"} | more


def quarantined(rows: Sequence[Row]) -> pa.Table:
    filled = [dict.fromkeys(QUARANTINE.names) | row for row in rows]
    return pa.Table.from_pylist(filled, schema=QUARANTINE)


def source_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class Desk:
    """Hands over whole files, batch by batch, as a run would."""

    def __init__(self, inbox: Path, run_id: str = "run-1") -> None:
        self.inbox = inbox
        self.run_id = run_id
        self.count = 0

    def put(self, kind: str, batch_id: str, metadata: dict[str, str], table: Any = None) -> Path:
        self.count += 1
        return inboxes.hand_over(
            self.inbox,
            kind=kind,
            order=f"{self.count:06d}",
            batches=[inboxes.Packed(batch_id, 0 if table is None else table.num_rows, metadata)],
            table=table,
        )

    def run(self, state: str, **more: Any) -> Path:
        metadata = batches.run_metadata(run_id=self.run_id, state=state, **more)
        return self.put("run", f"{self.run_id}-{state}-{self.count}", metadata)

    def batch(
        self,
        name: str,
        sequence: int,
        table: pa.Table,
        *,
        kind: str = "messages",
        reading: str = "r",
    ) -> Path:
        metadata = batches.batch_metadata(
            run_id=self.run_id, source_id=source_id(name), reading=reading, sequence=sequence
        )
        made = batches.batch_id(source_id(name), reading, kind, sequence)
        return self.put(kind, made, metadata, table)

    def report(
        self,
        name: str,
        channels: Sequence[Row],
        items_read: int,
        quarantined: int = 0,
        *,
        reading: str = "r",
        model: str = MODEL,
        **more: Any,
    ) -> Path:
        metadata = batches.source_metadata(
            run_id=self.run_id,
            source_id=source_id(name),
            reading=reading,
            model_version=model,
            items_read=items_read,
            quarantined=quarantined,
            path=f"{name}.json",
            format="telegram_desktop",
            **{"complete": True, **more},
        )
        table = pa.Table.from_pylist(list(channels), schema=CHANNELS)
        return self.put(
            "source", batches.batch_id(source_id(name), reading, "source"), metadata, table
        )

    def file(
        self,
        name: str,
        messages: Sequence[Row],
        *,
        channels: Sequence[Row] | None = None,
        analyses: Sequence[Row | None] | None = None,
        quarantine: Sequence[Row] = (),
        batch_rows: int = 1000,
        reading: str = "r",
        model: str = MODEL,
        **more: Any,
    ) -> None:
        """A whole file: its batches and its report."""
        if analyses is None:
            analyses = [analysis(model=model) for _ in messages]
        for sequence, start in enumerate(range(0, len(messages), batch_rows)):
            part = slice(start, start + batch_rows)
            self.batch(name, sequence, landing(messages[part], analyses[part]), reading=reading)
        if quarantine:
            self.batch(name, 0, quarantined(quarantine), kind="quarantine", reading=reading)
        if channels is None:
            channels = [channel(key) for key in sorted({m["channel_key"] for m in messages})]
        self.report(
            name,
            channels,
            len(messages) + len(quarantine),
            len(quarantine),
            reading=reading,
            model=model,
            **more,
        )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.duckdb"


@pytest.fixture(scope="session")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new warehouse, to be copied: migrating takes longer than most tests."""
    made = tmp_path_factory.mktemp("new") / "new.duckdb"
    open_store(made, threads=1).close()
    return made


@pytest.fixture
def store(path: Path, new: Path) -> Iterator[Store]:
    shutil.copy(new, path)
    with open_store(path, threads=1) as opened:
        yield opened


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store.inbox)


@pytest.fixture
def build() -> Any:
    """The builders of this module, for tests that may not import it."""

    class Build:
        Desk: Callable[..., Any]

    built = Build()
    for function in (message, score, analysis, landing, quarantined, channel, source_id, Desk):
        setattr(built, function.__name__, function)
    built.START, built.MODEL = START, MODEL  # type: ignore[attr-defined]
    return built


@pytest.fixture
def rows(store: Store) -> Callable[..., list[Row]]:
    """The rows of a view, as dictionaries."""

    def read(sql: str, **values: object) -> list[Row]:
        table = store.connection.sql(sql, params=values or None).to_arrow_table()
        found: list[Row] = table.to_pylist()
        return found

    return read
