"""Payment cards: issuer's prefix and length, Luhn's check digit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from stdnum import luhn

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.nearby import near
from classifiers.indicators.plain import Plain, chunk, joins
from classifiers.indicators.shapes import DIGITS, GLUE, WIDEST, Part, Shape, places
from classifiers.indicators.words import card_words

#: (first, last prefix, lengths) by issuer: Visa, Mastercard, American Express, UnionPay,
#: Discover, RuPay, JCB, Mir and PayPak, Iranian and other local ranges.
_ISSUERS = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("62", "62", (16, 17, 18, 19)),
    ("6011", "6011", (16, 19)),
    ("644", "659", (16, 19)),
    ("508", "508", (16,)),
    ("81", "82", (16,)),
    ("3528", "3589", (16, 19)),
    ("2200", "2205", (16,)),
    ("5859", "5859", (16,)),
    ("603", "606", (16,)),
    ("627", "628", (16,)),
    ("5022", "5060", (16,)),
)
#: The same from afar; dates and years begin otherwise.
_SHAPES = (
    Shape((Part("34568"), Part(DIGITS, 12, 18)), GLUE),
    Shape((Part("2"), Part("234567"), Part(DIGITS, 11, 17)), GLUE),
)
_LENGTHS = frozenset(size for _, _, sizes in _ISSUERS for size in sizes)


def issued(number: str) -> bool:
    """Whether an issuer gives out numbers of this prefix and length."""
    return any(
        len(number) in sizes and first <= number[: len(first)] <= last
        for first, last, sizes in _ISSUERS
    )


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    for at in itertools.chain(*(places(plain.text, shape, start) for shape in _SHAPES)):
        if _continues(plain.text, at):
            continue
        for text, end in joins(plain.text, at, 13, 19):
            if not text.isdigit():
                break
            if len(text) not in _LENGTHS or not issued(text):
                continue
            groups = _groups(plain.text, at, end)
            if len(groups) > 1 and plain.text[end : end + 1].isalnum():
                continue
            holds = luhn.is_valid(text)
            # Four groups of four look like nothing else; a plain row of digits may be an order,
            # and one in ten of those passes Luhn.
            if (holds and groups == [4, 4, 4, 4]) or (
                (holds or len(text) == 16) and near(plain, at, end, card_words, reach=40)
            ):
                yield Indicator("card", text, at, end, holds)
                break


def _continues(text: str, at: int) -> bool:
    """Whether a group of digits stands just before: a number counts from its first group on."""
    before = text[max(0, at - 24) : at]
    group = before.rstrip(GLUE)
    if len(before) - len(group) > WIDEST:
        return False
    rest = group.rstrip(DIGITS)
    return rest != group and not rest[-1:].isalnum()


def _groups(text: str, at: int, end: int) -> list[int]:
    """The sizes of the groups in which the digits are written."""
    sizes = []
    while at < end:
        sizes.append(len(chunk(text, at)))
        at += sizes[-1]
        while at < end and text[at] in GLUE:
            at += 1
    return sizes


# The networks' published test numbers.
DETECTOR = Detector(
    types=("card",),
    find=_find,
    examples=(
        Example("card 4111111111111111", "4111111111111111", True),
        Example("4111 1111 1111 1111", "4111111111111111", True),
        Example("Visa: ٤١١١-١١١١-١١١١-١١١١", "4111111111111111", True),
        Example("کارڈ نمبر ۵۵۵۵۵۵۵۵۵۵۵۵۴۴۴۴", "5555555555554444", True),
        Example("Amex card 3782 822463 10005", "378282246310005", True),
        Example("شماره کارت 6 0 1 1 1 1 1 1 1 1 1 1 1 1 1 7", "6011111111111117", True),
        Example("debit card 4111 1111 1111 1112", "4111111111111112", False),
    ),
    others=(
        "order 4111111111111111 was shipped",  # no word of cards, no groups
        "4111 1111 1111 1112",
        "2021-03-04 12:30:15 and 2021-03-05 11:30:15",
        "1234567890123456",
        "id 4000000000000000000000",
    ),
    shapes=_SHAPES,
)
