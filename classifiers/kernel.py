"""The compiled pass over the text: clean code points, with offsets back to the raw ones."""
# ruff: noqa: PLR0911, PLR0912, PLR0913, PLR0917, PLR1714, SIM109 - compiled loops

from __future__ import annotations

import numpy as np

from classifiers.codepoints import (
    ARABIC,
    DASH,
    DIGIT,
    LATIN,
    LETTER,
    NEWLINE,
    PLANES,
    QUOTE,
    SPACE,
    STAR,
    Bytes,
    Codepoints,
    Tables,
    compiled,
    is_letter,
    kind_of,
)
from classifiers.disguises import LEET_LENGTH, join_marked, join_spaced, protect, to_latin

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "06401daa7c2f"

# What a text may hold that is to be undone, as flags.
LINKED, SPACES, REPEATED, SPACED, MARKED, ALIKE = 1, 2, 4, 8, 16, 32

#: Rounds of :func:`clean` over a text that keeps changing; clean text takes one.
ROUNDS = 6


@compiled
def capacity(raw: Codepoints, n: int, fold: Codepoints) -> int:
    """Cleaned characters that ``raw[:n]`` can give at most."""
    size = n + 1
    for i in range(n):
        c = raw[i]
        if c < PLANES:
            f = fold[c]
            if f < 0:
                size += 3
            elif f != c:  # perhaps a capital, and so perhaps a new word of a hashtag
                size += 1
    return size


@compiled
def _compose(base: int, mark: int) -> int:
    """The letter that ``base`` and an Arabic madda or hamza make, or 0."""
    if base == 0x627:  # alef
        return 0x622 if mark == 0x653 else (0x623 if mark == 0x654 else 0x625)
    if mark == 0x654:
        if base == 0x648:  # waw
            return 0x624
        if base in (0x64A, 0x6CC):  # ye
            return 0x626
        if base == 0x6C1:  # he
            return 0x6C2
        if base in (0x647, 0x6D5):
            return 0x6C0
        if base == 0x6D2:  # ye barree
            return 0x6D3
    return 0


@compiled
def _fold(raw: Codepoints, n: int, t: Tables, c: Codepoints, off: Codepoints) -> int:
    """Map each code point by the table; split CamelCase hashtags. Returns the new length."""
    m = 0
    in_hashtag = False
    was_small = False
    for i in range(n):
        cp = raw[i]
        if cp >= PLANES:
            if 0xE0000 <= cp < 0xE1000:  # tags and variation selectors
                continue
            f = cp
        else:
            f = t.fold[cp]
        if f == 0:
            if 0x653 <= cp <= 0x655 and i > 0 and m > 0 and off[m - 1] == i - 1:
                f = _compose(raw[i - 1], cp)
                if f:
                    c[m - 1] = t.fold[f]
            continue
        if f < 0:
            for j in range(4):
                e = t.expansions[-f, j]
                if e:
                    c[m] = e
                    off[m] = i
                    m += 1
            was_small = False
            continue
        if f == 35:  # the hash sign
            in_hashtag = True
            was_small = False
        elif in_hashtag:
            k = kind_of(t.kind, f)
            if k == LATIN:
                if was_small and f != cp:
                    c[m] = 32
                    off[m] = i
                    m += 1
                was_small = f == cp
            elif k != DIGIT:
                in_hashtag = k in (ARABIC, LETTER, DASH)
                was_small = False
        c[m] = f
        off[m] = i
        m += 1
    return m


@compiled
def _squeeze(c: Codepoints, n: int, off: Codepoints, t: Tables, guard: Bytes) -> int:
    """Close up: drop zeros, one space for many, one letter for three or more. New length."""
    m = 0
    i = 0
    while i < n:
        x = c[i]
        if x == 0:
            i += 1
            continue
        k = kind_of(t.kind, x)
        end = i + 1
        if k == SPACE or k == NEWLINE:
            while end < n:
                k_end = 0 if c[end] == 0 else kind_of(t.kind, c[end])
                if c[end] and k_end != SPACE and k_end != NEWLINE:
                    break
                if k_end == NEWLINE:
                    x = 10
                end += 1
            if x != 10:
                x = 32
            c[m] = x
            off[m] = off[i]
            guard[m] = 0
            m += 1
            i = end
            continue
        if is_letter(k) and not guard[i]:
            copies = 1
            while end < n and (c[end] == x or c[end] == 0) and not guard[end]:
                copies += int(c[end] == x)
                end += 1
            c[m] = x
            off[m] = off[i]
            guard[m] = 0
            m += 1
            if copies == 2:
                second = i + 1
                while c[second] != x:
                    second += 1
                c[m] = x
                off[m] = off[second]
                guard[m] = 0
                m += 1
            i = end
            continue
        c[m] = x
        off[m] = off[i]
        guard[m] = guard[i]
        m += 1
        i = end
    return m


@compiled
def _survey(c: Codepoints, n: int, t: Tables) -> int:
    """What there may be to do, as a sum of flags; more than there is, never less.

    One cheap pass, so that text without a disguise does not pay for the search for it.
    """
    found = 0
    lone = 0  # letters and figures with none beside them
    run = 0
    copies = 0
    latin = False
    alike = False
    leet = False  # after a letter and what may stand for another
    pending = False  # after a letter and a row of one sign
    start = 0  # of what stands between spaces
    before = SPACE
    last = 0
    for i in range(n):
        x = c[i]
        k = kind_of(t.kind, x)
        if LATIN <= k <= DIGIT:
            run += 1
            if k != DIGIT:
                latin = latin or k == LATIN
                alike = alike or k == LETTER or leet
                leet = False
                copies = copies + 1 if x == last else 1
                if copies == 3:
                    found |= REPEATED | LINKED  # or www would be closed up
                if pending:
                    found |= MARKED
            elif before == LATIN:
                leet = True
            pending = False
        else:
            leet = (leet or is_letter(before)) and x < PLANES and t.latin[x] != 0
            lone += run == 1
            run = 0
            pending = STAR <= k <= QUOTE if is_letter(before) else pending and x == last
            if k == SPACE or k == NEWLINE:
                if before == SPACE or before == NEWLINE:
                    found |= SPACES
                if i - start > LEET_LENGTH:
                    found |= LINKED
                start = i + 1
            elif x == 47 or x == 64:  # / and @
                found |= LINKED
        before = k
        last = x
    if n - start > LEET_LENGTH:
        found |= LINKED
    if lone + (run == 1) >= 3:
        found |= SPACED
    if latin and alike:
        found |= ALIKE
    return found


@compiled
def clean(
    raw: Codepoints,
    n: int,
    t: Tables,
    quotes: bool,
    c: Codepoints,
    off: Codepoints,
    guard: Bytes,
) -> int:
    """Clean ``raw[:n]`` into ``c`` with the raw index of each character in ``off``.

    ``c``, ``off`` and ``guard`` need :func:`capacity` places; ``guard`` is 1 over links and
    handles. ``quotes``: whether an apostrophe between letters is dropped. Returns the length.
    """
    m = _fold(raw, n, t, c, off)
    for _ in range(ROUNDS):
        found = _survey(c, m, t)
        if found & LINKED:
            protect(c, m, t, guard)
        else:
            guard[:m] = 0
        changed = False
        if found & SPACED:
            changed = join_spaced(c, m, t, guard)
        if changed or found & (SPACES | REPEATED):
            before = m
            m = _squeeze(c, m, off, t, guard)
            # Spaces that close up matter to nothing but letters that they hold apart.
            changed = m != before and found & (SPACED | REPEATED) != 0
        if found & ALIKE and to_latin(c, m, off, raw, t, guard):
            changed = True
        if found & MARKED and join_marked(c, m, off, raw, t, guard, quotes):
            m = _squeeze(c, m, off, t, guard)
            changed = True
        if not changed:
            break
    return m


@compiled
def cleaned(raw: Codepoints, t: Tables, quotes: bool) -> tuple[Codepoints, Codepoints]:
    """Clean one text: its characters, and their raw indices with the raw length at the end."""
    places = capacity(raw, raw.size, t.fold)
    c = np.empty(places, np.int32)
    off = np.empty(places, np.int32)
    m = clean(raw, raw.size, t, quotes, c, off, np.empty(places, np.uint8))
    off[m] = raw.size
    return c[:m], off[: m + 1]
