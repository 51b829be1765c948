"""The functional suite and the annotated posts: complete, inert, and their tables checked."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from fixtures import annotated, functional
from fixtures.functional import LANGUAGES, cases, functionalities
from fixtures.tables import TableError, load
from tests.fixtures_.test_inert import offences

HEADER = "functionality,text,channel_actor,reply_text,hostile,solicits,claims\n"
POSTS = "kind,text,channel_actor,reply_text,hostile,solicits,routes,claims\n"


def test_every_functionality_has_twenty_cases_in_every_language() -> None:
    counts = Counter((case.functionality, case.language) for case in cases())
    missing = [
        (name, language, counts[name, language])
        for name in functionalities()
        for language in LANGUAGES
        if counts[name, language] < 20 and not (name == "romanised" and language in ("en", "prs"))
    ]
    assert missing == []


def test_both_answers_are_asked_for_of_every_label() -> None:
    found = {(row.label, row.expected) for row in functionalities().values()}
    for label in ("hostile", "solicits_donation", "claims_attack"):
        assert {(label, "yes"), (label, "no")} <= found
    both = [bool(case.hostile) for case in cases()]
    assert 0.15 < sum(both) / len(both) < 0.6


def test_no_case_is_a_phrase_that_models_are_fitted_on() -> None:
    """Independence: no wording of four words and more stands in the phrase tables or the posts."""

    def bare(text: str) -> str:
        # Slots on one side, what fills them on the other: neither is wording.
        plain = re.sub(r"\{\w+\}|\S*\d\S*", " ", text)
        return " ".join(re.sub(r"[\W_]+", " ", plain).casefold().split())

    learnt = {bare(row.text) for row in load().rows()}
    learnt |= {bare(post.text) for post in annotated.posts(obfuscated=0)}
    shared = [
        case.id
        for case in cases()
        if len(bare(case.text).split()) > 3 and bare(case.text) in learnt
    ]
    assert shared == []


def test_cases_and_posts_lead_to_nobody() -> None:
    for item in (*cases(), *annotated.posts(obfuscated=0)):
        text = f"{item.text} {item.reply_to_text or ''}"
        assert not list(offences(text)), text


def test_cases_and_posts_are_the_same_every_time() -> None:
    assert cases() == cases()
    assert list(annotated.posts(3)) == list(annotated.posts(3))
    plain = list(annotated.posts(obfuscated=0))
    assert {post.split for post in plain} == {"train", "validation"}
    assert len({post.family for post in plain}) > 0.98 * len(plain)
    assert all(not post.obfuscation for post in plain)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(functional.FOLDER, tmp_path / "functional")
    return tmp_path / "functional"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("insutl,They lie.,,,ttp,no,no", "unknown functionality 'insutl'"),
        ("insult,They lie.,,,tpp,no,no", "unknown actor 'tpp'"),
        ("insult,They lie.,ttp,,ttp,no,no", "no actor is hostile to itself"),
        ("insult,They lie.,,,,no,no", "insult expects hostile yes"),
        ("ask_zakat,Give.,,,,maybe,no", "solicits is yes, no or review"),
        ("ask_crypto,Give {ADRR}.,,,,yes,no", "unknown slot 'ADRR'"),
        ("insult,They lie", "expected 7 cells"),
    ],
)
def test_a_wrong_case_is_named(copy: Path, row: str, complaint: str) -> None:
    (copy / "en.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=rf"en\.csv:2: .*{complaint}"):
        cases(["en"], copy)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("insutl,They lie.,,,ttp/1/other,no,,no", "unknown kind 'insutl'"),
        ("insult,They lie.,,,ttp/4/other,no,,no", "write actor/severity/frame"),
        ("insult,They lie.,,,ttp,no,,no", "write actor/severity/frame"),
        ("insult,They lie.,ttp,,ttp/1/other,no,,no", "no actor, or the channel's own"),
        ("ask_zakat,Give.,,,,yes,gold,no", "unknown route 'gold'"),
        ("ask_zakat,Give.,pta,,,yes,,no", "unknown actor 'pta'"),
        ("insult,They lie.,,,ttp/1/other,no,,maybe", "claims yes or no"),
    ],
)
def test_a_wrong_post_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    (tmp_path / "en.csv").write_text(POSTS + row + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=rf"en\.csv:2: .*{complaint}"):
        list(annotated.posts(folder=tmp_path))
