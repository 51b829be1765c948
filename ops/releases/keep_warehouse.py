"""Keep a warehouse as this release writes it: ``python -m ops.releases.keep_warehouse NAME``.

It holds some of everything, from the exports beside it, and is kept as the file that it is, packed
with zstd: only such a file shows that later releases open it. ``fixtures/warehouses/README.md``
says when to run this.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import zstandard

from warehouse.store import Store, open_store

FOLDER = Path(__file__).parents[2] / "fixtures" / "warehouses"
#: After every message, and before everything that is done with the warehouse.
NOW = datetime(2025, 9, 1, tzinfo=UTC)


def keep(name: str, out: Path = FOLDER) -> Path:
    """Write ``<name>.duckdb.zst`` to a folder; its path.

    Raises:
        FileExistsError: it is there: what a release wrote is never written again.
    """
    kept = out / f"{name}.duckdb.zst"
    with tempfile.TemporaryDirectory(prefix="channelwatch-kept-") as folder:
        path = Path(folder) / "kept.duckdb"
        write(path)
        packed = zstandard.ZstdCompressor(19).compress(path.read_bytes())
    with kept.open("xb") as file:
        file.write(packed)
    return kept


def write(path: Path) -> None:
    """Make a warehouse that holds some of everything."""
    land(path)
    measure(path)
    with open_store(path, threads=1) as store:
        for step in (fold, decide, mark, shade, alert, hold, note, thin_out):
            step(store)
        store.checkpoint()


def land(path: Path) -> None:
    """Two runs: the exports of January, and those of August with edits, gaps and a broken line."""
    from flows.pipeline import run_directly
    from flows.settings import Settings

    channels = FOLDER.parent / "corpus" / "channels.csv"
    with chdir(FOLDER):  # so that no folder of this machine is written down
        for month in ("january", "august"):
            exports = (Path("exports", month),)
            run_directly(Settings(exports, warehouse=path, affiliations=channels, workers=1))


def measure(path: Path) -> None:
    """A benchmark of two numbers."""
    import pyarrow as pa

    from warehouse.batches import batch_id, run_metadata
    from warehouse.inbox import Packed, hand_over, inbox_of
    from warehouse.schemas import BENCHMARKS

    run = "20250901T000000-kept"
    told: dict[str, object] = {"suite": "heldout", "model": "builtin", "model_version": "kept"}
    rows = [
        {"measured_at": NOW, **told, "slice": "all", "metric": metric, "value": value, "n": 100}
        for metric, value in (("f1", 0.75), ("precision", 0.5))
    ]
    table = pa.Table.from_pylist(rows, schema=BENCHMARKS)
    number = batch_id(run, "benchmark", "benchmark")
    metadata: Mapping[str, str] = {"run_id": run}
    with open_store(path, threads=1) as store:
        inbox = inbox_of(store.path)
        hand_over(
            inbox,
            kind="benchmark",
            order=f"{run}-1",
            batches=[Packed(number, len(rows), metadata)],
            table=table,
        )
        ended = run_metadata(run_id=run, state="finished", counts={"metrics": len(rows)})
        hand_over(
            inbox,
            kind="run",
            order=f"{run}-2",
            batches=[Packed(batch_id(run, "benchmark", "finished"), 0, ended)],
        )
        store.load_inbox()


def fold(store: Store) -> None:
    """The review queue."""
    from warehouse.review.folding import fold, keep_rules
    from warehouse.review.rules import Rules

    keep_rules(store, Rules(), NOW)
    while fold(store, Rules(), NOW):
        pass


def decide(store: Store) -> None:
    """Each kind of decision, one of them taken back, one said by two, one said anew."""
    from warehouse.review.deciding import JUDGEMENTS, Judgement, Span, Verdict, decide, undo
    from warehouse.review.rules import Rules

    flags = store.connection.execute(_query("flags")).fetchall()
    said: tuple[Judgement, ...] = (*JUDGEMENTS, "confirm", "reject")
    judgement: Judgement
    for place, (flag, judgement) in enumerate(zip(flags, said, strict=False)):
        item, label, source, target = flag
        changed = judgement == "change"
        verdict = Verdict(
            item,
            label,
            source,
            target,
            judgement,
            "review",
            spans=(Span(0, 5, "cue"),),
            reason="quoted" if judgement == "reject" else None,
            note=f"kept: {judgement}",
            seconds=2.5,
            changed_target="us" if changed else None,
            changed_severity=1 if changed else None,
        )
        told: dict[str, Any] = {"reviewer": "asma", "now": NOW + timedelta(minutes=place)}
        decide(store, Rules(), [verdict], act=uuid4(), **told)
    later = NOW + timedelta(hours=1)
    undo(store, Rules(), former=None, act=uuid4(), reviewer="asma", now=later)
    for place, reviewer, judgement in (
        (0, "bashir", "reject"),
        (1, "bashir", "reject"),
        (3, "asma", "confirm"),
    ):
        item, label, source, target = flags[place]
        verdict = Verdict(item, label, source, target, judgement, "review")
        decide(store, Rules(), [verdict], act=uuid4(), reviewer=reviewer, now=later)


def mark(store: Store) -> None:
    """A decided item as a golden one."""
    from warehouse.review.golden import mark as mark_golden

    mark_golden(store, _places(store)["decided"], golden=True, by="bashir", now=NOW)


def shade(store: Store) -> None:
    """What a candidate says in the shadow: the same as the model in force, under another name."""
    from warehouse.batches import batch_id
    from warehouse.inbox import RESCORED, Packed, hand_over

    table = store.connection.sql(_query("analyses")).to_arrow_table()
    rows = table.select(RESCORED.names).cast(RESCORED)
    number = batch_id("kept", "candidate", "shadow")
    hand_over(
        store.inbox,
        kind="shadow",
        order="20250901T000001-kept-1",
        batches=[Packed(number, len(rows), {"run_id": "20250901T000001-kept"})],
        table=rows,
    )
    store.load_inbox()


def alert(store: Store) -> None:
    """Two rules of which one finds something twice; one alert is taken care of, one silenced."""
    from warehouse.alerting.evaluating import evaluate
    from warehouse.alerting.record import acknowledge, listed, silence_alert
    from warehouse.alerting.rule import Rule

    first = Rule("first", "first_solicitation", "warning", "kept", 3_650)
    old = Rule("old", "queue_old", "info", "kept", 1, parameters={"items": 1})
    evaluate(store, (first, old), NOW + timedelta(hours=2))
    later = NOW + timedelta(hours=3)
    names = [str(row["alert_id"]) for row in listed(store, later)]
    acknowledge(store, names[0], "bashir", later, "kept")
    until = later + timedelta(days=36_500)
    silence_alert(store, names[1], until=until, reviewer="bashir", why="kept", now=later)


def hold(store: Store) -> None:
    """A message under a hold, and a channel that was."""
    from warehouse.retention import holds

    first, second = _places(store)["channels"][:2]
    told: dict[str, Any] = {"who": "bashir", "why": "kept", "now": NOW}
    holds.add(store, hold_id=str(uuid4()), channel=first, message=90, case="one", **told)
    holds.add(store, hold_id=str(uuid4()), channel=second, case="two", **told)
    holds.lift(store, case="two", **told)


def note(store: Store) -> None:
    """Two entries of the audit log."""
    from warehouse.audit import entry, record

    record(store, entry("asma", "read.item", {"item": 1}), entry("asma", "export"))


def thin_out(store: Store) -> None:
    """Retention takes the oldest messages that are neither flagged nor decided."""
    from warehouse.retention.removing import retain
    from warehouse.retention.rules import Rule, Rules

    early = _places(store)["early"]
    retain(store, Rules((Rule("none", 1),), "sent"), early + timedelta(days=1))


def _places(store: Store) -> dict[str, Any]:
    found = store.connection.sql(_query("places")).to_arrow_table().to_pylist()
    return dict(found[0])


def _query(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")


if __name__ == "__main__":
    sys.stderr.write(f"{keep(sys.argv[1])}\n")
