"""Names and cues are found in their places, on word boundaries, through disguise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.lexicon import Hit, Lexicon, lexicon
from classifiers.normalise import normalise, to_raw_span
from classifiers.vocabulary import NAME_CLASSES, Term


def hits(text: str, *languages: str) -> list[Hit]:
    return lexicon().hits(normalise(text), languages or None)


def resolved(text: str, speaker: str | None = None, *languages: str) -> list[dict[str, float]]:
    """Whom each name of the text means, most likely first."""
    found = hits(text, *languages)
    present = {hit.entry.text for hit in found if hit.entry.klass == "context"}
    return [
        dict(hit.entry.reference.resolve(speaker, present))
        for hit in found
        if hit.entry.klass in NAME_CLASSES and hit.entry.reference is not None
    ]


def likely(text: str, speaker: str | None = None, *languages: str) -> list[str]:
    return [
        max(shares, key=shares.__getitem__)
        for shares in resolved(text, speaker, *languages)
        if shares
    ]


@pytest.mark.parametrize(
    ("text", "language", "actor"),
    [
        ("the TTP met elders", "en", "ttp"),
        ("T.T.P met elders", "en", "ttp"),
        ("ISIS-K and others", "en", "iskp"),
        ("تحریکِ طالبان پاکستان کا وفد", "ur", "ttp"),
        ("د ټي ټي پي استازی", "ps", "ttp"),
        ("پاک فوج کے ترجمان", "ur", "pakistan_state"),
        ("د اسلامي امارت ویاند", "ps", "afghan_taliban"),
        ("سخنگوی امارت اسلامی", "prs", "afghan_taliban"),
        ("pak fauj ka bayan", "ur-Latn", "pakistan_state"),
        ("da pakistan taliban", "ps-Latn", "ttp"),
        ("القاعدہ کے رہنما", "ur", "al_qaeda"),
        ("جمعیت علمائے اسلام کا جلسہ", "ur", "jui_f"),
        ("هزاره‌های کابل", "prs", "shia_hazara"),
        ("وطالبان", "prs", "afghan_taliban"),
        ("طـالـبـان", "ps", "afghan_taliban"),
        ("ط\u200bا\u200bلبان", "ps", "afghan_taliban"),
        ("US forces left", "en", "us"),
    ],
)
def test_names(text: str, language: str, actor: str) -> None:
    assert likely(text, None, language)[0] == actor


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("علی ابن ابی طالب", "ur"),
        ("علي بن ابي طالب", "ps"),
        ("طالب علم مدرسے میں", "ur"),
        ("مطالب این کتاب", "prs"),
        ("This is the State of the art", "en"),
        ("tell us more", "en"),
        ("chini ki qeemat", "ur-Latn"),
        ("ہزارہ ڈویژن میں بارش", "ur"),
        ("my friend Isis reads", "en"),
    ],
)
def test_homonyms_name_nobody(text: str, language: str) -> None:
    assert likely(text, None, language) == []


@pytest.mark.parametrize(
    ("text", "speaker", "actor"),
    [
        ("the khawarij", "afghan_taliban", "iskp"),
        ("the khawarij", "pakistan_state", "ttp"),
        ("خوارج کا گروہ", "pakistan_state", "ttp"),
        ("خوارج ډله", "afghan_taliban", "iskp"),
        ("د داعشي خوارجو", "pakistan_state", "iskp"),
        ("khawarij, said ISPR", None, "ttp"),
        ("the Daeshi Khawarij", None, "iskp"),
        ("مرتد ملیشہ", "iskp", "afghan_taliban"),
        ("رافضی", None, "shia_hazara"),
        ("the Punjabi army", None, "pakistan_state"),
        ("our mujahideen", "ttp", "ttp"),
        ("Daesh in Syria", None, "is_core"),
        ("Daesh", "afghan_taliban", "iskp"),
        ("Taliban in Waziristan", None, "ttp"),
        ("Taliban in Kabul", None, "afghan_taliban"),
    ],
)
def test_the_speaker_and_the_context_decide(text: str, speaker: str | None, actor: str) -> None:
    assert likely(text, speaker)[0] == actor


def test_an_epithet_of_an_unknown_speaker_keeps_its_candidates() -> None:
    (shares,) = resolved("khawarij", None, "en")
    assert {"iskp", "ttp"} <= set(shares)
    assert 0 < sum(shares.values()) <= 1


def test_a_name_that_needs_context_is_nobody_without_it() -> None:
    assert likely("IS is a verb", None, "en") == []
    assert likely("IS claimed an attack in Khorasan", None, "en")[0] == "iskp"
    assert likely("is khorasan far", None, "en") == ["iskp"]  # "IS Khorasan" is a name itself
    assert likely("the police held exercises", None, "en") == []
    assert likely("the army held exercises in Peshawar", None, "en") == ["pakistan_state"]


@pytest.mark.parametrize(
    ("text", "language", "klass"),
    [
        ("they are apostates", "en", "hostile"),
        ("مرتدوں", "ur", "hostile"),
        ("د دین دښمنان", "ps", "hostile"),
        ("دین‌فروشان", "prs", "hostile"),
        ("دین فروشان", "prs", "hostile"),
        ("watan faroshon", "ur-Latn", "hostile"),
        ("donate now", "en", "ask"),
        ("چندہ دیں", "ur", "ask"),
        ("بسپنه ورکړئ", "ps", "ask"),
        ("کمک کنید", "prs", "ask"),
        ("madad karein", "ur-Latn", "ask"),
        ("mrasta wakrai", "ps-Latn", "ask"),
        ("ذمہ داری قبول کرتے ہیں", "ur", "claim"),
        ("مسؤلیت پر غاړه اخلو", "ps", "claim"),
        ("مسوولیت این حمله را به عهده گرفت", "prs", "claim"),
        ("شهیدانو کورنیو", "ps", "beneficiary"),
        ("یتیم بچوں", "ur", "humanitarian"),
        ("ا ن ت ق ا م", "ur", "hostile"),
        ("d0nate", "en", "ask"),
        ("ap*st*te", "en", None),
        ("امپوسیبل", "prs", None),
    ],
)
def test_cues(text: str, language: str, klass: str | None) -> None:
    assert (klass in {hit.entry.klass for hit in hits(text, language)}) == (klass is not None)


def test_of_overlapping_terms_the_longest_stands() -> None:
    found = hits("Tehreek-e-Taliban Pakistan", "en")
    names = [hit.entry.text for hit in found if hit.entry.klass == "actor"]
    assert names == ["Tehreek-e-Taliban Pakistan"]


def test_terms_match_whole_words_only() -> None:
    table = Lexicon([Term("cat", "en", "hostile"), Term("ہم", "ur", "self")])
    assert table.hits(normalise("concatenate cats")) == []
    assert table.hits(normalise("اہم ہمت ہمارا")) == []
    assert len(table.hits(normalise("cat, ہم"))) == 2


def test_endings_belong_to_nouns_and_not_to_verbs() -> None:
    table = Lexicon([Term("traitor", "en", "hostile"), Term("donate", "en", "ask")])
    found = table.hits(normalise("traitors donates"))
    assert [(hit.start, hit.end) for hit in found] == [(0, 8)]


def test_a_language_is_preferred_and_the_rest_left_out() -> None:
    table = Lexicon(
        [
            Term("طالبان", "ur", "praise"),
            Term("طالبان", "ps", "praise"),
            Term("طالبان", "prs", "attack"),
        ]
    )
    found = table.hits(normalise("طالبان"), ["ps", "ur"])
    assert [(hit.entry.language, hit.entry.klass) for hit in found] == [("ps", "praise")]
    assert len(table.hits(normalise("طالبان"))) == 2


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Lexicon([]).hits(normalise("anything")) == []


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_hits_lie_inside_any_text(text: str) -> None:
    folded = normalise(text)
    for hit in lexicon().hits(folded):
        assert 0 <= hit.start < hit.end <= len(folded.text)
        start, end = to_raw_span(folded, hit.start, hit.end)
        assert 0 <= start < end <= len(text)


@given(
    st.sampled_from(["طالبان", "ISKP", "پاک فوج", "امارت اسلامی", "traitors"]), st.text(max_size=40)
)
@settings(max_examples=60, deadline=None)
def test_a_term_between_line_breaks_is_found_in_any_text(term: str, text: str) -> None:
    folded = normalise(f"{text}\n{term}\n{text}")
    assert any(
        normalise(term).text in folded.text[hit.start : hit.end] for hit in lexicon().hits(folded)
    )


@pytest.mark.parametrize("unit", ["a", "a ", "طالبان ", "ابی طالب ", "taliban ", "\u200b"])
def test_a_megabyte_takes_bounded_time(unit: str) -> None:
    folded = normalise((unit * (1_000_000 // len(unit)))[:1_000_000])
    start = time.thread_time()
    lexicon().hits(folded)
    assert time.thread_time() - start < 5
