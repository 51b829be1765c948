"""`channelwatch check`: the reference data and the model files, problem by problem."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec

from ops.console_output import count, stdout
from ops.errors import PROBLEMS


def check_command(as_json: bool) -> None:
    """Run every check and print what is wrong; exit 1 where anything is."""
    results = {name: run() for name, run in CHECKS.items()}
    found = sum(len(problems) for problems in results.values())
    if as_json:
        sys.stdout.write(msgspec.json.encode(results).decode() + "\n")
    else:
        console = stdout()
        for name, problems in results.items():
            console.print(f"{name}: {count(len(problems), 'problem') if problems else 'good'}")
            for problem in problems:
                console.print(f"  {problem}")
    if found:
        raise SystemExit(PROBLEMS)


def knowledge_problems() -> list[str]:
    """Labels, actors, cue words, thresholds and payment services."""
    from classifiers import knowledge

    return [str(problem) for problem in knowledge.check()]


def phrase_problems() -> list[str]:
    """The phrase tables of the fixtures."""
    from fixtures import tables

    try:
        tables.load()
    except tables.TableError as problem:
        return str(problem).splitlines()
    return []


def model_problems() -> list[str]:
    """The bundled model files: there, whole, and answering."""
    import pyarrow as pa

    from classifiers.scorer import Scorer

    try:
        Scorer.load().score(pa.table({"text": ["a short message to try the models on"]}))
    except (ValueError, OSError) as problem:
        return [str(problem)]
    return []


#: What is checked, by the name that is printed.
CHECKS: dict[str, Callable[[], list[str]]] = {
    "reference data": knowledge_problems,
    "phrase tables": phrase_problems,
    "models": model_problems,
}
