"""Each detector's own examples, run by one contract; the package's promises on hostile input."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.indicators import detectors, find
from classifiers.indicators.base import Detector
from classifiers.indicators.plain import plain_of

EXAMPLES = [(d, e) for d in detectors() for e in d.examples]
OTHERS = [(d, text) for d in detectors() for text in d.others]


@pytest.mark.parametrize(("detector", "example"), EXAMPLES, ids=lambda x: getattr(x, "text", ""))
def test_finds_its_examples(detector: Detector, example) -> None:
    mine = [item for item in find(example.text) if item.type in detector.types]
    assert [(item.value, item.valid) for item in mine] == [(example.value, example.valid)]
    (item,) = mine
    assert 0 <= item.start < item.end <= len(example.text)
    # What the span covers is enough to find it again, so the span is the right one.
    covered = plain_of(example.text[item.start : item.end]).text
    squeezed = "".join(filter(str.isalnum, covered)).lower()
    tail = "".join(filter(str.isalnum, example.value)).lower()[-6:]
    assert squeezed.endswith(tail) or "dot" in squeezed


@pytest.mark.parametrize(("detector", "text"), OTHERS)
def test_leaves_others_alone(detector: Detector, text: str) -> None:
    assert [item for item in find(text) if item.type in detector.types] == []


def test_every_detector_brings_examples_of_both_kinds() -> None:
    assert len(detectors()) >= 9
    for detector in detectors():
        assert len(detector.examples) >= 4, detector.types
        assert len(detector.others) >= 3, detector.types


def test_a_service_turns_a_phone_into_mobile_money() -> None:
    assert [item.type for item in find("Easypaisa 0399 0000000")] == ["mobile_money"]
    assert [item.type for item in find("call 0399 0000000")] == ["phone"]


def test_spans_are_of_the_raw_text() -> None:
    text = "والٹ \u200f3\u200b3FFrcn4Tv1qgGEuXPkkPdr44DuWp3RzPo\u200b پر"
    (item,) = find(text)
    assert text[item.start] == "3"
    assert text[item.end - 1] == "o"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("JazzCash: 3990000000", "3990000000"),
        ("call (+92 399 0000000", "+92 399 0000000"),
        ("tel: (0399) 0000000", "(0399) 0000000"),
    ],
)
def test_a_number_begins_with_its_first_digit_or_plus(text: str, number: str) -> None:
    (item,) = find(text)
    assert text[item.start : item.end] == number


def test_cards_of_several_issuers_in_one_message() -> None:
    found = find("card 2223003122003222; card 4111111111111111")
    assert [item.value[:4] for item in found] == ["2223", "4111"]


def test_the_tail_of_a_longer_word_is_no_word() -> None:
    padding = "x" * 22
    assert find(f"discard {padding} 4111111111111111") == []
    assert find(f"card {padding} 4111111111111111") != []


def test_several_in_one_message_in_order() -> None:
    text = (
        "BTC 1111111111111111111114oLvT2 ETH 0x52908400098527886E0F7030069857D2E4169EE7 "
        "IBAN PK36 SCBL 0000 0011 2345 6702 or @example_inert_bot"
    )
    assert [item.type for item in find(text)] == ["bitcoin", "ethereum", "iban", "bot"]


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_disjoint_spans_inside_it(text: str) -> None:
    last = 0
    for item in find(text):
        assert last <= item.start < item.end <= len(text)
        last = item.end


@given(st.text(alphabet="13bcT48x0@. -٣۱\u200b\u202eqQa", max_size=200))
@settings(max_examples=200, deadline=None)
def test_text_near_the_formats_gives_disjoint_spans_inside_it(text: str) -> None:
    last = 0
    for item in find(text):
        assert last <= item.start < item.end <= len(text)
        last = item.end


@pytest.mark.parametrize(
    "unit",
    ["1", "1 ", "3 a ", "4", "T", "T ", "bc1", "bc1 ", "0x", "0xa ", "PK36", "P K 3 6 ", "@", "@a ",
     "@aaaaa ", "a@", "a@b.", "a.a", "+1 ", "+", "(1", "0399 0000000 ", "t.me/", "t.me/aaaaa ", "۱",
     "\u200b1", "4111 1111 1111 1111 ", "card 4111111111111111 ", "bank 00001111222 ", "1-", "tg://"],
)  # fmt: skip
def test_a_megabyte_takes_bounded_time(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    start = time.process_time()
    find(text)
    assert time.process_time() - start < 8
