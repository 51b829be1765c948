"""Suite `language`: which language a text is in, beside other detectors on the same texts.

With a folder of public text (``--data``), each source that has most of the four languages is left
out of a training of its own and tested: numbers across sources. Without it, the phrase families
that no training saw: the same authors, and so easier than anything real.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from classifiers.language import channel_probability, evaluation, persian
from classifiers.language import model as language_model
from classifiers.language.detection import detect, no_second_opinion
from classifiers.language.evaluation import FOUR, Tagger
from classifiers.language.sources import Sample
from classifiers.language.table import languages
from fixtures.examples import examples
from fixtures.obfuscate import OBFUSCATIONS
from ops.benchmarks.language_sets import Test, tests
from ops.benchmarks.peers import installed

OURS = "channelwatch"
#: Messages that the second opinion's share is counted on.
MESSAGES = 20_000
#: Messages of a channel, and channels that are drawn from each source, for Dari.
CHANNEL = 50
CHANNELS = 400
#: A detector's speed is taken over so many texts; of slow ones over fewer.
TIMED = 5_000
SLOW_TIMED = 200
BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)

Row = dict[str, Any]


def measure(
    *,
    messages: int | None,
    seed: int,
    models: Path | None,
    say: Callable[[str], None],
    data: Path | None = None,
) -> list[Row]:
    """Rows of (table, test, slice, detector, value)."""
    if data is None:
        say("without --data: phrase families of this project only, no other source")
    peers: dict[str, Tagger] = dict(installed(say))
    rows: list[Row] = []
    for number, test in enumerate(tests(data, models, seed, say)):
        say(f"{test.source}: {len(test.four) + len(test.others) + len(test.roman):,} texts")
        detectors = {OURS: evaluation.tagger(test.model), **peers}
        for name, tags in detectors.items():
            rows += _of_test(test, name, tags)
        if number < 2:  # the phrases, and one source that was not trained on
            for name in [OURS, *[peer for peer in ("CLD2", "HeLI-OTS") if peer in peers]]:
                rows += _of_disguises(test, name, detectors[name])
        rows += _of_dari(test, seed)
        if number == 0:
            rows += _of_speed(test.four, detectors)
    texts = [example.text for example in examples(seed, messages or MESSAGES)]
    model = language_model.load(models) if models else language_model.default()
    asked = detect(texts, model=model).second_opinions
    rows.append(_row("second opinion", "generated messages", "share", OURS, asked / len(texts)))
    return rows


def _row(table: str, test: str, part: str, detector: str, value: float | None) -> Row:
    return {"table": table, "test": test, "slice": part, "detector": detector, "value": value}


def _of_test(test: Test, name: str, tags: Tagger) -> Iterator[Row]:
    """F1 by length; others taken for one of the four, and recall, at 40 characters and more."""
    if test.four:
        for length, found in evaluation.by_length(test.four, tags).items():
            yield _row("F1", test.source, f"{length} macro", name, found["macro_f1"])
            for tag in FOUR:
                if tag in found["recall"]:
                    yield _row("F1", test.source, f"{length} {tag}", name, found["f1"][tag])
    for part, cut in (("whole", None), ("first 40", 40)):
        if test.others:
            said = np.array(tags([s.text[:cut] for s in test.others]), object)
            taken = np.isin([evaluation.MERGED.get(tag, tag) for tag in said], FOUR)
            yield _row("others taken", test.source, part, name, float(taken.mean()))
            found = evaluation.summary(
                [s.tag for s in test.four], tags([s.text[:cut] for s in test.four])
            )
            least = min(found["recall"][tag] for tag in FOUR if tag in found["recall"])
            yield _row("others taken", test.source, f"{part}: least recall", name, least)
    roman = [s for s in test.roman if s.tag == "ur-Latn"]
    if roman and name == OURS:
        said = np.array(tags([s.text for s in roman]), object)
        yield _row("Roman Urdu", test.source, "recall", name, float((said == "ur-Latn").mean()))
    english = [s.text for s in test.four if s.tag == "en"]
    if english and name == OURS:
        lost = np.array(tags(english), object) == "ur-Latn"
        yield _row("Roman Urdu", test.source, "English lost", name, float(lost.mean()))


def _of_disguises(test: Test, name: str, tags: Tagger) -> Iterator[Row]:
    for disguise, found in evaluation.by_disguise(test.four, tags, OBFUSCATIONS).items():
        yield _row("disguises", test.source, disguise, name, found["macro_f1"])


def _of_dari(test: Test, seed: int) -> Iterator[Row]:
    """Channels of Dari or Persian decided right, and how far single messages can be believed."""
    prior = languages().settings.dari_prior
    random = np.random.default_rng(seed)
    evidence: dict[str, Any] = {}
    for tag in ("prs", "fa"):
        texts = [s.text for s in test.four if s.tag == tag]
        if len(texts) < 2 * CHANNEL:
            continue
        found = detect(texts, model=test.model, second_opinion=no_second_opinion)
        evidence[tag] = np.array(found.dari_log_odds)
        chances = np.array(
            [
                channel_probability(random.choice(evidence[tag], CHANNEL, replace=False), prior)
                for _ in range(CHANNELS)
            ]
        )
        right = (chances > 0.5) if tag == "prs" else (chances < 0.5)
        yield _row("Dari", test.source, f"{tag} channels right", OURS, float(right.mean()))
    if len(evidence) < 2:
        return
    odds = np.concatenate([evidence["prs"], evidence["fa"]])
    dari = np.arange(odds.size) < evidence["prs"].size
    chances = persian.probability(odds, prior)
    for low, high in pairwise(BINS):
        inside = (chances >= low) & ((chances < high) | (high == 1))
        if inside.any():
            part = f"{low:.2f}-{high:.2f}"
            yield _row(
                "Dari, single", test.source, f"{part} said", OURS, float(chances[inside].mean())
            )
            yield _row("Dari, single", test.source, f"{part} is", OURS, float(dari[inside].mean()))
            yield _row("Dari, single", test.source, f"{part} n", OURS, int(inside.sum()))


def _of_speed(samples: Sequence[Sample], detectors: dict[str, Tagger]) -> Iterator[Row]:
    """Texts a second of processor time, and as a ratio to ours."""
    texts = [s.text for s in samples]
    texts = (texts * (TIMED // len(texts) + 1))[:TIMED]
    ours = 0.0
    for name, tags in detectors.items():
        tags(texts[:20])  # whatever is loaded on the first call
        part = texts[:SLOW_TIMED]
        took = _seconds(partial(tags, part))
        if took < 0.1:  # quick enough to be timed over all of them
            part = texts
            took = min(_seconds(partial(tags, part)) for _ in range(3))
        rate = len(part) / max(took, 1e-9)
        ours = ours or rate
        yield _row("speed", "one core", "texts a second", name, rate)
        yield _row("speed", "one core", "channelwatch is faster by", name, ours / rate)


def _seconds(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def show(rows: list[Row], console: Console) -> None:
    """A table for each thing measured: slices down, detectors across."""
    for name in dict.fromkeys(row["table"] for row in rows):
        here = [row for row in rows if row["table"] == name]
        if name == "Dari, single":
            _show_reliability(here, console)
            continue
        for test in dict.fromkeys(row["test"] for row in here):
            part = [row for row in here if row["test"] == test]
            _show_one(f"{name}: {test}", part, console)


def _show_one(title: str, rows: list[Row], console: Console) -> None:
    table = Table(title=title, box=box.SIMPLE_HEAD)
    table.add_column("")
    detectors = list(dict.fromkeys(row["detector"] for row in rows))
    for detector in detectors:
        table.add_column(detector, justify="right")
    values = {(row["slice"], row["detector"]): row["value"] for row in rows}
    for part in dict.fromkeys(row["slice"] for row in rows):
        cells = [values.get((part, detector)) for detector in detectors]
        table.add_row(part, *["" if value is None else _number(value) for value in cells])
    console.print(table)


def _show_reliability(rows: list[Row], console: Console) -> None:
    """Of single messages: the probability of Dari that was said, and the share that is Dari."""
    for test in dict.fromkeys(row["test"] for row in rows):
        table = Table(title=f"Dari by single messages: {test}", box=box.SIMPLE_HEAD)
        for title in ("messages", "said", "is Dari", ""):
            table.add_column(title, justify="right" if title else "left")
        values = {row["slice"]: row["value"] for row in rows if row["test"] == test}
        for part in dict.fromkeys(key.split()[0] for key in values):
            said, share = values[f"{part} said"], values[f"{part} is"]
            bar = ["█" if place < round(share * 40) else " " for place in range(41)]
            bar[round(said * 40)] = "│"
            table.add_row(f"{values[f'{part} n']:,}", f"{said:.2f}", f"{share:.2f}", "".join(bar))
        console.print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.4f}" if value <= 1 else f"{value:.1f}"
