"""The console on a disk that fills up while a moderator decides, and on one that is read-only."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from ops.benchmarks.console.browser import Answer, Browser, Work, work_of
from ops.benchmarks.console.server import Server, add_users
from ops.campaigns.faults.disks import NO_MOUNT, ROOM, disk, mounted, used
from ops.campaigns.faults.ground import Ground, Row, command, finished, until
from warehouse.store import open_store

#: Messages to be reviewed, and decisions that are tried until the disk is full.
MESSAGES, TRIES = 200, 60
#: Bytes that are left to the console: some decisions, or none.
LEFT = 1 << 16
NAME = "moderator"
#: Pages that are read from a full disk.
_READ = ("/review", "/queue", "/history", "/health")


def full(ground: Ground, times: int) -> Row:
    """A decision that cannot be written is refused as such, and sent again when there is room."""
    row = Row("disk full under the console", "a tmpfs made so small that nothing fits any more")
    return _each(ground, row, times, _fill)


def read_only(ground: Ground, times: int) -> Row:
    """A console that is started on a read-only disk says so, and starts when it is writable."""
    row = Row("disk read-only under the console", "a tmpfs mounted read-only before it starts")
    return _each(ground, row, times, _lock)


def _each(
    ground: Ground,
    row: Row,
    times: int,
    fault: Callable[[Ground, Row, Path, Callable[[str], None]], None],
) -> Row:
    for number in range(times):
        folder = ground.folder / f"{row.fault.replace(' ', '-')}-{number}"
        try:
            with disk(folder) as again:
                warehouse = folder / "w.duckdb"
                _to_review(ground, warehouse)
                fault(ground, row, warehouse, again)
                row.times += 1
        except PermissionError as error:
            row.skipped = f"{NO_MOUNT} ({error})"
            return row
        ground.say(f"{row.fault}: {row.times} of {times}")
    return row


def _to_review(ground: Ground, warehouse: Path) -> None:
    """A warehouse with messages that the quick scorer flags, and somebody to decide them."""
    file = ground.folder / "to-review.ndjson"
    rows = (
        {"id": n, "channel": "@a", "text": f"the enemy {n} {n * 7919}", "date": 1_704_110_400 + n}
        for n in range(1, MESSAGES)
    )
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    finished(ground.run(warehouse, file))
    add_users(warehouse, [NAME], "moderator")


def _fill(ground: Ground, row: Row, warehouse: Path, again: Callable[[str], None]) -> None:
    server = Server(warehouse)
    try:
        browser = Browser(server.port)
        browser.sign_in(NAME)
        until(lambda: work_of(browser.get("/review").text).form is not None, 60)
        work = work_of(browser.get("/review").text)
        confirmed: list[str] = []
        answer = Answer(0, "", {}, 0.0, 0.0)
        again(f"size={used(warehouse.parent) + ground.chance.randint(0, LEFT)}")
        for _ in range(TRIES):
            answer = _decided(browser, work)
            if answer.status != HTTPStatus.OK:
                break
            confirmed.append((work.form or {})["act"])
            work = work_of(answer.text)
        row.name(f"{answer.status} {answer.text}", "507 <p><strong>Not saved.</strong>")
        for path in _READ:
            if (read := browser.get(path).status) != HTTPStatus.OK:
                row.problems.append(f"on a full disk {path} is answered with {read}")
        again(f"size={ROOM}")
        if _decided(browser, work).status == HTTPStatus.OK:
            confirmed.append((work.form or {})["act"])
        else:
            row.problems.append("with room again, the same decision is not saved")
    except (OSError, http.client.HTTPException) as error:
        row.problems.append(f"it does not answer any more: {error!r}")
    finally:
        again(f"size={ROOM}")
        server.kill()  # so that what it confirmed has to be on the disk
    with open_store(warehouse) as store:
        acts = "SELECT act_id::VARCHAR FROM base.decisions"
        kept = [act for (act,) in store.connection.execute(acts).fetchall()]
    row.lost += len(set(confirmed) - set(kept))
    row.doubled += len(kept) - len(set(kept) & set(confirmed))


def _decided(browser: Browser, work: Work) -> Answer:
    form = (work.form or {}) | {"judgement": "confirm"}
    return browser.post(f"/item/{work.item_no}/decide", form)


def _lock(ground: Ground, row: Row, warehouse: Path, again: Callable[[str], None]) -> None:
    until(lambda: mounted(again, "ro"))
    said, code = finished(command(["console", "-w", str(warehouse), "--port", "0"], quick=False))
    row.name(said, "mounted read-only")
    if code in (0, None) or "Traceback" in said:
        row.problems.append(f"on a read-only disk it ended with {code}: {said[-300:]}")
    again("rw")
    try:
        Server(warehouse).end()
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        row.problems.append(f"on a writable disk it does not start: {str(error)[-300:]}")
    ground.say(f"{row.fault}: it started again")
