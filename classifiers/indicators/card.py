"""Payment cards: issuer's prefix and length, Luhn's check digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stdnum import luhn

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.plain import Chunk, Plain, joins, near
from classifiers.indicators.words import card_words

_TRIES = 2_000

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
_LENGTHS = frozenset(size for _, _, sizes in _ISSUERS for size in sizes)


def issued(number: str) -> bool:
    """Whether an issuer gives out numbers of this prefix and length."""
    return any(
        len(number) in sizes and first <= number[: len(first)] <= last
        for first, last, sizes in _ISSUERS
    )


def _find(plain: Plain) -> Iterator[Indicator]:
    tries = _TRIES
    skip = 0
    chunks = plain.chunks
    for index, chunk in enumerate(chunks):
        if not chunk.text.isdigit() or chunk.start < skip or tries <= 0:
            continue
        if index and chunks[index - 1].glued and chunks[index - 1].text.isdigit():
            continue  # only from the first group of digits on
        for text, end in joins(plain, index, 13, 19):
            if not text.isdigit():
                break
            if len(text) not in _LENGTHS or not issued(text):
                continue
            tries -= 1
            groups = _groups(chunks, index, end)
            if len(groups) > 1 and plain.text[end : end + 1].isalnum():
                continue
            holds = luhn.is_valid(text)
            named = near(plain, chunk.start, end, card_words(), reach=40)
            # Four groups of four look like nothing else; a plain row of digits may be an order,
            # and one in ten of those passes Luhn.
            if (holds and (named or groups == [4, 4, 4, 4])) or (named and len(text) == 16):
                yield Indicator("card", text, chunk.start, end, holds)
                skip = end
                break


def _groups(chunks: Sequence[Chunk], index: int, end: int) -> list[int]:
    """The sizes of the groups in which the digits are written."""
    return [len(chunk.text) for chunk in chunks[index : index + 20] if chunk.start < end]


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
    digits=13,
)
