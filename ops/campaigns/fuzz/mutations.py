"""Ways to damage an input. Each takes bytes and a source of chance, and gives bytes.

They know nothing of formats but how their values look: what is damaged need not be valid.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from random import Random

from ops.campaigns.fuzz.originals import originals

Mutation = Callable[[bytes, Random], bytes]

_VALUE = re.compile(rb':\s*("(?:[^"\\]|\\.){0,80}"|-?[0-9.]{1,20}|true|false|null)')
_PAIR = re.compile(rb'"[A-Za-z_]{1,24}"\s*:\s*(?:"(?:[^"\\]|\\.){0,80}"|-?[0-9.]{1,20}|null|true)')
_NUMBER = re.compile(rb"-?[0-9]{1,20}(?:\.[0-9]+)?")
_DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:]{5,8}(?:[+-][0-9:]{5})?)?|1[0-9]{9}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.){0,200}"')

_SIGNS = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r", b"\0", b"\xff", b"\x1a")
_NUMBERS = (
    b"1e999", b"-1e999", b"1e-400", b"9" * 30, b"-" + b"9" * 19, b"9223372036854775807",
    b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616", b"0.1e+308",
    b"-0", b"00", b"1" + b"0" * 400, b"NaN", b"-Infinity", b"0x1f", b"1_000", b".5", b"5.",
)  # fmt: skip
_DATES = (
    b"0000-00-00T00:00:00", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00",
    b"99999-01-01", b"2024-02-30T25:61:61", b"2024-01-01T00:00:00+99:99", b"-62135596801",
    b"253402300800", b"1e18", b"-1e18", b"9223372036854775807", b"1704110400.9999999999",
    b"2024-01-01T12:00:00.123456789Z", b"2016-12-31T23:59:60Z", b"1969-12-31", b"\xd9\xa1\xd9\xa2",
)  # fmt: skip
_VALUES = (
    b"null", b"true", b"[]", b"{}", b"[[1]]", b'{"a": {"b": []}}', b"0", b"-1", b"1.5", b'""',
    b'"x"', b'"12"', b'[null, {"type": 1, "text": {}}, 3]', b'["a", ["b"]]', b'{"_": 5}',
    b'"\\u0000"',
)  # fmt: skip
_TEXTS = (
    b"\\ud83d", b"\\ude00", b"\\udc00\\ud800", b"\\u0000", b"\0", b"\xff\xfe", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xf0\x9f", b"\\x", b"\\u12", b"\x1f", b"\xe2\x80\xae",
    b"\xcc\x81" * 300, b"\xe2\x80\x8d" * 200, b"\xf0\x9f\x98\x80" * 50, b"\xe2\x80\xa8", b"\x85",
)  # fmt: skip
_ENCODINGS = ("utf-16-le", "utf-16-be", "cp1256", "utf-32-le", "utf-7")
_QUOTES = (
    b'"',
    b'""',
    b'"\n',
    b'\n"',
    b'"""',
    b";",
    b",",
    b"\t",
    b"\r",
    b"\r\n\r\n",
    b'"x"y',
    b"|",
)

#: The longest line, seldom; deeper than any parser recurses, seldom.
_LONG = (2_000, 70_000, 5_000_000)
_DEEP = (100, 2_000, 60_000)


def _at(content: bytes, chance: Random) -> int:
    return chance.randint(0, len(content))


def _replace(content: bytes, chance: Random, pattern: re.Pattern[bytes], by: bytes) -> bytes:
    """Replace one match, the last group of it; where nothing matches, insert."""
    start = _at(content, chance)
    # From a random place on, else from the beginning: no need to find all matches.
    match = pattern.search(content, start) or pattern.search(content)
    if match is None:
        return content[:start] + by + content[start:]
    begin, end = match.span(match.lastindex or 0)
    return content[:begin] + by + content[end:]


def bit_flips(content: bytes, chance: Random) -> bytes:
    """One to eight bits."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 8) if found else 0):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def truncation(content: bytes, chance: Random) -> bytes:
    """Cut off at the end, or at the beginning."""
    at = _at(content, chance)
    return content[:at] if chance.random() < 0.8 else content[at:]


def splicing(content: bytes, chance: Random) -> bytes:
    """A piece of another original, of the same or another format, put in or in place of one."""
    other = chance.choice(originals()).content
    begin, end = sorted((_at(other, chance), _at(other, chance)))
    at = _at(content, chance)
    rest = at + chance.choice((0, 0, end - begin))
    return content[:at] + other[begin:end] + content[rest:]


def pieces(content: bytes, chance: Random) -> bytes:
    """A piece lost, or there many times."""
    begin = _at(content, chance)
    end = min(len(content), begin + chance.randint(1, 60))
    return content[:begin] + content[begin:end] * chance.choice((0, 0, 2, 3, 50)) + content[end:]


def signs(content: bytes, chance: Random) -> bytes:
    """Signs that mean something, where they do not belong."""
    for _ in range(chance.randint(1, 4)):
        at = _at(content, chance)
        content = content[:at] + chance.choice(_SIGNS) + content[at + chance.randint(0, 2) :]
    return content


def deep_nesting(content: bytes, chance: Random) -> bytes:
    """A value that is nested deeply, closed or not."""
    depth = chance.choices(_DEEP, (80, 18, 2))[0]
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"text":', b"}]")))
    middle = opening * depth + b"1" + closing * (depth if chance.random() < 0.6 else 0)
    return _replace(content, chance, _VALUE, middle)


def huge_numbers(content: bytes, chance: Random) -> bytes:
    """Numbers beyond every type."""
    for _ in range(chance.randint(1, 3)):
        content = _replace(content, chance, _NUMBER, chance.choice(_NUMBERS))
    return content


def dates(content: bytes, chance: Random) -> bytes:
    """Moments that no calendar has, or no column holds."""
    for _ in range(chance.randint(1, 3)):
        content = _replace(content, chance, _DATE, chance.choice(_DATES))
    return content


def type_swaps(content: bytes, chance: Random) -> bytes:
    """A value of another type than is expected."""
    for _ in range(chance.randint(1, 5)):
        content = _replace(content, chance, _VALUE, chance.choice(_VALUES))
    return content


def duplicate_keys(content: bytes, chance: Random) -> bytes:
    """A key that is there twice, with the same or another value."""
    match = _PAIR.search(content, _at(content, chance)) or _PAIR.search(content)
    if match is None:
        return content + content
    pair = match[0]
    if chance.random() < 0.5:
        pair = _replace(pair, chance, _VALUE, chance.choice(_VALUES))
    return content[: match.start()] + pair + b", " + content[match.start() :]


def odd_text(content: bytes, chance: Random) -> bytes:
    """Lone surrogates, NUL, bytes that are no UTF-8, marks without end, inside of strings."""
    for _ in range(chance.randint(1, 4)):
        match = _STRING.search(content, _at(content, chance))
        at = chance.randint(match.start() + 1, match.end() - 1) if match else _at(content, chance)
        content = content[:at] + chance.choice(_TEXTS) + content[at:]
    return content


def encodings(content: bytes, chance: Random) -> bytes:
    """The whole in another encoding, with its mark, without, or with a wrong one."""
    mark = chance.choice((b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = chance.choice(_ENCODINGS)
    written = content.decode("utf-8", "replace").encode(encoding, "replace")
    if chance.random() < 0.3:  # in the middle of a character, or of a change
        at = _at(written, chance)
        written = written[:at] + (content[:50] if chance.random() < 0.5 else b"")
    return mark + written


def long_lines(content: bytes, chance: Random) -> bytes:
    """A line, a string or a run of blanks beyond all measure."""
    size = chance.choices(_LONG, (70, 29, 1))[0]
    filler = chance.choice((b"x", b" ", b"\xd8\xb3", b"\\u0633", b"a ", b"1", b"\\", b'"', b"\n"))
    filler *= size // len(filler)
    if chance.random() < 0.5:
        return _replace(content, chance, _STRING, b'"' + filler + b'"')
    at = _at(content, chance)
    return content[:at] + filler + content[at:]


def csv_quoting(content: bytes, chance: Random) -> bytes:
    """Quotes without partner, delimiters too many, line breaks of all kinds."""
    if chance.random() < 0.2:
        signs_ = (b",", b";", b"\t", b"\x1f", b"\n")
        content = content.replace(chance.choice(signs_), chance.choice(signs_))
    for _ in range(chance.randint(1, 5)):
        at = _at(content, chance)
        content = content[:at] + chance.choice(_QUOTES) + content[at:]
    return content


def nothing(content: bytes, chance: Random) -> bytes:
    """Empty, or as good as."""
    blank = (
        b"",
        b" ",
        b"\n" * 100,
        b"\0" * 5000,
        codecs.BOM_UTF8,
        b"{}",
        b"[]",
        b"null",
        b"[",
        b'"',
    )
    return chance.choice((*blank, content[:1], content[:4]))


TEXT: dict[str, Mutation] = {
    each.__name__.replace("_", " "): each
    for each in (
        bit_flips,
        truncation,
        splicing,
        pieces,
        signs,
        deep_nesting,
        huge_numbers,
        dates,
        type_swaps,
        duplicate_keys,
        odd_text,
        encodings,
        long_lines,
        csv_quoting,
        nothing,
    )
}
#: How often each is taken, where not as often as the others: these are said quickly.
SELDOM = {"nothing": 0.1, "long lines": 0.5}
