"""Partitions scored side by side: the answers of one process, whoever is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cluster import ClusterProblem, client_of
from flows.extracting import Extraction, extract
from flows.fanning import Fanout, fan_out_directly
from flows.partitions import PartitionError, kind_of, listed, score_partition
from flows.pipeline import run_directly
from flows.progress import Silent
from flows.scoring import Scoring
from flows.settings import Settings
from warehouse.inbox import inbox_of, pending
from warehouse.reading import SourceReport, identify, read
from warehouse.schemas import MESSAGES
from warehouse.store import open_store

Export = Callable[..., Path]
ROOT = Path(__file__).parents[2]
QUICK_RUN = Path(__file__).with_name("quick_run.py")

pytestmark = pytest.mark.slow


@pytest.fixture
def landed(tmp_path: Path, export: Export, quick_scorer: Any) -> Path:
    texts = {n: f"message {n}" + " enemy" * (n % 5 == 0) for n in range(1, 101)}
    path = export(tmp_path / "in", texts)
    quick_scorer.__class__.version = "first"
    run_directly(Settings(sources=(path,), warehouse=tmp_path / "w.duckdb", batch_rows=30))
    quick_scorer.__class__.version = "second"
    return tmp_path / "w.duckdb"


def versions(warehouse: Path) -> dict[str, int]:
    with open_store(warehouse) as store:
        return dict(
            store.connection.execute(
                "SELECT model_version, count(*) FROM base.analyses GROUP BY ALL"
            ).fetchall()
        )


def test_out_of_a_warehouse_and_back(landed: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "partitions")
    report = extract(Extraction(out=out, warehouse=landed, unscored=True, rows=30))
    assert (report.partitions, report.rows) == (4, 100)
    wanted = Fanout(out, str(tmp_path / "results"), warehouse=landed)
    first = fan_out_directly(wanted)
    assert (first.partitions, first.before, first.rows) == (4, 0, 100)
    assert (first.handed_over, first.problems) == (4, ())
    assert versions(landed) == {"first": 100, "second": 100}

    second = fan_out_directly(wanted)
    assert (second.before, second.handed_over) == (4, 4)
    assert versions(landed) == {"first": 100, "second": 100}
    assert extract(Extraction(out=out, warehouse=landed, unscored=True)).rows == 0
    assert not pending(inbox_of(landed))[0]


def test_a_store_in_memory(landed: Path) -> None:
    extract(Extraction(out="memory://rescore/in", warehouse=landed, rows=40))
    report = fan_out_directly(Fanout("memory://rescore/in", "memory://rescore/out"))
    assert (report.partitions, report.rows, report.problems) == (3, 100, ())
    names = fsspec.filesystem("memory").find("/rescore/out")
    assert len(names) == 3
    assert all(re.fullmatch(r"/rescore/out/[0-9a-f]{32}-second\.parquet", name) for name in names)


def test_messages_of_a_reader_land_as_a_file_does(
    tmp_path: Path, export: Export, quick_scorer: Any
) -> None:
    path = export(tmp_path / "in", {n: "enemy" * (n % 2) for n in range(1, 21)})
    batches = [b.messages for b in read(identify(path)) if not isinstance(b, SourceReport)]
    (tmp_path / "p").mkdir()
    pq.write_table(pa.Table.from_batches(batches), tmp_path / "p" / "a.parquet")
    warehouse = tmp_path / "w.duckdb"
    wanted = Fanout(str(tmp_path / "p"), str(tmp_path / "r"), warehouse=warehouse)
    assert fan_out_directly(wanted).problems == ()
    assert fan_out_directly(wanted).problems == ()
    with open_store(warehouse) as store:
        totals = store.totals()
        [run, _] = store.connection.execute(
            "SELECT run_id FROM runs ORDER BY started_at"
        ).fetchall()
        assert store.check_run(run[0]).adds_up
    assert (totals["messages"], totals["flagged"]) == (20, 10)


def test_what_is_no_partition_is_named_and_the_rest_is_done(
    tmp_path: Path, quick_scorer: Any
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    with pytest.raises(PartitionError, match=r"no \.parquet files there"):
        listed(str(folder))
    (folder / "a.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(pa.table({"body": ["x"]}), folder / "b.parquet")
    pq.write_table(pa.table({"text": ["enemy", None]}), folder / "c.parquet")
    report = fan_out_directly(Fanout(str(folder), str(tmp_path / "r")))
    assert (report.rows, report.exit_code) == (2, 1)
    told = "\n".join(report.problems)
    assert "a.parquet: not readable as Parquet" in told
    assert "b.parquet: there is no column of text" in told
    assert kind_of(MESSAGES) == "messages"
    nowhere = fan_out_directly(
        Fanout(str(folder / "c.parquet"), str(tmp_path / "r"), warehouse=tmp_path / "w.duckdb")
    )
    assert "not bare texts" in nowhere.problems[0]


def test_a_worker_with_another_model_is_refused(tmp_path: Path, quick_scorer: Any) -> None:
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(PartitionError, match="install the same"):
        score_partition(str(tmp_path / "a.parquet"), str(tmp_path / "r"), Scoring({}, "v9", None))


# -- Dask --------------------------------------------------------------------------------------

WORKER = """
import runpy, sys
found = runpy.run_path(sys.argv.pop(1))
found["QuickScorer"].version = "second"
found["install"]()
import flows.partitions  # with the quick scorer
from distributed.cli.dask_worker import main
main([sys.argv[1], "--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", sys.argv[2]])
"""


class Cluster:
    """A scheduler and two workers without nannies, each a process to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        (folder / "worker.py").write_text(WORKER)
        command = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
        file = folder / "scheduler.json"
        self.start(*command, "--scheduler-file", str(file))
        end, found = time.monotonic() + 120, None
        while found is None and time.monotonic() < end:
            time.sleep(0.05)
            told = file.read_text() if file.exists() else ""
            found = re.search(r'"address": "(tcp://[^"]+)"', told)
        assert found, "Dask's scheduler does not start"
        self.address = found[1]
        self.workers = [
            self.start(str(folder / "worker.py"), str(QUICK_RUN), self.address, f"w{n}")
            for n in range(2)
        ]

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("prefect", [False, True], ids=["direct", "prefect"])
def test_a_dask_worker_is_killed_and_nothing_is_lost_or_doubled(
    landed: Path, tmp_path: Path, cluster: Cluster, prefect: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("prefect_dask", reason="the extra `cluster` is not installed")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    source = str(tmp_path / "p")
    extract(Extraction(out=source, warehouse=landed, rows=4))
    alone = fan_out_directly(Fanout(source, str(tmp_path / "alone")))
    assert alone.partitions == 25

    from concurrent.futures import ThreadPoolExecutor

    from flows.fanout import run_fanout

    results = tmp_path / "results"
    with ThreadPoolExecutor(1) as pool:
        wanted = Fanout(source, str(results), warehouse=landed, dask=cluster.address)
        done = pool.submit(run_fanout if prefect else fan_out_directly, wanted, Silent())
        end = time.monotonic() + 120
        while len(list(results.glob("*.parquet"))) < 3 and time.monotonic() < end:
            time.sleep(0.02)
        cluster.workers[0].send_signal(signal.SIGKILL)
        report = done.result(timeout=120)
    assert (report.partitions, report.rows, report.problems) == (25, 100, ())
    assert versions(landed) == {"first": 100, "second": 100}
    ours = {path.name: path.read_bytes() for path in (tmp_path / "alone").glob("*.parquet")}
    assert {path.name: path.read_bytes() for path in results.glob("*.parquet")} == ours


def test_workers_that_do_not_reach_prefect_are_told_apart(cluster: Cluster) -> None:
    """A server that a command starts for itself is for its own machine alone."""
    pytest.importorskip("prefect_dask", reason="the extra `cluster` is not installed")
    from flows.fanout import see_prefect

    end = time.monotonic() + 60
    with client_of(cluster.address, 0, Silent()) as client:
        while not client.scheduler_info()["workers"] and time.monotonic() < end:
            time.sleep(0.1)
    with pytest.raises(ClusterProblem, match=r"do not reach .*PREFECT_API_URL.*--direct"):
        see_prefect(cluster.address, "http://127.0.0.1:9/api", Silent())


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_scheduler_that_is_not_there(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("flows.cluster.PATIENCE", 1)
    with pytest.raises(ClusterProblem, match=r"no Dask scheduler answers .*--workers") as found:
        fan_out_directly(Fanout(str(tmp_path), str(tmp_path / "r"), dask=address))
    assert found.value.exit_code == 3


@pytest.mark.parametrize("prefect", [False, True], ids=["direct", "prefect"])
def test_two_workers_answer_as_one_process_does(
    tmp_path: Path, export: Export, prefect: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real models, to the bit, without and with a Prefect server."""
    pytest.importorskip("prefect_dask", reason="the extra `cluster` is not installed")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    from fixtures.world import generate
    from warehouse.reading import discover

    generate(tmp_path / "world", 1000, seed=4)
    folder = tmp_path / "p"
    folder.mkdir()
    for number, path in enumerate(discover([tmp_path / "world" / "exports"]).files):
        batches = [b.messages for b in read(identify(path)) if not isinstance(b, SourceReport)]
        pq.write_table(pa.Table.from_batches(batches), folder / f"{number}.parquet")
    alone = fan_out_directly(Fanout(str(folder), str(tmp_path / "alone")))
    wanted = Fanout(str(folder), str(tmp_path / "out"), workers=2)
    if prefect:
        from flows.fanout import run_fanout

        report = run_fanout(wanted, Silent())
    else:
        report = fan_out_directly(wanted)
    assert (report.rows, report.problems) == (alone.rows, ())
    ours = {path.name: path.read_bytes() for path in (tmp_path / "alone").iterdir()}
    assert len(ours) > 5
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == ours
    shutil.rmtree(tmp_path / "alone")
