"""Partitions scored side by side: in this process, or on Dask workers, and handed over in order.

The same functions everywhere; :mod:`flows.fanout` is the Prefect flow around them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows import scoring, stores
from flows.cluster import client_of
from flows.line import Pledge
from flows.partitions import (
    PartitionError,
    Result,
    hand_over_result,
    listed,
    opened,
    score_partition,
)
from flows.pipeline import owned
from flows.prepare import noted, version_of
from flows.progress import Progress, Silent
from flows.rescoring import table_of
from flows.scoring import Scoring
from flows.sealing import ENDING, key_named
from warehouse.batches import run_metadata
from warehouse.encryption import KeyProblem
from warehouse.inbox import Packed, hand_over, inbox_of

#: Begins to score a partition: its URL, the folder of results, how, and the key's fingerprint.
Submit = Callable[[str, str, Scoring, str | None], Pledge[Result]]


@dataclass(frozen=True)
class Fanout:
    """``source``: a URL of Parquet files; ``out``: of the folder for the results.

    ``dask``: the address of a scheduler; else ``workers`` processes of a cluster of one's own, 0
    for this process alone. ``warehouse``: where the answers are handed over, if anywhere.
    ``clear``: results are not encrypted, though there is a key.
    """

    source: str
    out: str
    warehouse: Path | None = None
    models: Path | None = None
    affiliations: Path | None = None
    dask: str | None = None
    workers: int = 0
    clear: bool = False


@dataclass(frozen=True)
class FanoutReport:
    """What was done; ``before`` of the partitions had their result already."""

    run_id: str
    model_version: str
    partitions: int
    before: int
    rows: int
    handed_over: int
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where all went well, 1 where something needs a person."""
        return 1 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"exit_code": self.exit_code}


def fan_out_directly(wanted: Fanout, progress: Progress | None = None) -> FanoutReport:
    """Do it without Prefect."""
    progress = progress or Silent()
    with submitting(wanted, progress) as submit:
        return fan_out(wanted, submit, progress)


def fan_out(wanted: Fanout, submit: Submit, progress: Progress) -> FanoutReport:
    """Score every partition; hand the results over in the order of the partitions.

    Raises:
        PartitionError: there are no partitions.
        StoreProblem, OSError: a store cannot be used.
        KeyProblem: the key cannot be used, or the partitions are encrypted with another one.
        StoreError: the warehouse cannot be used; the results stay, and the next call goes on.
    """
    began = time.monotonic()
    key = key_named(wanted.clear)
    partitions = listed(wanted.source)
    if sealed := [name for name in partitions if name.endswith(ENDING)]:
        opened(sealed[0])  # without the right key nothing is begun
    stores.ready(wanted.out)
    table = table_of(wanted.affiliations)
    scorer = scoring.load_scorer(wanted.models)
    how = Scoring(table, version_of(scorer.version, table), wanted.models)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    progress.begin(len(partitions), len(partitions))
    pledges = [(name, submit(name, wanted.out, how, key)) for name in partitions]
    results: list[Result] = []
    problems: list[str] = []
    for name, pledge in pledges:
        progress.file(name, 1)
        try:
            result = pledge.result()
        except Exception as problem:  # noqa: BLE001 (named, and the others go on)
            told = str(problem) or type(problem).__name__
            problems.append(told if name in told else f"{name}: {told}")
        else:
            results.append(result)
            progress.batch(result.rows)
        progress.file_done(1)
    handed = 0
    if wanted.warehouse is not None:
        handed = _land(
            wanted.warehouse, results, run_id, noted(scorer, how.version), problems, progress
        )
    return FanoutReport(
        run_id=run_id,
        model_version=how.version,
        partitions=len(partitions),
        before=sum(result.before for result in results),
        rows=sum(result.rows for result in results),
        handed_over=handed,
        seconds=time.monotonic() - began,
        problems=tuple(problems),
    )


def _land(  # noqa: PLR0913, PLR0917
    warehouse: Path,
    results: Sequence[Result],
    run_id: str,
    model: dict[str, Any],
    problems: list[str],
    progress: Progress,
) -> int:
    """Hand the results over, and load them where nobody else owns the warehouse."""
    inbox = inbox_of(warehouse.absolute())
    handed = 0
    with owned(warehouse, progress) as store:

        def note(state: str, **facts: Any) -> None:
            metadata = run_metadata(run_id=run_id, state=state, **facts)
            order = f"{run_id}-{'0' if state == 'started' else '9'}"
            batch = Packed(f"{run_id}-{state}", 0, metadata)
            hand_over(inbox, kind="run", order=order, batches=[batch])

        note("started", parameters={"partitions": len(results), "model": model})
        for number, result in enumerate(results):
            try:
                handed += hand_over_result(result, inbox, run_id, f"{run_id}-1-{number:08}")
            except (PartitionError, KeyProblem, stores.StoreProblem, OSError) as problem:
                problems.append(str(problem))
            if store is not None and number % 8 == 7:
                problems += [bad.reason for bad in store.load_inbox().rejected]
        note("failed" if problems else "finished", counts={"handed_over": handed})
        if store is not None:
            problems += [bad.reason for bad in store.load_inbox().rejected]
            store.checkpoint()
    return handed


@contextmanager
def submitting(wanted: Fanout, progress: Progress) -> Iterator[Submit]:
    """How partitions are scored without Prefect: on Dask, or by this process."""
    if not wanted.dask and not wanted.workers:
        with ThreadPoolExecutor(1) as pool:
            yield lambda *task: pool.submit(score_partition, *task)
        return
    with client_of(wanted.dask, wanted.workers, progress) as client:
        # By its arguments Dask would take the same call for done: a result may have been deleted.
        yield lambda *task: client.submit(score_partition, *task, pure=False)
