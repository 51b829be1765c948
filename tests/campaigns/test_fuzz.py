"""The fuzz campaign: small, and whether it would notice."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from ops.campaigns.fuzz.campaign import Fuzzing, fuzz
from ops.campaigns.fuzz.crew import Crew, Limits
from ops.campaigns.fuzz.inputs import BOMB, Mutated, mutated
from ops.campaigns.fuzz.mutations import TEXT
from ops.campaigns.fuzz.oracles import examine
from ops.campaigns.fuzz.originals import SCORE
from warehouse.parsing.format import Format
from warehouse.readers import formats

#: A worker in which some inputs do what none may.
_BAD = """
import os, time
import ops.campaigns.fuzz.worker as worker
from ops.campaigns.fuzz.oracles import Found

def examine(given, chance, folder):
    number = numbers.pop(0)
    if number == 3:
        os.abort()
    if number == 5:
        while True:
            pass
    if number == 6:
        bytearray(200 << 20)
    if number == 7:
        raise KeyError("text")
    return Found(2, 1, 1, ("odd",) if number == 8 else ())

def examined(*told):
    numbers.append(told[1])
    return one(*told)

numbers = []
one, worker._examined, worker.examine = worker._examined, examined, examine
worker._warm_up = lambda *told: None
worker.main()
"""


def test_an_input_is_the_same_whenever_it_is_made() -> None:
    found = [mutated(3, number) for number in range(600)]
    assert found == [mutated(3, number) for number in range(600)]
    assert {each.target for each in found} >= {SCORE, *formats()}
    assert {how for each in found for how in each.how} >= {*TEXT, "packed", "Parquet"}
    assert mutated(4, 0) != found[0]


def test_a_few_hundred_inputs_hold(tmp_path: Path) -> None:
    for number in range(400):
        given = mutated(11, number)
        if given.target != BOMB:
            assert examine(given, Random(number), tmp_path).wrong == (), (number, given.how)


def test_a_reader_that_fails_or_miscounts_is_seen(tmp_path: Path, monkeypatch: Any) -> None:
    def parse(_: Any) -> Any:
        raise KeyError("text")
        yield

    broken = Format("broken", lambda head: 4, parse, lambda: ())
    monkeypatch.setitem(formats(), "broken", broken)
    given = Mutated("plain_csv", (), b"anything")
    [wrong] = examine(given, Random(1), tmp_path).wrong
    assert wrong == "the broken reader failed: KeyError: 'text'"


def test_death_hangs_and_memory_are_noticed_and_survived(tmp_path: Path) -> None:
    lines: dict[int, dict[str, Any]] = {}
    limits = Limits(cpu=1.5, memory=64 << 20)
    Crew(
        seed=1,
        inputs=10,
        processes=1,
        limits=limits,
        folder=tmp_path,
        heard=lambda line: lines.update({line["number"]: line}),
        command=_BAD,
    ).work()
    assert sorted(lines) == [*range(10)]
    assert lines[3]["died"] == "the process died: SIGABRT"
    assert lines[5]["hung"].startswith("no end after")
    assert lines[6]["memory"] or "MemoryError" in (lines[6]["crash"] or "")
    assert lines[7]["crash"].startswith("KeyError")
    assert lines[8]["wrong"] == ["odd"]
    assert all(lines[n]["items"] == 2 for n in (0, 1, 2, 4, 9))


def test_the_campaign_adds_up(tmp_path: Path) -> None:
    told = Fuzzing(120, 2, 1, tmp_path / "kept")
    outcome = fuzz(told, lambda line: None)
    assert outcome.holds, outcome.failures
    assert sum(row.inputs for row in outcome.rows.values()) == 120
    for row in outcome.rows.values():
        assert row.items == row.good + row.bad
    assert outcome.landing["files"] >= 1
    assert not (tmp_path / "kept").exists()
