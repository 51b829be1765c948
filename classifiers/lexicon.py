"""Find every name and cue word of the tables in a message: one pass over its folded text.

An Aho-Corasick automaton holds the folded terms, each behind a space so that it begins a word. A
term may carry what a language glues to words: the Arabic-script "and" before it, plural, oblique
and possessive endings behind it.
"""

from __future__ import annotations

import bisect
import functools
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import ahocorasick

from classifiers.knowledge import fold_all, load
from classifiers.normalise import Normalised, to_raw_span
from classifiers.vocabulary import NAME_CLASSES, Term

#: Everything that is no letter or digit separates words.
_GAP = re.compile(r"[\W_]")
_GAPS = re.compile(r"[\W_]+")

#: Written onto the following word, in Arabic script: and; before names also the, and the.
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


class Lexicon:
    """Compiled terms. Build one with the terms, or take the bundled ones from :func:`lexicon`."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms: Sequence[Term] = tuple(terms)
        # Folded string → (term, letters glued before it, endings that may follow), ….
        keys: dict[str, list[tuple[int, int, frozenset[str]]]] = {}
        for index, (term, forms) in enumerate(zip(self.terms, _forms(self.terms), strict=True)):
            for form in forms:
                endings = _endings(term, form)
                for prefix in ("", *_prefixes(term, form)):
                    keys.setdefault(f" {prefix}{form}", []).append((index, len(prefix), endings))
        self._automaton = ahocorasick.Automaton()
        for text, found in keys.items():
            self._automaton.add_word(text, (len(text), any(key[2] for key in found), found))
        self._automaton.make_automaton()
        names = [_GROUP.get(term.klass, term.klass) for term in self.terms]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self._groups = [numbers[name] for name in names]
        self._group_count = len(numbers)
        self._context = numbers.get("context", -1)
        self._benign = numbers.get("benign", -1)
        self._cased = [term.cased for term in self.terms]
        self._places: dict[tuple[str, ...], list[int]] = {}

    def hits(self, normalised: Normalised, languages: Collection[str] | None = None) -> list[Hit]:
        """The terms that stand in a message, by start; of each class leftmost and longest.

        Args:
            normalised: the message as :func:`classifiers.normalise.normalise` returns it.
            languages: only terms of these languages (and of ``any``), the first preferred where
                one spelling belongs to several; None: all.

        A hit inside a benign phrase ("mutalib" for "talib") is dropped; the benign one is kept.
        """
        if not len(self._automaton):
            return []
        # One character for one: positions stay those of the folded text, moved by the first space.
        text = f" {_GAP.sub(' ', normalised.text)} "
        places, cased = self._places_of(languages), self._cased
        found: list[tuple[int, int, int, int]] = []
        for last, (length, ended, keys) in self._automaton.iter(text):
            stop = last + 1
            ending = ""
            if text[stop] != " ":
                if not ended:
                    continue
                # No ending is longer; a word of a million letters is not searched.
                after = text.find(" ", stop, stop + 12)
                if after < 0:
                    continue
                ending = text[stop:after]
                stop = after
            first = last + 1 - length
            for index, skip, endings in keys:
                place = places[index]
                if place < 0 or (ending and ending not in endings):
                    continue
                start = first + skip
                if cased[index] and not _in_case(self.terms[index], normalised, start, stop - 1):
                    continue
                found.append((start, 1 - stop, place, index))
            if len(found) > MAX_HITS:
                break
        return self._select(found)

    def _places_of(self, languages: Collection[str] | None) -> list[int]:
        """By term: the place of its language among ``languages``, -1 where it is not one."""
        wanted = tuple(languages or ())
        places = self._places.get(wanted)
        if places is None:
            rank = {language: place for place, language in enumerate((*wanted, "any"))}
            other = -1 if wanted else len(rank)
            places = [rank.get(term.language, other) for term in self.terms]
            if len(self._places) > 64:
                self._places.clear()
            self._places[wanted] = places
        return places

    def _select(self, found: list[tuple[int, int, int, int]]) -> list[Hit]:
        # Longer first at one start, then the preferred language, then the order of the tables.
        found.sort()
        terms, groups, context, benign = self.terms, self._groups, self._context, self._benign
        reached = [0] * self._group_count
        hits: list[Hit] = []
        quiet: list[tuple[int, int]] = []
        for start, negative_end, _, index in found:
            group = groups[index]
            # Context words do not compete: "Pakistan" counts inside "Pakistan army" as well.
            if start < reached[group] and group != context:
                continue
            reached[group] = -negative_end
            hits.append(Hit(start, -negative_end, terms[index]))
            if group == benign:
                quiet.append((start, -negative_end))
        return [hit for hit in hits if not _covered(hit, quiet)] if quiet else hits


def _covered(hit: Hit, quiet: list[tuple[int, int]]) -> bool:
    """Whether a hit lies in one of the benign spans, which are sorted and disjoint."""
    place = bisect.bisect_right(quiet, (hit.start, sys.maxsize)) - 1
    return place >= 0 and hit.end <= quiet[place][1] and hit.entry.klass != "benign"


@functools.lru_cache(maxsize=2)
def lexicon(folder: Path | None = None) -> Lexicon:
    """The compiled terms of ``folder`` (default: the bundled tables); cached.

    >>> from classifiers.normalise import normalise
    >>> text = "The Pakistani army, they said"
    >>> [(hit.entry.klass, hit.entry.text) for hit in lexicon().hits(normalise(text), ["en"])][0]
    ('actor', 'Pakistani army')
    """
    return Lexicon(load(folder).terms)


def _forms(terms: Sequence[Term]) -> list[list[str]]:
    """The folded spellings of each term; a zero-width non-joiner is also written as a space."""
    spelled = [(index, term.text) for index, term in enumerate(terms)]
    spelled += [(at, text.replace("\u200c", " ")) for at, text in spelled if "\u200c" in text]
    forms: list[list[str]] = [[] for _ in terms]
    for (at, _), folded in zip(spelled, fold_all(text for _, text in spelled), strict=True):
        form = _GAPS.sub(" ", folded).strip()
        if form and form not in forms[at]:
            forms[at].append(form)
    return forms


def _endings(term: Term, form: str) -> frozenset[str]:
    if term.klass not in _NOMINAL or term.cased:
        return frozenset()
    letters = len(form) - form.rfind(" ") - 1
    return _endings_of(term.language, min(letters, 4))


@functools.cache
def _endings_of(language: str, letters: int) -> frozenset[str]:
    """What may follow a noun of so many letters: nothing, longer endings, or any."""
    endings = frozenset(filter(None, fold_all(_ENDINGS[language].split())))
    return frozenset(item for item in endings if letters >= 4 or (letters == 3 and len(item) > 1))


def _prefixes(term: Term, form: str) -> tuple[str, ...]:
    if not "\u0600" <= form[0] <= "\u06ff" or form.find(" ") in (1, 2, 3) or len(form) < 4:
        return ()
    return _PREFIXES if term.klass in NAME_CLASSES else _PREFIXES[:1]


def _in_case(term: Term, normalised: Normalised, start: int, end: int) -> bool:
    first, last = to_raw_span(normalised, start, end)
    return normalised.raw[first:last] == term.text
