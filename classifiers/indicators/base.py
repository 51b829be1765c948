"""What a detector is, and the checksums that several of them share."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from classifiers.indicators.plain import Plain
from classifiers.indicators.shapes import Shape


class Indicator(NamedTuple):
    """Something that money can be sent to, or somebody asked through.

    ``value`` is the normal form, equal for every spelling; ``start`` and ``end`` are code points.
    """

    type: str
    value: str
    start: int
    end: int
    valid: bool | None


class Example(NamedTuple):
    """A text and the one indicator that a detector must find in it."""

    text: str
    value: str
    valid: bool | None


class Detector(NamedTuple):
    """One kind of indicator.

    ``find(plain, start)`` yields indicators with spans in ``Plain.text``; none begins so early
    that its shape would begin before ``start``. ``types`` are the types it may give.
    ``shapes`` say what each indicator must at least look like: a message with none of them is not
    looked at. Without shapes every message is.
    ``examples`` must be found and ``others`` must yield nothing: published test vectors, or made
    of constants to which nobody holds a key; one shared test runs them.
    """

    types: tuple[str, ...]
    find: Callable[[Plain, int], Iterable[Indicator]]
    examples: Sequence[Example]
    others: Sequence[str]
    shapes: tuple[Shape, ...] = ()


#: The same address is posted again and again; what its checksum says is remembered.
remembered = functools.lru_cache(maxsize=8192)

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE_OF = {char: value for value, char in enumerate(BASE58)}


def base58_bytes(text: str, size: int) -> bytes | None:
    """Decode base58 (Bitcoin's alphabet) to exactly ``size`` bytes, None where it does not fit."""
    number = 0
    for char in text:
        value = _VALUE_OF.get(char)
        if value is None:
            return None
        number = number * 58 + value
    if number.bit_length() > size * 8:
        return None
    data = number.to_bytes(size, "big")
    leading = len(text) - len(text.lstrip("1"))
    return data if len(data) - len(data.lstrip(b"\0")) == leading else None


@remembered
def base58check(text: str, versions: tuple[int, ...]) -> bool:
    """Whether a 25-byte base58check address of one of these version bytes is intact.

    >>> base58check("1111111111111111111114oLvT2", (0,))
    True
    """
    data = base58_bytes(text, 25)
    if data is None or data[0] not in versions:
        return False
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def looks_random(text: str) -> bool:
    """Whether a base58 text mixes digits, capitals and small letters as an address does."""
    return (
        sum(map(str.isdigit, text)) >= 2
        and sum(map(str.isupper, text)) >= 3
        and sum(map(str.islower, text)) >= 3
        and all(char in _VALUE_OF for char in text)
    )
