"""The models that a benchmark measures, each named by what it is given as.

============================  ===================================================================
``builtin``                   the bundled models
``baseline``                  langdetect, TF-IDF and logistic regression on the same examples
``keywords``                  the reference tables as rules, without weights
a folder                      model files that `channelwatch train` wrote
a file ``.ndjson``            predictions: answers as `channelwatch score` prints them, each with
                              the ``id`` of its sample
``module:function``           an evaluator's own: a list of messages in, a list of answers out
============================  ===================================================================

``NAME=…`` before any of them names it in tables and plots.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from classifiers.evaluation import Answer, Sample, answers_of, table_of
from classifiers.evaluation.contract import answer_from
from classifiers.knowledge import load as load_knowledge
from classifiers.modelfile import FOLDER
from ops.errors import CommandError

BUILT_IN, BASELINE, KEYWORDS = "builtin", "baseline", "keywords"
#: What the baseline is fitted on: as many of the same examples as it can take in a minute.
BASELINE_EXAMPLES = 20_000
#: The baseline's langdetect answers some hundreds a second: it is asked about a part of a suite.
BASELINE_SAMPLES = 4_000

Answering = Callable[[Sequence[Sample]], list[Answer | None]]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is measured; ``folder`` where it has a card.

    ``answer`` gives None for a sample that the model has nothing about; ``most``: it is asked
    about so many samples of a suite, evenly spread, None for all. ``timed``: whether the time it
    takes says anything.
    """

    name: str
    version: str
    answer: Answering
    most: int | None = None
    timed: bool = True
    folder: Path | None = None


def models_of(
    specs: Sequence[str], folder: Path | None, seed: int, say: Callable[[str], None]
) -> list[Model]:
    """The models named, ready to answer.

    Raises:
        CommandError: a name means nothing, or what it names cannot be loaded.
    """
    found = [_model(spec, folder, seed, say) for spec in specs]
    names = [model.name for model in found]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"two models are called {name!r}; name one: --model NAME=…")
    return found


def _model(spec: str, folder: Path | None, seed: int, say: Callable[[str], None]) -> Model:
    name, given, rest = spec.partition("=")
    named = bool(given) and "/" not in name
    what = rest if named else spec
    if what == BUILT_IN:
        return _of_folder(name if named else "channelwatch", folder or FOLDER)
    if what == BASELINE:
        return _baseline(name if named else BASELINE, seed, say)
    if what == KEYWORDS:
        return _keywords(name if named else KEYWORDS)
    path = Path(what)
    if path.is_dir():
        return _of_folder(name if named else path.name, path)
    if path.is_file():
        return _predictions(name if named else path.stem, path)
    module, colon, attribute = what.partition(":")
    if colon and attribute and module.replace(".", "").replace("_", "").isalnum():
        return _function(name if named else what, module, attribute)
    near = get_close_matches(what, (BUILT_IN, BASELINE, KEYWORDS), 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise CommandError(
        f"--model {spec}: {hint}It is builtin, baseline, keywords, a folder of model files, "
        "a file of predictions, or module:function"
    )


def _of_folder(name: str, folder: Path) -> Model:
    from classifiers.scorer import Scorer

    scorer = Scorer.load(folder)

    def answer(samples: Sequence[Sample]) -> list[Answer | None]:
        return [*answers_of(scorer.score(table_of(samples)).to_pylist())]

    return Model(name, scorer.version, answer, folder=folder)


def _baseline(name: str, seed: int, say: Callable[[str], None]) -> Model:
    from classifiers.baseline import VERSION, Baseline
    from fixtures.examples import examples

    say(f"fitting the baseline on {BASELINE_EXAMPLES:,} examples")
    baseline = Baseline.fit(
        examples(seed + 1, BASELINE_EXAMPLES), targets=sorted(load_knowledge().actors)
    )

    def answer(samples: Sequence[Sample]) -> list[Answer | None]:
        return [*answers_of(baseline.score(table_of(samples)).to_pylist())]

    return Model(name, VERSION, answer, most=BASELINE_SAMPLES)


def _keywords(name: str) -> Model:
    from classifiers.keywords import VERSION, Keywords

    rules = Keywords.load()
    return Model(name, VERSION, lambda samples: [*rules.answer(list(samples))])


def _predictions(name: str, path: Path) -> Model:
    """Answers from a file; samples that it does not hold are left out, and counted."""
    actors = tuple(load_knowledge().actors)
    found: dict[str, Answer] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise CommandError(f"{path}: not UTF-8 at byte {problem.start}") from None
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise CommandError(f"{where}: not a JSON object: {problem}") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str | int):
            raise CommandError(f"{where}: an answer needs the id of its sample")
        if str(row["id"]) in found:
            raise CommandError(f"{where}: a second answer for {row['id']}")
        found[str(row["id"])] = answer_from(row, actors, where)
    return Model(
        name,
        "predictions",
        lambda samples: [found.get(sample.id) for sample in samples],
        timed=False,
    )


def _function(name: str, module: str, attribute: str) -> Model:
    """An evaluator's own function of the working folder or the environment."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        function = getattr(importlib.import_module(module), attribute)
    except ImportError as problem:
        raise CommandError(f"--model {module}:{attribute}: {problem}") from None
    except AttributeError:
        raise CommandError(f"--model {module}:{attribute}: {module} has no {attribute}") from None
    actors = tuple(load_knowledge().actors)

    def answer(samples: Sequence[Sample]) -> list[Answer | None]:
        asked = [
            {
                "id": sample.id,
                "text": sample.text,
                "channel_actor": sample.channel_actor,
                "reply_text": sample.reply_text,
            }
            for sample in samples
        ]
        try:
            listed: list[Any] = list(function(asked))
        except Exception as problem:  # somebody else's code: whatever it raises is theirs
            raise CommandError(
                f"{module}:{attribute} raised {type(problem).__name__}: {problem}"
            ) from problem
        if len(listed) != len(samples):
            raise CommandError(
                f"{module}:{attribute} gave {len(listed)} answers for {len(samples)} messages"
            )
        return [
            answer_from(row, actors, f"{module}:{attribute}, {sample.id}")
            for row, sample in zip(listed, samples, strict=True)
        ]

    return Model(name, str(getattr(function, "version", "unknown")), answer)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said about the samples it was asked about, and how long it took."""

    model: Model
    samples: Sequence[Sample]
    answers: Sequence[Answer]
    seconds: float
    left_out: int


def ask(model: Model, samples: Sequence[Sample]) -> Answered:
    """Ask a model about samples; of a slow one, about an even part of them."""
    chosen = samples
    if model.most is not None and len(samples) > model.most:
        step = len(samples) / model.most
        chosen = [samples[int(place * step)] for place in range(model.most)]
    if chosen and model.timed:
        model.answer(chosen[:20])  # loads what is loaded on first use
    began = time.perf_counter()
    answers = model.answer(chosen)
    seconds = time.perf_counter() - began
    kept = [(s, a) for s, a in zip(chosen, answers, strict=True) if a is not None]
    return Answered(
        model, [s for s, _ in kept], [a for _, a in kept], seconds, len(chosen) - len(kept)
    )
