"""The compiled pass from cleaned text to documents: fold, find terms, cut into tokens, mark them.

One message at a time in scratch that all share, appended to flat arrays. Only messages in which
something can matter to a label become documents; of the others a fingerprint remains.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import PLANES, Bytes, Codepoints, compiled
from classifiers.documents import (
    SURFACE,
    WORD,
    Documents,
    TermMarks,
)
from classifiers.fingerprint import fingerprint
from classifiers.lexicon_kernel import (
    Room,
    Trie,
    drop_other_case,
    find_terms,
    select,
)
from classifiers.matching import (
    Hashes,
    Words,
    find_words,
    hash_of,
    matched,
    mixed,
)
from classifiers.ngrams import decode
from classifiers.references import References, meaning_of
from classifiers.squeezed_kernel import find_squeezed, untrusted
from classifiers.token_kernel import Tokens, cut, own_tokens

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "da35b3c30791"

Ints = NDArray[np.int32]

#: A message longer than this is read to here: the longest that a channel can carry, eight times.
MAX_CHARACTERS = 32_768
_ZERO, _ONE = np.uint64(0), np.uint64(1)


class Tables(NamedTuple):
    """The reference tables as the pass reads them.

    ``fold`` and ``kind`` are by code point (:class:`classifiers.codepoints.Tables`); ``signs``:
    the kind of token that a mark is; ``sticks``: 1 for what belongs to the word before it, 2 for
    what cannot be cut off its letter.
    """

    fold: Codepoints
    kind: Bytes
    signs: Bytes
    sticks: Bytes
    trie: Trie
    terms: TermMarks
    references: References
    particles: Hashes
    matters: NDArray[np.bool_]  # by class: whether a message with one of its terms is looked at
    quoting: NDArray[np.bool_]  # by class: whether somebody else is given the word
    outlet: int  # the class of outlets


class Cleaned(NamedTuple):
    """Cleaned texts and their words, as the language pass leaves them, text after text.

    Text ``i`` is ``chars[first[i]:first[i + 1]]``, with the raw index of each character in ``off``
    and its ``guard``; its words are ``word_first[i]:word_first[i + 1]``, each from character
    ``word[w]`` of the text on, with the number of its n-grams, the sums of the letter weights, and
    where they are kept, the rows of the table.
    """

    first: NDArray[np.int64]
    chars: Ints
    off: Ints
    guard: Bytes
    word_first: NDArray[np.int64]
    word: Ints
    grams: Ints
    letters: Ints
    row_first: NDArray[np.int64]
    rows: Ints


class Asked(NamedTuple):
    """What is known of each message beside its text.

    ``place`` is a row of ``places`` (ranks of the languages whose tables are looked up), -1 where
    the message is not scored. ``language``: index among ``SCORED``, -1 where the terms decide.
    ``carries``: whether a payment indicator was found. ``facts`` are those of the indicators.
    """

    place: Ints
    places: Ints
    language: NDArray[np.int8]
    speaker: Ints
    militant_speaker: NDArray[np.bool_]
    carries: NDArray[np.bool_]
    facts: NDArray[np.uint64]


class Scratch(NamedTuple):
    """Room for one message.

    ``owner`` and ``new`` are by token: the hit that owns it (-1: none), and the place it gets;
    ``low`` and ``high`` by hit: the run of tokens that it covers.
    """

    raw: Ints
    m: Ints
    of: Ints
    words: Words
    room: Room
    tokens: Tokens
    owner: Ints
    new: Ints
    order: NDArray[np.int64]
    low: Ints
    high: Ints
    counters: NDArray[np.int32]
    votes: Ints
    present: Hashes


#: Places of what is counted.
DOCUMENTS, TOKENS, MENTIONS, HITS, ROWS = range(5)


@compiled
def _raw_end(last: int, following: int, raw: Ints, size: int, sticks: Bytes) -> int:
    """Where a stretch ends in the raw text: what was dropped after ``last`` may belong to it."""
    stop = following
    while stop > last + 1:
        x = raw[stop - 1]
        if x < PLANES and sticks[x]:
            break
        stop -= 1
    stop = max(stop, last + 1)
    while stop < size and raw[stop] < PLANES and sticks[raw[stop]] & 2:
        stop += 1
    return stop


@compiled
def _raw_span(
    a: int, b: int, n: int, off: Ints, of: Ints, raw: Ints, size: int, sticks: Bytes
) -> tuple[int, int]:
    """The raw stretch behind the folded characters ``[a, b)`` of a text."""
    start = off[of[a]]
    while start > 0 and raw[start] < PLANES and sticks[raw[start]] & 2:
        start -= 1
    last = off[of[b - 1]]
    following = size
    if b < n:
        following = off[of[b]]
    elif of[b - 1] + 1 < off.size:
        following = off[of[b - 1] + 1]
    return start, _raw_end(last, following, raw, size, sticks)


@compiled
def _vote(trie: Trie, r: Room, hits: int, votes: Ints, language: int) -> int:
    """The language that most terms are of, the first of equals; ``language`` where none is."""
    votes[:] = 0
    best = language
    most = 0
    for h in range(hits):
        tag = trie.language[r.term[h]]
        if tag < votes.size:
            votes[tag] += 1
    for h in range(hits):
        tag = trie.language[r.term[h]]
        if tag < votes.size and votes[tag] > most:
            most = votes[tag]
            best = tag
    return best


@compiled
def read_block(
    offsets: NDArray[np.int64], data: Bytes, c: Cleaned, asked: Asked, t: Tables, s: Scratch,
    keep_rows: bool, reply_facts: NDArray[np.uint64], d: Documents, counts: NDArray[np.int64],
    prints: Hashes,
) -> None:  # fmt: skip
    """Read the texts of a block; fills ``d`` from its beginning and ``prints`` by text.

    ``counts`` becomes how many documents, tokens, mentions, hits and rows there are. Mentions and
    hits have room for four and two a token; what a hostile message holds beyond is left out.
    """
    r, m, of, raw, sticks = s.room, s.m, s.of, s.raw, t.sticks
    docs = tokens_at = mentions = hits_at = rows_at = 0
    width = c.letters.shape[1]
    for i in range(offsets.size - 1):
        first, length = c.first[i], int(c.first[i + 1] - c.first[i])
        prints[i] = _ZERO
        if length == 0:
            continue
        n = length
        if c.off[first + n - 1] >= MAX_CHARACTERS:
            while n > 0 and c.off[first + n - 1] >= MAX_CHARACTERS:
                n -= 1
        n = matched(
            c.chars[first : first + n], n, c.guard[first : first + n], t.fold, t.kind, m, s.of
        )
        words = find_words(m, n, t.kind, s.words)
        prints[i] = fingerprint(s.words, words, s.counters)
        if asked.place[i] < 0 or n == 0:
            continue
        place = asked.places[asked.place[i]]
        size = decode(data, offsets[i], offsets[i + 1], raw)
        off = c.off[first : first + length]
        found = find_terms(t.trie, m, s.words, words, place, r.found)
        found = drop_other_case(t.trie.cased, t.trie.cased_first, raw, off, of, r.found, found)
        hits = select(t.trie, found, r)
        if untrusted(s.words, words, m, n, t.kind):
            hits = find_squeezed(t.trie, m, n, t.kind, place, hits, r)
        matters = asked.carries[i] or (asked.militant_speaker[i] and hits > 0)
        quoted = False
        for h in range(hits):
            klass = t.terms.klass[r.term[h]]
            matters = matters or t.matters[klass]
            quoted = quoted or t.quoting[klass]
        if not matters:
            continue
        tokens = cut(m, n, t.kind, t.signs, t.particles, s.tokens)
        own_tokens(
            t.terms.priority, s.tokens.begin, s.tokens.end, tokens, r.start, r.end, r.term, hits,
            s.owner, s.low, s.high, s.order,
        )  # fmt: skip

        # Tokens: runs with one owner become one.
        at = tokens_at
        token = 0
        while token < tokens:
            owner = s.owner[token]
            stop = token + 1
            begin, end = s.tokens.begin[token], s.tokens.end[token]
            if owner >= 0:
                while stop < tokens and s.owner[stop] == owner:
                    stop += 1
                end = max(s.tokens.end[stop - 1], r.end[owner])
                term_hash = mixed(SURFACE, hash_of(m, r.start[owner], r.end[owner]))
                d.surface[at] = term_hash
                d.stem[at] = term_hash
                d.shape[at] = t.terms.shape[r.term[owner]]
                d.kind[at] = WORD
            else:
                d.surface[at] = s.tokens.surface[token]
                d.stem[at] = s.tokens.stem[token]
                d.shape[at] = s.tokens.shape[token]
                d.kind[at] = s.tokens.kind[token]
            d.marks[at] = _ZERO
            d.begin[at] = begin
            d.end[at] = end
            for old in range(token, stop):
                s.new[old] = at
            at += 1
            token = stop

        # The sums of the letters of each word go to the token in which it begins.
        word = c.word_first[i]
        last_word = c.word_first[i + 1]
        for token in range(tokens_at, at):
            d.grams[token] = 0
            d.row_first[token] = rows_at
            for k in range(width):
                d.letters[token, k] = 0
            upto = of[d.end[token] - 1]
            while word < last_word and c.word[word] <= upto:
                d.grams[token] += c.grams[word]
                for k in range(width):
                    d.letters[token, k] += c.letters[word, k]
                if keep_rows:
                    for g in range(c.row_first[word], c.row_first[word] + c.grams[word]):
                        d.rows[rows_at] = c.rows[g]
                        rows_at += 1
                word += 1
        for token in range(tokens_at, at):
            d.begin[token], d.end[token] = _raw_span(
                d.begin[token], d.end[token], n, off, of, raw, size, sticks
            )

        # Marks, and whom names mean.
        s.present[:] = _ZERO
        for h in range(hits):
            bit = t.references.bit[r.term[h]]
            if bit >= 0:
                s.present[bit >> 6] |= _ONE << np.uint64(bit & 63)
        speaker = asked.speaker[i]
        for h in range(hits):
            term = r.term[h]
            for old in range(s.low[h], s.high[h]):
                d.marks[s.new[old]] |= t.terms.marks[term]
            reference = t.references.of[term]
            if reference >= 0 and s.high[h] > s.low[h] and s.owner[s.low[h]] == h:
                means = meaning_of(t.references, reference, speaker, s.present)
                if means >= 0:
                    a, b = t.references.mean_first[means], t.references.mean_first[means + 1]
                    for k in range(a, b):
                        if mentions < d.mention_token.size:
                            d.mention_token[mentions] = s.new[s.low[h]]
                            d.mention_actor[mentions] = t.references.actor[k]
                            d.mention_share[mentions] = t.references.share[k]
                            d.mention_kind[mentions] = t.terms.klass[term]
                            mentions += 1
            if hits_at < d.hit_term.size:
                d.hit_term[hits_at] = term
                d.hit_token[hits_at] = s.new[s.low[h]] if s.high[h] > s.low[h] else -1
                d.hit_begin[hits_at], d.hit_end[hits_at] = _raw_span(
                    r.start[h], r.end[h], n, off, of, raw, size, sticks
                )
                hits_at += 1
        language = asked.language[i]
        if language < 0:
            language = _vote(t.trie, r, hits, s.votes, 0)
        d.message[docs] = i
        d.language[docs] = language
        d.speaker[docs] = speaker
        quotes = np.uint64(1 << 20) if quoted else _ZERO
        d.facts[docs] = asked.facts[i] | reply_facts[i] | quotes
        docs += 1
        tokens_at = at
        d.first[docs] = at
        d.mention_first[docs] = mentions
        d.hit_first[docs] = hits_at
    counts[DOCUMENTS], counts[TOKENS], counts[MENTIONS] = docs, tokens_at, mentions
    counts[HITS], counts[ROWS] = hits_at, rows_at


@compiled
def read_replies(
    offsets: NDArray[np.int64], data: Bytes, c: Cleaned, rows: NDArray[np.int64], asked: Asked,
    t: Tables, s: Scratch, bits: NDArray[np.uint64], out: NDArray[np.uint64],
) -> None:  # fmt: skip
    """For the texts that are replied to: the bits of the classes and actors of their terms.

    ``rows[i]`` is the message that replies to text ``i``; ``bits`` are by term; ``out`` by message.
    """
    r, m, of, raw = s.room, s.m, s.of, s.raw
    for i in range(offsets.size - 1):
        row = rows[i]
        first, length = c.first[i], int(c.first[i + 1] - c.first[i])
        if length == 0 or asked.place[row] < 0:
            continue
        n = matched(
            c.chars[first : first + length], length, c.guard[first : first + length], t.fold,
            t.kind, m, of,
        )  # fmt: skip
        words = find_words(m, n, t.kind, s.words)
        decode(data, offsets[i], offsets[i + 1], raw)
        off = c.off[first : first + length]
        place = asked.places[asked.place[row]]
        found = find_terms(t.trie, m, s.words, words, place, r.found)
        found = drop_other_case(t.trie.cased, t.trie.cased_first, raw, off, of, r.found, found)
        for h in range(select(t.trie, found, r)):
            out[row] |= bits[r.term[h]]
