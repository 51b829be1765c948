"""`channelwatch rescore`: what a new model has not scored, scored."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import msgspec

from flows.progress import Progress as Watcher
from flows.rescoring import RescoreReport, Rescoring
from ops.commands.run import watching
from ops.console_output import count, stderr, stdout
from ops.errors import CommandError
from ops.text import printable


def rescore_command(wanted: Rescoring, *, direct: bool, as_json: bool, quiet: bool) -> None:
    """Score, and say what was done; exit 1 where something could not be."""
    report = scored(wanted, direct=direct, quiet=quiet or as_json)
    if as_json:
        told = msgspec.json.format(msgspec.json.encode(report.to_dict()), indent=2)
        sys.stdout.write(told.decode() + "\n")
    else:
        show(report)
    raise SystemExit(report.exit_code)


def scored(wanted: Rescoring, *, direct: bool, quiet: bool) -> RescoreReport:
    """Do the work, with a progress bar where somebody looks."""
    require(wanted.warehouse)
    with watching(stderr(), quiet, "taking slices") as watcher:
        return _run(wanted, direct, watcher)


def require(warehouse: Path) -> None:
    """Raise where there is no warehouse to work on."""
    if not warehouse.is_file():
        raise CommandError(f"there is no warehouse at {warehouse}; `channelwatch run` makes one")


def day(value: str | None, option: str) -> str | None:
    """A date, or a moment, as ISO text; raises CommandError where it is none.

    >>> day("2024-03-01", "--since")
    '2024-03-01'
    """
    if value is None:
        return None
    try:
        date.fromisoformat(value)
    except ValueError:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise CommandError(
                f"{option} {value!r} is no date; write it as 2024-03-01, or 2024-03-01T12:00"
            ) from None
    return value


def _run(wanted: Rescoring, direct: bool, watcher: Watcher) -> RescoreReport:
    if direct:
        from flows.rescoring import rescore_directly

        return rescore_directly(wanted, watcher)
    from flows.rescore import run_rescore

    return run_rescore(wanted, watcher)


def show(report: RescoreReport) -> None:
    """Say what was done."""
    console = stdout()
    rate = report.scored / report.seconds if report.seconds else 0
    scored = count(report.scored, "message")
    if not report.scored and not report.kept and not report.problems:
        console.print(
            f"Nothing to score: model {report.model_version} has scored all of it.", style="bold"
        )
    else:
        console.print(
            f"Run {report.run_id}: {scored} scored by model {report.model_version}; "
            f"{report.seconds:.1f} s, {rate:,.0f} a second.",
        )
    if report.kept:
        console.print(
            f"{count(report.kept, 'answer')} taken over as they were: this model's own, or of one "
            "that differs in thresholds or in whom channels speak for, and not so that they change."
        )
    if report.queued:
        console.print(
            f"{count(report.queued, 'batch', 'batches')} handed over: another process owns "
            f"{report.warehouse} and loads them."
        )
    if report.flagged is not None and report.purpose == "rescore":
        console.print(f"In force now: {report.flagged:,} flagged, {report.review:,} to review.")
    for problem in report.problems:
        console.print(f"problem: {printable(problem)}", style="bold red")
