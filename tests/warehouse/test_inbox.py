"""Handing over: whole files, in order, checked."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from warehouse import batches
from warehouse import inbox as inboxes
from warehouse.schemas import QUARANTINE

METADATA = batches.batch_metadata(run_id="run", source_id="s", reading="r", sequence=0)


def hand_over(inbox: Path, table: pa.Table, **more: Any) -> Path:
    given: dict[str, Any] = {"batch_id": "b", "rows": table.num_rows, "metadata": METADATA}
    packed = inboxes.Packed(**{name: more.pop(name, value) for name, value in given.items()})
    chosen: dict[str, Any] = {"kind": "messages", "order": "0001"} | more
    return inboxes.hand_over(inbox, **chosen, batches=[packed], table=table)


def test_what_is_handed_over_is_what_lies_there(tmp_path: Path, build: Any) -> None:
    rows = [
        build.message(
            1,
            "سلام\u200b=1\x00",
            entities=[{"start": 0, "end": 2, "type": "text_link", "value": "x"}],
        ),
        build.message(2),
    ]
    table = build.landing(rows, [build.analysis(build.score("hostile", 0.9)), None])
    shuffled = table.select(list(reversed(table.column_names)))
    path = hand_over(tmp_path / "inbox", shuffled)
    (entry,), strangers = inboxes.pending(tmp_path / "inbox")
    assert entry.path == path
    assert strangers == []
    assert inboxes.examine(entry) == [inboxes.Packed("b", 2, METADATA)]
    assert inboxes.rows_of(entry).equals(table)
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # nothing temporary is left


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "message"}, "none of messages, quarantine"),
        ({"metadata": {"run_id": "x"}}, "source_id, reading, sequence"),
        ({"order": "../x"}, "1 to 100 letters"),
        ({"batch_id": ""}, "1 to 100 letters"),
        ({"rows": 2}, "batches of 2 rows in 1"),
        ({"batch_id": "x" * 101}, "1 to 100 letters"),
    ],
)
def test_refuses_what_a_loader_could_not_load(
    tmp_path: Path, build: Any, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        hand_over(tmp_path, build.landing([build.message(1)]), **change)
    assert list(tmp_path.iterdir()) == []


def test_refuses_rows_that_do_not_fit(tmp_path: Path, build: Any) -> None:
    table = build.landing([build.message(1)])
    with pytest.raises(ValueError, match=r"missing: .'text'"):
        hand_over(tmp_path, table.drop_columns(["text"]))
    with pytest.raises(ValueError, match=r"not known: .'more'"):
        hand_over(tmp_path, table.append_column("more", pa.array([1])))
    index = table.column_names.index("text")
    with pytest.raises(ValueError, match=r"null"):
        hand_over(tmp_path, table.set_column(index, "text", pa.array([None], pa.string())))
    with pytest.raises(ValueError, match="does not fit"):
        hand_over(
            tmp_path, table.set_column(table.column_names.index("views"), "views", pa.array(["a"]))
        )
    assert list(tmp_path.iterdir()) == []


def test_order_is_that_of_the_order_strings(tmp_path: Path, build: Any) -> None:
    table = build.landing([build.message(1)])
    orders = ["2", "1-b", "1", "10", "1_", "1a"]
    for order in orders:
        hand_over(tmp_path, table, order=order)
    waiting, _ = inboxes.pending(tmp_path)
    assert [entry.order for entry in waiting] == sorted(orders)


def test_staged_batches_are_not_seen_until_published(tmp_path: Path, build: Any) -> None:
    table = build.landing([build.message(1, "text")])
    packed = [inboxes.Packed("b", 1, METADATA)]
    staged = inboxes.stage(tmp_path, kind="messages", order="1", batches=packed, table=table)
    assert inboxes.pending(tmp_path) == ([], [])
    inboxes.publish(staged)
    assert len(inboxes.pending(tmp_path)[0]) == 1


def test_a_file_of_many_batches_names_each(tmp_path: Path, build: Any) -> None:
    packed = [inboxes.Packed(f"b{n}", rows, METADATA) for n, rows in enumerate([2, 0, 1])]
    table = build.landing([build.message(i) for i in range(3)])
    inboxes.hand_over(tmp_path, kind="messages", order="1", batches=packed, table=table)
    ((entry,), _) = inboxes.pending(tmp_path)
    assert inboxes.examine(entry) == packed
    assert inboxes.rows_of(entry).equals(table)
    assert inboxes.waiting_batches(tmp_path) == {"b0", "b1", "b2"}


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty"])
def test_damage_is_noticed(tmp_path: Path, build: Any, spoil: str) -> None:
    path = hand_over(tmp_path, build.landing([build.message(1, "text")]))
    data = bytearray(path.read_bytes())
    if spoil == "flip":
        data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data) if spoil == "flip" else bytes(data[: len(data) // 2]))
    if spoil == "empty":
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="damaged or cut off"):
        inboxes.examine(inboxes.pending(tmp_path)[0][0])


def test_links_and_foreign_names_are_strangers(tmp_path: Path, build: Any) -> None:
    inbox = tmp_path / "inbox"
    path = hand_over(inbox, build.landing([build.message(1)]))
    outside = tmp_path / path.name
    path.rename(outside)
    path.symlink_to(outside)
    (inbox / "mine.arrow").write_bytes(b"")
    (inbox / "notes.txt").write_text("left alone")
    assert inboxes.pending(inbox) == ([], sorted([path, inbox / "mine.arrow"]))


def test_sweeps_only_what_is_old(tmp_path: Path) -> None:
    gone = 2**22 + 1  # more than any process's number
    old, young = tmp_path / f".{gone}-a.tmp", tmp_path / f".{gone}-b.tmp"
    ours = tmp_path / f".{os.getpid()}-c.tmp"
    for file in (old, young, ours):
        file.write_bytes(b"")
    long_ago = time.time() - 2 * inboxes.STALE_SECONDS
    for file in (old, ours):
        os.utime(file, (long_ago, long_ago))
    assert inboxes.sweep(tmp_path) == [old]
    assert young.exists()
    assert ours.exists()  # a clock that jumps makes old what is being written
    assert inboxes.sweep(tmp_path / "nowhere") == []


def test_batch_ids_tell_batches_apart() -> None:
    parts = [("s", "r", "messages", 0), ("s", "r", "messages", 1), ("s", "r", "quarantine", 0)]
    parts += [("s", "r2", "messages", 0), ("sr", "", "messages", 0), ("s2", "r", "messages", 0)]
    ids = {batches.batch_id(*part) for part in parts}
    assert len(ids) == len(parts)
    assert batches.batch_id(*parts[0]) == batches.batch_id(*parts[0])


def test_a_null_in_a_required_column_of_another_kind(tmp_path: Path) -> None:
    row = dict.fromkeys(QUARANTINE.names)
    table = pa.Table.from_pylist(
        [row], schema=pa.schema([f.with_nullable(True) for f in QUARANTINE])
    )
    with pytest.raises(ValueError, match="null"):
        hand_over(tmp_path, table, kind="quarantine")
