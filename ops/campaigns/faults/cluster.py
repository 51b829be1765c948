"""Dask workers killed while partitions are scored on them: the cluster goes on without."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.fanning import Fanout, fan_out_directly
from ops.campaigns.faults import quick
from ops.campaigns.faults.ground import ROOT, Ground, Row, rows_of, until
from warehouse.reading import Batch, identify, read

_WORKER = "from ops.campaigns.faults.quick import dask_worker; dask_worker()"
PARTITIONS, ROWS = 24, 40


def worker_lost(ground: Ground, times: int) -> Row:
    """One of two workers, a random part of the way."""
    row = Row("Dask worker lost", "SIGKILL of one of two workers; partitions are scored quickly")
    if importlib.util.find_spec("distributed") is None:
        row.skipped = "the extra `cluster` is not installed: left out"
        return row
    quick.install()
    source = ground.folder / "partitions"
    _write_partitions(ground, source)
    alone = ground.fresh()
    fan_out_directly(Fanout(str(source), str(alone.parent / "out"), warehouse=alone))
    expected = rows_of(alone)
    for _ in range(times):
        warehouse = ground.fresh()
        results = warehouse.parent / "out"
        with _cluster(warehouse.parent) as (address, workers), ThreadPoolExecutor(1) as pool:
            log = warehouse.parent / "scheduler.log"
            if not until(lambda: log.read_text().count("Register worker") >= 2, 120):  # noqa: B023
                raise RuntimeError("Dask's workers do not start")
            wanted = Fanout(str(source), str(results), warehouse=warehouse, dask=address)
            done = pool.submit(fan_out_directly, wanted)
            some = ground.chance.randint(0, PARTITIONS // 2)
            until(lambda: len(list(results.glob("*.parquet"))) >= some)  # noqa: B023
            began = time.monotonic()
            workers[ground.chance.randrange(2)].kill()
            report = done.result()
            row.seconds = max(row.seconds, time.monotonic() - began)
            row.times += 1
            row.problems += report.problems
            until(lambda: "Remove worker" in log.read_text(), 30)  # noqa: B023
            row.name(log.read_text(), "Remove worker")
        found = rows_of(warehouse)
        for view, rows in expected.items():
            row.lost += (rows - found[view]).total()
            row.doubled += (found[view] - rows).total()
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row


def _write_partitions(ground: Ground, folder: Path) -> None:
    folder.mkdir()
    parts: list[pa.RecordBatch] = []
    for path in sorted(ground.exports.rglob("*.json")):
        parts += [
            item.messages
            for item in read(identify(path), batch_rows=ROWS)
            if isinstance(item, Batch) and item.messages.num_rows
        ]
    for number, part in enumerate(parts[:PARTITIONS]):
        pq.write_table(pa.Table.from_batches([part]), folder / f"{number:03}.parquet")


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[Any]]]]:
    """A scheduler and two workers, each a process to be killed; the address."""
    started: list[subprocess.Popen[Any]] = []

    def start(name: str, *arguments: str) -> subprocess.Popen[Any]:
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    try:
        file = folder / "scheduler.json"
        scheduler = ("-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard")
        start("scheduler", *scheduler, "--scheduler-file", str(file))
        if not until(file.exists, 120):
            raise RuntimeError("Dask's scheduler does not start")
        address = re.findall(r'"address": "(tcp://[^"]+)"', file.read_text())[0]
        yield address, [start(f"worker-{n}", "-c", _WORKER, address, f"w{n}") for n in range(2)]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
