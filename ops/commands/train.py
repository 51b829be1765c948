"""`channelwatch train`: fit the models on synthetic examples, and on public text where there is."""

from __future__ import annotations

import time
from pathlib import Path

import fixtures
from classifiers import corpora
from classifiers.modelfile import FOLDER
from classifiers.training import THRESHOLDS, retrain
from fixtures.annotated import posts
from fixtures.examples import examples
from ops.console_output import count, stderr, stdout
from ops.errors import CommandError

PHRASES = Path(fixtures.__file__).parent / "phrases"
SOURCE = {
    "name": "channelwatch fixtures",
    "origin": "fixtures/phrases of this repository",
    "licence": "Apache-2.0",
}


def train_command(out: Path, messages: int, seed: int, data: Path | None, language: bool) -> None:
    """Fit, and write weights, cards and thresholds into ``out``."""
    if data is not None and not data.is_dir():
        raise CommandError(f"{data}: no such folder; it needs the files of {_wanted()}")
    console = stderr()
    began = time.monotonic()

    def report(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", style="dim", markup=False)

    out.mkdir(parents=True, exist_ok=True)
    if language:
        from classifiers.language.training import train

        report("language: reading and fitting")
        train(out, data=data, phrase_folder=PHRASES)
    report(f"composing {count(messages, 'example')}")
    retrain(
        examples(seed, messages),
        judged=posts(seed),
        seed=seed,
        data=data,
        folder=out,
        thresholds=THRESHOLDS if out.resolve() == FOLDER.resolve() else out / "thresholds.csv",
        sources=[SOURCE],
        report=report,
    )
    stdout().print(
        f"Models written to {out} in {time.monotonic() - began:.0f} s. "
        f"Measure them: channelwatch benchmark heldout --models {out}"
    )


def _wanted() -> str:
    return ", ".join(source["name"] for source in corpora.SOURCES)
