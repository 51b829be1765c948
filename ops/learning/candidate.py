"""What a training is asked for, and the candidate that it fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fixtures
import ops
from classifiers import corpora
from classifiers.knowledge import load as load_knowledge
from classifiers.modelfile import FOLDER
from classifiers.training import retrain
from fixtures.annotated import posts
from fixtures.examples import examples
from flows import labels
from flows.reviewed import Learnt, learn
from ops.console_output import count
from ops.errors import CommandError
from ops.learning.promote import CARD, LIMITS, places
from warehouse.store import open_store

PHRASES = Path(fixtures.__file__).parent / "phrases"
#: The minimums that hold where the user names no other table.
GATE = Path(ops.__file__).parent / "gate.csv"
SOURCE = {
    "name": "channelwatch fixtures",
    "origin": "fixtures/phrases of this repository",
    "licence": "Apache-2.0",
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Training:
    """What the command is asked for.

    ``out``: where the candidate goes. ``messages``: generated examples. ``data``: folder of public
    text. ``warehouse``: with decisions to learn from; ``decisions``: a file of them instead.
    ``models``: folder of the current model. ``into``: where ``promote`` puts the candidate. Both
    default to where the scorer reads. ``gate``: minimums, :data:`GATE` where none is named.
    ``measured`` and ``suites``: generated messages that both models are compared on, and on which
    suites; None for the usual.
    """

    out: Path
    messages: int = 60_000
    seed: int = 7
    data: Path | None = None
    language: bool = False
    warehouse: Path | None = None
    decisions: Path | None = None
    compare: bool = True
    models: Path | None = None
    promote: bool = False
    into: Path | None = None
    gate: Path | None = None
    measured: int | None = None
    suites: tuple[str, ...] | None = None

    @property
    def target(self) -> Path:
        """The folder that a promotion goes into."""
        return self.into or FOLDER

    @property
    def current(self) -> Path:
        """The folder of the current model: the one named, or the one that is to be replaced."""
        if self.models is not None:
            return self.models
        return self.into if self.into and (self.into / CARD).is_file() else FOLDER

    def check(self) -> None:
        """Refuse what does not go together, before minutes are spent.

        Raises:
            CommandError: says which options, and what to do.
        """
        if self.data is not None and not self.data.is_dir():
            named = ", ".join(source["name"] for source in corpora.SOURCES)
            raise CommandError(f"{self.data}: no such folder; it needs the files of {named}")
        if self.warehouse is not None and self.decisions is not None:
            raise CommandError(
                "--warehouse and --decisions both say what moderators decided; give one of them"
            )
        if self.into is not None and not self.promote:
            raise CommandError("--into says where --promote puts the candidate; give --promote too")
        if not self.compare and (self.promote or self.gate):
            name = "--promote" if self.promote else "--gate"
            raise CommandError(f"{name} needs the comparison; leave out --no-compare")
        if self.promote and self.out.resolve() == self.target.resolve():
            raise CommandError(
                f"--out {self.out} is the folder that is promoted into; give the candidate another"
            )
        if self.promote and self.language:
            raise CommandError(
                "--promote is about the scoring model, and scoring reads the language model of "
                f"{FOLDER}; fit that one first: channelwatch train --language --out {FOLDER}"
            )


def decisions_of(wanted: Training, say: Say) -> Learnt | None:
    """What the moderators decided, with what came of it said; None where nobody asked for it.

    Raises:
        StoreError: the warehouse cannot be opened.
        LabelsError: the file is not as it must be.
    """
    actors = load_knowledge(cues=False).actors
    if wanted.decisions is not None:
        found = labels.read(wanted.decisions, actors)
    elif wanted.warehouse is not None:
        with open_store(wanted.warehouse, read_only=True) as store:
            found = learn(store, actors)
    else:
        return None
    for line in found.told():
        say(line)
    return found


def fit(wanted: Training, decisions: Learnt | None, say: Say) -> None:
    """Fit, and write weights, cards and thresholds into ``out``."""
    out = wanted.out
    out.mkdir(parents=True, exist_ok=True)
    if wanted.language:
        from classifiers.language.training import train

        say("language: reading and fitting")
        train(out, data=wanted.data, phrase_folder=PHRASES)
    say(f"composing {count(wanted.messages, 'example')}")
    sources = [SOURCE]
    if decisions is not None:
        # The card must tell models apart that other decisions made of the same messages.
        origin = f"sha256 of what was decided: {decisions.sha256}"
        sources.append({"name": "moderators' decisions", "origin": origin, "licence": "none"})
    retrain(
        examples(wanted.seed, wanted.messages),
        judged=[*posts(wanted.seed), *(decisions.examples if decisions else ())],
        seed=wanted.seed,
        data=wanted.data,
        folder=out,
        thresholds=places(out)[LIMITS],
        sources=sources,
        report=say,
    )
