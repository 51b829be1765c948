"""Why a message was flagged: spans of the raw text, from the lexicon or from the model itself.

Where the tables' cues explain a score, they are shown. Where they do not, each word is hidden in
turn and the ones whose absence lowers the score most are shown, so that evidence is always
something the score rests on (leave-one-out, Robnik-Šikonja and Kononenko 2008).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import Batch, Read, route_of
from classifiers.calibration import Floats
from classifiers.documents import blank_word
from classifiers.feature_kernel import WORD, Documents
from classifiers.normalise import to_raw_span

MAX_SPANS = 12
#: Words that are hidden in turn, the ones nearest to what matters.
MAX_HIDDEN = 10
#: A hidden word is shown if its effect is at least this share of the largest.
_LEAST_EFFECT = 0.5
_BREAKS = re.compile(r"[.!?؟۔\n]")
_JOINERS = "\u200d\ufe0f\ufe0e"


class Span(NamedTuple):
    """Raw text [start, end) in code points, and what it shows."""

    start: int
    end: int
    shows: str


#: None where no words are to be looked for: a score that flags nothing shows its terms only.
Rescore = Callable[[Documents, NDArray[np.int64]], Floats] | None


def hostile_spans(batch: Batch, number: int, target: str, rescore: Rescore) -> list[Span]:
    """Evidence that document ``number`` is hostile to ``target``.

    ``rescore`` gives the margins of some documents of a batch of variants for this target.
    """
    read = batch.reads[number]
    named = [
        (mention.start, mention.end)
        for mention in read.reading.mentions
        if mention.kind != "outlet" and target in dict(mention.shares)
    ]
    breaks = [match.start() for match in _BREAKS.finditer(read.normalised.text)]
    places = {bisect_left(breaks, start) for start, _ in named}
    cues = [
        (bisect_left(breaks, hit.start), hit.start, hit.end)
        for hit in read.reading.hits
        if hit.entry.klass in ("hostile", "harm")
        or (hit.entry.klass == "epithet" and (hit.start, hit.end) in named)
    ]
    # The target's own sentences, else the ones that carry it on, else anywhere.
    shown = [cue for cue in cues if cue[0] in places]
    shown = shown or [cue for cue in cues if cue[0] - 1 in places] or cues
    spans = [(start, end) for _, start, end in shown]
    if not spans:
        spans = hidden_words(batch, number, rescore)
    targets = [span for span in named if span not in spans] or named
    return _raw(read, [(*span, "cue") for span in spans] + [(*span, "target") for span in targets])


def solicitation_spans(
    batch: Batch, number: int, militants: frozenset[str], rescore: Rescore
) -> list[Span]:
    """Evidence of an ask, of whom it serves and of how to pay."""
    read = batch.reads[number]
    hits = read.reading.hits
    found: list[tuple[int, int, str]] = []
    for klass, shows in (("ask", "ask"), ("beneficiary", "beneficiary"), ("route", "route")):
        found += [(hit.start, hit.end, shows) for hit in hits if hit.entry.klass == klass]
    for mention in read.reading.mentions:
        if mention.kind == "designation" or militants.intersection(dict(mention.shares)):
            found.append((mention.start, mention.end, "beneficiary"))
    if not any(shows == "ask" for _, _, shows in found):
        found += [(*span, "ask") for span in hidden_words(batch, number, rescore)]
    carried = [
        Span(item.start, item.end, "route")
        for item in read.indicators
        if route_of(item) is not None
    ]
    return _merged([*_raw(read, found), *carried])


def claim_spans(batch: Batch, number: int, rescore: Rescore) -> list[Span]:
    """Evidence of a claim of responsibility."""
    read = batch.reads[number]
    found = [
        (hit.start, hit.end, "claim") for hit in read.reading.hits if hit.entry.klass == "claim"
    ]
    if not found:
        found = [(*span, "claim") for span in hidden_words(batch, number, rescore)]
    return _raw(read, found)


def hidden_words(batch: Batch, number: int, rescore: Rescore) -> list[tuple[int, int]]:
    """Folded spans of the words without which the margin falls most."""
    if rescore is None:
        return []
    docs = batch.docs
    first, last = int(docs.first[number]), int(docs.first[number + 1])
    mentions = docs.mention_token[docs.mention_first[number] : docs.mention_first[number + 1]]
    words = np.flatnonzero(docs.kind[first:last] == WORD)
    words = words[~np.isin(words + first, mentions)]
    if not len(words):
        return []
    if len(mentions):
        distance = np.abs(words[:, None] + first - mentions[None, :]).min(axis=1)
        words = words[np.argsort(distance, kind="stable")]
    words = words[:MAX_HIDDEN]
    variants = _hide(docs, number, words)
    margins = rescore(variants, np.arange(len(words) + 1))
    effect = margins[-1] - margins[:-1]
    best = float(effect.max())
    if best <= 0:
        return []
    chosen = words[effect >= _LEAST_EFFECT * best][:3] + first
    return [(int(docs.begin[token]), int(docs.end[token])) for token in sorted(chosen)]


def _hide(docs: Documents, number: int, words: NDArray[np.int64]) -> Documents:
    """One document many times: copy ``i`` without word ``i``, and the last one whole."""
    copies = len(words) + 1
    first, last = int(docs.first[number]), int(docs.first[number + 1])
    low, high = int(docs.mention_first[number]), int(docs.mention_first[number + 1])
    size, rows = last - first, high - low
    tokens = {
        name: np.tile(getattr(docs, name)[first:last], copies)
        for name in ("surface", "stem", "shape", "kind", "marks", "begin", "end", "word")
    }
    surface, stem, shape = blank_word()
    places = np.arange(len(words)) * size + words
    tokens["surface"][places] = surface
    tokens["stem"][places] = stem
    tokens["shape"][places] = shape
    tokens["marks"][places] = tokens["word"][places] = 0
    messages = {
        name: np.repeat(getattr(docs, name)[number], copies)
        for name in ("language", "speaker", "facts")
    }
    mentions = {
        name: np.tile(getattr(docs, name)[low:high], copies)
        for name in ("mention_actor", "mention_share", "mention_kind")
    }
    shift = np.repeat(np.arange(copies) * size - first, rows)
    changes = {
        **tokens,
        **messages,
        **mentions,
        "first": np.arange(copies + 1) * size,
        "mention_first": np.arange(copies + 1) * rows,
        "mention_token": np.tile(docs.mention_token[low:high], copies) + shift,
    }
    return docs._replace(**changes)


def _raw(read: Read, spans: Iterable[tuple[int, int, str]]) -> list[Span]:
    """Folded spans as raw ones, ordered, those of a kind never overlapping."""
    raw = read.normalised.raw
    found = []
    for start, end, shows in spans:
        first, last = to_raw_span(read.normalised, start, end)
        if first < last:
            found.append(Span(*_whole_characters(raw, first, last), shows))
    return _merged(found)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda item: (item.shows, item.start, item.end)):
        if merged and merged[-1].shows == span.shows and span.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return sorted(merged)[:MAX_SPANS]


def _whole_characters(raw: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span so that it does not cut marks or joiners off their letters."""
    while start > 0 and _attached(raw[start]):
        start -= 1
    while end < len(raw) and _attached(raw[end]):
        end += 1
    return start, end


def _attached(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char)[0] == "M"
