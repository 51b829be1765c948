"""International bank account numbers: country's length and structure, mod 97 (ISO 13616)."""

from __future__ import annotations

from collections.abc import Iterator

from stdnum import iban
from stdnum.exceptions import ValidationError

from classifiers.indicators.base import Detector, Example, Indicator, remembered
from classifiers.indicators.plain import Plain, chunk, joins
from classifiers.indicators.shapes import (
    ALNUM,
    DIGITS,
    GLUE,
    LETTERS,
    Part,
    Shape,
    places,
)

#: Lengths by country (SWIFT's IBAN registry). Afghanistan, China, India, Iran's neighbours to the
#: north and the United States have none.
LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BY": 28, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "EG": 29, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GE": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18,
    "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "RU": 33, "SA": 24, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26,
    "UA": 29, "VA": 22, "XK": 20, "YE": 30, "SO": 23, "MR": 27,
}  # fmt: skip

_FIRST = "".join({country[0] for country in LENGTHS})
_SHAPE = Shape(
    (Part(_FIRST + _FIRST.lower()), Part(LETTERS), Part(DIGITS, 2, 2), Part(ALNUM, 11, 30)),
    GLUE,
    digits=10,
)


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    skip = 0
    for at in places(plain.text, _SHAPE, start):
        if at < skip:
            continue
        size = 0
        for text, end in joins(plain.text, at, 4, 34):
            size = size or LENGTHS.get(text[:2].upper(), 0)
            if len(text) < size:
                continue
            value = text.upper()
            if len(text) != size or sum(map(str.isdigit, value)) < 10:
                break
            valid = _valid(value)
            # "at 12 …": two letters and digits are everywhere, so a broken one must look meant.
            whole = len(chunk(plain.text, at))
            if valid or (text == value and whole in (4, size)):
                yield Indicator("iban", value, at, end, valid)
                skip = end
            break


@remembered
def _valid(value: str) -> bool:
    try:
        iban.validate(value, check_country=False)
    except ValidationError:
        return False
    return True


# Examples of the registry itself.
_PK = "PK36SCBL0000001123456702"
_GB = "GB29NWBK60161331926819"

DETECTOR = Detector(
    types=("iban",),
    find=_find,
    examples=(
        Example(f"IBAN: {_PK}", _PK, True),
        Example("PK36 SCBL 0000 0011 2345 6702", _PK, True),
        Example("آئی بین PK٣٦-SCBL-٠٠٠٠-٠٠١١-٢٣٤٥-٦٧٠٢ ہے", _PK, True),
        Example(" ".join(_PK), _PK, True),
        Example(_GB.lower(), _GB, True),
        Example("ＰＫ３６ＳＣＢＬ００００００１１２３４５６７０２", _PK, True),
        Example("P\u200bK36SC\u202eBL0000001123456702", _PK, True),
        Example("PK37SCBL0000001123456702", "PK37SCBL0000001123456702", False),
    ),
    others=(
        "PK36SCBL000000112345670",
        "flight PK 304 left at 12:30 on 2021-03-04",
        "GB2312 is an encoding",
        "ME TOO 12345678901234567890",
        "is 12 4567 890123 456789012345",
    ),
    shapes=(_SHAPE,),
)
