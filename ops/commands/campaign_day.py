"""`channelwatch campaign day`: a day of schedules within minutes, and what it left."""

from __future__ import annotations

import msgspec
from rich.console import Console

from ops.campaigns.day.campaign import Day, Outcome, run
from ops.campaigns.fuzz.campaign import TOLD
from ops.campaigns.show import table
from ops.console_output import count, stderr, stdout
from ops.errors import PROBLEMS, CommandError
from ops.text import printable

_UNITS = {"memory": "MB", "of it the database's": "MB of the database"}


def day_command(told: Day, as_json: bool) -> None:
    """Run the campaign and print its tables; exit 1 where anything does not hold."""
    notes = stderr()
    try:
        outcome = run(told, lambda line: notes.print(printable(line), markup=False))
    except FileExistsError:
        raise CommandError(f"{told.keep} is there already; give a new folder with --keep") from None
    if as_json:
        stdout().file.write(msgspec.json.encode(outcome.to_dict()).decode() + "\n")
    else:
        _show(outcome, stdout())
    if not outcome.holds:
        raise SystemExit(PROBLEMS)


def _show(outcome: Outcome, console: Console) -> None:
    title = f"A day within {outcome.told.minutes:g} minutes, seed {outcome.told.seed}"
    columns = (
        "process", "", "first third", "last third",
        "growth", "in the end", "allowed", "95 %", "a day", "flat",
    )  # fmt: skip
    rows = [
        (
            *(each.process, _UNITS.get(each.what, each.what)),
            *(each.first, each.last, each.growth, each.ending, each.allowed),
            f"{each.low * each.seconds:,.1f} to {each.high * each.seconds:,.1f}",
            *(each.a_day, "yes" if each.flat else "NO"),
        )
        for each in outcome.trends
    ]
    console.print(table(title, columns, rows))
    memory, files, threads = outcome.flow_runs_at_most
    most = f"{memory:,.0f} MB, {files:,.0f} files, {threads:,.0f} threads"
    console.print(f"Flow runs together, at most: {most}.")
    kept = [
        (
            *(each.deployment, each.every_seconds, each.runs),
            f"{each.at_least} to {each.at_most}",
            ", ".join(f"{name} {number}" for name, number in sorted(each.states.items())),
            each.latest_seconds,
        )
        for each in outcome.kept
    ]
    heads = ("deployment", "every (s)", "runs", "by schedule", "states", "latest (s)")
    console.print(table("Flow runs", heads, kept))
    dropped = ", ".join(f"{number} {kind}" for kind, number in sorted(outcome.dropped.items()))
    console.print(f"Dropped: {dropped}. {count(outcome.confirmed, 'decision')} confirmed.")
    console.print(
        "Rows: " + ", ".join(f"{view} {number:,}" for view, number in outcome.rows.items()) + "."
    )
    for problem in outcome.all_problems[: 10 * TOLD]:
        console.print(f"  PROBLEM: {printable(problem)}", markup=False)
    failed = len(outcome.all_problems)
    console.print("Everything held." if not failed else f"{count(failed, 'problem')}.")
