"""A slice of the revisions that a model has not scored: the messages, and the answers that stay.

Which revisions those are follows from the model versions of the analyses alone, so that nothing has
to be remembered between two slices, or after a kill.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from warehouse.inbox import RESCORED
from warehouse.schemas import TIMESTAMP
from warehouse.sql import query
from warehouse.store import Store

#: What :data:`warehouse.schemas.MESSAGES` calls these, with what a scorer is told beside the text.
EXTRACT = pa.schema(
    [
        pa.field("channel_key", pa.string(), nullable=False),
        pa.field("message_id", pa.int64(), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("sent_at", TIMESTAMP),
        pa.field("text", pa.string(), nullable=False),
        pa.field("channel_actor", pa.string()),
        pa.field("reply_text", pa.string()),
    ]
)

#: rescore: what the model's analysis is not in force on; shadow: what it has not scored as a
#: shadow; all: everything.
Purpose = Literal["rescore", "shadow", "all"]

#: label → ranges of probability, closed.
Ranges = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which revisions: of a period (``since`` to before ``until``, ISO, UTC), of a channel.

    Only those that are the latest of their message, unless ``all_revisions``; of these a ``share``,
    always the same ones.
    """

    version: str
    purpose: Purpose = "rescore"
    since: str | None = None
    until: str | None = None
    channel: str | None = None
    all_revisions: bool = False
    share: float = 1.0


class Slice(NamedTuple):
    """``messages`` to be scored (:data:`EXTRACT`), ``kept`` answers (RESCORED) and the next number.

    ``state`` is a hash of what the slice was made from: another one after it has landed.
    """

    messages: pa.Table
    kept: pa.Table
    following: int
    state: str


def models(store: Store) -> dict[str, dict[str, Any]]:
    """What the models that have scored here are made of, by version, where their runs noted it."""
    rows = store.query("rescoring/models").to_pylist()
    return {row["model_version"]: json.loads(row["parts"]) for row in rows}


def take(  # noqa: PLR0913
    store: Store,
    wanted: Wanted,
    *,
    first: int,
    numbers: int,
    most: int,
    actor_of: Callable[[str, str | None, str | None], str | None],
    comparable: Mapping[str, Ranges],
) -> Slice:
    """The revisions ``first`` to ``first + numbers - 1`` that are wanted, at most ``most`` of them.

    Args:
        actor_of: the actor for whom a channel speaks, by its key, user name and name.
        comparable: versions that differ in thresholds alone, and where they may answer otherwise.
    """
    with store.reading() as cursor:
        cursor.begin()  # all of it from one state of the warehouse
        last = first + numbers - 1
        values = asdict(wanted) | {"first": first, "last": last, "most": most}
        cursor.execute(query("rescoring/slice"), values)
        taken = cursor.table("slice").select("revision_no, former_batch").to_arrow_table()
        channels = cursor.sql(query("rescoring/channels")).to_arrow_table().to_pylist()
        cursor.register("speakers", _speakers(channels, actor_of))
        cursor.register(
            "comparable", pa.table({"model_version": pa.array(comparable, pa.string())})
        )
        cursor.register("ranges", _ranges(comparable))
        version = {"version": wanted.version}
        cursor.execute(query("rescoring/split"), version | {"purpose": wanted.purpose})
        kept = cursor.sql(query("rescoring/kept"), params=version).to_arrow_table()
        messages = cursor.sql(query("rescoring/messages")).to_arrow_table()
        cursor.rollback()
    full = taken.num_rows == most
    return Slice(
        messages.select(EXTRACT.names).cast(EXTRACT),
        kept.select(RESCORED.names).cast(RESCORED),
        int(taken["revision_no"][-1].as_py()) + 1 if full and most else last + 1,
        _digest(taken),
    )


def _speakers(
    channels: Sequence[Mapping[str, Any]],
    actor_of: Callable[[str, str | None, str | None], str | None],
) -> pa.Table:
    return pa.table(
        {
            "channel_no": pa.array([row["channel_no"] for row in channels], pa.int32()),
            "source_no": pa.array([row["source_no"] for row in channels], pa.int32()),
            "actor": pa.array(
                [actor_of(row["channel_key"], row["username"], row["name"]) for row in channels],
                pa.string(),
            ),
        }
    )


def _ranges(comparable: Mapping[str, Ranges]) -> pa.Table:
    rows = [
        (version, label, low, high)
        for version, ranges in comparable.items()
        for label, found in ranges.items()
        for low, high in found
    ]
    names = ("model_version", "label", "low", "high")
    types = (pa.string(), pa.string(), pa.float64(), pa.float64())
    return pa.table(
        {
            name: pa.array([row[place] for row in rows], type_)
            for place, (name, type_) in enumerate(zip(names, types, strict=True))
        }
    )


def _digest(taken: pa.Table) -> str:
    digest = hashlib.sha256()
    for column in taken.columns:
        digest.update(column.cast(pa.int64()).to_numpy().tobytes())
    return digest.hexdigest()
