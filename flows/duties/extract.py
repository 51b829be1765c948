"""Write a slice of the messages that a model has not scored into a file beside the inbox.

What keeps its answer, because only thresholds or channels' actors have changed and not in a way
that matters to it, is handed over to the inbox under the new version at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from classifiers.version import Parts, unsure
from flows.affiliations import actor_of
from warehouse.encryption import incoming, outgoing
from warehouse.inbox import Packed, hand_over
from warehouse.rescoring.slices import Purpose, Ranges, Slice, Wanted, models, take
from warehouse.store import Store

#: Where slices lie, in the inbox; and how long one that nobody fetched is kept.
FOLDER, KEPT_SECONDS = "slices", 86_400.0
#: How long one order may look for work: loading waits for it.
MOST_SECONDS = 3.0

_JOB = re.compile(r"[A-Za-z0-9_-]{1,80}")


def run(  # noqa: PLR0913
    store: Store,
    *,
    job: str,
    version: str,
    parts: Mapping[str, Any] | None = None,
    affiliations: Mapping[str, str] | None = None,
    purpose: Purpose = "rescore",
    since: str | None = None,
    until: str | None = None,
    channel: str | None = None,
    all_revisions: bool = False,
    share: float = 1.0,
    first: int = 1,
    numbers: int = 100_000,
    most: int = 1 << 20,
) -> dict[str, Any]:
    """Take the next slice that holds anything.

    Args:
        job: names the folder of the slices; letters, digits, ``_`` and ``-``.
        version: of the model, as results name it; ``parts``: what it is made of, where known.
        affiliations: folded name of a channel → actor, as :func:`flows.affiliations.load` gives it.
        first: the number of the revision to begin at; a slice spans ``numbers`` of them.
        most: revisions in a slice.

    Returns:
        ``file`` in the folder, null where there is nothing to score; ``rows`` in it; ``kept``
        answers; ``following``: where the next slice begins; ``last`` number there is; ``state``.
    """
    if not _JOB.fullmatch(job):
        raise ValueError(f"job {job!r} must be 1 to 80 letters, digits, _ or -")
    last = int(store.query("rescoring/last_revision")["last"][0].as_py())
    wanted = Wanted(version, purpose, since, until, channel, all_revisions, share)
    comparable = _comparable(store, version, parts) if purpose == "rescore" else {}
    speaks = partial(actor_of, affiliations or {})
    numbers, most = max(1, min(numbers, 1 << 20)), max(1, min(most, 1 << 20))
    end = time.monotonic() + MOST_SECONDS
    while True:
        found = take(
            store,
            wanted,
            first=first,
            numbers=numbers,
            most=most,
            actor_of=speaks,
            comparable=comparable,
        )
        if found.messages.num_rows or found.kept.num_rows or found.following > last:
            break
        first = found.following
        if time.monotonic() > end:
            break
    file = _write(store.inbox, job, first, found.messages) if found.messages.num_rows else None
    if found.kept.num_rows:
        _keep(store.inbox, job, version, first, found)
    _sweep(store.inbox / FOLDER)
    return {
        "file": file,
        "rows": found.messages.num_rows,
        "kept": found.kept.num_rows,
        "following": found.following,
        "last": last,
        "state": found.state,
    }


def _comparable(store: Store, version: str, parts: Mapping[str, Any] | None) -> dict[str, Ranges]:
    """The versions that scored here and may have answered alike, and where they may not have."""
    if parts is None:
        return {}
    ours = Parts.from_dict(parts)
    found: dict[str, Ranges] = {}
    for name, told in models(store).items():
        try:
            ranges = unsure(Parts.from_dict(told), ours)
        except (KeyError, TypeError, ValueError):  # of another version of channelwatch
            continue
        if ranges is not None and name != version:
            found[name] = ranges
    return found


def fetched(path: Path) -> pa.Table:
    """The messages of a slice.

    Raises:
        ValueError: it is encrypted with another key, or there is none.
        OSError: it cannot be read.
    """
    with pa.ipc.open_file(pa.BufferReader(incoming(path.read_bytes()))) as opened:
        return opened.read_all()


def _encoded(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _write(inbox: Path, job: str, first: int, table: pa.Table) -> str:
    """Write a slice, encrypted as all that waits in the inbox is."""
    folder = inbox / FOLDER / job
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{first:012}.arrow"
    temporary = folder / f".{os.getpid()}-{secrets.token_hex(8)}.tmp"
    try:
        temporary.write_bytes(outgoing(inbox, _encoded(table)))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path.name


def _keep(inbox: Path, job: str, version: str, first: int, found: Slice) -> None:
    name = hashlib.sha256(f"kept\n{version}\n{first}\n{found.state}".encode()).hexdigest()[:32]
    batch = Packed(name, found.kept.num_rows, {"run_id": job})
    hand_over(
        inbox, kind="analysis", order=f"{job}-{first:012}-0", batches=[batch], table=found.kept
    )


def _sweep(folder: Path) -> None:
    """Forget the slices of jobs that died a day ago."""
    limit = time.time() - KEPT_SECONDS
    for job in folder.iterdir() if folder.is_dir() else ():
        try:
            if job.stat().st_mtime < limit:
                shutil.rmtree(job, ignore_errors=True)
        except FileNotFoundError:
            continue
