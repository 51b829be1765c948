"""Payment indicators in a message: addresses, accounts, numbers and handles, also in disguise.

One detector per file, each with its own examples (see :class:`~classifiers.indicators.base.
Detector`); a new file with a ``DETECTOR`` is picked up, nothing else changes.

>>> find("BTC: 1 1111 1111 1111 1111 1111 4oLvT2 thanks")
[Indicator(type='bitcoin', value='1111111111111111111114oLvT2', start=5, end=38, valid=True)]
>>> find("Kabul, 12.03.2021: 3 schools reopened")
[]
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from classifiers.indicators.base import Detector, Indicator
from classifiers.indicators.plain import Plain, plain_of
from classifiers.indicators.shapes import READ

__all__ = ["READ", "Detector", "Indicator", "detectors", "find", "find_all"]

if TYPE_CHECKING:
    import pyarrow as pa

#: No message that a person reads has more; a hostile one is cut.
MAX_INDICATORS = 500


@functools.cache
def detectors() -> tuple[Detector, ...]:
    """Every detector of this package, by the name of its file."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name)
    )
    return tuple(module.DETECTOR for module in modules if hasattr(module, "DETECTOR"))


def find(text: str) -> list[Indicator]:
    """The indicators of a message by start; they do not overlap.

    Spans are in code points of ``text``. ``valid`` says whether the checksum (for phone numbers:
    the national format) holds, None where the type has none or this one carries none. Where two
    detectors want the same characters, one with a good checksum wins, then the longer.
    """
    return _found(plain_of(text), [0] * len(detectors()))


def find_all(texts: pa.Array | pa.ChunkedArray | Sequence[str]) -> dict[int, list[Indicator]]:
    """The indicators of many messages: for those that have any, by their place in ``texts``.

    Of each text, what :func:`find` gives for its first :data:`READ` characters. A null is an empty
    text; bytes that are no UTF-8 count as U+FFFD.

    Raises:
        TypeError: there is something else than text in it.

    >>> find_all(["nothing", "write to @example_inert_bot"])
    {1: [Indicator(type='bot', value='@example_inert_bot', start=9, end=27, valid=None)]}
    """
    from classifiers.indicators import batch  # noqa: PLC0415 - Arrow and compiled code

    return dict(batch.found(texts, detectors(), _found))


def _found(plain: Plain, starts: Sequence[int]) -> list[Indicator]:
    """What the detectors find, each from its place in ``starts`` on; negative: it is not asked."""
    found = [
        item
        for detector, start in zip(detectors(), starts, strict=True)
        if start >= 0
        for item in detector.find(plain, start)
    ]
    if len(found) > 1:
        found = _disjoint(found)
    return [
        Indicator(item.type, item.value, *plain.raw_span(item.start, item.end), item.valid)
        for item in found[:MAX_INDICATORS]
    ]


def _disjoint(found: list[Indicator]) -> list[Indicator]:
    found.sort(key=lambda item: (item.valid is not True, item.start - item.end, item.start))
    taken: set[int] = set()
    kept = []
    for item in found:
        places = range(item.start, item.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(item)
    return sorted(kept, key=lambda item: item.start)
