"""A file cut off while it is read, a clock that jumps, and a stranger who has the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ops.campaigns.faults import clock
from ops.campaigns.faults.ground import Ground, Row, command, finished, until
from warehouse.inbox import inbox_of

#: Bytes of the file that is cut off: more than is read ahead.
LARGE = 12 << 20
_STRANGER = """
import sys, duckdb  # a stranger to channelwatch
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE SCHEMA IF NOT EXISTS stranger")
print("here", flush=True)
sys.stdin.read()
"""


def truncated(ground: Ground, times: int) -> Row:
    """A file that becomes shorter while it is read, and is whole again for the next run."""
    row = Row("file truncated while read", "os.truncate while a run reads it")
    folder = ground.folder / "truncated"
    folder.mkdir(exist_ok=True)
    file = folder / "large.ndjson"
    content = _large(file)
    ground.undisturbed(folder)
    for _ in range(times):
        warehouse = ground.fresh()
        file.write_bytes(content)
        process = ground.run(warehouse, folder, {"CHANNELWATCH_CAMPAIGN_PAUSE": "0.4"}, rows=1_000)
        inbox = inbox_of(warehouse)
        until(lambda: process.poll() is not None or any(inbox.glob("*.messages.*")))  # noqa: B023
        os.truncate(file, ground.chance.randint(LARGE // 3, LARGE * 2 // 3))
        said, _ = finished(process)
        row.times += 1
        row.name(said, "changed while it was read")
        file.write_bytes(content)
        # By the same options: a file that counts as read is not read again.
        ground.settle(row, warehouse, folder, rows=1_000)
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row


def _large(file: Path) -> bytes:
    lines, size, number = [], 0, 0
    while size < LARGE:
        number += 1
        text = f"message {number} " + ("of the enemy " if number % 7 == 0 else "of the day ") * 60
        row = {"id": number, "channel": "@large", "text": text, "date": 1_704_110_400 + number}
        lines.append(json.dumps(row).encode() + b"\n")
        size += len(lines[-1])
    content = b"".join(lines)
    file.write_bytes(content)
    return content


def jumping(ground: Ground, times: int) -> Row:
    """A run whose clock goes a day back, an hour forth, a year forth, from look to look."""
    row = Row("clock jumping", "Python's clock within the run's process is patched")
    ground.undisturbed(ground.exports)
    for number in range(times):
        warehouse = ground.fresh()
        environment = {clock.VARIABLE: str(number + 1)}
        process = ground.run(warehouse, environment=environment)
        if number % 2:  # and is killed, so that times written by it are read by another
            time.sleep(ground.seconds * ground.chance.uniform(0.4, 1.0))
            process.kill()
        said, code = finished(process)
        row.times += 1
        if code not in (0, 1, -9):
            row.problems.append(f"a run whose clock jumps ended with {code}: {said[-300:]}")
        row.name(_doctor_of_the_future(warehouse), "clock")
        ground.settle(row, warehouse)
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row


def _doctor_of_the_future(warehouse: Path) -> str:
    """What doctor says where something beside the warehouse was written in the future."""
    inbox = inbox_of(warehouse)
    inbox.mkdir(exist_ok=True)
    sign = inbox / "future.ipc"
    later = time.time() + 86_400
    sign.touch()
    os.utime(sign, (later, later))
    said, _ = finished(command(["doctor", "-w", str(warehouse)], quick=False))
    sign.unlink()
    return "\n".join(line for line in said.splitlines() if not line.startswith("good"))


def locked(ground: Ground, times: int) -> Row:
    """A stranger has the database open while a run goes on, and goes away after it."""
    row = Row("database locked by a stranger", "another process has it open with DuckDB")
    ground.undisturbed(ground.exports)
    for _ in range(times):
        warehouse = ground.fresh()
        stranger = subprocess.Popen(
            [sys.executable, "-c", _STRANGER, str(warehouse)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert stranger.stdout is not None
        stranger.stdout.readline()
        said, code = finished(ground.run(warehouse))
        row.times += 1
        doctor, _ = finished(command(["doctor", "-w", str(warehouse)], quick=False))
        row.name(doctor, f"is open in process {stranger.pid}, which is not channelwatch")
        if "handed over to the inbox" not in said or code not in (0, 1):
            row.problems.append(f"the run beside a stranger ended with {code}: {said[-300:]}")
        stranger.communicate("")
        ground.settle(row, warehouse)
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row
