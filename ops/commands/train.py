"""`channelwatch train`: fit a candidate, say what it changes, and promote it through the gate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from classifiers.modelfile import FORMER, ModelFileError
from flows.reviewed import Learnt
from ops.benchmarks import files
from ops.benchmarks.gate import Minimum, read_gate
from ops.benchmarks.models import Model
from ops.benchmarks.options import Options
from ops.console_output import stderr, stdout
from ops.errors import PROBLEMS, CommandError
from ops.learning import compare
from ops.learning.candidate import GATE, Training, decisions_of, fit
from ops.learning.promote import beneath, promote, reasons_against, refusal, weights_hash


def train_command(wanted: Training) -> None:
    """Fit into ``out``; then compare with the current model, and promote where that is asked for.

    Raises:
        CommandError: an option is not as it must be; code 1 where a minimum of the gate is missed
            or the candidate is not promoted.
    """
    wanted.check()
    console = stderr()
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", style="dim", markup=False)

    minimums = read_gate(wanted.gate or GATE)
    options = Options(messages=wanted.measured or compare.MESSAGES, data=wanted.data, say=say)
    # Read now: the fit may write over it, and another process may replace it.
    replacing = weights_hash(wanted.current)
    current = _current(wanted, options) if wanted.compare else None
    decisions = decisions_of(wanted, say)
    fit(wanted, decisions, say)
    if current is None:
        _print(
            f"Models written to {wanted.out} in {time.monotonic() - began:.0f} s. "
            f"Measure them: channelwatch benchmark heldout --models {wanted.out}"
        )
        return
    below, reasons = _compared(wanted, current, decisions, minimums, options)
    took = f"Models and results.json written to {wanted.out} in {time.monotonic() - began:.0f} s."
    if wanted.promote:
        if reasons:
            raise refusal(reasons, wanted.out)
        same = wanted.current.resolve() == wanted.target.resolve()
        promote(wanted.out, wanted.target, replacing if same else None)
        former = wanted.target / FORMER
        kept = f"; what it replaced is kept in {former}" if former.is_dir() else ""
        _print(f"{took} Promoted into {wanted.target}{kept}.")
    elif wanted.gate is not None and below:
        raise CommandError(
            f"the candidate in {wanted.out} misses {len(below)} of the minimums of {wanted.gate}:"
            "\n  " + "\n  ".join(below),
            PROBLEMS,
        )
    else:
        verdict = "--promote would refuse it:" if reasons else "Nothing speaks against --promote."
        _print("\n  ".join([f"{took} {verdict}", *reasons]))


def _current(wanted: Training, options: Options) -> Model | None:
    """The current model; None where there is none to load, as after a change of features, and
    nobody has asked for what needs it."""
    try:
        return compare.model_of(compare.CURRENT, wanted.current, options)
    except ModelFileError as problem:
        what = f"the current model of {wanted.current} cannot be compared with: {problem}"
        if wanted.promote or wanted.gate or wanted.models:
            raise ModelFileError(f"{what}. --no-compare trains without it") from None
        options.say(what)
        return None


def _compared(
    wanted: Training,
    current: Model,
    decisions: Learnt | None,
    minimums: Sequence[Minimum],
    options: Options,
) -> tuple[list[str], list[str]]:
    """Print and write what changed; the minimums missed, and all that speaks against promoting."""
    candidate = compare.model_of(compare.CANDIDATE, wanted.out, options)
    reviewed = decisions.examples if decisions else ()
    suites = wanted.suites or compare.SUITES
    record = compare.measure(candidate, current, reviewed, options, suites)
    changed = compare.changes(record)
    compare.show(changed, stdout())
    reasons = reasons_against(record, minimums)
    found: dict[str, Any] = {
        **files.results(record),
        "changes": changed,
        "decisions": None if decisions is None else decisions.facts(),
        "against_promotion": reasons,
    }
    data = msgspec.json.format(msgspec.json.encode(found))
    files.replace(wanted.out / "results.json", data)
    return beneath(record, minimums), reasons


def _print(line: str) -> None:
    stdout().print(line, markup=False, soft_wrap=True)
