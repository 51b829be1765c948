"""`channelwatch score-partitions` and `extract-messages`: scoring on many workers."""

from __future__ import annotations

import sys

import msgspec

from flows.extracting import Extraction, extract
from flows.fanning import Fanout, FanoutReport
from flows.stores import without_secrets
from ops.commands.rescore import require
from ops.commands.run import watching
from ops.console_output import count, stderr, stdout
from ops.errors import ENVIRONMENT, CommandError
from ops.text import printable
from ops.who import noted


def score_partitions_command(wanted: Fanout, *, direct: bool, as_json: bool, quiet: bool) -> None:
    """Score the partitions and say what was done; exit 1 where one could not be."""
    try:
        with watching(stderr(), quiet or as_json, "scoring partitions") as watcher:
            if direct:
                from flows.fanning import fan_out_directly

                report = fan_out_directly(wanted, watcher)
            else:
                from flows.fanout import run_fanout

                report = run_fanout(wanted, watcher)
    except ModuleNotFoundError as problem:
        if (problem.name or "").split(".")[0] not in {"dask", "distributed", "prefect_dask"}:
            raise
        raise CommandError(
            f"{problem.name} is not installed: pip install channelwatch[cluster]", ENVIRONMENT
        ) from None
    if as_json:
        _json(report.to_dict())
    else:
        _show(report, wanted)
    raise SystemExit(report.exit_code)


def extract_command(wanted: Extraction, *, as_json: bool, quiet: bool) -> None:
    """Write partitions and say how many there are."""
    require(wanted.warehouse)
    # At the beginning: one that is killed has written messages, too.
    noted(
        wanted.warehouse,
        "extract",
        out=without_secrets(wanted.out),
        unscored=wanted.unscored,
        clear=wanted.clear,
        channel=wanted.channel,
        since=wanted.since,
        until=wanted.until,
    )
    with watching(stderr(), quiet or as_json, "taking slices") as watcher:
        report = extract(wanted, watcher)
    if as_json:
        _json(report.to_dict())
        return
    console = stdout()
    console.print(
        f"{count(report.rows, 'message')} written to {report.out} in "
        f"{count(report.partitions, 'partition')}.",
        soft_wrap=True,
    )
    if report.kept:
        console.print(f"{count(report.kept, 'answer')} taken over without being scored.")


def _show(report: FanoutReport, wanted: Fanout) -> None:
    console = stdout()
    rate = report.rows / report.seconds if report.seconds else 0
    before = f" ({report.before:,} were done before)" if report.before else ""
    console.print(
        f"{count(report.partitions, 'partition')}{before}, {count(report.rows, 'message')} by "
        f"model {report.model_version}; {report.seconds:.1f} s, {rate:,.0f} a second. "
        f"Results in {wanted.out}",
        soft_wrap=True,
    )
    if wanted.warehouse is not None:
        console.print(
            f"{count(report.handed_over, 'batch', 'batches')} handed over to {wanted.warehouse}."
        )
    for problem in report.problems:
        console.print(f"problem: {printable(problem)}", style="bold red")


def _json(facts: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n")
