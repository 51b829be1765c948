"""One Dask worker against two: ``python -m ops.benchmarks.speed.workers [MESSAGES] [PAIRS]``.

Both are warm, score the same partitions, and take turns, so that a comparison holds when the
machine's speed drifts. Prints messages a second, CPU a message and the load of the machine, each
pair's ratio and their median. On a busy machine the ratio flatters: two processes get twice the
share of the cores that one gets. Then compare the CPU a message.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fixtures.world import generate
from flows.cluster import client_of
from flows.partitions import listed, score_partition
from flows.progress import Silent
from flows.scoring import Scoring, load_scorer
from warehouse.reading import SourceReport, discover, identify, read

BASE, ROWS = 100_000, 20_000


def write(folder: Path, messages: int) -> None:
    """Partitions of so many generated messages; what is more than a world is told again."""
    world = folder / "world"
    generate(world, min(messages, BASE), 11)
    parts = [
        batch.messages
        for path in discover([world / "exports"]).files
        for batch in read(identify(path))
        if not isinstance(batch, SourceReport)
    ]
    table = pa.Table.from_batches(parts)
    (folder / "in").mkdir()
    for number, start in enumerate(range(0, messages, ROWS)):
        # Another place in the world each time, so that no two partitions hold the same.
        rows = [(start + n) % table.num_rows for n in range(min(ROWS, messages - start))]
        named = pa.array([f"x{number}"] * len(rows))
        part = table.take(pa.array(rows)).set_column(0, "channel_key", named)
        pq.write_table(part, folder / "in" / f"{number:05}.parquet")


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(folder: Path, pairs: int) -> list[float]:
    """The ratio of each pair of runs."""
    partitions = listed(str(folder / "in"))
    how = Scoring({}, load_scorer(None).version, None)
    ratios = []
    with client_of(None, 2, Silent()) as client:
        workers = sorted(client.scheduler_info()["workers"])
        for number, worker in enumerate(workers):  # each reads the models once
            out = str(folder / f"warm{number}")
            client.submit(score_partition, partitions[0], out, how, workers=[worker]).result()
        for pair in range(pairs):
            rates = {}
            for count in (1, 2) if pair % 2 == 0 else (2, 1):
                rates[count] = _run(client, workers[:count], partitions, folder, how)
            ratios.append(rates[2] / rates[1])
            sys.stdout.write(f"ratio {ratios[-1]:.2f}\n")
    return ratios


def _run(
    client: Any, workers: Sequence[str], partitions: Sequence[str], folder: Path, how: Scoring
) -> float:
    shutil.rmtree(folder / "out", ignore_errors=True)
    before, began = sum(client.run(_used).values()), time.monotonic()
    futures = [
        client.submit(score_partition, name, str(folder / "out"), how, pure=False, workers=workers)
        for name in partitions
    ]
    rows = sum(result.rows for result in client.gather(futures))
    seconds = time.monotonic() - began
    cpu = (sum(client.run(_used).values()) - before) / rows
    sys.stdout.write(
        f"{len(workers)} worker(s): {rows:,} messages in {seconds:.1f} s, {rows / seconds:,.0f} a "
        f"second, {1e6 * cpu:.1f} microseconds of CPU a message; load {os.getloadavg()[0]:.1f}\n"
    )
    sys.stdout.flush()
    return float(rows / seconds)


def main() -> None:
    """Write the input, measure, and say the median."""
    messages, pairs = (int(value) for value in [*sys.argv[1:], "400000", "5"][:2])
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), messages)
        ratios = measure(Path(folder), pairs)
    sys.stdout.write(f"two workers against one: {median(ratios):.2f} (median of {len(ratios)})\n")


if __name__ == "__main__":
    main()
