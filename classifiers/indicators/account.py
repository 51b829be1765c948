"""Bank account numbers beside a bank's name or a word for an account; they carry no checksum."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.nearby import near
from classifiers.indicators.phone import _LOCAL
from classifiers.indicators.plain import Plain
from classifiers.indicators.shapes import ALNUM, DIGITS, TRIES, Part, Shape
from classifiers.indicators.words import account_words, phone_service_words

_REACH = 50
_RUN = re.compile(r"\d(?<![0-9A-Za-z@#/_.+=]\d)(?:[ .\-]{0,2}\d){7,19}(?![0-9A-Za-z])")
_TIME = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")
_AMOUNT = re.compile(r"\d{1,3}(?:[.\s]000)+")
_SHAPE = Shape(
    (Part(DIGITS, 8, 20),),
    " .-",
    not_after=ALNUM + "@#/_.+=",
    words=account_words,
    reach=_REACH,
)


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    for match in itertools.islice(_RUN.finditer(plain.text, start), TRIES):
        written = match.group()
        digits = "".join(filter(str.isdigit, written))
        if _TIME.match(written) or _AMOUNT.fullmatch(written):
            continue
        if len(set(digits)) == 1 and len(digits) < 10:
            continue
        if any(pattern.fullmatch(digits) for pattern, _, _ in _LOCAL) and near(
            plain, match.start(), match.end(), phone_service_words
        ):
            continue
        if near(plain, match.start(), match.end(), account_words, reach=_REACH):
            yield Indicator("bank_account", digits, match.start(), match.end(), None)


DETECTOR = Detector(
    types=("bank_account",),
    find=_find,
    examples=(
        Example("Meezan Bank account 0000-1111-2222-33", "00001111222233", None),
        Example("اکاؤنٹ نمبر ٠٠٠٠١١١١٢٢٢٢", "000011112222", None),
        Example("شماره حساب ۰۰۰۱ ۱۱۱۲ ۲۲۲۳", "000111122223", None),
        Example("عزیزي بانک، د حساب شمېره 00011112222333", "00011112222333", None),
    ),
    others=(
        "12345678901234",
        "account opened on 04.03.2021",
        "the bank gave 1 000 000 000 rupees",
        "Easypaisa account 03990000000",
        "bank account",
    ),
    shapes=(_SHAPE,),
)
