"""Ethereum addresses (and those of its kin: BNB Chain, Polygon), checksummed by EIP-55."""

from __future__ import annotations

from collections.abc import Iterator

from Crypto.Hash import keccak

from classifiers.indicators.base import Detector, Example, Indicator
from classifiers.indicators.plain import Plain, joins

_HEX = frozenset("0123456789abcdefABCDEF")
_TRIES = 2_000


def checksummed(address: str) -> str:
    """The EIP-55 spelling of forty hexadecimal digits, with 0x before them."""
    lower = address.lower()
    digest = keccak.new(digest_bits=256, data=lower.encode("ascii")).hexdigest()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(lower, digest[:40], strict=True)
    )


def _find(plain: Plain) -> Iterator[Indicator]:
    tries = _TRIES
    skip = 0
    for index, chunk in enumerate(plain.chunks):
        if chunk.text[0] != "0" or chunk.start < skip or not tries:
            continue
        for text, end in joins(plain, index, 2, 42):
            if text[1] not in "xX" or not _HEX.issuperset(text[2:]):
                break
            if len(text) == 42:
                tries -= 1
                digits = text[2:]
                normal = checksummed(digits)
                plainly = digits in (digits.lower(), digits.upper())
                yield Indicator(
                    "ethereum", normal, chunk.start, end, None if plainly else normal[2:] == digits
                )
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
    digits=4,
)
