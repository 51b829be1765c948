"""The command line of unattended operation: serving, its health, and backfill."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ops.cli_console import (
    BehindProxy,
    Host,
    HostNames,
    PolicyFile,
    Port,
    TlsCert,
    TlsKey,
)
from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Models, Warehouse


def add_serve(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(serve)
    app.command()(health)
    app.command()(backfill)


@explained
def serve(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    watch: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A folder to watch for exports. Repeat for more.  [default: the folder "
            "`watched` beside the warehouse, which is made]",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", min=0.05, help="How often to look.  [default: 10]"),
    ] = None,
    channels: Annotated[
        Path | None, typer.Option(help="CSV channel,actor: whom a channel speaks for.")
    ] = None,
    models: Models = None,
    schedules: Annotated[
        Path | None,
        typer.Option(help="YAML of what runs when.  [default: the bundled ops/schedules.yaml]"),
    ] = None,
    prefect_port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Of Prefect's pages, on this machine; 0: a free one."),
    ] = 4200,
    no_console: Annotated[
        bool, typer.Option("--no-console", help="Serve schedules alone.")
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    policy: PolicyFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    host_name: HostNames = None,
    behind_proxy: BehindProxy = False,
) -> None:
    """Run unattended: watch folders, work by schedule, and keep the review console open.

    Starts a Prefect server (or uses that of PREFECT_API_URL), serves the deployments of the
    schedules, and opens the console, which owns the warehouse. What dies is started again; Ctrl-C
    or SIGTERM ends all of it.

    \b
    channelwatch serve --watch ~/exports                 everything on this machine
    channelwatch serve --watch in --every 2 -w w.duckdb   every two minutes
    """
    from flows.schedules import read_schedules
    from ops.commands.serve import serve_command
    from ops.console.serving import Serving
    from ops.serving.plan import Plan, with_rhythm

    warehouse = warehouse.absolute()
    console = Serving(
        warehouse=warehouse,
        host=host,
        port=port,
        policy=policy,
        tls_cert=tls_cert,
        tls_key=tls_key,
        host_names=tuple(host_name or ()),
        behind_proxy=behind_proxy,
    )
    folders = tuple(folder.absolute() for folder in watch or ())
    if not folders:
        folders = (warehouse.parent / "watched",)
        folders[0].mkdir(exist_ok=True)
    table = with_rhythm(
        read_schedules(schedules.absolute() if schedules else None), every, warehouse
    )
    serve_command(
        Plan(
            warehouse=warehouse,
            folders=folders,
            table=table,
            console=None if no_console else console,
            prefect_port=prefect_port,
            api=os.environ.get("PREFECT_API_URL") or None,
            channels=channels.absolute() if channels else None,
            models=models.absolute() if models else None,
        )
    )


@explained
def health(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    runs_within: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="MINUTES", help="Fail too where no run was heard of for so long."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the warehouse is kept and its inbox moves; exit 1 where not.

    For the health checks of containers and services; it opens neither database nor network. Whether
    schedules run shows in what they bring: beside `serve`, give --runs-within a few times the
    shortest pause between two of them.

    \b
    channelwatch health -w march.duckdb --runs-within 60
    """
    from ops.commands.health import health_command

    health_command(warehouse, as_json, runs_within)


@explained
def backfill(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.  [default: the first]"),
    ] = None,
    flow: Annotated[
        list[str] | None,
        typer.Option(metavar="DEPLOYMENT", help="Repeat for more.  [default: watch]"),
    ] = None,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
) -> None:
    """Run deployments for days that are past, one day after the other.

    A file's day is the one in its path (2024-05-01, 2024/05/01, 20240501), else the day of its
    last change. Doing a day twice changes nothing. Needs `channelwatch serve`.

    \b
    channelwatch backfill --from 2024-05-01 --to 2024-05-31
    channelwatch backfill --from 2024-05-01 --flow watch --flow nightly
    """
    from ops.commands.backfill import backfill_command

    last = (until or since).date()
    backfill_command(warehouse, flow or ["watch"], since.date(), last)
