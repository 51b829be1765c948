"""Undo disguises in place: spaced letters, signs inside words, look-alikes, leetspeak.

All work on an array of cleaned code points and set what is to go to 0; links, addresses and
handles, marked in ``guard``, are left alone.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917, PLR1714, SIM109 - compiled loops

from __future__ import annotations

from typing import NamedTuple

from classifiers.codepoints import (
    DASH,
    DIGIT,
    DOT,
    LATIN,
    LETTER,
    NEWLINE,
    OTHER,
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
    passes_for,
)

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "5f421b85d7a6"

#: Longest gap, in characters, between two letters that are spaced out.
GAP = 8
#: Longest word read as leetspeak: payment addresses are longer.
LEET_LENGTH = 24


@compiled
def _protect_addresses(c: Codepoints, start: int, end: int, t: Tables, guard: Bytes) -> None:
    """Mark long runs of ASCII letters with figures among them, as payment addresses are."""
    first = start
    figures = 0
    for i in range(start, end + 1):
        k = kind_of(t.kind, c[i]) if i < end and c[i] < 128 else OTHER
        if k == DIGIT:
            figures += 1
        elif k != LATIN:
            if i - first > LEET_LENGTH and figures >= 3:
                guard[first:i] = 1
            first = i + 1
            figures = 0


@compiled
def protect(c: Codepoints, n: int, t: Tables, guard: Bytes) -> None:
    """Mark links, e-mail and payment addresses and @handles in ``guard`` with 1, the rest 0."""
    i = 0
    while i < n:
        guard[i] = 0
        k = kind_of(t.kind, c[i])
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
            k = kind_of(t.kind, c[i])
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
        elif at >= 0 and (at == start or not is_letter(kind_of(t.kind, c[at - 1]))):
            first = at
            last = at + 1
            while last < i and (
                (c[last] < 128 and kind_of(t.kind, c[last]) in (LATIN, DIGIT)) or c[last] == 95
            ):
                last += 1
            if last - first < 4:
                first = -1
        if first >= 0:
            while (
                first > start
                and c[first - 1] < 128
                and (kind_of(t.kind, c[first - 1]) in (LATIN, DIGIT, DOT, DASH))
            ):
                first -= 1
            for j in range(first, last):
                guard[j] = 1
        if first < 0 and i - start > LEET_LENGTH:
            _protect_addresses(c, start, i, t, guard)


@compiled
def _lone(c: Codepoints, n: int, i: int, kind: Bytes, guard: Bytes) -> bool:
    """Whether a letter or digit stands at ``i`` with none beside it."""
    k = kind_of(kind, c[i])
    if not (LATIN <= k <= DIGIT) or guard[i]:
        return False
    if i > 0 and LATIN <= kind_of(kind, c[i - 1]) <= DIGIT:
        return False
    return not (i + 1 < n and LATIN <= kind_of(kind, c[i + 1]) <= DIGIT)


@compiled
def _width(c: Codepoints, start: int, end: int, t: Tables) -> int:
    """How wide the gap ``c[start:end]`` between two letters is; 0 where it holds them apart.

    Spaces, stars, dots and hyphens are a gap, and any one sign that is no leetspeak. A sign is
    half a step narrower than the space that stands between the words.
    """
    x = c[start]
    if end - start == 1 and kind_of(t.kind, x) != SPACE:
        leet = kind_of(t.kind, c[start - 1]) == LATIN and x < PLANES and t.latin[x] != 0
        return 0 if leet else 2
    for j in range(start, end):
        if kind_of(t.kind, c[j]) not in (SPACE, STAR, DOT, DASH):
            return 0
    return 2 * (end - start) + int(c[start] == 32)


@compiled
def join_spaced(c: Codepoints, n: int, t: Tables, guard: Bytes) -> bool:
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
        letters = int(is_letter(kind_of(t.kind, c[i])))
        narrowest = 2 * GAP + 2
        last = i
        while True:
            j = last + 1
            while j < n and j - last <= GAP:
                k = kind_of(t.kind, c[j])
                if k == NEWLINE or LATIN <= k <= DIGIT:
                    break
                j += 1
            if j >= n or j - last > GAP or not _lone(c, n, j, t.kind, guard):
                break
            width = _width(c, last + 1, j, t)
            if width == 0:
                break
            narrowest = min(narrowest, width)
            letters += int(is_letter(kind_of(t.kind, c[j])))
            last = j
        if letters >= 3:
            gap = i + 1
            for j in range(i + 1, last + 1):
                if LATIN <= kind_of(t.kind, c[j]) <= DIGIT:
                    if _width(c, gap, j, t) == narrowest:
                        c[gap:j] = 0
                        changed = True
                    gap = j + 1
        i = last + 1
    return changed


@compiled
def join_marked(
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
        k = kind_of(t.kind, c[i])
        if k == SPACE or k == NEWLINE:
            words += 1
        elif k == DOT and not guard[i]:
            dots += int(
                is_letter(kind_of(t.kind, c[i - 1])) and is_letter(kind_of(t.kind, c[i + 1]))
            )
    dotted = dots * 8 >= words
    changed = False
    i = 1
    while i < n - 1:
        k = kind_of(t.kind, c[i])
        if not (STAR <= k <= QUOTE) or guard[i] or not is_letter(kind_of(t.kind, c[i - 1])):
            i += 1
            continue
        end = i + 1
        while end < n and c[end] == c[i]:
            end += 1
        if end >= n or not is_letter(kind_of(t.kind, c[end])) or (k != STAR and end - i > 1):
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
            while first > 0 and i - first < 64 and is_letter(kind_of(t.kind, c[first - 1])):
                first -= 1
            j = first
            while j <= n:
                letter = j < n and is_letter(kind_of(t.kind, c[j]))
                if letter:
                    length += 1
                    total += 1
                else:
                    longest = max(longest, length)
                    shortest = min(shortest, length)
                    length = 0
                    pieces += 1
                    if j + 1 >= n or kind_of(t.kind, c[j]) != DOT:
                        break
                    if not is_letter(kind_of(t.kind, c[j + 1])):
                        break
                    big = raw[off[j + 1]] != c[j + 1]
                    small = raw[off[j - 1]] == c[j - 1]
                    if big and small and kind_of(t.kind, c[j + 1]) == LATIN:
                        sentence = True
                j += 1
            few = total >= 4 and (shortest == 1 or dotted)
            many = total >= 3 and longest <= 4
            join = many if pieces > 2 else few
            if join and not sentence:
                for g in range(first, min(j, n)):
                    if kind_of(t.kind, c[g]) == DOT:
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
        k = kind_of(t.kind, c[i])
        if k == LATIN or k == LETTER:
            if k == LATIN:
                latin += 1
            elif passes_for(t.latin, c[i], raw[off[i]]):
                alike += 1
            else:
                other += 1
            inside = inside or (after_letter and 0 < since <= 2)
            after_letter = True
            since = 0
        elif c[i] < PLANES and t.latin[c[i]]:
            if k != DIGIT and not (i + 1 < n and LATIN <= kind_of(t.kind, c[i + 1]) <= DIGIT):
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
def to_latin(
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
                if kind_of(t.kind, c[j]) == LETTER:
                    to = passes_for(t.latin, c[j], raw[off[j]])
                    if to:
                        c[j] = to
                        changed = True
        letters = w.latin + w.alike
        if w.leet and w.figures == 0 and w.other == 0 and w.end - i <= LEET_LENGTH:
            usual = w.inside and letters >= max(2, w.leet)
            if usual or (freely and letters > 0 and w.leet <= 2 * letters):
                for j in range(i, w.end):
                    if not is_letter(kind_of(t.kind, c[j])):
                        c[j] = t.latin[c[j]]
                        changed = True
        i = max(w.end, i + 1)
    return changed
