"""What the suite `language` measures on: texts of sources that the model was not fitted on."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import fixtures
from classifiers.language import evaluation, training
from classifiers.language import model as language_model
from classifiers.language.model import Model
from classifiers.language.sources import Sample, phrases
from classifiers.language.table import languages

PHRASES = Path(fixtures.__file__).parent / "phrases"
#: Texts of each tag that are tested; the slowest peers read some hundreds a second.
PER_TAG = 500
#: And of each tag outside of the list, of which there are many.
PER_OTHER_TAG = 100
#: Shorter texts cannot be cut to 40 characters.
SHORTEST = 40
#: A source is left out and tested where it has so many texts in so many of the four.
ENOUGH_TEXTS = 100
ENOUGH_LANGUAGES = 3


@dataclass(frozen=True, slots=True)
class Test:
    """A source, the model that did not see it, and its texts."""

    source: str
    model: Model
    four: list[Sample]
    others: list[Sample]
    roman: list[Sample]


def tests(
    data: Path | None, models: Path | None, seed: int, say: Callable[[str], None]
) -> Iterator[Test]:
    """Each source that has most of the four languages, left out of a training of its own.

    Without data there are the phrase tables alone: the built-in model knows their authors, but
    none of the families that are tested.
    """
    model = language_model.load(models) if models else language_model.default()
    held = [s for s in phrases(PHRASES, training.SEED) if s.split == "test"]
    yield _test("phrases of held-out families", model, held, seed)
    samples = training.collect(data, PHRASES)[0] if data else []
    for source in _sources(samples):
        rest, _ = evaluation.without(samples, source)
        say(f"{source}: fitting without it, some minutes")
        with tempfile.TemporaryDirectory(prefix="channelwatch-language-") as folder:
            fitted = training.build(rest, phrase_folder=PHRASES)
            language_model.save(Path(folder), **fitted.parts, card={})
            partial = language_model.load(Path(folder))
        yield _test(source, partial, [s for s in samples if s.source == source], seed)
    roman = [s for s in samples if s.source == "roman_urdu" and training.is_held_out(s)]
    if roman:
        english = [s for s in samples if s.tag == "en" and training.is_held_out(s)]
        yield _test("held out of the same sources", model, [*roman, *english], seed)


def _sources(samples: Sequence[Sample]) -> list[str]:
    count = Counter((s.source, evaluation.MERGED.get(s.tag, s.tag)) for s in samples if _long(s))
    return [
        source
        for source in dict.fromkeys(s.source for s in samples)
        if source not in ("phrases", "words")  # not texts of another author; not texts at all
        and sum(count[source, tag] >= ENOUGH_TEXTS for tag in evaluation.FOUR) >= ENOUGH_LANGUAGES
    ]


def _long(sample: Sample) -> bool:
    return len(sample.text) >= SHORTEST


def _test(name: str, model: Model, samples: Sequence[Sample], seed: int) -> Test:
    by_tag = defaultdict(list)
    for sample in samples:
        if _long(sample):
            by_tag[sample.tag].append(sample)
    kept = []
    for tag, found in sorted(by_tag.items()):
        most = PER_TAG if languages().by_tag[tag].in_scope else PER_OTHER_TAG
        kept += Random(f"{seed} {tag}").sample(found, min(most, len(found)))  # noqa: S311
    roman = [s for s in kept if s.tag.endswith("-Latn")]
    four = [s for s in kept if evaluation.MERGED.get(s.tag, s.tag) in evaluation.FOUR]
    others = [s for s in kept if not languages().by_tag[s.tag].in_scope]
    return Test(name, model, four, others, roman)
