"""Tron addresses (most USDT moves there): base58check with version byte 0x41."""

from __future__ import annotations

from collections.abc import Iterator

from classifiers.indicators.base import (
    BASE58,
    Detector,
    Example,
    Indicator,
    base58check,
    looks_random,
)
from classifiers.indicators.nearby import near
from classifiers.indicators.plain import Plain, chunk, joins
from classifiers.indicators.shapes import GLUE, Part, Shape, places
from classifiers.indicators.words import crypto_words

_SHAPE = Shape((Part("T"), Part(BASE58, 33, 33)), GLUE, jumble=7)


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    skip = 0
    for at in places(plain.text, _SHAPE, start):
        if at < skip:
            continue
        for text, end in joins(plain.text, at, 34, 34):
            if base58check(text, (0x41,)):
                yield Indicator("tron", text, at, end, True)
                skip = end
            elif (
                text == chunk(plain.text, at)
                and looks_random(text)
                and near(plain, at, end, crypto_words)
            ):
                yield Indicator("tron", text, at, end, False)


# Twenty zero bytes, and twenty bytes 0x11: nobody holds a key to either.
_ZERO = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
_ELEVEN = "TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"

DETECTOR = Detector(
    types=("tron",),
    find=_find,
    examples=(
        Example(f"USDT (TRC20): {_ZERO}", _ZERO, True),
        Example(f"{_ELEVEN[:10]} {_ELEVEN[10:20]} {_ELEVEN[20:]}", _ELEVEN, True),
        Example(".".join(_ELEVEN), _ELEVEN, True),
        Example(_ZERO.replace("T", "Т", 1).replace("9", "۹"), _ZERO, True),
        Example(f"wallet {_ZERO[:-1]}c", f"{_ZERO[:-1]}c", False),
    ),
    others=(
        f"{_ZERO[:-1]}c",
        "The meeting of 12 March was moved to 14 April by the council",
        "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5",
    ),
    shapes=(_SHAPE,),
)
