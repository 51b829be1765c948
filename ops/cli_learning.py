"""The command line of learning and measuring: train and benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import AsJson, Gate, Models


@explained
def train(
    out: Annotated[Path, typer.Option(help="The folder to write the model files to.")],
    messages: Annotated[
        int, typer.Option(min=1_000, help="Synthetic examples to fit on.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(help="A folder with public text (language/, text/) to fit on as well."),
    ] = None,
    language: Annotated[
        bool,
        typer.Option(
            "--language/--no-language",
            help="Fit the language model too; scoring uses that of classifiers/models.",
        ),
    ] = False,
    warehouse: Annotated[
        Path | None,
        typer.Option(
            "--warehouse", "-w", help="Fit on what moderators decided in this warehouse as well."
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="The same from a file: training.ndjson, from the console's page Export."),
    ] = None,
    compare: Annotated[
        bool, typer.Option(help="Measure the candidate beside the current model.")
    ] = True,
    models: Models = None,
    promote: Annotated[
        bool,
        typer.Option(
            "--promote",
            help="Put the candidate in the current model's place, if it reaches every minimum of "
            "the gate and nothing becomes worse beyond chance; else exit 1.",
        ),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Promote into this folder, to be given as --models.  "
            "[default: where scoring reads]",
            show_default=False,
        ),
    ] = None,
    gate: Gate = None,
) -> None:
    """Fit the models and say what changed against the current one, on every suite.

    Fits on synthetic examples, annotated posts and, with --warehouse or --decisions, what
    moderators decided; a part of the decisions is held out and measured on. The same input and
    seed give the same weights. results.json beside the candidate holds all that was measured. The
    current model is that of --models, else the one that --promote would replace; its gate is
    ops/gate.csv unless --gate names another.

    \b
    channelwatch train --out candidate -w march.duckdb
    channelwatch train --out candidate -w march.duckdb --promote --into my-models
    channelwatch train --out classifiers/models       in place, as after a change of features
    """
    from ops.commands.train import train_command
    from ops.learning.candidate import Training

    train_command(
        Training(
            out=out,
            messages=messages,
            seed=seed,
            data=data,
            language=language,
            warehouse=warehouse,
            decisions=decisions,
            compare=compare,
            models=models,
            promote=promote,
            into=into,
            gate=gate,
        )
    )


@explained
def benchmark(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUITE ...]",
            help="heldout, functional, obfuscation, public, labelled, language, speed, "
            "console, or all but console. "
            "Default: those of text that have what they need.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="[NAME=]MODEL",
            help="builtin, baseline, keywords, a folder of model files, a file of predictions "
            "(.ndjson), or your own module:function. Repeat to compare.  "
            "[default: builtin and baseline]",
            show_default=False,
        ),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(help="Your labelled file (CSV, TSV, NDJSON), for the suite labelled."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Name a column of it: --map text=body."),
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option("--slice", metavar="COLUMN", help="A column of it to part the results by."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A folder of public text, for the suites public and language."),
    ] = None,
    messages: Annotated[
        int | None, typer.Option(min=100, help="Messages that a suite generates.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the generated messages.")] = 11,
    parts: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            metavar="PART",
            help="Of the suite console: scale, together, killed. Repeat for more; default: all.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="A folder where the suite console keeps what it builds, for next time."),
    ] = None,
    models: Models = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="A folder for results.json, samples.ndjson, report.html and model cards.",
        ),
    ] = None,
    gate: Gate = None,
    warehouse: Annotated[
        Path | None,
        typer.Option("--warehouse", "-w", help="Keep the metrics in this warehouse as well."),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Measure nothing: write the suites' messages here as NDJSON, for a model that "
            "answers into a file."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure models on suites: which is better, on what, and how sure that is.

    heldout: phrase families that no training saw. functional: hand-written cases for each thing
    that a classifier must be able to do. obfuscation: those cases, disguised. public: real text
    that deserves no flag. labelled: your own file. language: which language, beside other
    detectors. speed: files on disk to committed rows.

    \b
    channelwatch benchmark -o report                          the built-in models, a baseline
    channelwatch benchmark --labelled mine.csv --map text=body  on your own messages
    channelwatch benchmark --model builtin --model mine:predict  beside your own model
    """
    from ops.benchmarks.options import Options
    from ops.commands.benchmark import benchmark_command, questions_command

    options = Options(
        messages=messages,
        seed=seed,
        models=models,
        data=data,
        labelled=labelled,
        columns=tuple(columns or ()),
        slices=tuple(slices or ()),
        parts=tuple(parts or ()),
        keep=keep,
    )
    if questions is not None:
        questions_command(suites or [], options, questions)
        return
    benchmark_command(
        suites or [],
        model or ["builtin", "baseline"],
        options,
        out=out,
        gate=gate,
        warehouse=warehouse,
        as_json=as_json,
    )


def add_learning(app: typer.Typer) -> None:
    """Give the application both commands."""
    app.command()(train)
    app.command()(benchmark)
