"""Find every name and cue word of the tables in a message: its words, looked up one by one.

The folded terms are compiled into a trie of words (:mod:`classifiers.lexicon_kernel`). A term may
carry what a language glues to words: the Arabic-script "and" before it, plural, oblique and
possessive endings behind it. Where a message's spaces cannot be trusted, because words were run
together or torn apart, long terms are looked for once more with nothing but letters on both sides.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifiers import lexicon_kernel as kernel
from classifiers import squeezed_kernel as squeezed
from classifiers.knowledge import fold_all, load
from classifiers.lexicon_kernel import Trie, places_of
from classifiers.matching import find_words, hash_of, room_for_words
from classifiers.normalise import Normalised, load_tables
from classifiers.vocabulary import LANGUAGES, NAME_CLASSES, Term

_GAPS = re.compile(r"[\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")

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

#: Only these decide a message whose spaces cannot be trusted; the rest is left to whole words.
_SQUEEZED = frozenset(
    ("actor", "epithet", "outlet", "hostile", "harm", "ask", "beneficiary", "claim")
)


class Hit(NamedTuple):
    """A term found at folded characters [start, end)."""

    start: int
    end: int
    entry: Term


class Lexicon:
    """Compiled terms. Build one with the terms, or take the bundled ones from :func:`lexicon`."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms: Sequence[Term] = tuple(terms)
        self.trie = _compile(self.terms)

    def hits(self, normalised: Normalised, languages: Collection[str] | None = None) -> list[Hit]:
        """The terms that stand in a message, by start; of each class leftmost and longest.

        Args:
            normalised: the message as :func:`classifiers.normalise.normalise` returns it.
            languages: only terms of these languages (and of ``any``), the first preferred where
                one spelling belongs to several; None: all.

        A hit inside a benign phrase ("mutalib" for "talib") is dropped; the benign one is kept.
        """
        size = len(normalised.text)
        if not size or not self.terms:
            return []
        m, raw = _codes(normalised.text), _codes(normalised.raw)
        off = np.array(normalised.offsets, np.int32)
        same = np.arange(size, dtype=np.int32)
        kind = load_tables("match").kind
        words, room = room_for_words(size), kernel.room(size, self.trie.groups)
        count = find_words(m, size, kind, words)
        place = places_of(languages)
        found = kernel.find_terms(self.trie, m, words, count, place, room.found)
        found = kernel.drop_other_case(
            self.trie.cased, self.trie.cased_first, raw, off, same, room.found, found
        )
        hits = kernel.select(self.trie, found, room)
        if squeezed.untrusted(words, count, m, size, kind):
            hits = squeezed.find_squeezed(self.trie, m, size, kind, place, hits, room)
        return [
            Hit(int(room.start[h]), int(room.end[h]), self.terms[room.term[h]]) for h in range(hits)
        ]


def _codes(text: str) -> kernel.Ints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32).copy()


@functools.lru_cache(maxsize=2)
def lexicon(folder: Path | None = None) -> Lexicon:
    """The compiled terms of ``folder`` (default: the bundled tables); cached.

    >>> from classifiers.normalise import normalise
    >>> text = "The Pakistani army, they said"
    >>> [(hit.entry.klass, hit.entry.text) for hit in lexicon().hits(normalise(text), ["en"])][0]
    ('actor', 'Pakistani army')
    """
    return Lexicon(load(folder).terms)


class _Nodes:
    """The trie while it grows: children by (node, word), entries by node."""

    def __init__(self) -> None:
        self.children: dict[tuple[int, int], int] = {}
        self.entries: list[list[tuple[int, int, int, int]]] = [[]]

    def at(self, words: Sequence[int]) -> int:
        """The node of a sequence of words, made where there is none."""
        node = 0
        for word in words:
            node = self.children.setdefault((node, word), len(self.entries))
            if node == len(self.entries):
                self.entries.append([])
        return node


def _compile(terms: Sequence[Term]) -> Trie:
    sets, numbers = _ending_sets()
    groups = list(dict.fromkeys(_GROUP.get(term.klass, term.klass) for term in terms)) or [""]
    forms = _forms(terms)
    hashes = _hashes({word for found in forms for form in found for word in form.split(" ")})
    nodes = _Nodes()
    for index, (term, found) in enumerate(zip(terms, forms, strict=True)):
        for form in found:
            endings, language = (
                numbers.get(_endings(term, form), -1),
                LANGUAGES.index(term.language),
            )
            entry = (index, endings, _prefixes(term, form), language)
            nodes.entries[nodes.at([hashes[word] for word in form.split(" ")])].append(entry)
    children = {
        int(kernel.child_key(node, np.uint64(word))): child
        for (node, word), child in nodes.children.items()
    }
    keys, values = _table(children)
    starts = np.zeros(1 << kernel.STARTS_BITS, np.uint8)
    for node, word in nodes.children:
        if node == 0:
            starts[int(kernel.child_key(0, np.uint64(word))) >> (64 - kernel.STARTS_BITS)] = 1
    deeper = np.zeros(len(nodes.entries), np.uint8)
    deeper[[node for node, _ in nodes.children]] = 1
    entries = np.array(
        [entry for found in nodes.entries for entry in found] or [(0, -1, 0, 0)], np.int32
    )
    ending_keys, ending_sets = _table(
        {int(kernel.ending_key(_codes(e), len(e))): bits for e, bits in sets.items()}
    )
    last = np.zeros(0x800, np.uint8)
    last[[ord(ending[-1]) for ending in sets]] = 1
    cased = [term.text.rstrip(".") if term.cased else "" for term in terms]
    classes = list(dict.fromkeys(term.klass for term in terms))
    return Trie(
        keys=keys,
        nodes=values.astype(np.int32),
        deeper=deeper,
        entry_first=_starts([len(found) for found in nodes.entries]),
        entries=entries,
        starts=starts,
        ending_keys=ending_keys,
        ending_sets=ending_sets,
        ending_last=last,
        language=np.array([LANGUAGES.index(term.language) for term in terms], np.int8),
        group=np.array([groups.index(_GROUP.get(t.klass, t.klass)) for t in terms], np.int8),
        klass=np.array([classes.index(term.klass) for term in terms], np.int8),
        cased=_codes("".join(cased)) if any(cased) else np.zeros(1, np.int32),
        cased_first=_starts([len(text) for text in cased]),
        **_squeezed(terms, forms),
        groups=len(groups),
        context_group=groups.index("context") if "context" in groups else -1,
        benign_group=groups.index("benign") if "benign" in groups else -1,
        name_group=groups.index("name") if "name" in groups else -1,
        benign_class=classes.index("benign") if "benign" in classes else -1,
    )


def _hashes(words: Iterable[str]) -> dict[str, int]:
    """The hash of each word."""
    return {word: int(hash_of(_codes(word), 0, len(word))) for word in words}


def _table(items: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """An open-addressing table of 64-bit keys, at most half full, and the values beside them."""
    size = 1 << max(4, (2 * len(items)).bit_length())
    keys, values = [0] * size, [0] * size
    for key, value in items.items():
        at = key & (size - 1)
        while keys[at]:
            at = (at + 1) & (size - 1)
        keys[at], values[at] = key, value
    return np.array(keys, np.uint64), np.array(values, np.uint64)


def _starts(sizes: Sequence[int]) -> np.ndarray:
    """Where each of several runs starts, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)


def _squeezed(terms: Sequence[Term], forms: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """The long terms without their spaces, in the order of a table of their first letters."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for index, term in enumerate(terms):
        if term.klass not in _SQUEEZED or term.cased:
            continue
        for form in forms[index]:
            letters = "".join(_LETTERS.findall(form))
            if len(letters) < squeezed.SQUEEZED_LETTERS:
                continue
            codes = _codes(letters)
            key = int(
                squeezed.squeezed_key(np.uint64(squeezed.rolled(codes, squeezed.SQUEEZED_LETTERS)))
            )
            row = (len(letters), int(squeezed.rolled(codes, len(letters))), index)
            if row not in found.setdefault(key, []):
                found[key].append(row)
    keys, _ = _table(dict.fromkeys(found, 1))
    slots = [found.get(int(key), []) for key in keys]
    rows = [row for slot in slots for row in slot] or [(1 << 20, 0, 0)]
    return {
        "squeezed_keys": keys,
        "squeezed_first": _starts([len(slot) for slot in slots]),
        "squeezed_size": np.array([row[0] for row in rows], np.int32),
        "squeezed_hash": np.array([row[1] for row in rows], np.uint64),
        "squeezed_term": np.array([row[2] for row in rows], np.int32),
    }


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


def _endings(term: Term, form: str) -> tuple[str, int]:
    """The set of endings that may follow a form; one of no set where none may."""
    if term.klass not in _NOMINAL or term.cased:
        return "", 0
    return term.language, min(len(form) - form.rfind(" ") - 1, 4)


def _ending_sets() -> tuple[dict[str, int], dict[tuple[str, int], int]]:
    """Each ending with the sets it is in, as bits; and the number of each set.

    A set is a language and how many letters the noun has: longer endings behind three of them,
    any behind more.
    """
    sets: dict[str, int] = {}
    numbers: dict[tuple[str, int], int] = {}
    for language, listed in _ENDINGS.items():
        folded = set(filter(None, fold_all(listed.split())))
        for letters in (3, 4):
            number = numbers.setdefault((language, letters), len(numbers))
            for ending in folded:
                if letters == 4 or len(ending) > 1:
                    sets[ending] = sets.get(ending, 0) | 1 << number
    return sets, numbers


def _prefixes(term: Term, form: str) -> int:
    """What may be glued before a form, as bits: 1 for "and", 2 for the article."""
    if not "\u0600" <= form[0] <= "\u06ff" or form.find(" ") in (1, 2, 3) or len(form) < 4:
        return 0
    return 3 if term.klass in NAME_CLASSES else 1
