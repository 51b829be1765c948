"""Telegram bots, and other handles and links where the reader is asked to write there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.nearby import near
from classifiers.indicators.plain import Plain
from classifiers.indicators.shapes import ALNUM, LETTERS, TRIES, Part, Shape, spelled
from classifiers.indicators.words import contact_words

#: Telegram's user names: 5 to 32 letters, digits and low lines, a letter first.
_NAME = r"[A-Za-z][0-9A-Za-z_]{4,31}"
_HANDLE = re.compile(rf"(?<![0-9A-Za-z_.%+\-/@])@ ?({_NAME})(?![0-9A-Za-z_@])")
_LINK = re.compile(
    r"(?<![0-9A-Za-z_])(?:https?://)?(?:t|telegram|tlgrm) ?\. ?(?:me|dog) ?/ ?"
    rf"(?:(\+[0-9A-Za-z_\-]{{10,40}})|(?:joinchat/([0-9A-Za-z_\-]{{10,40}}))|({_NAME})(?![0-9A-Za-z_@]))",
    re.I | re.A,
)
_RESOLVE = re.compile(
    rf"(?<![0-9A-Za-z_])tg://resolve\?domain=({_NAME})(?![0-9A-Za-z_])", re.I | re.A
)

_NAMED = Part(ALNUM + "_", 4, 31)
_AT = (Part("@"), Part(" ", 0, 1), Part(LETTERS), _NAMED)
_NO_HANDLE = ALNUM + "_.%+-/@"
#: Of a link, from the dot on: before it there may be "https://telegram ".
_BEFORE_DOT = len("https://telegram ")
#: What cannot stand before that dot: letters and digits but the last ones of "t" and "telegram".
_NO_HOST = "".join(sorted(set(ALNUM) - set("tTmM")))
#: Nor before the colon of a link like tg://, but the g.
_NO_TG = "".join(sorted(set(ALNUM) - set("gG"))) + "_"
_DOT_ME = (
    *(Part("."), Part(" ", 0, 1), Part("mMdD"), Part("eEoO"), Part("gG", 0, 1)),
    *(Part(" ", 0, 1), Part("/"), Part(" ", 0, 1)),
)
_SHAPES = (
    Shape(_AT, not_after=_NO_HANDLE, ending="bot"),
    Shape(_AT, not_after=_NO_HANDLE, words=contact_words),
    Shape((*_DOT_ME, Part(LETTERS), _NAMED), not_after=_NO_HOST, ending="bot"),
    Shape((*_DOT_ME, Part(ALNUM + "_+-", 5, 50)), not_after=_NO_HOST, words=contact_words),
    Shape(spelled("://resolve?domain="), not_after=_NO_TG),
)

#: First parts of t.me links that are no names.
_RESERVED = frozenset(("joinchat", "addstickers", "share", "proxy", "socks", "addlist", "addemoji"))


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    text = plain.text
    start = max(0, start - _BEFORE_DOT)
    links = _LINK.finditer(text, start) if "/" in text else ()
    for match in itertools.islice(links, TRIES):
        invitation = match.group(1) or (f"+{match.group(2)}" if match.group(2) else None)
        if invitation:
            if near(plain, match.start(), match.end(), contact_words):
                yield Indicator("handle", f"t.me/{invitation}", match.start(), match.end(), None)
        elif match.group(3).lower() not in _RESERVED:
            yield from _named(plain, match, match.group(3))
    handles = _HANDLE.finditer(text, start) if "@" in text else ()
    for match in itertools.islice(handles, TRIES):
        end = match.end()
        if text[end : end + 1] != "." or not text[end + 1 : end + 2].isalnum():
            yield from _named(plain, match, match.group(1))
    resolved = _RESOLVE.finditer(text, start) if "://" in text else ()
    for match in itertools.islice(resolved, TRIES):
        yield from _named(plain, match, match.group(1))


def _named(plain: Plain, match: re.Match[str], name: str) -> Iterator[Indicator]:
    value = f"@{name.lower()}"
    if value.endswith("bot"):
        yield Indicator("bot", value, match.start(), match.end(), None)
    elif near(plain, match.start(), match.end(), contact_words):
        yield Indicator("handle", value, match.start(), match.end(), None)


DETECTOR = Detector(
    types=("bot", "handle"),
    find=_find,
    examples=(
        Example("write to @example_inert_bot", "@example_inert_bot", None),
        Example("https://t.me/ExampleInertBot?start=1", "@exampleinertbot", None),
        Example("t . me / ExampleInertBot", "@exampleinertbot", None),
        Example("ＥxampleInertBot: @ExampleInеrtBоt", "@exampleinertbot", None),
        Example("بوٹ: @Example\u200bInertBot پر لکھیں", "@exampleinertbot", None),
        Example("contact admin @example_inert", "@example_inert", None),
        Example("اړیکه: t.me/example_inert", "@example_inert", None),
        Example("tg://resolve?domain=example_inert_bot", "@example_inert_bot", None),
    ),
    others=(
        "as @example_inert wrote yesterday",
        "someone@example.org",
        "https://t.me/example_inert/123",
        "robot and @bot",
        "@12345678",
    ),
    shapes=_SHAPES,
)
