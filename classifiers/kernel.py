"""The compiled pass over the text: clean code points, with offsets back to the raw ones.

Everything here is numba on plain arrays: it releases the interpreter lock, takes its tables as
arguments (a table that is a global would be frozen into the cached machine code), and is linear
in the length of the text. All kernels live in this one file because numba's cache notices a
change of the file that holds a function, not of the files it calls into.
"""
# ruff: noqa: PLR0911, PLR0912, PLR0913, PLR0915, PLR0917, PLR1714, SIM109 - compiled loops

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to machine code, cached on disk, that releases the interpreter lock."""
    result: Callable[P, R] = njit(cache=True, nogil=True)(function)
    return result


Codepoints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

#: Tables hold the first two planes; beyond lie rare ideographs, and characters without a sign.
PLANES = 0x20000

# What a cleaned character is. Letters are LATIN to LETTER.
OTHER, SPACE, NEWLINE, LATIN, ARABIC, LETTER, DIGIT, STAR, DOT, DASH, QUOTE, HASH = range(12)

#: Rounds of :func:`clean` over a text that keeps changing; clean text takes one.
ROUNDS = 6
#: Longest gap, in characters, between two letters that are spaced out.
GAP = 8
#: Longest word read as leetspeak: payment addresses are longer.
LEET_LENGTH = 24


class Tables(NamedTuple):
    """What each code point becomes (shapes: :data:`PLANES`, but ``expansions``: (n, 4))."""

    fold: Codepoints  # 0: nothing; negative: row -fold of expansions
    kind: Bytes  # of the character that fold gives
    latin: Codepoints  # the Latin letter it passes for inside a Latin word, or 0
    expansions: Codepoints  # padded with 0


@compiled
def _kind(kind: Bytes, c: int) -> int:
    if c < PLANES:
        return int(kind[c])
    return LETTER if c < 0x40000 else OTHER


@compiled
def _alike(latin: Codepoints, c: int, raw: int) -> int:
    """The Latin letter that ``c``, written as ``raw``, passes for, or 0."""
    if raw < PLANES and latin[raw]:  # capitals may pass for other letters than small ones
        return int(latin[raw])
    return int(latin[c]) if c < PLANES else 0


@compiled
def _is_letter(kind: int) -> bool:
    return LATIN <= kind <= LETTER


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
        k = _kind(t.kind, f)
        if k == HASH:
            in_hashtag = True
            was_small = False
        elif k == LATIN:
            if in_hashtag and was_small and f != cp:
                c[m] = 32
                off[m] = i
                m += 1
            was_small = f == cp
        elif k != DIGIT:
            in_hashtag = in_hashtag and k in (ARABIC, LETTER, DASH)
            was_small = False
        c[m] = f
        off[m] = i
        m += 1
    return m


@compiled
def _protect_addresses(c: Codepoints, start: int, end: int, t: Tables, guard: Bytes) -> None:
    """Mark long runs of ASCII letters with figures among them, as payment addresses are."""
    first = start
    figures = 0
    for i in range(start, end + 1):
        k = _kind(t.kind, c[i]) if i < end and c[i] < 128 else OTHER
        if k == DIGIT:
            figures += 1
        elif k != LATIN:
            if i - first > LEET_LENGTH and figures >= 3:
                guard[first:i] = 1
            first = i + 1
            figures = 0


@compiled
def _protect(c: Codepoints, n: int, t: Tables, guard: Bytes) -> None:
    """Mark links, e-mail and payment addresses and @handles in ``guard`` with 1, the rest 0."""
    i = 0
    while i < n:
        guard[i] = 0
        k = _kind(t.kind, c[i])
        if k in (SPACE, NEWLINE):
            i += 1
            continue
        start = i
        scheme = -1  # where "://" stands
        slash = -1  # where a "/" follows a dot and two letters
        at = -1
        mail = False
        dot = -1
        while i < n:
            k = _kind(t.kind, c[i])
            if k in (SPACE, NEWLINE):
                break
            guard[i] = 0
            if c[i] == 47:
                if i > start and c[i - 1] == 58 and i + 1 < n and c[i + 1] == 47 and scheme < 0:
                    scheme = i - 1
                elif dot > start and i - dot >= 3 and slash < 0:
                    slash = i
            elif c[i] == 46:
                if at > start:
                    mail = True
                dot = i
            elif c[i] == 64 and at < 0:
                at = i
            elif c[i] > 127 or not (k == LATIN or k == DIGIT or c[i] == 45 or c[i] == 95):
                dot = -1
            i += 1
        www = (
            i - start > 4
            and c[start] == 119
            and c[start + 1] == 119
            and c[start + 2] == 119
            and c[start + 3] == 46
        )
        first = -1
        last = i
        if scheme > start:
            first = scheme
        elif slash > start:
            first = slash
        elif www:
            first = start
        elif mail and at > start:
            first = at
        elif at >= 0 and (at == start or not _is_letter(_kind(t.kind, c[at - 1]))):
            first = at
            last = at + 1
            while last < i and (
                (c[last] < 128 and _kind(t.kind, c[last]) in (LATIN, DIGIT)) or c[last] == 95
            ):
                last += 1
            if last - first < 4:
                first = -1
        if first >= 0:
            while (
                first > start
                and c[first - 1] < 128
                and (_kind(t.kind, c[first - 1]) in (LATIN, DIGIT, DOT, DASH))
            ):
                first -= 1
            for j in range(first, last):
                guard[j] = 1
        if first < 0 and i - start > LEET_LENGTH:
            _protect_addresses(c, start, i, t, guard)


@compiled
def _lone(c: Codepoints, n: int, i: int, kind: Bytes, guard: Bytes) -> bool:
    """Whether a letter or digit stands at ``i`` with none beside it."""
    k = _kind(kind, c[i])
    if not (LATIN <= k <= DIGIT) or guard[i]:
        return False
    if i > 0 and LATIN <= _kind(kind, c[i - 1]) <= DIGIT:
        return False
    return not (i + 1 < n and LATIN <= _kind(kind, c[i + 1]) <= DIGIT)


@compiled
def _join_spaced(c: Codepoints, n: int, t: Tables, guard: Bytes) -> bool:
    """Drop (set to 0) what stands between the letters of s p a c e d words, wider gaps apart.

    A row of three or more single letters is spaced out; its narrowest gap is the one inside
    words, every wider one is left between words.
    """
    changed = False
    i = 0
    while i < n:
        if not _lone(c, n, i, t.kind, guard):
            i += 1
            continue
        letters = int(_is_letter(_kind(t.kind, c[i])))
        narrowest = GAP + 1
        last = i
        while True:
            j = last + 1
            plain = True
            while j < n:
                k = _kind(t.kind, c[j])
                if k == NEWLINE or LATIN <= k <= DIGIT or j - last > GAP:
                    break
                plain = plain and (k in (SPACE, STAR, DOT, DASH))
                j += 1
            if j >= n or j - last > GAP or not plain or not _lone(c, n, j, t.kind, guard):
                break
            narrowest = min(narrowest, j - last - 1)
            letters += int(_is_letter(_kind(t.kind, c[j])))
            last = j
        if letters >= 3:
            gap = i + 1
            for j in range(i + 1, last + 1):
                if LATIN <= _kind(t.kind, c[j]) <= DIGIT:
                    if j - gap == narrowest:
                        c[gap:j] = 0
                        changed = True
                    gap = j + 1
        i = last + 1
    return changed


@compiled
def _join_marked(
    c: Codepoints, n: int, off: Codepoints, raw: Codepoints, t: Tables, guard: Bytes, quotes: bool
) -> bool:
    """Drop stars and dots inside words; hyphens and low lines between letters become spaces.

    A dot between two letters is dropped where pieces of words lie around it: several dots with
    at most four letters between them, or one dot beside a single letter, or a dot in one word of
    eight or more often. A capital after a small letter and a dot starts a sentence.
    """
    words = 1
    dots = 0
    for i in range(1, n - 1):
        k = _kind(t.kind, c[i])
        if k == SPACE or k == NEWLINE:
            words += 1
        elif k == DOT and not guard[i]:
            dots += int(_is_letter(_kind(t.kind, c[i - 1])) and _is_letter(_kind(t.kind, c[i + 1])))
    dotted = dots * 8 >= words
    changed = False
    i = 1
    while i < n - 1:
        k = _kind(t.kind, c[i])
        if not (STAR <= k <= QUOTE) or guard[i] or not _is_letter(_kind(t.kind, c[i - 1])):
            i += 1
            continue
        end = i + 1
        while end < n and c[end] == c[i]:
            end += 1
        if end >= n or not _is_letter(_kind(t.kind, c[end])) or (k != STAR and end - i > 1):
            i = end
            continue
        if k == STAR or (k == QUOTE and quotes):
            c[i:end] = 0
            changed = True
        elif k == DASH:
            c[i] = 32
            changed = True
        elif k == DOT:
            # The whole dotted word: letters and dots around i.
            longest = 0
            shortest = n
            pieces = 0
            length = 0
            total = 0
            sentence = False
            first = i
            while first > 0 and i - first < 64 and _is_letter(_kind(t.kind, c[first - 1])):
                first -= 1
            j = first
            while j <= n:
                letter = j < n and _is_letter(_kind(t.kind, c[j]))
                if letter:
                    length += 1
                    total += 1
                else:
                    longest = max(longest, length)
                    shortest = min(shortest, length)
                    length = 0
                    pieces += 1
                    if j + 1 >= n or _kind(t.kind, c[j]) != DOT:
                        break
                    if not _is_letter(_kind(t.kind, c[j + 1])):
                        break
                    big = raw[off[j + 1]] != c[j + 1]
                    small = raw[off[j - 1]] == c[j - 1]
                    if big and small and _kind(t.kind, c[j + 1]) == LATIN:
                        sentence = True
                j += 1
            few = total >= 4 and (shortest == 1 or dotted)
            many = total >= 3 and longest <= 4
            join = many if pieces > 2 else few
            if join and not sentence:
                for g in range(first, min(j, n)):
                    if _kind(t.kind, c[g]) == DOT:
                        c[g] = 0
                changed = True
            end = max(end, min(j, n))
        i = end
    return changed


class Word(NamedTuple):
    """What stands in a row of letters, figures and signs that pass for letters."""

    end: int
    latin: int
    alike: int  # letters of other scripts that pass for Latin ones
    other: int  # letters of other scripts that do not
    leet: int  # figures and signs that pass for letters
    figures: int  # figures that do not
    inside: bool  # whether a figure that passes for a letter stands between letters


@compiled
def _word(
    c: Codepoints, start: int, n: int, off: Codepoints, raw: Codepoints, t: Tables, guard: Bytes
) -> Word:
    """Describe the word at ``start``; its end is ``start`` where none stands there."""
    latin = 0
    alike = 0
    other = 0
    leet = 0
    figures = 0
    inside = False
    after_letter = False  # nothing but at most two figures since a letter
    since = 0
    i = start
    while i < n and not guard[i]:
        k = _kind(t.kind, c[i])
        if k == LATIN or k == LETTER:
            if k == LATIN:
                latin += 1
            elif _alike(t.latin, c[i], raw[off[i]]):
                alike += 1
            else:
                other += 1
            inside = inside or (after_letter and 0 < since <= 2)
            after_letter = True
            since = 0
        elif c[i] < PLANES and t.latin[c[i]]:
            if k != DIGIT and not (i + 1 < n and LATIN <= _kind(t.kind, c[i + 1]) <= DIGIT):
                break  # a sign at the end of a word is what it looks like
            leet += 1
            since += 1
        elif k == DIGIT:
            figures += 1
            after_letter = False
        else:
            break
        i += 1
    return Word(i, latin, alike, other, leet, figures, inside)


@compiled
def _to_latin(
    c: Codepoints, n: int, off: Codepoints, raw: Codepoints, t: Tables, guard: Bytes
) -> bool:
    """Turn look-alikes and leetspeak inside Latin words into the Latin letters they stand for.

    Figures are letters where one stands between letters (``k1ll``), and, where that happens in
    every sixth word of the text or more often, also at either end of a word (``4774ck``).
    """
    latin = 0
    alike = 0
    other = 0
    words = 0
    leet = 0
    i = 0
    while i < n:
        w = _word(c, i, n, off, raw, t, guard)
        latin += w.latin
        alike += w.alike
        other += w.other
        words += w.latin > 0
        leet += w.inside and w.figures == 0
        i = max(w.end, i + 1)
    if alike == 0 and leet == 0:
        return False
    foreign = other > 0 or latin < alike
    freely = leet * 6 >= words
    changed = False
    i = 0
    while i < n:
        w = _word(c, i, n, off, raw, t, guard)
        if w.alike and w.other <= w.latin and (w.latin > 0 or not foreign):
            for j in range(i, w.end):
                if _kind(t.kind, c[j]) == LETTER:
                    to = _alike(t.latin, c[j], raw[off[j]])
                    if to:
                        c[j] = to
                        changed = True
        letters = w.latin + w.alike
        if w.leet and w.figures == 0 and w.other == 0 and w.end - i <= LEET_LENGTH:
            usual = w.inside and letters >= max(2, w.leet)
            if usual or (freely and letters > 0 and w.leet <= 2 * letters):
                for j in range(i, w.end):
                    if not _is_letter(_kind(t.kind, c[j])):
                        c[j] = t.latin[c[j]]
                        changed = True
        i = max(w.end, i + 1)
    return changed


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
        k = _kind(t.kind, x)
        end = i + 1
        if k == SPACE or k == NEWLINE:
            while end < n:
                k_end = 0 if c[end] == 0 else _kind(t.kind, c[end])
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
        if _is_letter(k) and not guard[i]:
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
def _survey(c: Codepoints, n: int, t: Tables) -> tuple[bool, bool, bool]:
    """What there may be to undo: (single letters, signs after letters, look-alikes).

    One cheap pass, so that text without a disguise does not pay for the search for it.
    """
    lone = 0
    run = 0
    signs = False
    latin = False
    alike = False
    before = OTHER
    for i in range(n):
        k = _kind(t.kind, c[i])
        if LATIN <= k <= DIGIT:
            run += 1
            latin = latin or k == LATIN
            alike = alike or k == LETTER or (k == DIGIT and before == LATIN)
        else:
            lone += run == 1
            run = 0
            if before == LATIN or before == ARABIC or before == LETTER:
                signs = signs or STAR <= k <= QUOTE
                alike = alike or (k == OTHER and c[i] < PLANES and t.latin[c[i]] != 0)
        before = k
    return lone + (run == 1) >= 3, signs, latin and alike


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
        before = m
        _protect(c, m, t, guard)
        lone, signs, alike = _survey(c, m, t)
        if lone:
            _join_spaced(c, m, t, guard)
        m = _squeeze(c, m, off, t, guard)
        changed = m != before
        if alike and _to_latin(c, m, off, raw, t, guard):
            changed = True
        if signs and _join_marked(c, m, off, raw, t, guard, quotes):
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
