"""Bitcoin addresses: base58 (P2PKH, P2SH), bech32 (BIP 173) and bech32m (BIP 350, taproot)."""

from __future__ import annotations

from collections.abc import Iterator

from classifiers.indicators.base import (
    BASE58,
    Detector,
    Example,
    Indicator,
    base58check,
    looks_random,
    remembered,
)
from classifiers.indicators.nearby import near
from classifiers.indicators.plain import Plain, chunk, joins
from classifiers.indicators.shapes import GLUE, Part, Shape, places, spelled
from classifiers.indicators.words import crypto_words

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE_OF = {char: value for value, char in enumerate(_BECH32)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M = 0x2BC830A3

_BASE58_SHAPE = Shape((Part("13"), Part(BASE58, 25, 34)), GLUE, jumble=7)
_BECH32_SHAPE = Shape((*spelled("bc1"), Part(_BECH32 + _BECH32.upper(), 11, 87)), GLUE)


@remembered
def segwit_valid(address: str) -> bool:
    """Whether a lower-case mainnet segregated-witness address is intact.

    Version 0 must carry a bech32 checksum and 20 or 32 bytes, later versions bech32m and 2 to 40
    (BIP 173, BIP 350).
    """
    values = [_VALUE_OF.get(char, -1) for char in address[3:]]
    if len(values) < 8 or len(address) > 90 or min(values) < 0 or values[0] > 16:
        return False
    check = 1
    # The prefix "bc" expanded: high bits, zero, low bits.
    for value in (3, 3, 0, 2, 3, *values):
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                check ^= generator
    version, program = values[0], values[1:-6]
    size, spare = divmod(len(program) * 5, 8)
    if spare >= 5 or (program and program[-1] & ((1 << spare) - 1)):
        return False
    if version == 0:
        return check == 1 and size in (20, 32)
    return check == _BECH32M and 2 <= size <= 40


def _find(plain: Plain, start: int) -> Iterator[Indicator]:
    for shape, read in ((_BASE58_SHAPE, _base58), (_BECH32_SHAPE, _segwit)):
        skip = 0
        for at in places(plain.text, shape, start):
            found = read(plain, at) if at >= skip else None
            if found is not None:
                yield found
                skip = found.end


def _base58(plain: Plain, at: int) -> Indicator | None:
    for text, end in joins(plain.text, at, 26, 35):
        if base58check(text, (0, 5)):
            return Indicator("bitcoin", text, at, end, True)
    # A broken checksum counts only where the message speaks of coins: much else looks like this.
    whole = chunk(plain.text, at)
    end = at + len(whole)
    if len(whole) in (33, 34) and looks_random(whole) and near(plain, at, end, crypto_words):
        return Indicator("bitcoin", whole, at, end, False)
    return None


def _segwit(plain: Plain, at: int) -> Indicator | None:
    for text, end in joins(plain.text, at, 14, 90):
        lower = text.lower()
        if text not in (lower, text.upper()):
            break
        if segwit_valid(lower):
            return Indicator("bitcoin", lower, at, end, True)
    whole = chunk(plain.text, at).lower()
    if len(whole) in (42, 62) and _VALUE_OF.keys() >= set(whole[3:]):
        return Indicator("bitcoin", whole, at, at + len(whole), False)
    return None


# From BIP 173 and BIP 350, the burn address of twenty zero bytes, and constant payloads.
_P2WPKH = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
_P2TR = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
_P2SH = "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo"

DETECTOR = Detector(
    types=("bitcoin",),
    find=_find,
    examples=(
        Example("send to 1111111111111111111114oLvT2 now", "1111111111111111111114oLvT2", True),
        Example(f"wallet:{_P2SH}.", _P2SH, True),
        Example(f"BTC {_P2WPKH.upper()}", _P2WPKH, True),
        Example(f"taproot\n{_P2TR}\n", _P2TR, True),
        Example(" ".join(_P2SH), _P2SH, True),
        Example(f"پتہ {_P2SH[:9]}-{_P2SH[9:20]}-{_P2SH[20:]} پر", _P2SH, True),
        Example("\u200b".join(_P2WPKH), _P2WPKH, True),
        Example(_P2SH.translate({ord("1"): "۱", ord("3"): "٣", ord("4"): "４"}), _P2SH, True),
        Example("33FFrсn4Тv1qgGEuXРkkРdr44DuWр3RzРо", _P2SH, True),  # Cyrillic letters
        Example("BTC address 33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPp", _P2SH[:-1] + "p", False),
        Example(f"{_P2WPKH[:-1]}5", f"{_P2WPKH[:-1]}5", False),
    ),
    others=(
        "33FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPp",  # a broken checksum and no word of coins
        "3 children and 14 adults left on 12 March 2021 for the village of Bala",
        "token 1f3870be274f6c49b3e31a0c6728957f",
        "bc1 is how such addresses begin",
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",  # the test network
    ),
    shapes=(_BASE58_SHAPE, _BECH32_SHAPE),
)
