"""What the tests of the readers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from warehouse.parsing import weaving
from warehouse.reading import Batch, ReadOptions, SourceReport, identify, read
from warehouse.schemas import CHANNELS, MESSAGES, QUARANTINE


class Outcome:
    """All of a file: messages, quarantine and channels as lists of dicts, and the report."""

    def __init__(self, path: Path, batch_rows: int = 1000, **options: Any) -> None:
        self.source = identify(path)
        *batches, report = read(self.source, batch_rows=batch_rows, options=ReadOptions(**options))
        assert isinstance(report, SourceReport)
        self.report = report
        self.batches: list[Batch] = []
        for sequence, batch in enumerate(batches):
            assert isinstance(batch, Batch)
            assert batch.sequence == sequence
            assert batch.messages.schema == MESSAGES
            assert batch.quarantine.schema == QUARANTINE
            assert batch.channels.schema == CHANNELS
            for part in (batch.messages, batch.quarantine, batch.channels):
                part.validate(full=True)
            self.batches.append(batch)
        self.rows = self._all(MESSAGES, [b.messages for b in self.batches])
        self.quarantine = self._all(QUARANTINE, [b.quarantine for b in self.batches])
        self.channels = {row["channel_key"]: row for row in report.channels.to_pylist()}
        assert report.quarantined == len(self.quarantine)
        assert report.items_read == len(self.rows) + len(self.quarantine)
        for row in self.rows:
            for entity in row["entities"]:
                assert 0 <= entity["start"] < entity["end"] <= len(row["text"])

    @staticmethod
    def _all(schema: pa.Schema, parts: list[pa.RecordBatch]) -> list[dict[str, Any]]:
        return pa.Table.from_batches(parts, schema=schema).to_pylist()


@pytest.fixture(autouse=True, params=["general", "compiled"])
def path_taken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs twice: small files go the general way, unless they are made not to."""
    if request.param == "compiled":
        monkeypatch.setattr(weaving, "FEWEST", 1)
        monkeypatch.setattr(weaving, "LESSONS", 0)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Outcome]:
    """Write bytes to a file and read them."""

    def run(content: bytes, name: str = "file", **options: Any) -> Outcome:
        path = tmp_path / name
        path.write_bytes(content)
        return Outcome(path, **options)

    return run
