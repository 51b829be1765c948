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
Clear = Annotated[
    bool,
    typer.Option("--clear", help="Encrypt nothing that is written, though there is a key."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]


def add_scoring(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(rescore)
    app.command()(shadow)
    app.command()(promote)
    app.command("extract-messages")(extract_messages)
    app.command("score-partitions")(score_partitions)


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


@explained
def extract_messages(
    out: Annotated[str, typer.Option("--out", "-o", help="A folder, or a URL that fsspec knows.")],
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    unscored: Annotated[
        bool, typer.Option("--unscored", help="Only what the model has not scored yet.")
    ] = False,
    models: Models = None,
    channels: Channels = None,
    since: Since = None,
    until: Until = None,
    channel: OneChannel = None,
    all_revisions: AllRevisions = False,
    rows: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Messages in a partition.")
    ] = 100_000,
    clear: Clear = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write messages of a warehouse as Parquet partitions, to be scored by many workers.

    Each row has all that a scorer is told: text, whom the channel speaks for, what is replied to.
    The owner of the warehouse takes the slices, so that this works beside a console. With a key,
    they are encrypted by it (.parquet.sealed).

    \b
    channelwatch extract-messages -w march.duckdb --unscored -o partitions
    channelwatch score-partitions partitions --out results -w march.duckdb --workers 2
    """
    from flows.extracting import Extraction
    from ops.commands.partitions import extract_command
    from ops.commands.rescore import day

    wanted = Extraction(
        out=out,
        warehouse=warehouse,
        unscored=unscored,
        models=models,
        affiliations=channels,
        since=day(since, "--since"),
        until=day(until, "--until"),
        channel=channel,
        all_revisions=all_revisions,
        rows=rows,
        clear=clear,
    )
    extract_command(wanted, as_json=as_json, quiet=quiet)


@explained
def score_partitions(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE_URL", help="Parquet files: a folder, or a URL.")
    ],
    out: Annotated[str, typer.Option("--out", "-o", help="The folder of the results, or its URL.")],
    warehouse: Annotated[
        Path | None,
        typer.Option("--warehouse", "-w", help="Hand the answers over to this warehouse as well."),
    ] = None,
    models: Models = None,
    channels: Channels = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler that runs: tcp://host:8786."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Or so many Dask workers on this machine; 0: none.")
    ] = 0,
    clear: Clear = False,
    direct: Direct = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score Parquet files of messages, on a Dask cluster where there is one.

    A result is named by what its partition holds and by the model, and appears whole; one that is
    there is not made again. A worker that is lost loses and doubles nothing. Every worker needs the
    same channelwatch and model files, both stores within reach, and the key, where there is one.

    \b
    channelwatch score-partitions partitions -o results --workers 2
    channelwatch score-partitions s3://in -o s3://out --dask tcp://10.0.0.1:8786 -w march.duckdb
    """
    from flows.fanning import Fanout
    from ops.commands.partitions import score_partitions_command

    wanted = Fanout(
        source=source,
        out=out,
        warehouse=warehouse,
        models=models,
        affiliations=channels,
        dask=dask,
        workers=workers,
        clear=clear,
    )
    score_partitions_command(wanted, direct=direct, as_json=as_json, quiet=quiet)


@explained
def shadow(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    models: Models = None,
    channels: Channels = None,
    since: Since = None,
    until: Until = None,
    channel: OneChannel = None,
    share: Annotated[
        float, typer.Option(min=0.000001, max=1.0, help="A fixed sample of so much.")
    ] = 1.0,
    limit: Limit = None,
    score: Annotated[
        bool, typer.Option("--score/--no-score", help="Score what the candidate has not.")
    ] = True,
    examples: Annotated[
        int, typer.Option(min=0, max=100, help="Examples of each change of each label.")
    ] = 3,
    workers: Workers = None,
    direct: Direct = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Let a candidate score beside the current model, and say what it would change.

    Its answers touch no flag, item or language; the view shadow has them. Without --models the
    latest candidate is compared and nothing is scored. `run --shadow` and the monitor flow score
    with a candidate as well, message by message as they come.

    \b
    channelwatch shadow --models candidate -w march.duckdb --since 2024-03-01
    channelwatch promote candidate -w march.duckdb --into my-models
    """
    from flows.rescoring import Rescoring
    from flows.settings import usable_cores
    from ops.commands.rescore import day
    from ops.commands.shadow import shadow_command

    wanted = Rescoring(
        warehouse=warehouse,
        models=models,
        affiliations=channels,
        purpose="shadow",
        since=day(since, "--since"),
        until=day(until, "--until"),
        channel=channel,
        share=share,
        limit=limit,
        workers=workers or usable_cores(),
    )
    shadow_command(
        wanted,
        score=score and models is not None,
        examples=examples,
        direct=direct,
        as_json=as_json,
        quiet=quiet,
    )


@explained
def promote(
    candidate: Annotated[
        Path, typer.Argument(help="A folder that channelwatch train has written.")
    ],
    into: Annotated[
        Path | None,
        typer.Option(
            help="Promote into this folder, to be given as --models.  "
            "[default: where scoring reads]",
            show_default=False,
        ),
    ] = None,
    warehouse: Annotated[
        Path | None,
        typer.Option(
            "--warehouse", "-w", help="Heed what the candidate said in its shadow there as well."
        ),
    ] = None,
    channels: Channels = None,
    most_growth: Annotated[
        float,
        typer.Option(
            "--most-growth", min=0.0, metavar="PERCENT", help="How many more flags of a label."
        ),
    ] = 20.0,
) -> None:
    """Put a candidate in the current model's place, if nothing speaks against it.

    Heeds what `train` found on the suites and, with --warehouse, what the candidate said in the
    shadow: no label may have more flags by more than --most-growth per cent, and none may do worse,
    beyond chance, on what moderators decided. Else exit 1, each reason named.
    """
    from ops.commands.shadow import promote_command

    promote_command(candidate, into, warehouse, channels, most_growth / 100)
