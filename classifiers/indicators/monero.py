"""Monero addresses: standard, subaddress and integrated; checksum by Keccak-256."""

from __future__ import annotations

from collections.abc import Iterator

from Crypto.Hash import keccak

from classifiers.indicators.base import BASE58, Detector, Example, Indicator, remembered
from classifiers.indicators.plain import Plain, chunk, joins
from classifiers.indicators.shapes import GLUE, Part, Shape, places

_SHAPE = Shape((Part("48"), Part(BASE58, 94, 105)), GLUE)

_ALPHABET = frozenset(BASE58)

#: Network bytes of the main network: standard, integrated, subaddress.
_STANDARD, _INTEGRATED, _SUBADDRESS = 18, 19, 42


@remembered
def monero_valid(address: str) -> bool:
    """Whether an address of 95 or 106 characters is intact.

    Monero writes each eight bytes as eleven base58 characters, and the rest of five as seven.
    """
    blocks = [address[at : at + 11] for at in range(0, len(address), 11)]
    parts = []
    for block in blocks:
        size = 8 if len(block) == 11 else 5
        number = 0
        for char in block:
            number = number * 58 + BASE58.index(char)
        if number.bit_length() > size * 8:
            return False
        parts.append(number.to_bytes(size, "big"))
    data = b"".join(parts)
    expected = (_INTEGRATED,) if len(address) == 106 else (_STANDARD, _SUBADDRESS)
    digest = keccak.new(digest_bits=256, data=data[:-4]).digest()
    return data[0] in expected and digest[:4] == data[-4:]


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    skip = 0
    for at in places(plain.text, _SHAPE, start):
        if at < skip:
            continue
        for text, end in joins(plain.text, at, 95, 106):
            if len(text) not in (95, 106):
                continue
            if not _ALPHABET.issuperset(text):
                break
            if monero_valid(text):
                yield Indicator("monero", text, at, end, True)
                skip = end
            elif text == chunk(plain.text, at) and not text.isdigit():
                yield Indicator("monero", text, at, end, False)


# Payloads of the bytes 0x11 and of a counting sequence: nobody holds a key.
_95 = "42GcvFXaX6p" + "3rZwuSi5uqJ" * 7 + "2vLKjmY"
_SUB = (
    "82VX5XyvMfx9QEU6V1akz6JodhnBLvM94UD2wTsgFwJ2dcSB9a1bBte42aLGwgFHBYDRyZxe1asLWNqNoeLLvTVU"
    "N364QeQ"
)
_106 = (
    "4BN3ky9aNX49QEU6V1akz6JodhnBLvM94UD2wTsgFwJ2dcSB9a1bBte42aLGwgFHBYDRyZxe1asLWNqNoeLLvTVU"
    "YEn3L2gG3eSULytbta"
)

DETECTOR = Detector(
    types=("monero",),
    find=_find,
    examples=(
        Example(f"XMR {_95}", _95, True),
        Example(f"{_SUB}!", _SUB, True),
        Example(_106, _106, True),
        Example(f"{_SUB[:40]}\n{_SUB[40:]}", _SUB, True),
        Example(" ".join(_SUB), _SUB, True),
        Example("\u200f".join(_95), _95, True),
        Example(f"{_95[:-1]}Z", f"{_95[:-1]}Z", False),
    ),
    others=("4" * 95, "44 people, 8 villages and 12 schools", _95[:-2], "a" + _95),
    shapes=(_SHAPE,),
)
