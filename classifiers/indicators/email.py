"""E-mail addresses, also with the at sign and the dots written out in brackets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.plain import Plain
from classifiers.indicators.shapes import ALNUM, TRIES, Part, Shape, spelled

_AT = re.compile(r" ?[@] ?| ?[\[({] ?(?:at|@) ?[\])}] ?", re.I | re.A)
_LOCAL_PART = re.compile(r"[0-9A-Za-z][0-9A-Za-z._%+\-]{0,63}$")
_DOT = r"(?:\.| ?[\[({] ?(?:dot|\.) ?[\])}] ?| dot )"
_DOMAIN = re.compile(
    rf"[0-9A-Za-z](?:[0-9A-Za-z\-]{{0,62}})(?:{_DOT}[0-9A-Za-z\-]{{1,63}}){{1,4}}", re.I | re.A
)
_WRITTEN_DOT = re.compile(r" ?[\[({] ?(?:dot|\.) ?[\])}] ?| dot ", re.I | re.A)
_ENDING = re.compile(r"[A-Za-z]{2,24}")

_AT_SIGN, _SPACE = Part("@"), Part(" ", 0, 1)
_OPEN, _CLOSE = Part("[({"), Part("])}")
_HOST = (Part(ALNUM), Part(ALNUM + "-", 0, 62))
_SHAPES = (
    Shape((_AT_SIGN, _SPACE, *_HOST, Part("."), Part(ALNUM + "-")), not_after=""),
    Shape((_AT_SIGN, _SPACE, *_HOST, _SPACE, _OPEN, _SPACE, Part("dD.")), not_after=""),
    Shape((_AT_SIGN, _SPACE, *_HOST, *spelled(" dot ")), not_after=""),
    Shape((_OPEN, _SPACE, *spelled("at"), _SPACE, _CLOSE), not_after=""),
    Shape((_OPEN, _SPACE, _AT_SIGN, _SPACE, _CLOSE), not_after=""),
)


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    text = plain.text
    # A space may stand before the sign with which a shape begins.
    for sign in itertools.islice(_AT.finditer(text, max(0, start - 1)), TRIES):
        before = _LOCAL_PART.search(text, max(0, sign.start() - 65), sign.start())
        after = _DOMAIN.match(text, sign.end())
        if before is None or after is None or not _whole(text, before.start()):
            continue
        domain = _WRITTEN_DOT.sub(".", after.group()).rstrip(".-")
        if not _ENDING.fullmatch(domain.rsplit(".", 1)[-1]):
            continue
        spaced = sign.group() != sign.group().strip()
        if spaced and "[" not in sign.group() and "(" not in sign.group() and " " in domain:
            continue
        value = f"{before.group()}@{domain}".lower()
        yield Indicator("email", value, before.start(), after.end(), None)


def _whole(text: str, start: int) -> bool:
    """Whether the local part starts a word and is no path or handle."""
    return start == 0 or not (text[start - 1] in "/@.%+-_" or text[start - 1].isalnum())


DETECTOR = Detector(
    types=("email",),
    find=_find,
    examples=(
        Example("write to someone@example.org.", "someone@example.org", None),
        Example("Some.One+x@mail.example.com", "some.one+x@mail.example.com", None),
        Example("someone [at] example [dot] org", "someone@example.org", None),
        Example("some\u200bone＠example.org", "someone@example.org", None),
        Example("ای میل: someone @ example.org", "someone@example.org", None),
    ),
    others=(
        "@someone said so. Then he left",
        "someone@",
        "3 kg @ 200 rupees",
        "meet @ home. Bring food",
        "git@host:path",
    ),
    shapes=_SHAPES,
)
