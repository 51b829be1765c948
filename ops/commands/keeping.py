"""`channelwatch retain`, `backup`, `restore`, `hold` and `audit`."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from flows.keeping import back_up, read_rules
from flows.keeping import retain as retain_all
from flows.owner import on_warehouse
from ops.console_output import count, stdout
from ops.errors import PROBLEMS, CommandError
from ops.text import printable
from ops.who import login
from warehouse.encryption import ALLOW_MBEDTLS, KEY_FILE, from_environment


def use_key(key_file: Path | None, allow_mbedtls: bool = False) -> None:
    """Have this process, and those that it starts, use a key; it is never on a command line."""
    if key_file is not None:
        os.environ[KEY_FILE] = str(key_file)
    if allow_mbedtls:
        os.environ[ALLOW_MBEDTLS] = "1"
    from_environment()  # a mistake is told before anything is done


def retain_command(  # noqa: PLR0913, PLR0917
    warehouse: Path, rules: Path | None, dry_run: bool, scrub: bool, who: str | None, as_json: bool
) -> None:
    """Remove what is due, and say how much."""
    _there(warehouse)
    done = retain_all(warehouse, read_rules(rules), dry_run=dry_run, scrub=scrub, who=login(who))
    if as_json:
        _json(done)
        return
    out = stdout()
    verb = "would be removed" if dry_run else "removed"
    for rule, messages in sorted(done["removed"].items()):
        label, days = rule.rsplit(":", 1)
        out.print(f"{count(messages, 'message')} {verb}: {label}, kept for {days} days")
    if not done["removed"]:
        out.print(f"No message {'is due' if dry_run else 'was due'}.")
    if done["held"]:
        out.print(f"{count(done['held'], 'message')} would be due, and stay: under a legal hold.")
    if done["unread"] or done["rejected"]:
        out.print(
            f"Bytes of {count(done['unread'], 'item')} in quarantine and "
            f"{count(done['rejected'], 'rejected file')} {verb}."
        )
    if "bytes_before" in done:
        out.print(f"Written anew: {done['bytes_before']:,} bytes before, {done['bytes']:,} now.")
    elif not dry_run and done["removed"]:
        out.print("Their bytes are in the file until it is written anew: --scrub does that.")


def backup_command(warehouse: Path, out: Path, who: str | None, as_json: bool) -> None:
    """Make a backup, and say what is in it."""
    _there(warehouse)
    if out.exists():
        raise CommandError(f"{out} is there already; name a new folder")
    manifest = back_up(warehouse, out, who=login(who))
    if as_json:
        _json(manifest)
        return
    size = sum(file["bytes"] for file in manifest["files"].values())
    waiting = sum(name.startswith("inbox/") for name in manifest["files"])
    stdout().print(
        f"{out}: {manifest['rows']['base.revisions']:,} revisions, "
        f"{manifest['rows']['base.decisions']:,} decisions, {count(waiting, 'inbox file')}; "
        f"{size:,} bytes{', encrypted' if manifest['encrypted'] else ''}; checked."
    )


def restore_command(backup: Path, into: Path, encrypt: bool, as_json: bool) -> None:
    """Put a backup in place."""
    from warehouse.backup.backup import restore

    key = from_environment()
    if encrypt and key is None:
        raise CommandError("--encrypt needs a key: give --key-file")
    manifest = restore(backup, into, encrypt=key if encrypt else None)
    if as_json:
        _json(manifest)
        return
    stdout().print(
        f"{into}: {manifest['rows']['base.revisions']:,} revisions, as of {manifest['made_at']}."
    )


def hold_add_command(
    warehouse: Path, what: dict[str, Any], why: str, who: str | None, as_json: bool
) -> None:
    """Put a hold on."""
    if not any(what.get(name) is not None for name in ("channel", "item")):
        raise CommandError("say what is held: --channel, --channel and --message, or --item")
    _there(warehouse)
    given = what | {"why": why, "who": login(who), "hold_id": str(uuid.uuid4())}
    result = on_warehouse(warehouse, "hold", act="add", **given)
    if as_json:
        _json(result)
        return
    stdout().print(f"Held, until it is lifted: {result['hold_id']}")


def hold_lift_command(  # noqa: PLR0913, PLR0917
    warehouse: Path, hold: str | None, case: str | None, why: str, who: str | None, as_json: bool
) -> None:
    """Lift holds."""
    _there(warehouse)
    result = on_warehouse(
        warehouse, "hold", act="lift", hold_id=hold, case=case, why=why, who=login(who)
    )
    if as_json:
        _json(result)
    else:
        stdout().print(f"{count(len(result['lifted']), 'hold')} lifted.")
    if not result["lifted"]:
        raise CommandError("no such hold is in force; see them with: channelwatch hold list", 1)


def hold_list_command(warehouse: Path, as_json: bool) -> None:
    """List holds."""
    _there(warehouse)
    found = on_warehouse(warehouse, "hold", act="list")["holds"]
    if as_json:
        _json(found)
        return
    table = Table("hold", "what", "case", "who", "since", "why", "lifted")
    for one in found:
        messages = "" if one["messages"] is None else f" {one['messages']}"
        item = f"item {one['item_no']}: " if one["item_no"] is not None else ""
        lifted = f"{one['lifted_at']} {one['lifted_by']}" if one["lifted_at"] else ""
        cells = [one["hold_id"], f"{item}{one['channel_key']}{messages}", one["case_name"] or ""]
        cells += [one["who"], str(one["held_at"]), one["why"], lifted]
        table.add_row(*(printable(str(cell)) for cell in cells))
    stdout().print(table if found else "No holds.")


def audit_list_command(
    warehouse: Path, who: str | None, what: str | None, limit: int, as_json: bool
) -> None:
    """List entries of the audit log."""
    _there(warehouse)
    found = on_warehouse(warehouse, "audit", act="list", who=who, what=what, most=limit)["entries"]
    if as_json:
        _json(found)
        return
    table = Table("no", "when", "who", "what", "about")
    for one in found:
        cells = [one["entry_no"], one["happened_at"][:19], one["who"], one["what"], one["about"]]
        table.add_row(*(printable(str(cell)) for cell in cells))
    stdout().print(table)


def audit_verify_command(warehouse: Path, head: str | None, as_json: bool) -> None:
    """Follow the chain."""
    _there(warehouse)
    verdict = on_warehouse(warehouse, "audit", act="verify", head=head)
    if as_json:
        _json(verdict)
    elif verdict["broken_at"] is None:
        stdout().print(
            f"{count(verdict['entries'], 'entry', 'entries')}, unbroken; "
            f"the head is {verdict['head']}"
        )
    else:
        stdout().print(
            f"broken at entry {verdict['broken_at']}: {verdict['why']}", style="bold red"
        )
    if verdict["broken_at"] is not None:
        raise SystemExit(PROBLEMS)


def _there(warehouse: Path) -> None:
    """A command about what is kept makes no warehouse."""
    if not warehouse.is_file():
        raise CommandError(f"there is no warehouse at {warehouse}; name it with --warehouse", 3)


def _json(value: Any) -> None:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    sys.stdout.write(text + "\n")
