"""Many messages at once give what each alone gives; the compiled scan misses nothing."""

from __future__ import annotations

import dataclasses
import functools
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import classifiers
from classifiers.codepoints import PLANES
from classifiers.indicators import (
    READ,
    base,
    batch,
    conditions,
    detectors,
    find,
    find_all,
    scan,
)
from classifiers.indicators.plain import Plain, plain_character, plain_of
from classifiers.indicators.shapes import Part, Shape, places
from fixtures.examples import examples
from fixtures.obfuscate import OBFUSCATIONS

ROOT = Path(classifiers.__file__).parent
TEXTS = [e.text for d in detectors() for e in d.examples] + [
    o for d in detectors() for o in d.others
]
SHAPES = [(d, shape) for d in detectors() for shape in d.shapes]

#: Pieces that make and unmake indicators: parts of real ones, separators, words, disguises.
PIECES = st.one_of(
    st.sampled_from(TEXTS),
    st.builds(lambda text, a, b: text[a:b], st.sampled_from(TEXTS), *[st.integers(0, 60)] * 2),
    st.sampled_from(
        (
            *("@", ".", "-", ",", "_", "(", ")", "[at]", "[dot]", "/", "//", "bot", "t.me/"),
            *("tg://resolve?domain=", "+92", "0399", "00", "bc1", "0x", "T", "4", "8", "PK36"),
            *("account", "card", "wallet", "contact", "Easypaisa", "حساب", "کارت", "والټ", "رابطہ"),
            *("۰۳۹۹", "٤١١١", "\u200b", "\u0640", "\u202e", "🔥", "Т", "һ", "０", "²", "…"),
            *("c\u200bard", "c.a.r.d", "b0t", "c a r d", " ", "\n"),
        )
    ),
    st.text(alphabet="0123456789 -.abcdefABCDEF\n", max_size=30),
    st.text(max_size=20),
)
MESSAGES = st.builds("".join, st.lists(PIECES, max_size=12))


def alone(texts: list[str]) -> dict[int, list[base.Indicator]]:
    return {i: found for i, text in enumerate(texts) if (found := find(text[:READ]))}


@given(st.lists(MESSAGES, max_size=8))
@settings(max_examples=250, deadline=None)
def test_many_are_as_each_alone(texts: list[str]) -> None:
    assert find_all(texts) == alone(texts)


def _spaced(text: str) -> str:
    return " ".join(text)


def _hidden(text: str) -> str:
    return "\u200b".join(text)


def _foreign(text: str) -> str:
    return text.translate(str.maketrans("0123456789aeopcxTABC", "۰۱۲۳۴۵۶۷۸۹аеорсхТАВС"))


AROUND = [("", ""), ("wallet: ", " 12"), ("3 x", "x"), ("کارت ", " bot")]


@pytest.mark.parametrize("change", [str, _spaced, _hidden, _foreign, str.lower, str.upper])
def test_examples_of_the_detectors_in_every_disguise(change) -> None:
    texts = [change(f"{before}{text}{after}") for text in TEXTS for before, after in AROUND]
    assert find_all(texts) == alone(texts)


def test_generated_messages_and_their_obfuscations() -> None:
    texts = [example.text for example in examples(3, 600)]
    texts += [f(text, 7) for f in OBFUSCATIONS.values() for text in texts[:120]]
    found = find_all(texts)
    assert found == alone(texts)
    assert len(found) > 30


@functools.cache
def _alone(index: int) -> tuple[Shape, tuple]:
    """A shape without its words, and the tables of a scan for nothing else."""
    detector, shape = SHAPES[index]
    shape = dataclasses.replace(shape, words=None)
    tables = conditions.tables([detector._replace(shapes=(shape,))])
    return shape, (*tables, *batch._tables(detectors())[2:])


@pytest.mark.parametrize("index", range(len(SHAPES)))
@given(text=MESSAGES)
@settings(max_examples=60, deadline=None)
def test_the_scan_finds_the_first_place_of_every_shape(index: int, text: str) -> None:
    shape, tables = _alone(index)
    offsets, data = next(batch.blocks(batch._strings([text])))
    starts = scan.scan(offsets, data, *tables).starts
    first = next(places(plain_of(text).text, shape), None)
    if first is not None:
        assert 0 <= starts[0, 0] <= first
    elif all(part.least == part.most for part in shape.parts[:-1]):
        assert not starts.size


def test_characters_become_what_the_detectors_read() -> None:
    characters, _ = conditions.tables(detectors())
    for code in range(PLANES):
        plain = int(characters.plain[code])
        if not 0xD800 <= code < 0xE000:  # surrogates are no characters of a text in Arrow
            assert (None if plain < 0 else chr(plain)) == plain_character(chr(code)), hex(code)


def test_dropped_characters_of_the_upper_planes_are_passed_over() -> None:
    for code in range(PLANES, sys.maxunicode + 1):
        char = plain_character(chr(code))
        assert not char or not char.isascii(), hex(code)
        assert char or 0xE0000 <= code < 0xE0200, hex(code)
    texts = [f"a{chr(code)}0399 0000000" for code in range(0xE0000, 0xE0200)]
    assert find_all(texts) == alone(texts) != {}


KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_arrow_array_of_text(kind: pa.DataType) -> None:
    texts = [*TEXTS, None, "", "x"]
    array = pa.array(texts, pa.string()).cast(kind)
    wanted = alone([text or "" for text in texts])
    assert find_all(array) == wanted
    assert find_all(pa.chunked_array([array, array[:0], array[5:]])) == wanted | {
        i + len(texts) - 5: found for i, found in wanted.items() if i >= 5
    }
    assert find_all(array[7:9]) == {i - 7: found for i, found in wanted.items() if i in (7, 8)}
    assert find_all(array[:0]) == {}


def test_a_long_text_is_read_up_to_the_bound_in_characters() -> None:
    address = "@example_inert_bot"
    for filler in ("x", "خ", "🔥"):
        inside = filler * (READ - len(address) - 1) + " " + address
        texts = ["a", inside, " " + inside, inside + "x" * READ, address]
        assert find_all(texts) == alone(texts)
        assert set(find_all(texts)) >= {1, 4}


def test_lone_surrogates_are_passed_over() -> None:
    texts = ["PK36\ud800SCBL0000\udfff001123456702", "x", "@example\udc00_inert_bot"]
    assert find_all(texts) == alone(texts)
    assert len(find_all(texts)) == 2


@given(st.binary(max_size=60), st.binary(max_size=10), st.sampled_from(TEXTS))
@settings(max_examples=300, deadline=None)
def test_broken_bytes_count_as_replaced(before: bytes, after: bytes, text: str) -> None:
    raw = [before + text.encode() + after, before, text.encode()[: len(before)]]
    offsets = pa.py_buffer(np.cumsum([0, *map(len, raw)]).astype(np.int32))
    array = pa.StringArray.from_buffers(len(raw), offsets, pa.py_buffer(b"".join(raw) or b"\0"))
    assert find_all(array) == alone([one.decode("utf-8", "replace") for one in raw])


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="strings"):
        find_all(pa.array([1, 2]))
    with pytest.raises(TypeError, match="int"):
        find_all([1, 2])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="one string"):
        find_all("text")


def test_the_scan_lets_no_ordinary_text_pass() -> None:
    texts = [
        "An ordinary sentence about the weather in the valley, with some more words.",
        "Kabul, 12.03.2021: 3 schools for 1,200 pupils were opened at a cost of $ 4.5 million.",
        "On 4 March 2021 the United Nations Security Council met; 15 members were present.",
        "کابل، ۱۲ مارچ ۲۰۲۱: ۳ سکولونه پرانیستل شول، ۴۵۰۰۰۰ افغانۍ لګېدلې دي",
        "as @example_inert said (https://news.example/2021/03/04/12345678901234567890)",
        "more at t.me/example_inert and https://news.example/a-12?id=123456789012",
    ]
    for offsets, data in batch.blocks(texts):
        assert scan.scan(offsets, data, *batch._tables(detectors())).rows.tolist() == []


def test_a_detector_without_shapes_is_always_asked() -> None:
    asked = []

    def look(plain: Plain, start: int):
        asked.append((plain.text, start))
        return ()

    detector = base.Detector(("any",), look, (), ())

    def ask(plain: Plain, starts) -> list[base.Indicator]:
        return list(detector.find(plain, starts[0]))

    assert list(batch.found(["ab", "", "۱"], (detector,), ask)) == []
    assert asked == [("ab", 0), ("", 0), ("1", 0)]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (Shape((Part("1"), Part("1-", 3, 3)), gaps="-"), "gaps"),
        (Shape((Part("1"),), ending="robot"), "ending"),
        (Shape((Part("".join(map(chr, range(0x400, 0x500)))),)), "too many"),
    ],
)
def test_a_shape_that_cannot_be_compiled_is_refused(shape: Shape, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        conditions.tables([base.Detector(("any",), lambda plain, start: (), (), (), (shape,))])


def test_more_mentions_than_candidates_still_pass() -> None:
    texts = ["@some_name " * 400 + "contact @example_inert", "@some_name " * 400]
    assert find_all(texts) == alone(texts)
    assert 0 in find_all(texts)
