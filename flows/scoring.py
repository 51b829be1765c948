"""One batch of messages through the classifiers, and staged for the inbox."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from classifiers.scorer import Scorer
from flows.affiliations import join
from warehouse.inbox import Staged, stage
from warehouse.reading import Batch


class Ticket(NamedTuple):
    """Where a scored batch of one file goes: what its inbox file is called and says of itself."""

    inbox: Path
    batch_id: str
    order: str
    metadata: dict[str, str]


class Scoring(NamedTuple):
    """What decides the scores of a batch: who channels speak for, and the models.

    ``version`` names both in the results; ``models`` is a folder, the built-in ones where None.
    """

    affiliations: Mapping[str, str]
    version: str
    models: Path | None


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


def score_batch(batch: Batch, ticket: Ticket, scoring: Scoring) -> Staged:
    """Score a batch and stage it, unseen by the loader until it is published."""
    return stage(**ticket._asdict(), kind="messages", table=analyse(batch, scoring))


def analyse(batch: Batch, scoring: Scoring, scorer: Scores | None = None) -> pa.Table:
    """The columns of MESSAGES and ANALYSES side by side, one row per message."""
    table = join(batch.messages, batch.channels, scoring.affiliations)
    table = table.append_column("reply_text", reply_texts(batch.messages))
    answers = (scorer or load_scorer(scoring.models)).score(table)
    version = pa.repeat(pa.scalar(scoring.version), answers.num_rows)
    names = [*batch.messages.schema.names, *answers.schema.names]
    columns = [*batch.messages.columns, *answers.columns]
    columns[names.index("model_version")] = version
    return pa.Table.from_arrays(columns, names)


def reply_texts(messages: pa.RecordBatch) -> pa.Array:
    """The text each message replies to, where that lies in the same batch; null elsewhere.

    A reply across two batches is scored without it: the batches of a file are cut by size alone,
    so the result is the same at every run.
    """
    replying = pc.indices_nonzero(pc.is_valid(messages.column("reply_to_id"))).to_pylist()
    if not replying:
        return pa.nulls(len(messages), pa.string())
    channels = messages.column("channel_key").to_pylist()
    rows = {
        key: row
        for row, key in enumerate(
            zip(channels, messages.column("message_id").to_pylist(), strict=True)
        )
    }
    wanted: list[int | None] = [None] * len(messages)
    replied = messages.column("reply_to_id")
    elsewhere = messages.column("reply_to_channel")
    for row in replying:
        channel = elsewhere[row].as_py() or channels[row]
        wanted[row] = rows.get((channel, replied[row].as_py()))
    return messages.column("text").take(pa.array(wanted, pa.int64()))
