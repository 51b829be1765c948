"""A warehouse with a review queue, filled through its inbox, for the tests of the queue."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import Phase, settings

from tests.console.browsing import Clock
from tests.warehouse import conftest as build
from warehouse.review import deciding, record
from warehouse.review.deciding import Verdict
from warehouse.review.folding import fold
from warehouse.review.rules import Rules
from warehouse.store import Store, open_store

Row = dict[str, Any]
Post = tuple[Row, Row]

#: Of examples that take seconds each, what fails is shown as it was found.
slow = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])

#: Far from each other: they differ in 16 bits at least.
FAR = tuple(0xFFFF << (16 * place) for place in range(4))


def flag(
    label: str = "hostile",
    source: str | None = "iskp",
    target: str | None = "ttp",
    probability: float = 0.75,
    **more: Any,
) -> Row:
    """A score that is flagged."""
    return build.score(label, probability, source=source, target=target, **more)


def alone(label: str, probability: float = 0.75, **more: Any) -> Row:
    """A score of a label that is aimed at nobody."""
    return build.score(label, probability, **more)


def post(
    message_id: int,
    text: str = "",
    *scores: Row,
    print_: int | None = None,
    channel: str = "tg:1",
    indicators: Sequence[Row] = (),
    language: str = "en",
    **more: Any,
) -> Post:
    """A message beside what a model said of it; ``print_`` is the fingerprint of its text."""
    return (
        build.message(message_id, text or f"text {message_id}", channel, **more),
        build.analysis(*scores, indicators=indicators, fingerprint=print_, language=language),
    )


@cache
def new_warehouse() -> Path:
    """A warehouse in which is nothing, to be copied: migrating takes longer than most tests."""
    path = Path(tempfile.mkdtemp()) / "empty.duckdb"
    atexit.register(shutil.rmtree, path.parent)
    open_store(path, threads=1).close()
    return path


class Bench:
    """A warehouse, what lands in it, and who decides."""

    def __init__(self, path: Path, rules: Rules | None = None, clock: Clock | None = None) -> None:
        shutil.copy(new_warehouse(), path)
        self.store: Store = open_store(path, threads=1)
        self.rules = rules or Rules()
        self.clock = clock or Clock()
        self._files = count(1)
        self._desk = build.Desk(self.store.inbox)

    def close(self) -> None:
        self.store.close()

    def land(self, *posts: Post, model: str = build.MODEL, fold: bool = True) -> None:
        """A file with these messages, later than all before it; loaded, and folded."""
        number = next(self._files)
        messages = [message for message, _ in posts]
        as_of = build.START + timedelta(days=number)
        self._desk.file(
            f"file {number}",
            messages,
            analyses=[answer | {"model_version": model} for _, answer in posts],
            channels=[
                build.channel(key, as_of=as_of)
                for key in sorted({message["channel_key"] for message in messages})
            ],
            model=model,
        )
        report = self.store.load_inbox()
        assert not report.rejected
        if fold:
            self.fold()

    def fold(self, most: int = 5_000) -> int:
        """Fold all that has changed, ``most`` at a time; how many times."""
        times = 0
        while fold(self.store, self.rules, self.clock(), most=most):
            times += 1
        return times

    def sql(self, sql: str, **values: object) -> list[Row]:
        with self.store.transaction() as connection:
            relation = connection.sql(sql, params=values or None)
            rows: list[Row] = relation.to_arrow_table().to_pylist()
        return rows

    def run(self, sql: str, **values: object) -> None:
        with self.store.transaction() as connection:
            connection.execute(sql, values or None)

    def items(self) -> dict[int, Row]:
        """Every item by number, its members as (channel, message, text)."""
        with self.store.transaction() as connection:
            rows = connection.sql(
                "SELECT * EXCLUDE (taken) FROM base.items ORDER BY item_no"
            ).to_arrow_table()
            members = connection.execute(
                "SELECT m.item_no, c.channel_key, m.message_id, r.text FROM base.item_members m "
                "JOIN base.channels c USING (channel_no) JOIN base.revisions r USING (revision_no) "
                "ORDER BY ALL"
            ).fetchall()
        items = {row["item_no"]: row | {"members": []} for row in rows.to_pylist()}
        for number, *member in members:
            items[number]["members"].append(tuple(member))
        return items

    def item_of(self, message_id: int, channel: str = "tg:1") -> int | None:
        """The item that a message is in."""
        rows = self.sql(
            "SELECT DISTINCT item_no FROM base.item_members JOIN base.channels USING (channel_no) "
            "WHERE message_id = $message_id AND channel_key = $channel",
            message_id=message_id,
            channel=channel,
        )
        assert len(rows) <= 1
        return rows[0]["item_no"] if rows else None

    def item(self, message_id: int, channel: str = "tg:1") -> Row:
        """The row of the item that a message is in."""
        number = self.item_of(message_id, channel)
        assert number is not None
        return self.items()[number]

    def decide(
        self,
        item_no: int,
        judgement: str,
        by: str = "ada",
        flags: Sequence[Row] | None = None,
        act: UUID | None = None,
        purpose: str = "review",
        **more: Any,
    ) -> UUID:
        """Decide flags of an item, all where none are named; a second goes by first."""
        self.clock.move(seconds=1)
        asked = flags if flags is not None else self.flags(item_no)
        act = act or uuid4()
        verdicts = [
            Verdict(
                item_no,
                one["label"],
                one.get("source"),
                one.get("target"),
                judgement,  # type: ignore[arg-type]
                purpose,  # type: ignore[arg-type]
                **more,
            )
            for one in asked
        ]
        deciding.decide(self.store, self.rules, verdicts, act=act, reviewer=by, now=self.clock())
        return act

    def undo(self, by: str = "ada", former: UUID | None = None, act: UUID | None = None) -> Any:
        self.clock.move(seconds=1)
        return deciding.undo(
            self.store,
            self.rules,
            former=former,
            act=act or uuid4(),
            reviewer=by,
            now=self.clock(),
        )

    def flags(self, item_no: int) -> list[Row]:
        found = record.item(self.store, item_no)
        return found.flags if found is not None else []

    def state(self, item_no: int) -> str:
        state: str = self.items()[item_no]["state"]
        return state

    def flag_states(self, item_no: int) -> dict[str, str]:
        return {one["key"]: one["state"] for one in self.flags(item_no)}

    def decisions(self) -> list[Row]:
        """All rows of the record, in the order in which they were written."""
        return self.sql("SELECT * FROM base.decisions ORDER BY rowid")

    def record(self) -> list[str]:
        """The same, to be compared."""
        return [json.dumps(row, default=str, sort_keys=True) for row in self.decisions()]
