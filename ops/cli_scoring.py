"""The command line of scoring beyond a run: anew, in the shadow, on many machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Models, Warehouse

Since = Annotated[
    str | None, typer.Option(metavar="DATE", help="Sent from then on, UTC: 2024-03-01.")
]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="Sent before then, UTC.")]
OneChannel = Annotated[
    str | None, typer.Option("--channel", help="Of this channel alone, by its channel_key.")
]
Channels = Annotated[
    Path | None,
    typer.Option(help="CSV with the columns channel,actor: whom a channel speaks for, as for run."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many messages.")]
AllRevisions = Annotated[
    bool, typer.Option("--all-revisions", help="Texts that were edited away too.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Batches scored at once.  [default: cores]")
]
Direct = Annotated[bool, typer.Option("--direct", help="Run the same functions without Prefect.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]


def add_scoring(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(rescore)


@explained
def rescore(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    models: Models = None,
    channels: Channels = None,
    since: Since = None,
    until: Until = None,
    channel: OneChannel = None,
    all_revisions: AllRevisions = False,
    limit: Limit = None,
    workers: Workers = None,
    direct: Direct = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score what the present model has not scored yet, beside a running console.

    Only messages whose answers in force are of another model are scored; where no more than the
    thresholds or the table of channels changed, only those whose answer may become another one.
    Answers of earlier models stay in the view scores, decisions stay with their messages. Killed,
    it goes on where it was.

    \b
    channelwatch rescore -w march.duckdb                          after an update
    channelwatch rescore --models my-models --since 2024-03-01    a model of your own
    """
    from flows.rescoring import Rescoring
    from flows.settings import usable_cores
    from ops.commands.rescore import day, rescore_command

    wanted = Rescoring(
        warehouse=warehouse,
        models=models,
        affiliations=channels,
        since=day(since, "--since"),
        until=day(until, "--until"),
        channel=channel,
        all_revisions=all_revisions,
        limit=limit,
        workers=workers or usable_cores(),
    )
    rescore_command(wanted, direct=direct, as_json=as_json, quiet=quiet)
