"""`channelwatch campaign`: much that can go wrong, done on purpose, and counted."""

from __future__ import annotations

import msgspec
from rich.console import Console

from ops.campaigns.faults import campaign as faults
from ops.campaigns.faults.ground import Row
from ops.campaigns.fuzz.campaign import TOLD, Fuzzing, Outcome, fuzz
from ops.campaigns.fuzz.originals import SCORE
from ops.campaigns.show import table
from ops.console_output import count, stderr, stdout
from ops.errors import PROBLEMS
from ops.text import printable


def fuzz_command(told: Fuzzing, as_json: bool) -> None:
    """Run the campaign and print its table; exit 1 where anything does not hold."""
    notes = stderr()
    outcome = fuzz(told, lambda line: notes.print(printable(line), markup=False))
    if as_json:
        _print_json(outcome.to_dict())
    else:
        _show_fuzz(outcome, stdout())
    if not outcome.holds:
        raise SystemExit(PROBLEMS)


def _print_json(value: object) -> None:
    stdout().file.write(msgspec.json.encode(value).decode() + "\n")


def _show_fuzz(outcome: Outcome, console: Console) -> None:
    columns = (
        "inputs for", "inputs", "items", "landed", "quarantined", "crashed", "hung", "memory",
        "wrong", "slowest (CPU s)", "memory at most (MB)",
    )  # fmt: skip
    rows = [
        (
            *(each.target, each.inputs, each.items, each.good, each.bad),
            *(each.crashed, each.hung, each.memory, each.wrong),
            *(each.slowest_cpu_seconds, each.most_grown_mb),
        )
        for _, each in sorted(outcome.rows.items())
    ]
    title = f"{outcome.inputs:,} mutated inputs, seed {outcome.seed}"
    console.print(table(title, columns, rows))
    console.print(f"For {SCORE}: lines, answered, refused. Memory is what an input added.")
    kinds = ", ".join(f"{name} {number:,}" for name, number in outcome.mutations.most_common())
    console.print(f"Done to them: {kinds}.")
    if landing := outcome.landing:
        console.print(
            f"Landed in a warehouse by a run: {count(landing['files'], 'file')}, "
            f"{landing['read']:,} read = {landing['landed']:,} landed + {landing['unchanged']:,} "
            f"unchanged + {landing['quarantined']:,} quarantined."
        )
        for problem in landing["problems"]:
            console.print(f"  PROBLEM: {printable(problem)}", markup=False)
    for failure in outcome.failures[:TOLD]:
        problems = "; ".join(failure["problems"])
        console.print(
            f"  FAILED: input {failure['number']} ({failure['target']}, "
            f"{', '.join(failure['how'])}): {printable(problems)}; kept as {failure['kept']}",
            markup=False,
        )
    failed = len(outcome.failures)
    console.print("Everything held." if outcome.holds else f"{count(failed, 'input')} failed.")


def faults_command(told: faults.Faults, as_json: bool) -> None:
    """Run the campaign and print its table; exit 1 where anything does not hold."""
    notes = stderr()
    rows = faults.run(told, lambda line: notes.print(printable(line), markup=False))
    if as_json:
        _print_json(faults.to_dict(told, rows))
    else:
        _show_faults(told, rows, stdout())
    if not all(row.holds for row in rows):
        raise SystemExit(PROBLEMS)


def _show_faults(told: faults.Faults, rows: list[Row], console: Console) -> None:
    columns = ("fault", "times", "lost", "doubled", "named", "slowest recovery (s)", "how")
    cells = [
        (row.fault, row.times, row.lost, row.doubled, row.named, row.seconds, row.how)
        for row in rows
    ]
    title = f"Faults over {told.messages:,} messages, seed {told.seed}"
    console.print(table(title, columns, cells))
    for row in rows:
        if row.says:
            console.print(f"{row.fault} is named: {printable(row.says)}", markup=False)
    for row in rows:
        if row.skipped:
            console.print(f"  LEFT OUT: {row.fault}: {printable(row.skipped)}", markup=False)
        for problem in row.problems[:TOLD]:
            console.print(f"  PROBLEM: {row.fault}: {printable(problem)}", markup=False)
    failed = sum(not row.holds for row in rows)
    console.print("Everything held." if not failed else f"{count(failed, 'fault')} did not hold.")
