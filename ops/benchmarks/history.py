"""The metrics of a benchmark run in the warehouse, so that a model's history can be queried."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from ops.benchmarks.running import Record
from warehouse.batches import batch_id, run_metadata
from warehouse.inbox import Packed, hand_over, inbox_of
from warehouse.schemas import BENCHMARKS
from warehouse.store import StoreLocked, open_store


def keep(record: Record, warehouse: Path) -> str:
    """Hand the metrics over to the warehouse and load them, unless another process owns it.

    Returns:
        What was done, for a person.

    Raises:
        StoreError: the warehouse cannot be used.
        OSError: the inbox cannot be written.
    """
    rows = [{"measured_at": record.started_at, **row} for row in record.metrics]
    if not rows:
        return "nothing to keep: no suite of labelled text was run"
    inbox = inbox_of(warehouse.absolute())
    number = batch_id(record.run_id, "benchmark", "benchmark")
    facts = record.facts()
    started = run_metadata(
        run_id=record.run_id, state="started", time=record.started_at, parameters=facts
    )
    finished = run_metadata(run_id=record.run_id, state="finished", counts={"metrics": len(rows)})
    hand_over(
        inbox,
        kind="benchmark",
        order=f"{record.run_id}-1",
        batches=[Packed(number, len(rows), {"run_id": record.run_id})],
        table=pa.Table.from_pylist(rows, schema=BENCHMARKS),
    )
    hand_over(
        inbox,
        kind="run",
        order=f"{record.run_id}-2",
        batches=[
            Packed(batch_id(record.run_id, "benchmark", state), 0, metadata)
            for state, metadata in (("started", started), ("finished", finished))
        ],
    )
    try:
        with open_store(warehouse) as store:
            store.load_inbox()
    except StoreLocked:
        return (
            f"{len(rows):,} metrics wait in {inbox}: the process that owns the warehouse loads them"
        )
    return f"{len(rows):,} metrics of {record.run_id} kept in the view benchmarks of {warehouse}"
