"""What a batch in the inbox is called and says of itself; see :mod:`warehouse.inbox`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime


def batch_id(source_id: str, reading: str, kind: str, sequence: int = 0) -> str:
    """The id under which a batch is loaded at most once, the same whenever it is made again."""
    parts = json.dumps([source_id, reading, kind, sequence]).encode()
    return hashlib.sha256(parts).hexdigest()[:32]


def batch_metadata(
    *, run_id: str, source_id: str, reading: str, sequence: int, authors: str | None = None
) -> dict[str, str]:
    """The metadata of a batch of messages or of quarantined items.

    Args:
        run_id: the run that hands it over.
        source_id: sha256 of the file that it was read from.
        reading: names everything that decides what the batches of the file are (reader's options,
            rows per batch, model version): the counts of one reading must add up.
        sequence: number of the batch within the file.
        authors: the fingerprint of the key that authors are named by; None: as they are.
    """
    metadata = {
        "run_id": run_id,
        "source_id": source_id,
        "reading": reading,
        "sequence": str(sequence),
    }
    return metadata if authors is None else metadata | {"authors": authors}


def source_metadata(  # noqa: PLR0913
    *,
    run_id: str,
    source_id: str,
    reading: str,
    model_version: str,
    items_read: int,
    quarantined: int,
    complete: bool,
    path: str | None = None,
    size: int | None = None,
    format: str | None = None,  # the term of the field
    compression: str | None = None,
    unknown_fields: Mapping[str, int] | None = None,
    warnings: Sequence[str] = (),
) -> dict[str, str]:
    """The metadata of the report on a file that was read to its end.

    ``items_read`` is the reader's own count of messages and quarantined items; the warehouse
    compares it with what arrived. Values that are None are left out.
    """
    given = {"path": path, "format": format, "compression": compression}
    if size is not None:
        given["size"] = str(size)
    return {
        "run_id": run_id,
        "source_id": source_id,
        "reading": reading,
        "model_version": model_version,
        "items_read": str(items_read),
        "quarantined": str(quarantined),
        "complete": "true" if complete else "false",
        "unknown_fields": json.dumps(dict(unknown_fields or {}), sort_keys=True),
        "warnings": json.dumps(list(warnings), ensure_ascii=False),
    } | {name: value for name, value in given.items() if value is not None}


def run_metadata(  # noqa: PLR0913
    *,
    run_id: str,
    state: str,
    time: datetime | None = None,
    fingerprint: str | None = None,
    parameters: Mapping[str, object] | None = None,
    counts: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """The metadata of a run that has ``started``, ``finished`` or ``failed``.

    Two runs over the same input with the same options and model have the same ``fingerprint``: a
    run that was killed is found by it and resumed under its own id.
    """
    if state not in ("started", "finished", "failed"):
        raise ValueError(f"a run is started, finished or failed, not {state!r}")
    metadata = {
        "run_id": run_id,
        "state": state,
        "time": (time or datetime.now(UTC)).astimezone(UTC).isoformat(),
    }
    if fingerprint is not None:
        metadata["fingerprint"] = fingerprint
    if parameters is not None:
        metadata["parameters"] = json.dumps(parameters, sort_keys=True, default=str)
    if counts is not None:
        metadata["counts"] = json.dumps(counts, sort_keys=True, default=str)
    return metadata
