"""Runs that were cut off are told of once each, whoever of those who tell it is away meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flows import cut_off
from flows.cut_off import CutOff, follow
from flows.serving import Told
from ops.commands.serve import _Serve
from ops.serving.plan import SCHEDULES

ONE = CutOff("id-1", "watch 2026-01-01", "watch", "Process exited with status code: -9")
TWO = CutOff("id-2", "brave-owl", "watch", "Process exited with status code: -9")


def test_each_is_told_once_and_a_server_that_is_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[Any] = [[ONE], OSError("away"), [ONE, TWO], [TWO], asyncio.CancelledError()]

    async def look(ids: object) -> list[CutOff]:
        found = looks.pop(0)
        if isinstance(found, BaseException):
            raise found
        return list(found)

    monkeypatch.setattr(cut_off, "_cut_off", look)
    monkeypatch.setattr(cut_off, "PAUSE", 0.0)
    told: list[CutOff] = []
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follow({}, told.extend))
    assert told == [ONE, TWO]


def test_of_what_prefect_says_the_first_sentence_is_told() -> None:
    message = "Process exited with status code: -9. Process exited due to a SIGKILL signal. Maybe."
    run = SimpleNamespace(state=SimpleNamespace(message=message))
    assert cut_off._why(run) == "Process exited with status code: -9"
    assert cut_off._why(SimpleNamespace(state=None)) == "it ended without a word"


def test_serve_says_it_once_whoever_tells_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    serving = _Serve(SimpleNamespace(warehouse=Path("w.duckdb")))  # type: ignore[arg-type]
    for found in ([ONE], [ONE, TWO]):  # the second from a worker that was started again
        serving.hear(SCHEDULES, msgspec.json.encode(Told(cut_off=found)).decode())
    said = capsys.readouterr().out
    assert said.count("the run watch 2026-01-01 (id-1) of watch was cut off: Process") == 1
    assert said.count("the run brave-owl (id-2) of watch was cut off: Process") == 1
