"""Language detection: what it answers, when it abstains, and that nothing makes it raise."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.language import Detected, detect
from classifiers.language.detection import no_second_opinion
from classifiers.language.model import default
from classifiers.language.scoring import SCRIPTS
from classifiers.language.table import languages

SENTENCES = {
    "ps": "د کابل په ښار کې نن ډېر باران وشو او سړکونه له اوبو ډک شول",
    "ur": "آج لاہور میں بہت بارش ہوئی اور سڑکیں پانی سے بھر گئیں",
    "en": "It rained a lot in the city today and the streets filled with water",
    "fa": "امروز در شهر باران زیادی بارید و خیابان‌ها پر از آب شد",
    "ps-Latn": "nan pa kabul ke der baran wosho aw mung kor ta laru",
    "ur-Latn": "aaj shehar mein bohat barish hui aur sarken pani se bhar gayin",
    "ar": "هطلت أمطار غزيرة على المدينة اليوم وامتلأت الشوارع بالمياه",
    "hi": "आज शहर में बहुत बारिश हुई और सड़कें पानी से भर गईं",
    "pa": "ਅੱਜ ਸ਼ਹਿਰ ਵਿੱਚ ਬਹੁਤ ਮੀਂਹ ਪਿਆ ਅਤੇ ਸੜਕਾਂ ਪਾਣੀ ਨਾਲ ਭਰ ਗਈਆਂ",
    "ru": "Сегодня в городе был сильный дождь, и улицы залило водой",
    "sd": "اڄ شهر ۾ تمام گهڻو مينهن پيو ۽ رستا پاڻي سان ڀرجي ويا",
    "ckb": "ئەمڕۆ لە شار بارانێکی زۆر باری و شەقامەکان پڕ بوون لە ئاو",
    "ug": "بۈگۈن شەھەردە قاتتىق يامغۇر ياغدى، كوچىلار سۇغا تولدى",
    "tr": "Bugün şehirde çok yağmur yağdı ve sokaklar suyla doldu",
    "uz": "Bugun shaharda kuchli yomgʻir yogʻdi va koʻchalar suvga toʻldi",
    "tg": "Имрӯз дар шаҳр борони сахт борид ва кӯчаҳо пур аз об шуданд",
}
DISGUISES = {
    "zero width": "\u200b".join,
    "kashida": lambda t: t.replace("س", "سـ").replace("ب", "بــ"),
    "vowel marks": lambda t: "".join(c + "\u064e" if "\u0620" < c < "\u06d3" else c for c in t),
    "letter spacing": lambda t: "   ".join(" ".join(word) for word in t.split()),
    "letter spacing, words run together": lambda t: " ".join(t.replace(" ", "")),
    "dots": lambda t: " ".join(".".join(word) for word in t.split()),
    "repeated letters": lambda t: "".join(c * 4 if c in "aeiاوی" else c for c in t),
    "Cyrillic look-alikes": lambda t: t.translate(str.maketrans("aeopcyx", "аеорсух")),
    "Arabic look-alikes": lambda t: t.translate(str.maketrans("یکہ", "يكه")),
    "full width": lambda t: "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in t),
    "a hashtag": lambda t: "#" + t.replace(" ", "_"),
    "emoji for spaces": lambda t: t.replace(" ", "🌹"),
    "no spaces": lambda t: t.replace(" ", ""),
}


def one(text: str) -> Detected:
    return detect([text], second_opinion=no_second_opinion)


@pytest.mark.parametrize("tag", SENTENCES)
def test_a_sentence_is_named(tag: str) -> None:
    found = one(SENTENCES[tag])
    assert found.tag == [tag]
    assert found.abstained == [None]
    assert found.probability[0] is not None
    assert found.probability[0] > 0.8
    assert found.mixed == [()]


@pytest.mark.parametrize("name", DISGUISES)
@pytest.mark.parametrize("tag", ["ps", "ur", "en", "fa"])
def test_a_disguise_does_not_hide_the_language(tag: str, name: str) -> None:
    assert one(DISGUISES[name](SENTENCES[tag])).tag == [tag]


@pytest.mark.parametrize(
    ("text", "tag", "reason"),
    [
        ("", "zxx", "no_text"),
        ("https://example.org/some/long/english/path @somebody 12:30 😀 !!", "zxx", "no_text"),
        ("www.example.org", "zxx", "no_text"),
        ("a", "und", "too_short"),
        ("د", "und", "too_short"),
        ("שלום לכולם", "und", "uncertain"),
    ],
)
def test_it_abstains_with_a_reason(text: str, tag: str, reason: str) -> None:
    found = one(text)
    assert (found.tag, found.probability, found.abstained) == ([tag], [None], [reason])


def test_a_language_in_latin_letters_that_is_not_known_is_not_taken_for_one_that_is() -> None:
    found = detect(
        [
            "Hier il a beaucoup plu dans la ville et les rues étaient pleines d'eau",
            "Gestern hat es in der Stadt viel geregnet und die Straßen standen unter Wasser",
            "Kemarin hujan deras di kota dan jalan-jalan penuh dengan air",
        ]
    )
    assert not {"en", "ps", "ur", "fa", "prs", "ur-Latn", "ps-Latn"} & set(found.tag)


def test_a_script_that_no_class_is_written_in_is_named_by_the_second_opinion() -> None:
    assert detect(["היום ירד הרבה גשם בעיר והרחובות התמלאו במים"]).tag == ["he"]


def test_two_languages_in_one_text_come_with_their_shares() -> None:
    found = one(SENTENCES["en"] + ". " + SENTENCES["ps"])
    assert {tag for tag, _ in found.mixed[0]} == {"en", "ps"}
    assert sum(share for _, share in found.mixed[0]) == pytest.approx(1, abs=1e-3)
    assert found.tag[0] == found.mixed[0][0][0]


@pytest.mark.parametrize("tag", ["ar", "hi", "sd"])
def test_a_class_of_several_scripts_is_named_by_its_own_part_of_a_mixture(tag: str) -> None:
    found = one(f"{SENTENCES['en']}. {SENTENCES[tag]}. {SENTENCES['en']}")
    assert {name for name, _ in found.mixed[0]} == {"en", tag}


def test_the_second_opinion_is_asked_about_few_of_a_batch() -> None:
    asked: list[int] = []

    def count(texts: Sequence[str]) -> list[None]:
        asked.append(len(texts))
        return [None] * len(texts)

    limits = languages().settings
    detect(["היום ירד הרבה גשם"] * 30_000, second_opinion=count)
    detect(["היום ירד הרבה גשם"] * 30, second_opinion=count)
    assert asked == [30_000 * limits.second_opinion_share, limits.second_opinion_least]


def test_a_name_in_other_letters_is_no_second_language() -> None:
    assert one(SENTENCES["ur"] + " (BBC)").mixed == [()]


def test_persian_is_dari_where_its_words_say_so() -> None:
    found = detect(["آنها در شفاخانه استند و موتر ندارند", "او به بیمارستان تهران رفت"])
    assert found.tag == ["prs", "fa"]
    assert found.dari_log_odds[0] > 0 > found.dari_log_odds[1]


def test_arrow_and_lists_nulls_and_slices_are_the_same() -> None:
    texts = [None, *SENTENCES.values(), ""]
    array = pa.array(texts)
    assert detect(texts) == detect(array) == detect(pa.chunked_array([array[:3], array[3:]]))
    assert detect(array[2:5]).tag == detect(texts).tag[2:5]
    assert detect([]).tag == []
    table = detect(array).to_table()
    assert table.column_names == ["tag", "probability", "mixed", "abstained"]
    assert table.num_rows == len(texts)


def test_neighbours_in_a_batch_do_not_matter() -> None:
    texts = list(SENTENCES.values())
    together = detect(texts, second_opinion=no_second_opinion)
    for number, text in enumerate(texts):
        alone = one(text)
        assert alone.tag[0] == together.tag[number]
        assert alone.probability[0] == pytest.approx(together.probability[number], abs=1e-4)


def test_threads_get_the_same_answers() -> None:
    texts = list(SENTENCES.values()) * 20
    expected = detect(texts)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(detect, [texts] * 8))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_gets_an_answer_that_holds_together(text: str) -> None:
    found = detect([text])
    tag, probability = found.tag[0], found.probability[0]
    assert (probability is None) == (found.abstained[0] is not None)
    assert (tag in ("und", "zxx")) == (found.abstained[0] is not None)
    if probability is not None:
        assert languages().settings.abstain_below - 1e-6 <= probability <= 1
    for mixed in found.mixed:
        assert all(0 < share <= 1 for _, share in mixed)
        assert not mixed or sum(share for _, share in mixed) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["\x00", "\ud800", "a\x00b", "\u0301" * 10**6, "a" * 10**6, "ab " * 350_000, "\U0010ffff", "ﷺ"],
    ids=["nul", "surrogate", "nul inside", "marks", "one word", "many words", "last", "ligature"],
)
def test_odd_and_long_texts_get_an_answer(text: str) -> None:
    assert len(detect([text, "and this"]).tag) == 2


def test_the_model_has_a_class_for_every_language_of_the_table() -> None:
    model = default()
    assert set(model.classes) == {lang.model_class for lang in languages().by_tag.values()}
    assert {s for lang in languages().by_tag.values() for s in lang.scripts} <= set(SCRIPTS)
    for origin in model.card["trained_on"]:
        assert {"origin", "licence", "sha256", "texts"} <= set(origin)
    full = model.card["metrics"]["phrase families of the test split"]["full"]
    assert full["macro_f1"] >= 0.97
