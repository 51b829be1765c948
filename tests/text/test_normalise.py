"""Normalisation: what is undone, and that every character keeps its place."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifiers.normalise import clean, normalise, read_lookalikes, to_raw_span

DISGUISES = [
    ("letter spacing", "k h a w a r i j", "khawarij"),
    ("letter spacing, words apart", "k h a w a r i j   o f   t o d a y", "khawarij of today"),
    ("letter spacing by dots", "k.h.a.w.a.r.i.j", "khawarij"),
    ("letter spacing by dots, words by spaces", "k.h.a w.a.r.i.j", "kha warij"),
    ("letter spacing by bars", "k|h|a w|a|r|i|j", "kha warij"),
    ("letter spacing by commas in Arabic script", "خ،و،ا،ر،ج", "خوارج"),
    ("letter spacing in Arabic script", "خ و ا ر ج", "خوارج"),
    ("an acronym", "the T T P said", "the ttp said"),
    ("stars", "kha*wa**rij", "khawarij"),
    ("middle dots", "kha·wa•rij", "khawarij"),
    ("dots", "kha.wa.rij", "khawarij"),
    ("low lines", "one_two", "one two"),
    ("zero width", "kha\u200bwa\u200d\u2060rij", "khawarij"),
    ("bidi controls", "\u202ekha\u202cwarij\u2069", "khawarij"),
    ("soft hyphen", "kha\u00adwarij", "khawarij"),
    ("variation selectors", "a\ufe0fb\U000e0101c", "abc"),
    ("tags", "a\U000e0061b", "ab"),
    ("kashida", "خـــوارج", "خوارج"),
    ("vowel marks", "خَوَارِجٌ", "خوارج"),
    ("stacked marks", "k\u0336h\u0301\u0302a\u0327warij", "khawarij"),
    ("repeated letters", "khaaaawarijjjj", "khawarij"),
    ("a double letter stays", "allah", "allah"),
    ("leetspeak", "kh4w4r1j t3rr0r", "khawarij terror"),
    ("leetspeak by signs", "j!h@d", "jihad"),
    ("Cyrillic inside a Latin word", "khаwаrij", "khawarij"),
    ("a Cyrillic capital inside a Latin word", "КHAWARIJ", "khawarij"),
    ("a word of Cyrillic look-alikes among Latin words", "the раре here", "the pape here"),
    ("Greek inside a Latin word", "khαwαrij", "khawarij"),
    ("full width", "ｋｈａｗａｒｉｊ", "khawarij"),
    ("mathematical letters", "𝓴𝓱𝓪𝔀𝓪𝓻𝓲𝓳 𝗄𝗁𝖺", "khawarij kha"),
    ("circled letters", "ⓚⓗⓐ🅦🅐", "khawa"),
    ("small capitals", "ᴋʜᴀᴡᴀʀɪj", "khawarij"),
    ("presentation forms", "ﺧﻮﺍﺭﺝ", "خوارج"),
    ("ligatures", "ﻻ ﷲ", "لا الله"),
    ("Arabic ye and kaf", "يك", "یک"),
    ("he", "هہۀة", "هههه"[:1]),  # one he, repeated
    ("alef", "أحمد إسلام آزاد", "احمد اسلام ازاد"),
    ("a decomposed alef", "ا\u0653زاد", "ازاد"),
    ("digits", "۱۲۳ ٤٥ १", "123 45 1"),
    ("accents", "Éмir café", "emir cafe"),
    ("apostrophes", "don’t Qur'an", "dont quran"),
    ("a hashtag joined by low lines", "#one_two", "#one two"),
    ("a hashtag joined by capitals", "#OneTwo #ONE", "#one two #one"),
    ("spaces", "a  \t b \u3000\n  c", "a b\nc"),
    ("leetspeak in most words", "7h3 4774ck 0f m0nd4y", "the attack of monday"),
    ("a number among leetspeak", "k1ll3d 2000 m3n", "killed 2000 men"),
    ("emoji between words", "one🔥two", "one two"),
    ("many dots in words", "kha.warij h.ave attac.ked", "khawarij have attacked"),
    ("zero-width non-joiner", "می\u200cرود", "میرود"),
]
LEFT_ALONE = [
    "the quick brown fox, aged 2, ran 100 km.",
    "ak47 and f16 on the 2nd of may at 10am",
    "see https://example.org/a_b-c?d=3e&f=khaaaan or @some_handle or x.y@example.org",
    "t.me/some_channel",
    "u.s. and e.g. so",
    "привет, место встречи",
    "हिन्दी में लिखा है",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
]
ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("aab bcc.. **--__''##@@//::0134kKАаеΝ \n\t"),
        st.sampled_from("اأآيىیكهہةءـ\u0653\u0654\u200c\u200f\u064e\u0301ﷲﷺﻻ۔"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(("_name", "raw", "expected"), DISGUISES, ids=[d[0] for d in DISGUISES])
def test_a_disguise_is_undone(_name: str, raw: str, expected: str) -> None:
    assert normalise(raw).text == expected


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_disguise_stays(text: str) -> None:
    assert clean(text).text == text
    assert normalise(text).text.replace("ی", "ي") == text.replace("ی", "ي")


def test_cleaning_keeps_the_letters_that_tell_a_language() -> None:
    letters = "ي ی ى ك ک ه ہ ۀ ة أ آ ې ۍ ئ ټ ٹ é ğ ı"
    assert clean(letters.replace(" ", ", ")).text == letters.replace(" ", ", ")


def test_a_span_covers_what_was_dropped_inside_it_and_no_space_after_it() -> None:
    raw = "say: خـَـوارجْ   k h a n\u200b  ."
    folded = normalise(raw)
    for word, behind in [("خوارج", "خـَـوارجْ"), ("khan", "k h a n"), ("say", "say")]:
        at = folded.text.index(word)
        start, end = to_raw_span(folded, at, at + len(word))
        assert raw[start:end] == behind


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 9)])
def test_a_span_outside_the_text_is_an_error(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span"):
        to_raw_span(normalise("abc"), start, end)


@given(ANY_TEXT)
@example("a  b c  d e f")
@example("\ud800 a")
@example("a\x00b")
def test_offsets_rise_and_spans_lie_inside_the_raw_text(raw: str) -> None:
    for folded in (normalise(raw), clean(raw)):
        offsets = list(folded.offsets)
        assert len(offsets) == len(folded.text) + 1
        assert offsets == sorted(offsets)
        assert offsets[-1] == len(raw)
        assert all(0 <= o < len(raw) for o in offsets[:-1])
        for i in range(len(folded.text)):
            start, end = to_raw_span(folded, i, i + 1)
            assert 0 <= start < end <= len(raw)


@given(ANY_TEXT)
def test_once_is_enough(raw: str) -> None:
    once = normalise(raw).text
    assert normalise(once).text == once
    cleaned = clean(raw).text
    assert clean(cleaned).text == cleaned


WORDS = st.lists(
    st.sampled_from(["the", "Group", "said", "no", "Kabul", "on", "Monday", "ok", "12", "2024"]),
    max_size=20,
)


@given(WORDS)
def test_plain_words_change_only_in_case(words: list[str]) -> None:
    raw = " ".join(words)
    folded = normalise(raw)
    assert folded.text == raw.lower()
    assert list(folded.offsets) == list(range(len(raw) + 1))


@given(st.sampled_from(["khawarij", "mujahid", "مرتد", "پاکستان"]), st.integers(0, 3))
def test_invisible_characters_between_letters_never_matter(word: str, seed: int) -> None:
    hidden = "\u200b\u200e\u2066\u00ad"[seed]
    raw = "".join(c + hidden for c in word)
    assert normalise(raw).text == normalise(word).text
    assert to_raw_span(normalise(raw), 0, len(word)) == (0, len(raw) - 1)


HOSTILE = {
    "marks": "a" + "\u0301" * 1_000_000,
    "spaced": "a " * 500_000,
    "gaps": "a b  c   d    " * 70_000,
    "dotted": "a.a.a.aaaa." * 90_000,
    "pairs": "aa.bb" * 200_000,
    "at": "@" * 1_000_000,
    "slashes": "://" * 300_000,
    "domains": "x.yz/" * 200_000,
    "handles": "@abc" * 250_000,
    "leet": "a1" * 500_000,
    "stars": "a*" * 500_000,
    "one letter": "а" * 1_000_000,
    "ligatures": "ﷺ" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_takes_under_a_second(name: str) -> None:
    clean("compile first")
    start = time.thread_time()  # of this thread alone: the machine may have other work
    normalise(HOSTILE[name])
    assert time.thread_time() - start < 1.0


def test_every_lookalike_row_is_one_letter_of_its_kind() -> None:
    path = Path(__file__).parents[2] / "classifiers" / "data" / "lookalikes.csv"
    rows = list(read_lookalikes(path))
    pairs = [(char, to) for layer, char, to in rows if layer == "match"]
    for layer, char, to in rows:
        assert char != to
        if layer == "match" and to:
            assert unicodedata.category(char)[0] == unicodedata.category(to)[0] == "L"
            assert to not in dict(pairs), f"{char} becomes {to}, which becomes something else"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("upside,a,b,", "line 2: layer 'upside'"),
        ("clean,a,bc,", "one char"),
        ("match,,b,", "empty"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"layer,from,to,note\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        list(read_lookalikes(table))
