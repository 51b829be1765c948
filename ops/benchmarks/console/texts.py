"""Texts to fill a large warehouse with: examples that the models have scored, each made longer.

A message is an example, whose analysis and evidence hold for its beginning, and words after it:
fragments of other examples of its language, and one or two words that are rare. So every text is
another one, and a search for a word finds few of them or many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fixtures.examples import Example, examples
from flows.scoring import load_scorer

#: Examples that are scored, fragments and rare words of each language.
EXAMPLES, FRAGMENTS, RARE = 12_000, 6_000, 60_000
#: Fragments behind each example, at most; each is there or not.
TAIL = 5
#: Share of the messages of ordinary channels that name an indicator.
WITH_INDICATOR = 0.005

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Language:
    """What messages of one language are made of: rows of the examples, and words."""

    tag: str
    flagged: Numbers
    clear: Numbers
    weights: np.ndarray[tuple[int], np.dtype[np.float64]]
    fragments: pa.Array
    rare: pa.Array


@dataclass(frozen=True)
class Texts:
    """Scored examples, and what is put behind them, by language."""

    examples: pa.Array
    analyses: pa.Table
    languages: tuple[Language, ...]


def prepare(seed: int, models: Path | None) -> Texts:
    """Score the examples and cut up their words."""
    found = list(islice(examples(seed, EXAMPLES), EXAMPLES))
    scorer = load_scorer(models)
    asked = pa.table(
        {
            "text": [one.text for one in found],
            "channel_actor": pa.array([one.channel_actor for one in found], pa.string()),
            "reply_text": pa.array([one.reply_to_text for one in found], pa.string()),
        }
    )
    analyses = pa.Table.from_batches([scorer.score(asked)])
    status = [{score["status"] for score in scores} for scores in analyses["scores"].to_pylist()]
    to_see = np.array([bool(said & {"flagged", "review"}) for said in status])
    named = np.array(pc.list_value_length(analyses["indicators"])) > 0
    random = np.random.default_rng(seed)
    tags = np.array([one.language for one in found], object)
    languages = tuple(
        _language(tag, found, np.flatnonzero(tags == tag), to_see, named, random)
        for tag in sorted(set(tags))
    )
    return Texts(asked["text"].combine_chunks(), analyses, languages)


def _language(  # noqa: PLR0913, PLR0917 (arrays over the same rows)
    tag: str,
    found: Sequence[Example],
    rows: Numbers,
    to_see: np.ndarray[tuple[int], np.dtype[np.bool_]],
    named: np.ndarray[tuple[int], np.dtype[np.bool_]],
    random: np.random.Generator,
) -> Language:
    words = [word for row in rows.tolist() for word in found[row].text.split()]
    begins = random.integers(0, len(words) - 8, FRAGMENTS)
    lengths = random.integers(3, 8, FRAGMENTS)
    fragments = [" ".join(words[b : b + n]) for b, n in zip(begins, lengths, strict=True)]
    plain = sorted({word for word in words if word.isalpha() and len(word) > 3})
    pairs = random.integers(0, len(plain), (RARE, 2))
    rare = [plain[a][:4] + plain[b][-3:] for a, b in pairs]
    clear = rows[~to_see[rows]]
    weights = np.where(named[clear], WITH_INDICATOR / max(named[clear].sum(), 1), 0.0)
    weights[~named[clear]] = (1 - weights.sum()) / (~named[clear]).sum()
    return Language(tag, rows[to_see[rows]], clear, weights, pa.array(fragments), pa.array(rare))


def lengthened(
    texts: Texts, language: Language, rows: Numbers, random: np.random.Generator
) -> pa.Array:
    """One text for each of the examples in ``rows``, 150 to 300 characters most of them."""
    count = len(rows)
    parts = [texts.examples.take(pa.array(rows))]
    for _ in range(TAIL):
        chosen = random.integers(0, len(language.fragments), count)
        left_out = random.random(count) < 0.2
        parts.append(language.fragments.take(pa.array(chosen, mask=left_out)))
    for share in (1.0, 0.3):
        # The square makes some of the rare words much rarer than others.
        chosen = (random.random(count) ** 2 * len(language.rare)).astype(np.int64)
        left_out = random.random(count) >= share
        parts.append(language.rare.take(pa.array(chosen, mask=left_out)))
    return pc.binary_join_element_wise(*parts, " ", null_handling="skip")
