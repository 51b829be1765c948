"""The inbox: does it move, was anything turned away, may it be written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ops.doctor.finding import Finding, Place, fail, ok, span, warn
from ops.runbooks import Page

#: Seconds that a file may wait where an owner keeps the inbox, and where nobody does.
SLOW, LEFT = 600.0, 3_600.0


def inbox(place: Place) -> Iterator[Finding]:
    """Nothing waits for ever, and nothing was rejected."""
    folder = place.inbox
    if not folder.is_dir():
        yield ok("inbox", "not there yet")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail(
            "inbox",
            f"{folder} cannot be read and written by this user",
            "give it to the user that runs channelwatch",
            Page.DISK_READ_ONLY,
        )
        return
    yield from turned_away(folder)
    yield from stale(folder)
    yield moving(folder)
    yield from orders(folder)


def moving(folder: Path) -> Finding:
    """Whether what waits is being loaded."""
    from warehouse.inbox import pending

    now = time.time()
    waiting = pending(folder)[0]
    ages = []
    for entry in waiting:
        try:
            ages.append(now - entry.path.stat().st_mtime)
        except FileNotFoundError:  # loaded meanwhile
            continue
    oldest = max(ages, default=0.0)
    says = f"{len(ages)} files wait, the oldest for {span(max(oldest, 0))}"
    kept = answering(folder)
    if kept and oldest > SLOW:
        return fail(
            "inbox",
            f"{says}, though {kept} keeps it",
            "see its log for why loading fails",
            Page.INBOX_GROWING,
        )
    if not kept and oldest > LEFT:
        return warn(
            "inbox",
            f"{says}, and no console or `serve` keeps it",
            "start one, or run anything: `channelwatch run` loads what waits first",
            Page.OWNER_MISSING,
        )
    return ok("inbox", says if ages else "empty")


def answering(folder: Path) -> str | None:
    """The owner that keeps an inbox, by the sign in it, where its process lives."""
    import msgspec

    try:
        pid = int(msgspec.json.decode((folder / "keeper.json").read_bytes(), type=dict)["pid"])
        os.kill(pid, 0)
    except PermissionError:  # it lives, as somebody else's
        return f"process {pid}"
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return None
    return f"process {pid}"


def turned_away(folder: Path) -> Iterator[Finding]:
    """What could not be loaded lies in ``rejected`` with its reason, or is not ours."""
    from warehouse.inbox import pending

    rejected = sorted(path for path in (folder / "rejected").glob("*") if path.suffix != ".txt")
    if rejected:
        reason = rejected[-1].with_name(rejected[-1].name + ".reason.txt")
        why = reason.read_text("utf-8")[:200].strip() if reason.is_file() else "no reason is given"
        yield fail(
            "rejected files",
            f"{len(rejected)} in {folder / 'rejected'}; the last: {why}",
            "run their sources again; then the files can be deleted",
            Page.REJECTED_FILES,
        )
    strangers = pending(folder)[1]
    if strangers:
        yield fail(
            "rejected files",
            f"{len(strangers)} files in {folder} which nobody here "
            f"wrote, such as {strangers[0].name[:80]}",
            "take them out: the next load moves them to rejected/",
            Page.REJECTED_FILES,
        )


def stale(folder: Path) -> Iterator[Finding]:
    """Temporary files of writers that died: the next load sweeps them."""
    from warehouse.inbox import STALE_SECONDS

    limit = time.time() - STALE_SECONDS
    found = 0
    for path in folder.glob(".*.tmp"):
        try:
            found += path.lstat().st_mtime < limit
        except FileNotFoundError:  # its writer has just renamed it
            continue
    if found:
        yield warn(
            "temporary files",
            f"{found} of writers that died lie in {folder}",
            "start the run that died again; the next load deletes them",
            Page.WORKER_LOST,
        )


def orders(folder: Path) -> Iterator[Finding]:
    """What was ordered of the owner is carried out."""
    ages = [time.time() - path.stat().st_mtime for path in (folder / "orders").glob("*.json")]
    if ages and max(ages) > SLOW:
        yield warn(
            "orders",
            f"{len(ages)} wait, the oldest for {span(max(ages))}",
            "start the console or `channelwatch serve`, which carries them out",
            Page.OWNER_MISSING,
        )
