"""The command line: names, options and help; what a command does is imported when it is called.

Exit codes: 0 done, 1 finished with problems that were named, 2 usage, 3 environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.cli_alerts import add_alerts
from ops.cli_campaign import add_campaign
from ops.cli_console import add_console
from ops.cli_keeping import AllowMbedtls, AuthorKey, KeyFile, add_keeping
from ops.cli_learning import add_learning
from ops.cli_scoring import add_scoring
from ops.cli_serve import add_serve
from ops.cli_watch import add_watch
from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Chats, Layout, Models, Warehouse

app = typer.Typer(
    name="channelwatch",
    help="Read exported channel messages, score them, land them in DuckDB, show what to review.\n\n"
    "Start with: channelwatch run",
    no_args_is_help=True,
    rich_markup_mode=None,  # keeps the start-up of --help short
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
fixtures_app = typer.Typer(help="Synthetic exports with gold labels.", no_args_is_help=True)
app.add_typer(fixtures_app, name="fixtures")


@app.command()
@explained
def run(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SOURCE ...]",
            help="Export files or folders of them, .gz and .zst too. Default: the bundled corpus.",
            show_default=False,
        ),
    ] = None,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    channels: Annotated[
        Path | None,
        typer.Option(
            help="CSV with the columns channel,actor: whom a channel speaks for. "
            "A channel is an id, an @username or a name."
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="IANA zone of dates written without an offset, as in Asia/Kabul.")
    ] = "UTC",
    chats: Annotated[
        Chats, typer.Option(help="Which chats of a whole-account export to read.")
    ] = Chats.channels_and_groups,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=COLUMN", help="Name a column of plain files: --map text=body."
        ),
    ] = None,
    models: Models = None,
    shadow: Annotated[
        Path | None,
        typer.Option(help="Model files of a candidate: scores beside it, and touches no flag."),
    ] = None,
    inbox: Annotated[
        Path | None,
        typer.Option(help="Hand over into this shared folder, and open no warehouse."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Batches scored at once.  [default: cores]")
    ] = None,
    batch_rows: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Messages in a batch.")
    ] = 20_000,
    limit: Annotated[int, typer.Option(min=0, help="Flagged rows to list at the end.")] = 20,
    direct: Annotated[
        bool, typer.Option("--direct", help="Run the same functions without Prefect.")
    ] = False,
    author_key: AuthorKey = None,
    key_file: KeyFile = None,
    allow_mbedtls: AllowMbedtls = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Read, score and land export files, then list what is flagged.

    Loading a file twice changes nothing; a later export of the same channel adds what is new,
    keeps each edit as a revision and marks what was deleted. A run that was killed is resumed.

    \b
    channelwatch run                                 the bundled corpus
    channelwatch run ~/exports -w march.duckdb       a folder of exports
    channelwatch run dump.csv --map text=body        a table with columns of its own
    """
    from ops.commands.keeping import use_key
    from ops.commands.run import run_command

    use_key(key_file, allow_mbedtls)
    run_command(
        sources=sources or [],
        warehouse=warehouse,
        channels=channels,
        timezone=timezone,
        chats="all" if chats is Chats.all else "channels_and_groups",
        columns=columns or [],
        models=models,
        shadow=shadow,
        inbox=inbox,
        workers=workers,
        batch_rows=batch_rows,
        limit=limit,
        direct=direct,
        as_json=as_json,
        quiet=quiet,
        author_key=author_key,
    )


@app.command()
@explained
def score(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|-]",
            help="NDJSON; - or nothing reads standard input.",
            show_default=False,
        ),
    ] = None,
    models: Models = None,
) -> None:
    """Answer each NDJSON line with its scores, in order, one line each.

    Reads objects with "text", and "id" and "channel_actor" where given; other keys come back
    as they were. A line that is no such object is answered with {"error": ..., "line": n}, and
    the exit code is then 1.

    \b
    echo '{"text": "..."}' | channelwatch score
    """
    from ops.commands.score import score_command

    score_command(file, models)


@fixtures_app.command("generate")
@explained
def generate(
    out: Annotated[Path, typer.Option(help="A new or empty folder.")],
    messages: Annotated[int, typer.Option(min=1, help="About how many messages.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
) -> None:
    """Write synthetic Telegram Desktop exports with gold labels beside them."""
    from ops.commands.fixtures import generate_command

    generate_command(out, messages, seed)


add_learning(app)
add_console(app)
add_alerts(app)
add_serve(app)
add_keeping(app)
add_scoring(app)
add_watch(app)
add_campaign(app)


@app.command()
@explained
def export(
    view: Annotated[
        str, typer.Argument(help="A view of the warehouse: messages, flagged, scores, ...")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to write; its ending names the format.")
    ],
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    layout: Annotated[
        Layout | None, typer.Option("--format", help="csv, ndjson or parquet.")
    ] = None,
) -> None:
    """Write one of the warehouse's views to a CSV, NDJSON or Parquet file."""
    from ops.commands.export import export_command

    export_command(view, out, warehouse, layout.value if layout else None)


@app.command()
@explained
def check(as_json: AsJson = False) -> None:
    """Check the reference data: actors, labels, cues, thresholds, phrase tables, model files."""
    from ops.commands.check import check_command

    check_command(as_json)


def main() -> None:
    """Entry point of the ``channelwatch`` command."""
    # Message text is Unicode whatever the terminal's locale says.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()


if __name__ == "__main__":
    main()
