"""Hashed character n-grams of whole Arrow string arrays, counted or scored in one compiled pass.

A text is cleaned (:mod:`classifiers.kernel`), cut into words, and every run of one to four
characters within a word is hashed to a row of a table; the ends of a word count as a character.
Whole words of three letters or more are features too. Training and scoring call the same
:func:`hash_word`, so they cannot disagree.

The bytes are read where Arrow keeps them; no Python string is made, and the interpreter lock is
released while a block of rows is worked on.

>>> counts = count(["abc", "", "abc abc"])
>>> counts.shape, counts.sum(axis=1).ravel().tolist()
((3, 65536), [[13, 0, 26]])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from classifiers import kernel
from classifiers.codepoints import OTHER, PLANES, QUOTE, Tables, compiled, is_letter, kind_of
from classifiers.normalise import Layer, load_tables

if TYPE_CHECKING:
    import scipy.sparse

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "ce80cb3a1b1a"

Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

BITS = 16
LONGEST = 4  # characters of an n-gram
BOUNDARY = 32
#: No text is read beyond this many characters: enough to know its language.
READ = 1 << 16
#: Bytes of text that are counted at once: bounds the memory for n-grams in flight.
BLOCK_BYTES = 1 << 20
BLOCK_ROWS = 1 << 14
_STEP = np.uint32(0x9E3779B1)  # 2^32 over the golden ratio (Knuth, TAOCP vol. 3, 6.4)
_START = np.uint32(0x811C9DC5)
_WORD_START = np.uint32(0x2545F491)


@compiled
def decode(data: Bytes, start: int, end: int, out: Indices) -> int:
    """Decode UTF-8 ``data[start:end]`` into at most :data:`READ` code points of ``out``.

    Arrow does not promise valid UTF-8: a broken byte becomes U+FFFD, as in Python's ``replace``.
    """
    n = 0
    i = start
    while i < end and n < READ:
        b = int(data[i])
        i += 1
        if b < 0x80:
            out[n] = b
        else:
            more = 0
            if 0xC2 <= b < 0xE0:
                more = 1
                cp = b & 0x1F
            elif 0xE0 <= b < 0xF0:
                more = 2
                cp = b & 0x0F
            elif 0xF0 <= b < 0xF5:
                more = 3
                cp = b & 0x07
            else:
                cp = 0xFFFD
            while more > 0 and i < end and data[i] & 0xC0 == 0x80:
                cp = (cp << 6) | (int(data[i]) & 0x3F)
                i += 1
                more -= 1
            out[n] = 0xFFFD if more > 0 or cp > 0x10FFFF else cp
        n += 1
    return n


@compiled
def next_word(c: Indices, start: int, n: int, kind: Bytes, guard: Bytes) -> tuple[int, int]:
    """The next word of letters at or after ``start``: (first, end); (n, n) where there is none.

    An apostrophe between letters belongs to the word; what ``guard`` marks is no word.
    """
    first = -1
    for i in range(start, n):  # one plain loop over all characters: twice as fast as two
        k = kind_of(kind, c[i]) if guard[i] == 0 else OTHER
        if is_letter(k):
            if first < 0:
                first = i
        elif first >= 0:
            inside = k == QUOTE and i + 1 < n and is_letter(kind_of(kind, c[i + 1]))
            if not inside:
                return first, i
    return (first if first >= 0 else n), n


@compiled
def _mix(h: np.uint32, x: np.uint32) -> np.uint32:
    """Take one more character into a hash (numba widens products: cut back to 32 bits)."""
    mixed = np.uint32((h ^ x) * _STEP)
    return np.uint32(mixed ^ (mixed >> np.uint32(15)))


@compiled
def _row(h: np.uint32, bits: int) -> int:
    """The row of a table of 2^bits that a hash falls on: its top bits, once more multiplied."""
    return int(np.uint32(h * _STEP) >> np.uint32(32 - bits))


@compiled
def hash_word(c: Indices, first: int, end: int, bits: int, out: Indices) -> int:
    """Write the table rows of the n-grams of the word ``c[first:end]``; returns their number.

    A word of L characters gives 4 L + 1 for L ≥ 3, fewer below; ``out`` needs 4 (L + 2) places.
    """
    m = 0
    # The hashes of the last one, two and three characters, each extended by every new one.
    one = two = three = np.uint32(0)
    word = _WORD_START
    for i in range(first - 1, end + 1):
        inside = first <= i < end
        x = np.uint32(c[i]) if inside else np.uint32(BOUNDARY)
        if i - first >= 2:
            out[m] = _row(_mix(three, x), bits)
            m += 1
        if i - first >= 1:
            three = _mix(two, x)
            out[m] = _row(three, bits)
            m += 1
        if i >= first:
            two = _mix(one, x)
            out[m] = _row(two, bits)
            m += 1
        one = _mix(_START, x)
        if inside:
            out[m] = _row(one, bits)
            m += 1
            word = _mix(word, x)
    if end - first >= 3:
        out[m] = _row(word, bits)
        m += 1
    return m


@compiled
def word_key(c: Indices, first: int, end: int, fold: Indices) -> np.uint32:
    """A 32-bit key of the word ``c[first:end]`` in the folded form of ``fold``; never 0."""
    h = _WORD_START
    for i in range(first, end):
        x = fold[c[i]] if c[i] < PLANES else c[i]
        if x > 0:
            h = _mix(h, np.uint32(x))
    return h if h else _WORD_START


@compiled
def _count_block(
    offsets: Integers, data: Bytes, t: Tables, bits: int
) -> tuple[Integers, Indices, Indices]:
    """CSR of the rows between ``offsets``: (indptr, indices, counts), indices sorted."""
    rows = offsets.size - 1
    longest = 0
    for r in range(rows):
        longest = max(longest, offsets[r + 1] - offsets[r])
    # A character gives at most four cleaned ones (kernel.capacity), and those four n-grams each.
    raw = np.empty(min(longest, READ), np.int32)
    c = np.empty(4 * raw.size + 2, np.int32)
    off = np.empty(4 * raw.size + 2, np.int32)
    guard = np.empty(4 * raw.size + 2, np.uint8)
    found = np.empty(LONGEST * (2 * c.size + 2), np.int32)
    indptr = np.zeros(rows + 1, np.int64)
    room = max(16, 2 * (offsets[rows] - offsets[0]))
    indices = np.empty(room, np.int32)
    counts = np.empty(room, np.int32)
    at = 0
    for r in range(rows):
        n = decode(data, offsets[r], offsets[r + 1], raw)
        n = kernel.clean(raw, n, t, False, c, off, guard)
        m = 0
        i = 0
        while i < n:
            first, i = next_word(c, i, n, t.kind, guard)
            if first < i:
                m += hash_word(c, first, i, bits, found[m:])
        row = np.sort(found[:m])
        if at + m > room:
            room = 2 * (at + m)
            grown = np.empty(room, np.int32)
            grown[:at] = indices[:at]
            indices = grown
            grown = np.empty(room, np.int32)
            grown[:at] = counts[:at]
            counts = grown
        for k in range(m):
            if k > 0 and row[k] == row[k - 1]:
                counts[at - 1] += 1
            else:
                indices[at] = row[k]
                counts[at] = 1
                at += 1
        indptr[r + 1] = at
    return indptr, indices[:at].copy(), counts[:at].copy()


_TEXT = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_null,
)


def blocks(texts: Any) -> Iterator[tuple[Integers, Bytes]]:
    """Cut texts into blocks of (offsets, bytes) that view Arrow's own buffers.

    Args:
        texts: an Arrow array or chunked array of strings, or an iterable of str or None. Null
            counts as empty.

    Raises:
        TypeError: there is something else than text in it.
    """
    if not isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = pa.array(_as_strings(texts), pa.large_string())
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    for chunk in chunks:
        kind = chunk.type.value_type if pa.types.is_dictionary(chunk.type) else chunk.type
        if not any(is_kind(kind) for is_kind in _TEXT):
            raise TypeError(f"the texts are {chunk.type}, not strings")
        if not (pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type)):
            chunk = chunk.cast(pa.large_string())  # noqa: PLW2901
        if chunk.null_count:
            chunk = pc.fill_null(chunk, "")  # noqa: PLW2901
        width = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
        _, starts, content = chunk.buffers()
        if not len(chunk):
            continue
        places = np.frombuffer(starts, width)[chunk.offset : chunk.offset + len(chunk) + 1]
        offsets: Integers = places.astype(np.int64)
        data = np.frombuffer(content or b"", np.uint8)
        data.flags.writeable = False  # or the kernels would be compiled once more for the others
        first = 0
        while first < len(chunk):
            end = int(np.searchsorted(offsets, offsets[first] + BLOCK_BYTES, "right")) - 1
            end = min(max(end, first + 1), first + BLOCK_ROWS, len(chunk))
            yield offsets[first : end + 1], data
            first = end


def _as_strings(texts: Iterable[Any]) -> list[str | None]:
    if isinstance(texts, str):
        raise TypeError("expected many texts, not one string; put it into a list")
    out: list[str | None] = []
    for text in texts:
        if text is not None and not isinstance(text, str):
            raise TypeError(f"the texts hold {type(text).__name__}, not only strings")
        # A lone surrogate cannot be written as UTF-8, and Arrow would refuse the whole batch.
        out.append(text.encode("utf-8", "replace").decode() if text else text)
    return out


def count(texts: Any, *, bits: int = BITS, layer: Layer = "clean") -> scipy.sparse.csr_matrix:
    """Count hashed n-grams: a sparse int32 matrix of shape (texts, 2^bits).

    Texts are read up to :data:`READ` characters. Raises TypeError as :func:`blocks` does.
    """
    import scipy.sparse  # noqa: PLC0415 - slow, and not needed to score

    tables = load_tables(layer)
    parts = [_count_block(offsets, data, tables, bits) for offsets, data in blocks(texts)]
    if not parts:
        return scipy.sparse.csr_matrix((0, 1 << bits), dtype=np.int32)
    ends = np.cumsum([0, *(part[0][-1] for part in parts)])
    indptr = np.concatenate(
        [[0], *(part[0][1:] + end for part, end in zip(parts, ends[:-1], strict=True))]
    )
    indices = np.concatenate([part[1] for part in parts])
    values = np.concatenate([part[2] for part in parts])
    return scipy.sparse.csr_matrix((values, indices, indptr), shape=(indptr.size - 1, 1 << bits))


def scaled(counts: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """Counts over the square root of their row's sum, float32."""
    import scipy.sparse  # noqa: PLC0415 - slow, and not needed to score

    total = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    factor = 1 / np.sqrt(np.maximum(total, 1))
    data = (counts.data * np.repeat(factor, np.diff(counts.indptr))).astype(np.float32)
    return scipy.sparse.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
