"""Dari or Iranian Persian: evidence from marker words, added up, never from n-grams.

One message can seldom tell: across sources n-grams decide by translator and typist, not by
language. ``data/persian_markers.csv`` holds words that one of the two prefers, with the log odds
that one occurrence is worth. Evidence adds up over the words of a message and over the messages
of a channel; without any, the answer is ``fa``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.language.scoring import Floats
from classifiers.ngrams import Indices, word_key
from classifiers.normalise import load_tables, normalise

PATH = Path(__file__).parents[1] / "data" / "persian_markers.csv"

#: One message counts for no more than this in log odds: its words are not independent.
MESSAGE_LIMIT = 4.0
#: Nor does a message count in full for its channel: topics repeat.
CHANNEL_SHARE = 0.5


def probability(log_odds: npt.NDArray[np.floating], prior: float) -> npt.NDArray[np.float64]:
    """The probability of Dari of messages with this evidence. ``prior``: between 0 and 1."""
    evidence = np.clip(np.asarray(log_odds, np.float64), -MESSAGE_LIMIT, MESSAGE_LIMIT)
    return 1 / (1 + np.exp(-evidence) * (1 - prior) / prior)


def channel_probability(log_odds: Iterable[float], prior: float = 0.5) -> float:
    """The probability that a channel writes Dari, from the evidence of its Persian messages.

    Each message's log odds (``Detected.dari_log_odds``) count up to :data:`MESSAGE_LIMIT` and for
    :data:`CHANNEL_SHARE` of that.

    >>> channel_probability([])
    0.5
    >>> channel_probability([1.0] * 50) > 0.99
    True
    """
    evidence = np.clip(np.fromiter(log_odds, np.float64), -MESSAGE_LIMIT, MESSAGE_LIMIT)
    total = float(np.clip(CHANNEL_SHARE * evidence.sum(), -30, 30))
    return float(1 / (1 + np.exp(-total) * (1 - prior) / prior))


def read_markers(path: Path = PATH) -> Iterator[tuple[str, float]]:
    """Marker words and their log odds, above 0 for Dari, below for Iranian Persian.

    Raises:
        ValueError: a row is wrong; the message names file and line.
    """
    header = ["dari", "iranian", "dari_strength", "iranian_strength", "note"]
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != header:
            raise ValueError(f"{path}, line 1: the header must be {','.join(header)}")
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            for column, sign in (("dari", 1), ("iranian", -1)):
                try:
                    strength = float(row[f"{column}_strength"])
                except (TypeError, ValueError):
                    strength = -1
                if not 0 <= strength <= MESSAGE_LIMIT:
                    raise ValueError(f"{where}: {column}_strength must be 0 to {MESSAGE_LIMIT}")
                for word in (row[column] or "").split():
                    if strength:
                        yield word, sign * strength


@cache
def marker_table() -> tuple[npt.NDArray[np.uint32], Floats]:
    """The markers as the compiled pass looks them up: keys by open addressing, and log odds.

    Raises:
        ValueError: a word stands for both.
    """
    words: dict[int, tuple[str, float]] = {}
    for word, strength in read_markers():
        key = key_of(word)
        other, evidence = words.get(key, (word, strength))
        if (evidence > 0) != (strength > 0):
            raise ValueError(f"{PATH}: {word!r} stands against {other!r}; keep one of them")
        words.setdefault(key, (word, strength))
    size = 1 << max(4, (4 * len(words)).bit_length())
    keys = np.zeros(size, np.uint32)
    weights = np.zeros(size, np.float32)
    for key, (_, strength) in words.items():
        at = key & (size - 1)
        while keys[at]:
            at = (at + 1) & (size - 1)
        keys[at] = key
        weights[at] = strength
    return keys, weights


def key_of(word: str) -> int:
    """The key of a word in its matching form."""
    chars: Indices = np.array([ord(c) for c in normalise(word).text], np.int32)
    return int(word_key(chars, 0, chars.size, load_tables("match").fold))
