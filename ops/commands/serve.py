"""`channelwatch serve`: schedules, Prefect's pages and the console, until it is ended."""

from __future__ import annotations

import sys
import time
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from flows.schedules import Schedules
from ops.console_output import count
from ops.serving.children import Child
from ops.serving.plan import (
    CONSOLE,
    PREFECT,
    SCHEDULES,
    Plan,
    check_schedules,
    children,
    prepare,
    settled,
    tell_api,
)
from ops.serving.supervisor import Supervisor
from ops.text import printable


def serve_command(plan: Plan) -> None:
    """Start everything, say where it is and when what runs, and watch it until the end."""
    plan = settled(plan)
    prepare(plan)
    check_schedules(plan)
    serving = _Serve(plan)
    supervisor = Supervisor(children(plan, serving.hear), _say)
    began = time.monotonic()
    supervisor.run(serving.ready, lambda: serving.summary(time.monotonic() - began))
    _say("Everything has ended.")


class _Serve:
    """What the children have said so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.next: dict[str, str | None] = {}
        self.scheduled = self.opened = False
        self.cut_off: set[str] = set()

    def hear(self, name: str, line: str) -> None:
        """A line that a child wrote."""
        if name == SCHEDULES and line.startswith("{"):
            with suppress(msgspec.DecodeError):
                self._hear_schedules(msgspec.json.decode(line))
                return
        if name == CONSOLE:
            self.opened = True
            _say(printable(line))
        else:
            _say(f"{name}: {printable(line)}")

    def _hear_schedules(self, told: dict[str, object]) -> None:
        for left_out in told.get("left_out") or ():  # type: ignore[attr-defined]
            _say(f"Left out, because something is not installed: {printable(left_out)}")
        for run in told.get("cut_off") or ():  # type: ignore[attr-defined]
            self._hear_cut_off(run)
        if told.get("ready"):
            again, self.scheduled = self.scheduled, True
            self.next = told["next"]  # type: ignore[assignment]
            if again:
                _say("The schedules are served again.")

    def _hear_cut_off(self, run: dict[str, str]) -> None:
        """A run that was killed, or died; a process started again tells the latest anew."""
        if run["id"] in self.cut_off:
            return
        self.cut_off.add(run["id"])
        name = printable(f"{run['name']} ({run['id']}) of {run['deployment']}")
        _say(
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} the run {name} was cut off: "
            f"{printable(run['why'])}; the next one makes up for it "
            "(channelwatch runbook worker_lost)"
        )

    def ready(self, child: Child) -> bool:
        """Whether a child answers."""
        if child.name == PREFECT:
            return _answers(f"http://127.0.0.1:{self.plan.prefect_port}/api/health")
        return self.opened if child.name == CONSOLE else self.scheduled

    def summary(self, seconds: float) -> None:
        """Where everything is, and when it runs next."""
        address = self.plan.api or f"http://127.0.0.1:{self.plan.prefect_port}/api"
        tell_api(self.plan)
        _say(f"Prefect's pages: {address.removesuffix('/api')}/ (runs, schedules, logs)")
        _say(f"Watched: {', '.join(str(folder) for folder in self.plan.folders)}")
        _say(_timetable(self.plan.table, self.next))
        _say(f"Ready after {seconds:.0f} s. Ctrl-C ends all of it.")


def _timetable(table: Schedules, moments: dict[str, str | None]) -> str:
    """When each deployment runs next, the soonest first."""
    rows = sorted(moments.items(), key=lambda item: (item[1] is None, item[1] or ""))
    lines = [f"{count(len(rows), 'deployment')}:"]
    for name, moment in rows:
        when = "started by hand"
        if moment is not None:
            when = f"next {datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            if table.named(name).every_minutes is not None:
                when = f"now, {when}"
        lines.append(f"  {name:<12} {when} ({table.named(name).rhythm})")
    return "\n".join(lines)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
