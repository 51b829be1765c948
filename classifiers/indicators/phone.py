"""Phone numbers, and mobile-money accounts where a service's name stands beside one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from classifiers.indicators.base import Detector, Example, Indicator, remembered
from classifiers.indicators.nearby import near
from classifiers.indicators.plain import Plain
from classifiers.indicators.shapes import ALNUM, DIGITS, TRIES, Part, Shape
from classifiers.indicators.words import phone_service_words

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015"
#: A run that may be a number: digits with little between them. Bounded, and no repeat inside a
#: repeat that could match the same character twice. It begins with what it consumes first, which
#: makes the search quick.
_RUN = re.compile(
    r"\d(?<![0-9A-Za-z@#/_.=]\d)(?:[ .\-_()·•*/\u2010-\u2015]{0,3}\d){8,14}(?![0-9A-Za-z])"
)
#: What belongs to a number before its first digit.
_PLUS = re.compile(r"(?:(?<![0-9A-Za-z@#/_.=])\+ ?)?\(?$")

#: How a mobile number of Pakistan or Afghanistan is written: (pattern of its digits, country
#: code, digits to drop before the country code is put in front).
_LOCAL = (
    (re.compile(r"03\d{9}"), "92", 1),
    (re.compile(r"0[67]\d{8}"), "93", 1),
    (re.compile(r"923\d{9}"), "92", 2),
    (re.compile(r"93[67]\d{8}"), "93", 2),
)
#: Without the leading zero, only beside a service's name.
_SHORT = (
    (re.compile(r"3\d{9}"), "92", 0),
    (re.compile(r"[67]\d{8}"), "93", 0),
)
_DATE = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")

_SHAPE = Shape((Part(DIGITS, 9, 15),), " .-_()·•*/" + _DASHES, not_after=ALNUM + "@#/_.=")


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    text = plain.text
    for match in itertools.islice(_RUN.finditer(text, start), TRIES):
        at, end = match.span()
        plus = _PLUS.search(text, max(0, at - 3), at)
        if plus is not None:
            at = plus.start()
        written = text[at:end]
        digits = "".join(filter(str.isdigit, written))
        number = _international(written, digits, short=True)
        if number is None:
            continue
        paid = near(plain, at, end, phone_service_words)
        if not paid:
            number = _international(written, digits, short=False)
            if number is None:
                continue
        yield Indicator("mobile_money" if paid else "phone", number, at, end, _valid(number))


def _international(written: str, digits: str, *, short: bool) -> str | None:
    """The number as E.164 writes it, None where this is no phone number."""
    if written.startswith("+") or digits.startswith("00"):
        bare = digits.removeprefix("00")
        # "+92 (0) 300 …": the zero of the national form stayed.
        if bare.startswith(("920", "930")):
            bare = bare[:2] + bare[3:]
        return f"+{bare}" if 9 <= len(bare) <= 15 and bare[0] != "0" else None
    if _DATE.match(written.lstrip("(")):
        return None
    for pattern, country, drop in (*_LOCAL, *(_SHORT if short else ())):
        if pattern.fullmatch(digits):
            return f"+{country}{digits[drop:]}"
    return None


@remembered
def _valid(number: str) -> bool:
    import phonenumbers  # noqa: PLC0415 - a tenth of a second, for the messages that have one

    if number[1:3] in ("92", "93") and number[3] != "0":  # most are, and need no parsing
        known = phonenumbers.PhoneNumber(
            country_code=int(number[1:3]), national_number=int(number[3:])
        )
        return phonenumbers.is_valid_number(known)
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


# Numbers of ranges that are not assigned (a mobile code nobody has), and a published fictional one.
DETECTOR = Detector(
    types=("phone", "mobile_money"),
    find=_find,
    examples=(
        Example("call +92 399 0000000", "+923990000000", False),
        Example("0399-0000000 پر رابطہ", "+923990000000", False),
        Example("۰۶۹۰۰۰۰۰۰۰ زنگ بزنید", "+93690000000", False),
        Example("UK: +44 7700 900123", "+447700900123", False),
        Example("+92 (0)399 0000000", "+923990000000", False),
        Example("0 3 9 9 0 0 0 0 0 0 0", "+923990000000", False),
        Example("Easypaisa 0399 0000000", "+923990000000", False),
        Example("جاز کیش نمبر ۰۳۹۹۰۰۰۰۰۰۰", "+923990000000", False),
        Example("حساب‌پی HesabPay 0690000000", "+93690000000", False),
        Example("JazzCash: 3990000000", "+923990000000", False),
    ),
    others=(
        "2021-03-04 12:30:15",
        "04.03.2021 - 05.03.2021",
        "order 10384756120",
        "https://t.me/channel/03990000000",
        "IBAN PK36SCBL0000001123456702",
        "3990000000 rupees",
        "message id 923990000001234567890",
        "population 220 000 000 in 2021",
    ),
    shapes=(_SHAPE,),
)
