"""Scoring partition by partition: Parquet files of messages in, Parquet files of answers out.

Both lie on any store that fsspec knows (a folder, ``memory://``, ``s3://`` where its package is
installed), encrypted where there is a key. A result is named by a hash of what its partition holds
and of the model, and appears whole or not at all; one that is there is done. So whoever is killed,
retried or told twice loses and doubles nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows import scoring, sealing, stores
from flows.affiliations import actor_of
from flows.prepare import version_of
from flows.replies import reply_texts
from flows.scoring import Scoring
from warehouse.batches import batch_id, batch_metadata, source_metadata
from warehouse.inbox import LANDING, MAX_ROWS, RESCORED, Packed, hand_over
from warehouse.schemas import ANALYSES, CHANNELS, MESSAGES

#: Messages that are scored at once.
LOT_ROWS = 20_000
#: What a partition holds: messages as a reader yields them, revisions of a warehouse, or any texts.
KINDS = ("messages", "analysis", "texts")
_REVISION = ("channel_key", "message_id", "content_id")


class PartitionError(ValueError):
    """A partition cannot be read or scored; the message says which, and why."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Result:
    """A partition and the file with its answers; ``before``: that was there already."""

    partition: str
    file: str
    kind: str
    rows: int
    before: bool


def listed(url: str) -> list[str]:
    """The Parquet files of a folder, encrypted ones too, or the file itself, in order.

    Raises:
        PartitionError: there is none.
        StoreProblem, OSError: the store cannot be used.
    """
    under = stores.found(url)
    if len(under) == 1 and stores.address(url, "").rstrip("/") == under[0]:
        return under  # a file, whatever its name
    found = [
        path
        for path in under
        if path.endswith((".parquet", f".parquet{sealing.ENDING}"))
        and not path.rsplit("/", 1)[-1].startswith(".")
    ]
    if not found:
        raise PartitionError(f"{stores.without_secrets(url)}: no .parquet files there")
    return found


def opened(partition: str) -> bytes:
    """The Parquet bytes of a partition or a result.

    Raises:
        KeyProblem: it is encrypted, and this process has no key or another one.
        StoreProblem, OSError: the store cannot be used.
    """
    return sealing.opened(stores.read(partition), partition)


def score_partition(partition: str, out: str, how: Scoring, key: str | None = None) -> Result:
    """Score one partition, unless its result is there.

    Args:
        partition, out: URLs of the file and of the folder of results.
        how: the version must be the one that this process comes to as well.
        key: the fingerprint of the key that the result is encrypted with; None: in clear.

    Raises:
        PartitionError: the partition is damaged, or has no text; or the code, the tables or the
            models of this process are others than those of the process that asks.
        KeyProblem: this process does not have the key.
        StoreProblem, OSError: a store failed.
    """
    sealing.require(key)
    how = Scoring(*how)  # through Prefect it comes as a plain tuple
    scorer = scoring.load_scorer(how.models)
    if (own := version_of(scorer.version, how.affiliations)) != how.version:
        raise PartitionError(
            f"this worker's model is {own}, and {how.version} is asked for: install the same "
            "channelwatch and the same model files on every worker"
        )
    data = opened(partition)
    # Of what it says, not of how it is encrypted: that differs each time it is written.
    digest = hashlib.sha256(data).hexdigest()
    name = f"{digest[:32]}-{how.version}.parquet{sealing.ENDING if key else ''}"
    url = stores.address(out, name)
    if stores.exists(url):
        done, told = _read_result(url)
        return Result(partition, url, told["kind"], done.num_rows, True)
    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as problem:
        raise PartitionError(f"{partition}: not readable as Parquet: {problem}") from problem
    kind = kind_of(table.schema)
    if kind is None:
        raise PartitionError(f"{partition}: there is no column of text named 'text'")
    answers = _answers(table, kind, how)
    facts = {"kind": kind, "partition": partition, "sha256": digest, "version": how.version}
    answers = answers.replace_schema_metadata({"channelwatch": json.dumps(facts)})
    _write(answers, url, key)
    return Result(partition, url, kind, answers.num_rows, False)


def kind_of(schema: pa.Schema) -> str | None:
    """What a partition with these columns holds, one of :data:`KINDS`; None without text."""
    names = set(schema.names)
    if "text" not in names or not _is_text(schema.field("text").type):
        return None
    if names >= set(MESSAGES.names):
        return "messages"
    return "analysis" if names >= set(_REVISION) else "texts"


def write_partition(table: pa.Table, out: str, name: str, key: str | None = None) -> str:
    """Write a partition of a folder, whole or not at all; its URL. Raises as score_partition."""
    url = stores.address(out, f"{name}.parquet{sealing.ENDING if key else ''}")
    _write(table, url, key)
    return url


def hand_over_result(result: Result, inbox: Path, run_id: str, order: str) -> int:
    """Put a result into an inbox under names that follow from what it holds; batches handed over.

    Raises:
        PartitionError: it holds texts that no warehouse knows, or is too large for one batch.
        KeyProblem: it is encrypted, and this process has no key or another one.
        StoreProblem, OSError: the store failed.
    """
    table, told = _read_result(result.file)
    table = table.replace_schema_metadata(None)
    if result.rows > MAX_ROWS:
        raise PartitionError(f"{result.partition}: more than {MAX_ROWS:,} rows; write smaller ones")
    version, digest = told["version"], told["sha256"]
    if result.kind == "analysis":
        name = batch_id(digest, version, "analysis")
        batch = Packed(name, table.num_rows, {"run_id": run_id})
        hand_over(inbox, kind="analysis", order=order, batches=[batch], table=_as(table, RESCORED))
        return 1
    if result.kind == "messages":
        reading = f"partition-{version}"
        metadata = batch_metadata(run_id=run_id, source_id=digest, reading=reading, sequence=0)
        batch = Packed(batch_id(digest, reading, "messages"), table.num_rows, metadata)
        hand_over(
            inbox, kind="messages", order=f"{order}-0", batches=[batch], table=_as(table, LANDING)
        )
        channels = pa.Table.from_pylist(
            [dict.fromkeys(CHANNELS.names) | row for row in _channels(table)], schema=CHANNELS
        )
        report = source_metadata(
            run_id=run_id,
            source_id=digest,
            reading=reading,
            model_version=version,
            items_read=table.num_rows,
            quarantined=0,
            complete=True,
            path=result.partition,
            format="partition",
        )
        batch = Packed(batch_id(digest, reading, "source"), channels.num_rows, report)
        hand_over(inbox, kind="source", order=f"{order}-1", batches=[batch], table=channels)
        return 2
    raise PartitionError(
        f"{result.partition}: a warehouse takes messages with all the columns of "
        "warehouse/schemas.py or revisions of its own (`extract-messages`), not bare texts"
    )


def _answers(table: pa.Table, kind: str, how: Scoring) -> pa.Table:
    table = _with_context(table, kind, how.affiliations)
    scorer = scoring.load_scorer(how.models)
    parts = [
        scorer.score(table.slice(start, LOT_ROWS).combine_chunks())
        for start in range(0, table.num_rows, LOT_ROWS)
    ]
    answers = pa.Table.from_batches(parts, schema=ANALYSES)
    version = pa.repeat(pa.scalar(how.version), answers.num_rows)
    columns = dict(zip(answers.column_names, answers.columns, strict=True))
    kept = {
        "messages": [*MESSAGES.names, *_FACTS],
        "analysis": _REVISION,
        "texts": ("id", *_REVISION[:2]),
    }[kind]
    given = {name: table[name] for name in kept if name in table.column_names}
    return pa.table(given | columns | {"model_version": version})


#: What a partition of messages may say of their channels beside the key.
_FACTS = ("channel_name", "channel_username", "channel_type")


def _with_context(table: pa.Table, kind: str, affiliations: Mapping[str, str]) -> pa.Table:
    """Add whom a channel speaks for and what is replied to, where the partition does not say."""
    if table["text"].null_count:
        place = table.column_names.index("text")
        table = table.set_column(place, "text", table["text"].fill_null(""))
    if kind == "messages" and "reply_text" not in table.column_names:
        parts = (
            pa.Table.from_batches([batch]).append_column("reply_text", reply_texts(batch))
            for batch in table.combine_chunks().to_batches()
        )
        table = pa.concat_tables(parts) if table.num_rows else table
    if "channel_actor" not in table.column_names:
        table = table.append_column("channel_actor", _actors(table, affiliations))
    return table


def _actors(table: pa.Table, affiliations: Mapping[str, str]) -> pa.Array:
    """Whom the channel of each message speaks for, by what the partition says of the channel."""
    named = [name for name in ("channel_key", *_FACTS[:2]) if name in table.column_names]
    if not named:
        return pa.nulls(table.num_rows, pa.string())
    known = {
        tuple(row[name] for name in named): actor_of(
            affiliations,
            str(row.get("channel_key") or ""),
            row.get("channel_username"),
            row.get("channel_name"),
        )
        for row in table.select(named).group_by(named).aggregate([]).to_pylist()
    }
    rows = zip(*(table[name].to_pylist() for name in named), strict=True)
    return pa.array([known[row] for row in rows], pa.string())


def _channels(table: pa.Table) -> Iterator[dict[str, Any]]:
    names = [name for name in ("channel_key", *_FACTS) if name in table.column_names]
    seen = set()
    for row in table.select(names).group_by(names).aggregate([]).to_pylist():
        if row["channel_key"] not in seen:
            seen.add(row["channel_key"])
            yield {name.removeprefix("channel_"): row[name] for name in names[1:]} | {
                "channel_key": row["channel_key"]
            }


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return table.select(schema.names).cast(schema)


def _read_result(url: str) -> tuple[pa.Table, dict[str, str]]:
    """A result, and what it says of itself."""
    try:
        table = pq.read_table(io.BytesIO(opened(url)))
        told: dict[str, str] = json.loads((table.schema.metadata or {})[b"channelwatch"])
    except (pa.ArrowException, KeyError, ValueError) as problem:
        raise PartitionError(
            f"{url}: not a result ({problem}); delete it to have it made again"
        ) from problem
    return table, told


def _write(table: pa.Table, url: str, key: str | None) -> None:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    stores.write(url, sealing.closed(sink.getvalue(), key))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
