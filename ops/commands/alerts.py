"""`channelwatch alerts`: what holds, one look, and answers to it, whoever owns the warehouse."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from rich import box
from rich.table import Table

from flows.alerting.delivering import SENDERS, deliver
from flows.alerting.reading import Alerts, read_alerts, span
from flows.alerting.watch import as_data, watch
from flows.alerting.wording import inert, sentence
from flows.owner import on_warehouse
from ops.console_output import count, stdout
from ops.errors import ENVIRONMENT, PROBLEMS, CommandError

#: Seconds to wait for whoever owns the warehouse.
PATIENCE = 120.0


def list_command(warehouse: Path, state: str, as_json: bool) -> None:
    """List alerts, silences and deliveries under way."""
    found = _listed(warehouse, None if state == "all" else state)
    if as_json:
        _print(found)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("alert", "severity", "state", "rule", "what", "count", "since"):
        table.add_column(column, overflow="fold")
    for row in found["alerts"]:
        table.add_row(
            row["alert_id"][:8], row["severity"], row["state"], row["rule"], sentence(row),
            f"{row['count']:,}", row["first_seen"][:16],
        )  # fmt: skip
    stdout().print(table, markup=False)
    for row in found["silences"]:
        _say(
            f"Silence {str(row['silence_id'])[:8]} until {row['until'][:16]} by {row['reviewer']}: "
            f"{row['rule'] or 'every rule'}, {inert(row['key'] or 'all')} ({inert(row['why'])})"
        )
    for row in found["outstanding"]:
        _say(f"Not delivered to {row['route']} after {row['attempts']} attempts: {row['detail']}")
    counts = ", ".join(f"{number:,} {name}" for name, number in found["counts"].items())
    _say(f"{counts}.")


def check_command(warehouse: Path, path: Path | None, only: Sequence[str], as_json: bool) -> None:
    """Evaluate and deliver once."""
    table = read_alerts(path)
    _known(table, only)
    _present(warehouse)
    result = watch(warehouse, table, only=only, patience=PATIENCE)
    delivery = result["delivery"]
    if as_json:
        _print(result)
    else:
        events = ", ".join(f"{number} {name}" for name, number in result["events"].items())
        _say(f"Holding: {count(result['found'], 'alert')}; {events or 'nothing new'}.")
        _say(
            f"{delivery['delivered']} delivered, {delivery['failed']} failed for now, "
            f"{delivery['refused']} refused."
        )
    problems = [f"rule {rule}: {why}" for rule, why in result["problems"].items()]
    for problem in problems + delivery["problems"]:
        sys.stderr.write(f"channelwatch: {problem}\n")
    if problems or delivery["problems"]:
        raise SystemExit(PROBLEMS)


def test_command(
    warehouse: Path,
    path: Path | None,
    only: Sequence[str],
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Say what the rules would find."""
    table = read_alerts(path)
    _known(table, only)
    _present(warehouse)
    rules = [rule for rule in table.rules if not only or rule.id in only]
    moment = {"now": as_of.replace(tzinfo=UTC).isoformat()} if as_of else {}
    looks = _ask(warehouse, action="looked", rules=as_data(rules), **moment)["looks"]
    if as_json:
        _print({"looks": looks})
        return
    for look in looks:
        found = look["problem"] or count(len(look["findings"]), "alert")
        _say(f"{look['rule']} ({look['kind']}, {look['seconds']:.2f} s): {found}")
        for finding in look["findings"][:20]:
            _say(f"  {sentence(look | finding)}")
    _say("Nothing was written down, and nothing was sent.")


def route_command(path: Path | None, name: str) -> None:
    """Send one message to a route."""
    table = read_alerts(path)
    routes = [route for route in table.routes if route.name == name]
    if not routes:
        names = ", ".join(route.name for route in table.routes) or "none at all"
        raise CommandError(f"no route {name!r}; there are {names}")
    if routes[0].type not in SENDERS:
        raise CommandError(
            f"the route {name!r} is Prefect's: run the flow, `prefect deployment run alerts/alerts`"
        )
    report = deliver([_sample(name)], routes, table.console, lambda _: None)
    if report.problems:
        raise CommandError("; ".join(report.problems), PROBLEMS)
    _say(f"The route {name} took a test message.")


def ack_command(warehouse: Path, alert: str, note: str | None, by: str | None) -> None:
    """Take care of an alert."""
    row = _alert(warehouse, alert)
    who = by or getpass.getuser()
    _ask(
        warehouse, action="acknowledge", alert_id=row["alert_id"], reviewer=who, note=note,
        now=_now().isoformat(),
    )  # fmt: skip
    _say(f"{who} takes care of {row['alert_id'][:8]} ({row['rule']}).")


def silence_command(  # noqa: PLR0913, PLR0917 (the options)
    warehouse: Path,
    alert: str | None,
    rule: str | None,
    length: str,
    why: str,
    by: str | None,
) -> None:
    """Tell nothing of something for a time."""
    lasting = span(length)
    if lasting is None:
        raise CommandError(f"--for {length!r} is no length of time; write 30m, 12h, 7d or 2w")
    if (alert is None) == (rule is None):
        raise CommandError("give either an alert or --rule")
    if not why.strip():
        raise CommandError("say why, with --why: whoever wonders later reads it")
    now = _now()
    until = now + min(lasting, timedelta(days=3660))
    subject = {"rule": rule} if rule else {"alert_id": _alert(warehouse, alert or "")["alert_id"]}
    _ask(
        warehouse, action="silence", until=until.isoformat(), reviewer=by or getpass.getuser(),
        why=why, now=now.isoformat(), **subject,
    )  # fmt: skip
    _say(f"Nothing is told of {rule or alert} until {until:%Y-%m-%d %H:%M} UTC.")


def lift_command(warehouse: Path, silence: str, by: str | None) -> None:
    """End a silence early."""
    found = [
        str(row["silence_id"])
        for row in _listed(warehouse, "open")["silences"]
        if str(row["silence_id"]).startswith(silence)
    ]
    if len(found) != 1:
        raise CommandError(f"{len(found)} silences begin with {silence!r}; see `alerts list`")
    _ask(
        warehouse, action="lift", silence_id=found[0], reviewer=by or getpass.getuser(),
        now=_now().isoformat(),
    )  # fmt: skip
    _say(f"The silence {found[0][:8]} is over.")


def _alert(warehouse: Path, beginning: str) -> dict[str, Any]:
    """The alert whose id begins so, of those that hold."""
    rows: list[dict[str, Any]] = _listed(warehouse, "held")["alerts"]
    found = [row for row in rows if beginning and row["alert_id"].startswith(beginning)]
    if len(found) != 1:
        raise CommandError(
            f"{len(found)} alerts that hold begin with {beginning!r}; `channelwatch alerts list` "
            "names them"
        )
    return found[0]


def _listed(warehouse: Path, state: str | None) -> dict[str, Any]:
    return _ask(warehouse, action="listed", state=state)


def _ask(warehouse: Path, **parameters: Any) -> dict[str, Any]:
    _present(warehouse)
    return on_warehouse(warehouse, "alert_record", timeout=PATIENCE, **parameters)


def _present(warehouse: Path) -> None:
    """That there is a warehouse: a mistyped path makes none."""
    if not warehouse.is_file():
        raise CommandError(
            f"there is no warehouse at {warehouse}; `channelwatch run` makes one", ENVIRONMENT
        )


def _known(table: Alerts, only: Sequence[str]) -> None:
    strangers = set(only) - {rule.id for rule in table.rules}
    if strangers:
        names = ", ".join(rule.id for rule in table.rules)
        raise CommandError(f"no rule {', '.join(sorted(strangers))}; there are {names}")


def _sample(route: str) -> Mapping[str, Any]:
    """A delivery that says that it is a test."""
    delivery = str(uuid4())
    now = _now().isoformat()
    return {
        "delivery_id": delivery,
        "route": route,
        "attempts": 0,
        "events": [
            {
                "event_id": str(uuid5(NAMESPACE_URL, delivery)),
                "alert_id": str(uuid4()),
                "event": "raised",
                "happened_at": now,
                "first_seen": now,
                "rule": "test",
                "kind": "test",
                "severity": "info",
                "description": "A test of this route by `channelwatch alerts test`: all is well.",
                "subject": {},
                "evidence": {},
                "link": None,
                "count": 0,
                "measure": 0.0,
            }
        ],
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _print(data: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def _say(line: str) -> None:
    stdout().print(line, markup=False, soft_wrap=True)
