"""Indicators of whole Arrow arrays: the compiled scan, and the detectors for what passes it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from classifiers.indicators import conditions, scan
from classifiers.indicators.base import Detector, Indicator
from classifiers.indicators.nearby import tree
from classifiers.indicators.plain import Plain, plain_of
from classifiers.indicators.shapes import READ
from classifiers.ngrams import blocks
from classifiers.normalise import load_tables

_SURROGATE = re.compile("[\ud800-\udfff]")

Ask = Callable[[Plain, Sequence[int]], list[Indicator]]


@functools.lru_cache(maxsize=4)
def _tables(detectors: tuple[Detector, ...]) -> tuple[Any, ...]:
    return (*conditions.tables(detectors), load_tables("match"), tree())


def found(
    texts: Any, detectors: tuple[Detector, ...], ask: Ask
) -> Iterator[tuple[int, list[Indicator]]]:
    """The texts that have indicators: (place, what ``ask`` answers for the plain text)."""
    before = 0
    for offsets, data in blocks(_strings(texts)):
        passed = scan.scan(offsets, data, *_tables(detectors))
        whole = passed.plain.tobytes().decode("utf-32-le")
        origin: Any = passed.origin
        at = noted = 0
        columns = (passed.rows, passed.ends, passed.starts, passed.hit_ends)
        for row, end, starts, hit_end in zip(*(one.tolist() for one in columns), strict=True):
            if scan.BROKEN in starts:
                raw = data[offsets[row] : offsets[row + 1]].tobytes()
                plain = plain_of(raw.decode("utf-8", "replace")[:READ])
                indicators = ask(plain, [0] * len(starts))
            else:
                hits = None if hit_end < 0 else passed.hits[noted:hit_end].tolist()
                indicators = ask(Plain(whole[at:end], origin[at:end], hits), starts)
                noted = max(noted, hit_end)
            at = end
            if indicators:
                yield before + row, indicators
        before += offsets.size - 1


def _strings(texts: Any) -> Any:
    """Texts that Arrow can hold: a lone surrogate becomes a sign that detectors skip as well."""
    if isinstance(texts, pa.Array | pa.ChunkedArray | str):
        return texts
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return [_SURROGATE.sub("\u200b", text) if text else text for text in texts]
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return texts
