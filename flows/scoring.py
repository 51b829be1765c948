"""Batches of messages through the classifiers, and staged for the inbox."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa

from classifiers.scorer import Scorer
from flows.affiliations import join
from flows.replies import reply_texts
from flows.watching.events import tell
from warehouse.batches import batch_id
from warehouse.inbox import Packed, Staged, stage
from warehouse.reading import Batch


class Shadow(NamedTuple):
    """A candidate that scores beside the current model, and the version that its answers name."""

    version: str
    models: Path


class Scoring(NamedTuple):
    """What decides the scores of a batch: who channels speak for, and the models.

    ``version`` names both in the results; ``models`` is a folder, the built-in ones where None.
    """

    affiliations: Mapping[str, str]
    version: str
    models: Path | None
    shadow: Shadow | None = None


class Lot(NamedTuple):
    """Batches that are scored at once and become one file of the inbox, each under its name."""

    inbox: Path
    order: str
    batches: Sequence[Batch]
    names: Sequence[Packed]


class Scored(NamedTuple):
    """A lot on disk, None where nothing of it could be scored; ``failed`` says why, by batch id.

    ``shadow``: what a candidate says of it, where there is one and it could score the lot.
    """

    staged: Staged | None
    failed: Mapping[str, str]
    shadow: Staged | None = None


class Scores(Protocol):
    """Anything that answers like :class:`classifiers.scorer.Scorer`."""

    def score(self, table: pa.Table) -> pa.RecordBatch: ...


@cache
def load_scorer(models: Path | None) -> Scorer:
    """The scorer of a folder of models, once per process: every thread shares its weights.

    A batch makes and drops millions of small objects, none of them in cycles. Python's collector
    looks at all of them again and again, which measured as 40 % of the time of scoring, so it is
    told to look seldom.
    """
    scorer = Scorer.load(models)
    scorer.score(pa.table({"text": pa.array([], pa.string())}))  # the weights are read here
    gc.set_threshold(200_000, 20, 50)
    return scorer


def score_lot(lot: Lot, scoring: Scoring, scorer: Scores | None = None) -> Scored:
    """Score a lot and stage it, unseen by the loader until it is published.

    A batch that cannot be scored is left out: it must not keep the others waiting.
    """
    began = time.monotonic()
    try:
        table = analyse(lot.batches, scoring, scorer)
        shadow = _shadow(lot, scoring, scoring.shadow) if scoring.shadow else None
        scored = Scored(_stage(lot, lot.names, table), {}, shadow)
        rows = sum(name.rows for name in lot.names)
        tell(
            "lot_scored",
            batch=lot.order,
            seconds=time.monotonic() - began,
            counts={"messages": rows},
        )
        return scored
    except (OSError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 (whose fault it is shows batch by batch)
        tables, names, failed = [], [], {}
    for batch, name in zip(lot.batches, lot.names, strict=True):
        try:
            tables.append(analyse([batch], scoring, scorer))
            names.append(name)
        except (OSError, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 (named in the report, and the run goes on)
            failed[name.batch_id] = f"{type(problem).__name__}: {problem}"
    return Scored(_stage(lot, names, pa.concat_tables(tables)) if tables else None, failed)


def _stage(lot: Lot, names: Sequence[Packed], table: pa.Table) -> Staged:
    return stage(lot.inbox, kind="messages", order=lot.order, batches=names, table=table)


def _shadow(lot: Lot, scoring: Scoring, candidate: Shadow) -> Staged:
    """What the candidate says of a lot, under the places of its messages in their files."""
    table = told(lot.batches, scoring)
    answers = load_scorer(candidate.models).score(table)
    columns = dict(zip(answers.schema.names, answers.columns, strict=True))
    columns |= {name: table[name] for name in ("channel_key", "message_id")}
    columns["content_id"] = pa.nulls(table.num_rows, pa.string())
    columns["model_version"] = pa.repeat(pa.scalar(candidate.version), table.num_rows)
    names = [
        name._replace(
            batch_id=batch_id(
                name.metadata["source_id"],
                name.metadata["reading"],
                f"shadow-{candidate.version}",
                int(name.metadata["sequence"]),
            )
        )
        for name in lot.names
    ]
    return stage(
        lot.inbox, kind="shadow", order=f"{lot.order}s", batches=names, table=pa.table(columns)
    )


def told(batches: Sequence[Batch], scoring: Scoring) -> pa.Table:
    """The messages of all batches with what else a scorer is told of each."""
    return pa.concat_tables(
        join(batch.messages, batch.channels, scoring.affiliations).append_column(
            "reply_text", reply_texts(batch.messages)
        )
        for batch in batches
    ).combine_chunks()


def analyse(batches: Sequence[Batch], scoring: Scoring, scorer: Scores | None = None) -> pa.Table:
    """The columns of MESSAGES and ANALYSES side by side, one row per message of all batches."""
    table = told(batches, scoring)
    answers = (scorer or load_scorer(scoring.models)).score(table)
    version = pa.repeat(pa.scalar(scoring.version), answers.num_rows)
    messages = table.select(batches[0].messages.schema.names)
    names = [*messages.column_names, *answers.schema.names]
    columns = [*messages.columns, *answers.columns]
    columns[names.index("model_version")] = version
    return pa.Table.from_arrays(columns, names)
