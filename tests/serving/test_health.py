"""`channelwatch health`: what it finds from beside the warehouse."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from ops.commands.health import health_command
from ops.health import health_of
from warehouse import presence
from warehouse.inbox import inbox_of


def test_nobody_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        health_command(tmp_path / "w.duckdb", as_json=False)
    assert ended.value.code == 1
    assert "channelwatch serve" in capsys.readouterr().out


def test_kept_stuck_and_failing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warehouse = tmp_path / "w.duckdb"
    now = time.time()
    presence.show(warehouse, presence.Sign(os.getpid(), now - 60))
    health_command(warehouse, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["owner"], told["waiting"]) == ("ok", os.getpid(), 0)

    assert health_of(warehouse, 30).problems[0].startswith("no run was heard of for 1 min")
    assert health_of(warehouse, 90).problems == ()
    presence.show(warehouse, presence.Sign(os.getpid(), now - 60, heard=now - 20))
    assert health_of(warehouse, 30).problems == ()

    path = inbox_of(warehouse) / "a-0.messages.00000000.arrow"
    path.write_bytes(b"")
    assert health_of(warehouse).problems == ()
    os.utime(path, (now - 3600, now - 3600))
    assert "waits for 36" in health_of(warehouse).problems[0]
    path.unlink()

    presence.show(warehouse, presence.Sign(os.getpid(), now - 60, problem="the disk is full"))
    assert health_of(warehouse).problems == ("keeping fails: the disk is full",)
    presence.show(warehouse, presence.Sign(os.getpid(), now - 9000, seen=now - 900))
    assert "has not looked for 9" in health_of(warehouse).problems[0]
    with pytest.raises(SystemExit):
        health_command(warehouse, as_json=True)
