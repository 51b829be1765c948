"""`channelwatch benchmark`: suites on models, as tables, files, a report and a gate."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import msgspec

from ops.benchmarks import DEFAULT, MEASURED, SUITES, files, tables
from ops.benchmarks.gate import Minimum, missed, read_gate
from ops.benchmarks.models import models_of
from ops.benchmarks.options import Options
from ops.benchmarks.running import Record, begin, run_suite
from ops.benchmarks.suites import SAMPLED, samples_of
from ops.console_output import stderr, stdout
from ops.errors import PROBLEMS, CommandError

ALL = "all"


def benchmark_command(  # noqa: PLR0913
    suites: list[str],
    specs: list[str],
    options: Options,
    *,
    out: Path | None = None,
    gate: Path | None = None,
    warehouse: Path | None = None,
    as_json: bool = False,
) -> None:
    """Run suites on models, print what was found, write it, and hold it against the gate.

    Raises:
        CommandError: a suite, a model or a file is not as it must be; code 1 where the first
            model misses a minimum of the gate.
    """
    chosen = _suites(suites, options)
    _check(chosen, options, out, warehouse)
    minimums = read_gate(gate) if gate else []
    notes = stderr()
    options = replace(options, say=lambda line: notes.print(line, style="dim", markup=False))
    sampled = [suite for suite in chosen if suite in SAMPLED]
    models = models_of(specs, options.models, options.seed, options.say) if sampled else []
    record = begin(options, models)
    for suite in chosen:
        if suite in SAMPLED:
            run_suite(record, suite, options)
        else:
            _measure(record, suite, options, as_json)
    if not as_json:
        tables.show(record, stdout())
    _leave(record, out, warehouse, options)
    if as_json:
        sys.stdout.write(msgspec.json.encode(files.results(record)).decode() + "\n")
    if minimums and models:
        _hold(record, minimums, gate)


def _check(chosen: list[str], options: Options, out: Path | None, warehouse: Path | None) -> None:
    """What would else be found only after minutes of measuring."""
    if options.data is not None and not options.data.is_dir():
        raise CommandError(f"{options.data}: no such folder")
    if options.parts:
        _check_parts(chosen, options)
    if "public" in chosen and options.data is None:
        raise CommandError("the suite public needs --data, a folder with the public text")
    if out is not None and out.exists() and not out.is_dir():
        raise CommandError(f"--out {out}: a file is there; name a folder")
    if warehouse is not None and not warehouse.absolute().parent.is_dir():
        raise CommandError(f"--warehouse {warehouse}: the folder does not exist; make it first")
    if warehouse is not None and warehouse.is_file():
        with warehouse.open("rb") as file:
            if file.read(12)[8:] != b"DUCK":
                raise CommandError(f"--warehouse {warehouse}: this is no DuckDB file")
    if "labelled" in chosen:
        samples_of("labelled")(options)


def _check_parts(chosen: list[str], options: Options) -> None:
    from ops.benchmarks.console import PARTS

    if "console" not in chosen:
        raise CommandError("--part names parts of the suite console: benchmark console --part …")
    for part in options.parts:
        if part not in PARTS:
            raise CommandError(f"no part {part!r} of the suite console; known: {', '.join(PARTS)}")


def questions_command(suites: list[str], options: Options, out: Path) -> None:
    """Write the samples of suites as NDJSON without their labels, for models of another kind."""
    chosen = [suite for suite in _suites(suites, options) if suite in SAMPLED]
    lines = [
        msgspec.json.encode(line)
        for suite in chosen
        for line in files.questions(samples_of(suite)(options))
    ]
    files.replace(out, b"".join(line + b"\n" for line in lines))
    stdout().print(
        f"{len(lines):,} messages of {', '.join(chosen)} in {out}. Answer each with its id, as "
        f"`channelwatch score` does, then: channelwatch benchmark {' '.join(chosen)} "
        "--model builtin --model NAME=ANSWERS.ndjson",
        markup=False,
        soft_wrap=True,
    )


def _suites(suites: list[str], options: Options) -> list[str]:
    if not suites:
        # A file of one's own is what one wants to know about.
        return (
            ["labelled"] if options.labelled else [*DEFAULT, *(["public"] if options.data else [])]
        )
    if suites == [ALL]:
        # The console's warehouse takes a quarter of an hour to build: only where it is asked for.
        given = {"public": options.data, "labelled": options.labelled, "console": False}
        return [suite for suite in SUITES if given.get(suite, True)]
    for suite in suites:
        if suite not in SUITES:
            near = get_close_matches(suite, (*SUITES, ALL), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(SUITES)}, {ALL}"
            raise CommandError(f"no suite {suite!r}; {hint}")
    return list(dict.fromkeys(suites))


def _measure(record: Record, suite: str, options: Options, as_json: bool) -> None:
    """A suite with tables of its own, about the built-in models."""
    module = importlib.import_module(MEASURED[suite])
    takes = inspect.signature(module.measure).parameters
    more = {name: getattr(options, name) for name in ("data", "parts", "keep") if name in takes}
    rows = module.measure(
        messages=options.messages,
        seed=options.seed,
        models=options.models,
        say=options.say,
        **more,
    )
    record.suites.append(suite)
    record.measured[suite] = rows
    if not as_json:
        module.show(rows, stdout())


def _leave(record: Record, out: Path | None, warehouse: Path | None, options: Options) -> None:
    if out is not None:
        from ops.benchmarks import cards
        from ops.benchmarks.report import render

        paths = files.write(record, out)
        page = render(record).encode()
        paths = [files.replace(out / "report.html", page), *paths, *cards.write(record, out)]
        options.say(f"written: {', '.join(map(str, paths))}")
    if warehouse is not None:
        from ops.benchmarks.history import keep

        options.say(keep(record, warehouse))


def _hold(record: Record, minimums: list[Minimum], gate: Path | None) -> None:
    first = record.models[0].name
    problems = missed(minimums, record.metrics, first, record.suites)
    held = sum(minimum.suite in record.suites for minimum in minimums)
    if not held:
        raise CommandError(f"no minimum of {gate} is about the suites that were run", PROBLEMS)
    for (suite, model), found in record.answered.items():
        if model == first and found.left_out:
            problems.append(f"{suite}: {found.left_out:,} samples without an answer")
    if problems:
        raise CommandError(
            f"{first} misses {len(problems)} of the minimums of {gate}:\n  "
            + "\n  ".join(problems),
            PROBLEMS,
        )
    stderr().print(f"The gate holds: {held} minimums of {gate}.", markup=False)
