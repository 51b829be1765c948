"""Telegram bots, and other handles and links where the reader is asked to write there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.plain import Plain, near
from classifiers.indicators.words import contact_words

#: Telegram's user names: 5 to 32 letters, digits and low lines, a letter first.
_NAME = r"[A-Za-z][0-9A-Za-z_]{4,31}"
_HANDLE = re.compile(rf"(?<![0-9A-Za-z_.%+\-/@])@ ?({_NAME})(?![0-9A-Za-z_@])")
_LINK = re.compile(
    r"(?<![0-9A-Za-z_])(?:https?://)?(?:t|telegram|tlgrm) ?\. ?(?:me|dog) ?/ ?"
    rf"(?:(\+[0-9A-Za-z_\-]{{10,40}})|(?:joinchat/([0-9A-Za-z_\-]{{10,40}}))|({_NAME})(?![0-9A-Za-z_@]))",
    re.IGNORECASE,
)
_RESOLVE = re.compile(rf"(?<![0-9A-Za-z_])tg://resolve\?domain=({_NAME})(?![0-9A-Za-z_])", re.I)
_TRIES = 500

#: First parts of t.me links that are no names.
_RESERVED = frozenset(("joinchat", "addstickers", "share", "proxy", "socks", "addlist", "addemoji"))


def _find(plain: Plain) -> Iterator[Indicator]:
    text = plain.text
    for count, match in enumerate(_LINK.finditer(text)):
        if count >= _TRIES:
            break
        invitation = match.group(1) or (f"+{match.group(2)}" if match.group(2) else None)
        if invitation:
            if near(plain, match.start(), match.end(), contact_words()):
                yield Indicator("handle", f"t.me/{invitation}", match.start(), match.end(), None)
        elif match.group(3).lower() not in _RESERVED:
            yield from _named(plain, match, match.group(3))
    if "@" in text:
        for count, match in enumerate(_HANDLE.finditer(text)):
            if count >= _TRIES:
                break
            if (
                text[match.end() : match.end() + 1] != "."
                or not text[match.end() + 1 : match.end() + 2].isalnum()
            ):
                yield from _named(plain, match, match.group(1))
    for match in _RESOLVE.finditer(text):
        yield from _named(plain, match, match.group(1))


def _named(plain: Plain, match: re.Match[str], name: str) -> Iterator[Indicator]:
    value = f"@{name.lower()}"
    if value.endswith("bot"):
        yield Indicator("bot", value, match.start(), match.end(), None)
    elif near(plain, match.start(), match.end(), contact_words()):
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
)
