"""`channelwatch doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import sys

import msgspec

from ops import runbooks
from ops.console_output import stdout
from ops.doctor.finding import Level, Place
from ops.doctor.looks import look_around
from ops.errors import CommandError

MARKS = {
    Level.ok: "[green]good [/]",
    Level.warn: "[yellow]look [/]",
    Level.fail: "[bold red]wrong[/]",
}


def doctor_command(place: Place, deep: bool, as_json: bool) -> None:
    """Look at everything and print it; exit 1 where something wants looking after, 3 if broken."""
    worst = Level.ok
    findings = []
    console = stdout()
    for finding in look_around(place, deep=deep):
        worst = max(worst, finding.level)
        findings.append(finding.plain())
        if as_json:
            continue
        console.print(f"{MARKS[finding.level]} {finding.what}: ", end="")
        console.print(finding.says, markup=False)
        if finding.runbook:
            console.print(f"      do: {finding.remedy}", markup=False)
            console.print(f"      more: channelwatch runbook {finding.runbook}", markup=False)
    if as_json:
        sys.stdout.write(msgspec.json.encode(findings).decode() + "\n")
    if worst is not Level.ok:
        raise SystemExit(int(worst))


def runbook_command(name: str | None) -> None:
    """Print a runbook, or the index of all of them."""
    if name is None:
        sys.stdout.write(runbooks.index())
        return
    try:
        sys.stdout.write(runbooks.text(name))
    except LookupError as problem:
        raise CommandError(str(problem.args[0])) from None
