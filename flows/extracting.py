"""Messages of a warehouse as Parquet partitions, for scoring on other machines."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows import scoring, stores
from flows.duties import do
from flows.duties.extract import FOLDER, fetched
from flows.owner import on_warehouse
from flows.partitions import write_partition
from flows.pipeline import owned
from flows.prepare import noted, version_of
from flows.progress import Progress, Silent
from flows.rescoring import table_of
from flows.sealing import key_named
from flows.settings import DEFAULT_WAREHOUSE
from warehouse.inbox import inbox_of


@dataclass(frozen=True)
class Extraction:
    """Which messages go where: ``rows`` to a partition at most; else as :class:`Rescoring` has it.

    With ``unscored`` only what the model has not scored; ``clear``: not encrypted, though there is
    a key.
    """

    out: str
    warehouse: Path = DEFAULT_WAREHOUSE
    unscored: bool = False
    models: Path | None = None
    affiliations: Path | None = None
    since: str | None = None
    until: str | None = None
    channel: str | None = None
    all_revisions: bool = False
    rows: int = 100_000
    clear: bool = False


@dataclass(frozen=True)
class ExtractReport:
    """What was written; ``kept`` answers were taken over without being scored."""

    out: str
    model_version: str
    partitions: int
    rows: int
    kept: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def extract(wanted: Extraction, progress: Progress | None = None) -> ExtractReport:
    """Write the partitions; one that is killed leaves whole files, which a new call writes again.

    Raises:
        StoreError: the warehouse cannot be used.
        DutyError: its owner did not answer.
        KeyProblem: the key cannot be used.
        StoreProblem, OSError: the store of the partitions failed.
    """
    progress = progress or Silent()
    key = key_named(wanted.clear)
    stores.ready(wanted.out)
    table = table_of(wanted.affiliations)
    scorer = scoring.load_scorer(wanted.models)
    version = version_of(scorer.version, table)
    job = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder = inbox_of(wanted.warehouse.absolute()) / FOLDER / job
    first, last, partitions, rows, kept = 1, 1, 0, 0, 0
    with owned(wanted.warehouse, progress) as store:
        while first <= last:
            asked: dict[str, Any] = {
                "job": job,
                "version": version,
                "parts": noted(scorer, version)["parts"],
                "affiliations": dict(table),
                "purpose": "rescore" if wanted.unscored else "all",
                "since": wanted.since,
                "until": wanted.until,
                "channel": wanted.channel,
                "all_revisions": wanted.all_revisions,
                "first": first,
                "numbers": wanted.rows,
                "most": wanted.rows,
            }
            if store is not None:
                found = do(store, "extract", asked)
            else:
                found = on_warehouse(wanted.warehouse, "extract", **asked)
            if partitions == 0 and rows == 0:
                progress.begin(1, max(1, found["last"]))
            if found["file"]:
                messages = fetched(folder / found["file"])
                # By what it holds: the same messages give the same name, whoever wrote it before.
                name = hashlib.sha256(f"{first}\n{found['state']}".encode()).hexdigest()[:12]
                write_partition(messages, wanted.out, f"messages-{first:012}-{name}", key)
                (folder / found["file"]).unlink(missing_ok=True)
                partitions, rows = partitions + 1, rows + messages.num_rows
                progress.batch(messages.num_rows)
            kept += found["kept"]
            progress.file_done(max(0, min(found["following"], found["last"] + 1) - first))
            first, last = found["following"], found["last"]
        if store is not None and kept:
            store.load_inbox()
    shutil.rmtree(folder, ignore_errors=True)
    return ExtractReport(wanted.out, version, partitions, rows, kept)
