"""Ethereum addresses (and those of its kin: BNB Chain, Polygon), checksummed by EIP-55."""

from __future__ import annotations

from collections.abc import Iterator

from Crypto.Hash import keccak

from classifiers.indicators.base import Detector, Example, Indicator, remembered
from classifiers.indicators.plain import Plain, joins
from classifiers.indicators.shapes import GLUE, Part, Shape, places, spelled

_SHAPE = Shape((*spelled("0x"), Part("0123456789abcdefABCDEF", 40, 40)), GLUE)


@remembered
def checksummed(address: str) -> str:
    """The EIP-55 spelling of forty hexadecimal digits, with 0x before them."""
    lower = address.lower()
    digest = keccak.new(digest_bits=256, data=lower.encode("ascii")).hexdigest()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(lower, digest[:40], strict=True)
    )


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    skip = 0
    for at in places(plain.text, _SHAPE, start):
        if at < skip:
            continue
        for text, end in joins(plain.text, at, 42, 42):
            digits = text[2:]
            normal = checksummed(digits)
            plainly = digits in (digits.lower(), digits.upper())
            yield Indicator("ethereum", normal, at, end, None if plainly else normal[2:] == digits)
            skip = end


# The test vectors of EIP-55.
_MIXED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
_CAPITALS = "0x52908400098527886E0F7030069857D2E4169EE7"
_SMALL = "0xde709f2102306220921060314715629080e2fb77"

DETECTOR = Detector(
    types=("ethereum",),
    find=_find,
    examples=(
        Example(f"USDT {_MIXED}", _MIXED, True),
        Example(_CAPITALS, _CAPITALS, None),
        Example(_SMALL, _SMALL, None),
        Example(_MIXED.lower(), _MIXED, None),
        Example(_MIXED.replace("5aA", "5aa"), _MIXED, False),
        Example(f"{_MIXED[:12]} {_MIXED[12:22]} {_MIXED[22:32]} {_MIXED[32:]}", _MIXED, True),
        Example(" ".join(_MIXED), _MIXED, True),
        Example(_MIXED.replace("0", "٠").replace("9", "۹"), _MIXED, True),
        Example(_MIXED.replace("x", "х"), _MIXED, True),  # a Cyrillic letter
    ),
    others=(
        "0x" + "ab" * 32,  # a transaction's hash
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",  # SHA-1 of nothing
        "0x1f and 0xff are bytes",
        "0 x 12 = 0",
    ),
    shapes=(_SHAPE,),
)
