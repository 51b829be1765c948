"""A large warehouse through the real inbox: generated batches, loaded and folded."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ops.benchmarks.console.landing import Copying, batch, channel_key
from ops.benchmarks.console.texts import Texts, prepare
from ops.console.policy import read_policy
from warehouse.batches import batch_id, batch_metadata, run_metadata, source_metadata
from warehouse.inbox import Packed, hand_over, inbox_of
from warehouse.review.folding import fold, keep_rules
from warehouse.schemas import CHANNELS
from warehouse.store import Store, open_store

CHANNELS_OF_ALL = 500
#: Channels that are handed over before the inbox is loaded.
TOGETHER = 8
MODEL, READING, RUN = "generated", "generated", "generated"


class Size(NamedTuple):
    """How large a warehouse is: messages, how many of them have flags, and the seed."""

    messages: int
    flagged: int
    seed: int

    @property
    def name(self) -> str:
        """A file's name that says so."""
        return f"console-{self.messages}-{self.flagged}-{self.seed}.duckdb"


def built(
    size: Size, folder: Path, models: Path | None, say: Callable[[str], None]
) -> tuple[Path, dict[str, Any]]:
    """A warehouse of this size in the folder, made where it is not there; what making it took.

    What it took is empty where it was there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / size.name
    if path.exists():
        say(f"{path} is there: used again")
        with open_store(path):  # brought to the present schema
            pass
        return path, {}
    making = path.with_name(f"making-{path.name}")
    for left in folder.glob(f"{making.name}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    say(f"building {size.messages:,} messages with {size.flagged:,} flagged")
    took: dict[str, Any] = {}
    with open_store(making) as store:
        took["load_seconds"] = round(_load(store, size, prepare(size.seed, models), say), 1)
        took |= fold_all(store, say)
        store.checkpoint()
    shutil.rmtree(inbox_of(making), ignore_errors=True)
    making.rename(path)
    return path, took


def fold_all(store: Store, say: Callable[[str], None]) -> dict[str, Any]:
    """Fold what is flagged into items, as the keeper does; the seconds in all and of one turn."""
    rules, now = read_policy().rules, datetime.now(UTC)
    keep_rules(store, rules, now)
    turns: list[float] = []
    folded = 0
    while True:
        began = time.perf_counter()
        count = fold(store, rules, now)
        if not count:
            break
        folded += count
        turns.append(time.perf_counter() - began)
    say(f"folded {folded:,} revisions in {sum(turns):.1f} s, {len(turns)} turns")
    return {
        "folded": folded,
        "fold_seconds": round(sum(turns), 2),
        "longest_fold_ms": round(1000 * max(turns, default=0.0), 1),
    }


def _load(store: Store, size: Size, texts: Texts, say: Callable[[str], None]) -> float:
    """Hand over and load everything; the seconds of loading alone."""
    random = np.random.default_rng(size.seed)
    copying, until = Copying(), datetime.now(UTC)
    channels = min(CHANNELS_OF_ALL, max(size.messages // 200, 1))
    spent = 0.0
    _note(store, "started", "0")
    for number in range(channels):
        # Some channels are much flagged, most are little.
        count = _share(size.messages, channels, number)
        language = texts.languages[number % len(texts.languages)]
        flagged = min(_share(size.flagged, channels, number), count)
        table = batch(texts, language, number, count, flagged, copying, random, until)
        _hand_over(store, number, table)
        if number % TOGETHER == TOGETHER - 1 or number == channels - 1:
            began = time.perf_counter()
            store.load_inbox()
            spent += time.perf_counter() - began
            say(f"{number + 1} of {channels} channels, {spent:.0f} s of loading")
    _note(store, "finished", "9")
    store.load_inbox()
    return spent


def _share(total: int, parts: int, number: int) -> int:
    """The size of one of some parts that differ by one at most."""
    return total * (number + 1) // parts - total * number // parts


def _note(store: Store, state: str, order: str) -> None:
    packed = Packed(f"{RUN}-{state}", 0, run_metadata(run_id=RUN, state=state))
    hand_over(store.inbox, kind="run", order=f"{order}-{state}", batches=[packed])


def _hand_over(store: Store, number: int, table: pa.Table) -> None:
    """The messages of a channel, and the report of its file."""
    key = channel_key(number)
    source = hashlib.sha256(key.encode()).hexdigest()
    messages = Packed(
        batch_id(source, READING, "messages"),
        table.num_rows,
        batch_metadata(run_id=RUN, source_id=source, reading=READING, sequence=0),
    )
    hand_over(
        store.inbox, kind="messages", order=f"1-{number:05}-0", batches=[messages], table=table
    )
    told = dict.fromkeys(CHANNELS.names) | {
        "channel_key": key,
        "name": f"Channel {number}",
        "username": f"channel_{number}",
        "type": "public_channel",
    }
    report = Packed(
        batch_id(source, READING, "source"),
        1,
        source_metadata(
            run_id=RUN,
            source_id=source,
            reading=READING,
            model_version=MODEL,
            items_read=table.num_rows,
            quarantined=0,
            complete=True,
            path=f"exports/{key.replace(':', '-')}/result.json",
            format="telegram_desktop",
        ),
    )
    facts = pa.Table.from_pylist([told], schema=CHANNELS)
    hand_over(store.inbox, kind="source", order=f"1-{number:05}-1", batches=[report], table=facts)
