from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from fixtures import tables
from fixtures.cast import channels, kinds
from fixtures.tables import LANGUAGES, SPLITS, TableError, load, parse_row

ROW = {
    "family": "en-x-01",
    "split": "train",
    "act": "insult",
    "text": "{T} are liars.",
    "severity": "1",
    "frames": "other",
    "routes": "",
}


def test_every_act_is_said_in_every_full_language_and_split() -> None:
    phrases = load().phrases
    missing = [
        (language, act, split)
        for language in ("en", "ur", "ps", "prs")
        for act in load().acts
        for split in SPLITS
        if (language, act, split) not in phrases
    ]
    assert missing == []


def test_no_wording_stands_in_two_splits() -> None:
    """Compare with slots, case, spaces and punctuation taken out, which the loader keeps."""
    seen: dict[str, set[str]] = defaultdict(set)
    for row in load().rows():
        bare = re.sub(r"\{\w+\}|[\W_]+", " ", row.text).casefold().split()
        if len(bare) > 2:
            seen[" ".join(bare)].add(row.split)
    assert {text: splits for text, splits in seen.items() if len(splits) > 1} == {}


def test_a_family_has_one_split_and_one_act() -> None:
    families = defaultdict(set)
    for row in load().rows():
        families[row.family].add((row.language, row.split, row.act))
    assert all(len(found) == 1 for found in families.values())
    assert len(families) > 2000


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"act": "insutl"}, "unknown act 'insutl'"),
        ({"split": "dev"}, "unknown split 'dev'"),
        ({"text": "{X} are liars."}, "unknown slot 'X'"),
        ({"text": "{T are liars."}, "brace"),
        ({"text": "They are liars."}, "needs its target"),
        ({"frames": "puppet"}, "unknown frame 'puppet'"),
        ({"severity": "4"}, "severity"),
        ({"act": "news"}, "severity"),
        ({"routes": "gold"}, "unknown route 'gold'"),
        ({"family": "ur-x-01"}, "starting with 'en-'"),
    ],
)
def test_a_wrong_row_is_named(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(TableError, match=rf"en\.csv:7: .*{re.escape(complaint)}"):
        parse_row("en.csv:7", "en", {**ROW, **change}, load().acts)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for part in ("data", "phrases"):
        shutil.copytree(tables.FOLDER / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("en-insult-01,test,insult,Another {T}.,1,other,", "one of each"),
        ("en-fresh-01,train,insult,{T} wording one.,1,other,\n"
         "en-fresh-02,test,insult,{T}  Wording One.,1,other,", "same text"),
        ("en-fresh-01,train,insult", "expected 7 cells"),
    ],
)  # fmt: skip
def test_what_spans_rows_is_checked_too(copy: Path, line: str, complaint: str) -> None:
    with (copy / "phrases" / "en.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(TableError, match=rf"en\.csv:\d+: .*{complaint}"):
        load(copy)


def test_a_wrong_header_or_missing_name_is_named(copy: Path) -> None:
    slots = copy / "phrases" / "slots.csv"
    text = slots.read_text(encoding="utf-8")
    slots.write_text(re.sub(r"(?m)^ps,name,russia,.*\n", "", text), encoding="utf-8")
    with pytest.raises(TableError, match=r"slots\.csv: no name of russia in ps"):
        load(copy)
    slots.write_text(text.replace("slot,", "slots,", 1), encoding="utf-8")
    with pytest.raises(TableError, match=r"slots\.csv:1: header"):
        load(copy)


def test_relations_keep_the_rules_of_this_world() -> None:
    relations = load().relations
    assert "afghan_taliban" not in relations["ttp"]
    assert "ttp" not in relations["afghan_taliban"]
    assert all(speaker not in targets for speaker, targets in relations.items())
    assert min(relations["iskp"], key=relations["iskp"].__getitem__) == "shia_hazara"


def test_the_cast_covers_languages_kinds_and_ways_of_export() -> None:
    cast = channels()
    assert {tag for channel in cast for tag in channel.languages.items} == set(LANGUAGES)
    assert {channel.kind for channel in cast} == set(kinds())
    assert {channel.export for channel in cast} == {"once", "twice", "account", "left"}
    assert {channel.style for channel in cast} == {"new", "old", "quirky"}
    again = channels(3)
    assert len({channel.id for channel in again}) == len(again) == 3 * len(cast)
    assert len({channel.slug for channel in again}) == len(again)
