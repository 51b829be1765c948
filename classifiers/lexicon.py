"""Find every name and cue word of the tables in a message: one pass over its folded text.

An Aho-Corasick automaton holds the folded terms, each behind a space so that it begins a word. A
term may carry what a language glues to words: the Arabic-script "and" before it, plural, oblique
and possessive endings behind it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import ahocorasick

from classifiers.knowledge import fold, load
from classifiers.normalise import Normalised, to_raw_span
from classifiers.vocabulary import NAME_CLASSES, Term

#: Everything that is no letter or digit separates words.
_GAP = re.compile(r"[\W_]")
_GAPS = re.compile(r"[\W_]+")

#: Written onto the following word, in Arabic script: and, the, and the.
_PREFIXES = ("و", "ال", "وال")

#: Written onto the preceding noun: plural, oblique, ezafe, possessive, copula.
_ENDINGS = {
    "prs": (
        "ها های هایی هایش هایشان هارا ی ای یی ان انی یان گان گانی را م ت ش مان تان شان ست است اند"
    ),
    "ps": "ان انو انه انې یان یانو و ونو ونه و ې ه ي ۍ ګان ګانو ګانې انوته تهو",
    "ur": "وں یں ؤں ئیں ی ے و یوں یو ات ان ا یاں",
    "en": "s es",
    "ur-Latn": "s on oon o an en ein iyon iyan",
    "ps-Latn": "an ano o una uno yan yano ane e",
}
_ENDINGS["any"] = " ".join(_ENDINGS.values())

#: Classes of nouns and adjectives. Verbs and particles count only as they are listed: an ending
#: may turn them round ("give" → "I gave").
_NOMINAL = frozenset(NAME_CLASSES) | frozenset(
    (
        *("hostile", "benign", "beneficiary", "humanitarian", "route", "attack", "casualty"),
        *("scam", "arrest", "peace", "praise"),
    )
)

#: Names compete with each other, whatever their class; every cue class competes within itself.
_GROUP = {klass: "name" for klass in NAME_CLASSES if klass != "context"}

#: No message that a channel carries has more; the rest of a hostile one is not looked up.
MAX_HITS = 10_000


class Hit(NamedTuple):
    """A term found at folded characters [start, end)."""

    start: int
    end: int
    entry: Term


class _Key(NamedTuple):
    """How one folded string leads to a term; ``skip`` counts the letters glued before it."""

    term: int
    skip: int
    endings: frozenset[str]


class Lexicon:
    """Compiled terms. Build one with the terms, or take the bundled ones from :func:`lexicon`."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms: Sequence[Term] = tuple(terms)
        keys: dict[str, dict[tuple[int, int], _Key]] = {}
        for index, term in enumerate(self.terms):
            for form in _forms(term):
                endings = _endings(term, form)
                for prefix in ("", *_prefixes(form)):
                    key = _Key(index, len(prefix), endings)
                    keys.setdefault(f" {prefix}{form}", {})[index, len(prefix)] = key
        self._automaton = ahocorasick.Automaton()
        for text, found in keys.items():
            self._automaton.add_word(text, (len(text), tuple(found.values())))
        self._automaton.make_automaton()
        self._groups = [_GROUP.get(term.klass, term.klass) for term in self.terms]
        self._empty = not keys

    def hits(
        self,
        normalised: Normalised,
        languages: Collection[str] | None = None,
    ) -> list[Hit]:
        """The terms that stand in a message, by start; of each class leftmost and longest.

        Args:
            normalised: the message as :func:`classifiers.normalise.normalise` returns it.
            languages: only terms of these languages (and of ``any``), the first preferred where
                one spelling belongs to several; None: all.

        A hit inside a benign phrase ("mutalib" for "talib") is dropped; the benign one is kept.
        """
        if self._empty:
            return []
        # One character for one: positions stay those of the folded text, moved by the first space.
        text = f" {_GAP.sub(' ', normalised.text)} "
        rank = {language: place for place, language in enumerate(languages or ())}
        found: list[tuple[int, int, int, int]] = []
        for last, (length, keys) in self._automaton.iter(text):
            end = last + 1
            whole = text[end] == " "
            ending = ""
            stop = end
            for key in keys:
                if not whole:
                    if not key.endings:
                        continue
                    if not ending:
                        # No ending is longer; a word of a million letters is not searched.
                        stop = text.find(" ", end, end + 12)
                        ending = text[end:stop] if stop > 0 else "?"
                    if ending not in key.endings:
                        continue
                term = self.terms[key.term]
                place = rank.get(term.language, len(rank))
                if rank and place == len(rank) and term.language != "any":
                    continue
                start = end - length + key.skip
                if term.cased and not _in_case(term, normalised, start, stop - 1):
                    continue
                found.append((start, 1 - stop, place, key.term))
            if len(found) > MAX_HITS:
                break
        return self._select(found)

    def _select(self, found: list[tuple[int, int, int, int]]) -> list[Hit]:
        # Longer first at one start, then the preferred language, then the order of the tables.
        found.sort()
        reached: dict[str, int] = {}
        hits = []
        quiet = []
        for start, negative_end, _, index in found:
            group = self._groups[index]
            # Context words do not compete: "Pakistan" counts inside "Pakistan army" as well.
            if start < reached.get(group, 0) and group != "context":
                continue
            reached[group] = -negative_end
            hits.append(Hit(start, -negative_end, self.terms[index]))
            if group == "benign":
                quiet.append((start, -negative_end))
        if not quiet:
            return hits
        return [
            hit
            for hit in hits
            if hit.entry.klass == "benign"
            or not any(start <= hit.start and hit.end <= end for start, end in quiet)
        ]


@functools.lru_cache(maxsize=2)
def lexicon(folder: Path | None = None) -> Lexicon:
    """The compiled terms of ``folder`` (default: the bundled tables); cached.

    >>> from classifiers.normalise import normalise
    >>> text = "The Pakistani army, they said"
    >>> [(hit.entry.klass, hit.entry.text) for hit in lexicon().hits(normalise(text), ["en"])][0]
    ('actor', 'Pakistani army')
    """
    return Lexicon(load(folder).terms)


def _forms(term: Term) -> set[str]:
    """The folded spellings of a term; a zero-width non-joiner is also written as space or not."""
    variants = {term.text}
    if "\u200c" in term.text:
        variants |= {term.text.replace("\u200c", " "), term.text.replace("\u200c", "")}
    forms = {_GAPS.sub(" ", fold(variant)).strip() for variant in variants}
    return forms - {""}


def _endings(term: Term, form: str) -> frozenset[str]:
    if term.klass not in _NOMINAL or term.cased:
        return frozenset()
    letters = len(form.rsplit(" ", 1)[-1])
    endings = _folded_endings(term.language)
    return frozenset(item for item in endings if letters >= 4 or (letters == 3 and len(item) > 1))


@functools.cache
def _folded_endings(language: str) -> frozenset[str]:
    return frozenset(fold(item) for item in _ENDINGS[language].split()) - {""}


def _prefixes(form: str) -> tuple[str, ...]:
    return _PREFIXES if "\u0600" <= form[0] <= "\u06ff" and len(form.split(" ", 1)[0]) >= 4 else ()


def _in_case(term: Term, normalised: Normalised, start: int, end: int) -> bool:
    first, last = to_raw_span(normalised, start, end)
    return normalised.raw[first:last] == term.text
