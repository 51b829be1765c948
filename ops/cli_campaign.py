"""The command line of the campaigns: what is done on purpose, before it happens by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.errors import CommandError, explained
from ops.options import AsJson

campaign_app = typer.Typer(
    help="Let much go wrong on purpose, and see that nothing is lost.", no_args_is_help=True
)

Seed = Annotated[int, typer.Option(help="The same seed does the same.")]


def add_campaign(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.add_typer(campaign_app, name="campaign")


@campaign_app.command()
@explained
def fuzz(
    inputs: Annotated[int, typer.Option(min=1, help="How many mutated inputs.")] = 100_000,
    seed: Seed = 6,
    first: Annotated[
        int, typer.Option(min=0, help="The number of the first: to repeat one of a seed.")
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Processes that examine them.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="CPU seconds that an input may take.")] = 30,
    memory: Annotated[int, typer.Option(min=64, help="MB of memory that it may add.")] = 512,
    keep: Annotated[
        Path, typer.Option(help="The folder for inputs of which something does not hold.")
    ] = Path("campaign-fuzz"),
    as_json: AsJson = False,
) -> None:
    """Give mutated inputs to every reader and to `score`.

    From the readers' own sample files and small exports in every format: bits flipped, cut off,
    spliced, nested deeply, in odd encodings, packed, bombs, and so on. Nothing may crash, hang or
    take more memory than is allowed; every item read is landed or quarantined, every line
    answered. Exit 1 where one does not hold.

    \b
    channelwatch campaign fuzz                            100,000 inputs, some 10 minutes
    channelwatch campaign fuzz --inputs 1 --first 8123    one of them again
    """
    from ops.campaigns.fuzz.campaign import Fuzzing
    from ops.campaigns.fuzz.crew import Limits
    from ops.commands.campaign import fuzz_command

    limits = Limits(cpu=seconds, memory=memory << 20)
    fuzz_command(Fuzzing(inputs, seed, processes, keep, limits, first, inputs > 1), as_json)


@campaign_app.command()
@explained
def faults(
    kills: Annotated[int, typer.Option(min=1, help="How often something is killed.")] = 200,
    times: Annotated[int, typer.Option(min=1, help="How often each other fault is done.")] = 3,
    messages: Annotated[int, typer.Option(min=1_000, help="About how many messages.")] = 1_500,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FAULT",
            help="kills, serve, full, read-only, truncated, clock, locked, dask. Repeat for more.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 6,
    as_json: AsJson = False,
) -> None:
    """Kill, fill, cut off and lock what runs and `serve` need; compare with an undisturbed run.

    Killed are flows of their own and, within `serve` with moderators at work, the console, the
    worker, the Prefect server and scheduled flows. Every view must hold the same rows, every
    decision that was confirmed must be there once, and every fault must be named by what is said
    of it. Exit 1 where one does not hold. A full and a read-only disk need the right to mount.

    \b
    channelwatch campaign faults                          200 kills, three of each other
    channelwatch campaign faults --only locked --times 1
    """
    from ops.campaigns.faults.campaign import ALL, Faults
    from ops.commands.campaign import faults_command

    if unknown := sorted({*(only or ())} - {*ALL}):
        raise CommandError(f"no fault {unknown[0]!r}; there are {', '.join(ALL)}")
    faults_command(Faults(kills, times, messages, seed, tuple(only or ALL)), as_json)


@campaign_app.command()
@explained
def day(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long it is under load.")] = 30,
    seed: Seed = 6,
    keep: Annotated[
        Path | None, typer.Option(help="Keep everything in this new folder, to look at.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compress a day of schedules into minutes under load; look for leaks and drift.

    A whole `serve` with every deployment every few seconds or minutes; files are dropped into its
    folder, moderators decide. Memory, open files and threads of each process must be flat after
    the first third, every file, row and decision must be there once, every run in its time, and
    nothing left behind. Exit 1 where one does not hold. In ten minutes much is seen, and the
    pools of Prefect and DuckDB still fill; in thirty they have come to rest.

    \b
    channelwatch campaign day                             half an hour, and some for the books
    channelwatch campaign day --minutes 10
    """
    from ops.campaigns.day.campaign import Day
    from ops.commands.campaign_day import day_command

    day_command(Day(minutes, seed, keep), as_json)
