"""The compiled pass from cleaned text to documents: fold, find terms, cut into tokens, mark them.

One message at a time in scratch that all share, appended to flat arrays. Only messages in which
something can matter to a label become documents; of the others a fingerprint remains.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import DIGIT, PLANES, Bytes, Codepoints, compiled, is_letter, kind_of
from classifiers.documents import (
    _NEVER,
    BREAK,
    KIND,
    LINK,
    NUMBER,
    PARTICLE,
    PLAIN,
    STEM,
    SURFACE,
    WORD,
    Documents,
    TermMarks,
)
from classifiers.lexicon_kernel import (
    MAX_HITS,
    Room,
    Trie,
    drop_other_case,
    find_squeezed,
    find_terms,
    select,
    untrusted,
)
from classifiers.matching import (
    Hashes,
    Words,
    find_words,
    hash_end,
    hash_of,
    hash_step,
    matched,
    mixed,
)
from classifiers.ngrams import decode
from classifiers.references import References, meaning_of

#: Hash of the kernels' files that this one calls; see codepoints.py.
BUILT_ON = "-"

Ints = NDArray[np.int32]

#: A message longer than this is read to here: the longest that a channel can carry, eight times.
MAX_CHARACTERS = 32_768
MAX_TOKENS = 4_000
STEM_LETTERS = 4

_START = np.uint64(0xCBF29CE484222325)
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


class Tokens(NamedTuple):
    """The tokens of one message, before those that one term covers become one."""

    begin: Ints
    end: Ints
    kind: NDArray[np.int8]
    surface: Hashes
    stem: Hashes
    shape: Hashes


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
def _spread(h: np.uint64, lanes: NDArray[np.uint64]) -> None:
    """Add the 64 bits of a hash to 64 counters of a byte each, eight to a number."""
    for k in range(8):
        b = (h >> np.uint64(8 * k)) & np.uint64(0xFF)
        # Each of the eight bits moves to the lowest bit of a byte of its own.
        low = ((b & np.uint64(0x7F)) * np.uint64(0x0002040810204081)) & np.uint64(
            0x0101010101010101
        )
        lanes[k] += low | ((b >> np.uint64(7)) << np.uint64(56))


@compiled
def fingerprint(w: Words, words: int, counters: NDArray[np.int32]) -> np.uint64:
    """SimHash (Charikar 2002) of neighbouring words in pairs, 64 bits; 0 where there is no word."""
    if words == 0:
        return _ZERO
    lanes = np.zeros(8, np.uint64)
    counters[:] = 0
    pending = 0
    features = 0
    before = _ONE
    for i in range(words + 1):
        after = w.hash[i] if i < words else _ONE
        _spread(mixed(before, after), lanes)
        before = after
        pending += 1
        features += 1
        if pending == 255 or i == words:
            for k in range(8):
                for j in range(8):
                    counters[8 * k + j] += np.int32(
                        (lanes[k] >> np.uint64(8 * j)) & np.uint64(0xFF)
                    )
                lanes[k] = _ZERO
            pending = 0
    found = _ZERO
    for k in range(64):
        if 2 * counters[k] > features:
            found |= _ONE << np.uint64(k)
    return found if found != _ZERO else _ONE


@compiled
def _is_particle(table: Hashes, word: np.uint64) -> bool:
    mask = np.uint64(table.size - 1)
    at = word & mask
    while table[at] != _ZERO:
        if table[at] == word:
            return True
        at = (at + _ONE) & mask
    return False


@compiled
def _letter(m: Ints, i: int, n: int, kind: Bytes) -> bool:
    """Whether a letter, a digit or a low line stands at ``i``."""
    if i >= n:
        return False
    k = kind_of(kind, m[i])
    return is_letter(k) or k == DIGIT or m[i] == 95


@compiled
def _link(m: Ints, i: int, n: int) -> bool:
    """Whether ``http://`` or ``https://`` stands at ``i``."""
    if i + 8 >= n or m[i] != 104 or m[i + 1] != 116 or m[i + 2] != 116 or m[i + 3] != 112:
        return False
    j = i + 5 if m[i + 4] == 115 else i + 4
    return m[j] == 58 and m[j + 1] == 47 and m[j + 2] == 47


@compiled
def cut(m: Ints, n: int, kind: Bytes, signs: Bytes, particles: Hashes, to: Tokens) -> int:
    """Cut ``m[:n]`` into tokens with kinds and hashes; returns how many, at most MAX_TOKENS."""
    surface, stems, shapes = to.surface, to.stem, to.shape
    begins, ends, kinds = to.begin, to.end, to.kind
    count = 0
    i = 0
    while i < n and count < MAX_TOKENS:
        x = m[i]
        k = kind_of(kind, x)
        first = i
        token = -1
        if is_letter(k):
            if _link(m, i, n):
                while i < n and m[i] != 32 and m[i] != 10 and i - first < 500:
                    i += 1
                token = LINK
            else:
                h = _START
                stem = _START
                while _letter(m, i, n, kind):
                    h = hash_step(h, m[i])
                    i += 1
                    if i - first == STEM_LETTERS:
                        stem = h
                if i - first < STEM_LETTERS:
                    stem = h
                word = hash_end(h)
                surface[count] = mixed(SURFACE, word)
                stems[count] = mixed(STEM, hash_end(stem))
                shapes[count] = mixed(PARTICLE, word) if _is_particle(particles, word) else PLAIN
                token = WORD
        elif k == DIGIT:
            while i < n and kind_of(kind, m[i]) == DIGIT:
                i += 1
                if (
                    i + 1 < n
                    and (m[i] == 46 or m[i] == 44 or m[i] == 0x66B or m[i] == 0x66C)
                    and kind_of(kind, m[i + 1]) == DIGIT
                ):
                    i += 1
            token = NUMBER
        elif x == 64 and _letter(m, i + 1, n, kind) and _letter(m, i + 2, n, kind):
            i += 1
            while _letter(m, i, n, kind) and i - first < 65:
                i += 1
            token = LINK
        elif x < signs.size and signs[x]:
            token = int(signs[x])
            i += 1
            if token == BREAK:
                while i < n and m[i] < signs.size and signs[m[i]] == BREAK:
                    i += 1
        else:
            i += 1
            continue
        if token != WORD:
            h = mixed(KIND, np.uint64(token))
            surface[count] = h
            stems[count] = h
            shapes[count] = h
        begins[count] = first
        ends[count] = i
        kinds[count] = token
        count += 1
    return count


@compiled
def _own(
    priorities: Ints, begin: Ints, end: Ints, tokens: int, start: Ints, stop: Ints, term: Ints,
    hits: int, owner: Ints, low_of: Ints, high_of: Ints, order: NDArray[np.int64],
) -> None:  # fmt: skip
    """Give tokens to the hits that own them: ``owner[token]`` is the hit, -1 for none.

    ``low_of`` and ``high_of`` become the run of tokens that each hit covers.
    """
    for i in range(tokens):
        owner[i] = -1
    at = 0
    candidates = 0
    for h in range(hits):
        while at < tokens and end[at] <= start[h]:
            at += 1
        low = at
        high = low
        while high < tokens and begin[high] < stop[h]:
            high += 1
        low_of[h] = low
        high_of[h] = high
        priority = priorities[term[h]]
        if priority != _NEVER and high > low:
            length = min(stop[h] - start[h], 4095)
            order[candidates] = (priority << 40) | ((4095 - length) << 20) | h
            candidates += 1
    if candidates > 48:
        order[:candidates] = np.sort(order[:candidates])
    else:
        for i in range(1, candidates):
            x = order[i]
            j = i - 1
            while j >= 0 and order[j] > x:
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = x
    for i in range(candidates):
        h = int(order[i] & 0xFFFFF)
        free = True
        for token in range(low_of[h], high_of[h]):
            free = free and owner[token] < 0
        if free:
            for token in range(low_of[h], high_of[h]):
                owner[token] = h


@compiled
def _raw_end(
    last: int, following: int, raw: Ints, size: int, sticks: Bytes
) -> int:
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
        found = drop_other_case(
            t.trie.cased, t.trie.cased_first, raw, off, of, r.found, found
        )
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
        _own(
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
                h = mixed(SURFACE, hash_of(m, r.start[owner], r.end[owner]))
                d.surface[at] = h
                d.stem[at] = h
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
        found = drop_other_case(
            t.trie.cased, t.trie.cased_first, raw, off, of, r.found, found
        )
        for h in range(select(t.trie, found, r)):
            out[row] |= bits[r.term[h]]
