"""What is learnt from: text from packages, and the views of a text."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest

from classifiers.language.messages import cldr, fluent, mediawiki, words
from classifiers.language.sources import Source, public
from classifiers.language.table import languages
from classifiers.language.views import DISGUISED, cut, disguised, named, names_in, views_of

SENTENCE = "امروز در شهر باران زیادی بارید و خیابان‌ها پر از آب شد"


def test_messages_of_mediawiki_lose_their_markup(tmp_path: Path) -> None:
    folder = tmp_path / "languages" / "i18n"
    folder.mkdir(parents=True)
    messages = {
        "@metadata": {"authors": ["somebody with a long name"]},
        "short": "خطا",
        "plain": "<b>این صفحه</b> را [[Special:Search|جستجو کنید]] در {{SITENAME}}",
        "plural": "{{PLURAL:$1|یک صفحه پیدا شد|$1 صفحه}} در https://example.org/en",
    }
    (folder / "fa.json").write_text(json.dumps(messages), encoding="utf-8")
    (folder / "qqq.json").write_text(json.dumps(messages), encoding="utf-8")
    assert list(mediawiki(tmp_path, {"fa": "fa"})) == [
        ("این صفحه را جستجو کنید در", "fa"),
        ("یک صفحه پیدا شد در", "fa"),
    ]


def test_names_of_signs_come_with_their_words(tmp_path: Path) -> None:
    folder = tmp_path / "annotations" / "ur"
    folder.mkdir(parents=True)
    signs = {"😀": {"tts": ["مسکراتا ہوا چہرہ"], "default": ["چہرہ", "مسکراہٹ", "خوشی"]}, "x": {}}
    content = {"annotations": {"annotations": signs}}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    assert [text for text, _ in cldr(tmp_path, {"ur": "ur"})] == [
        "مسکراتا ہوا چہرہ", "چہرہ مسکراہٹ خوشی",
    ]  # fmt: skip


def test_language_packs_are_read_as_they_lie(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "langpack-skr@x.xpi", "w") as pack:
        pack.writestr(
            "a/b.ftl",
            "# a comment that is long enough\nname = نویں ونڈو تے ونڄو { $x }\n"
            "other =\n    .label = ایہ ڈبہ بند کرو ایہ\n    ایہ صفحہ محفوظ کرو ایہ\n",
        )
    found = [text for text, _ in fluent(tmp_path, {"skr": "skr"})]
    assert found == ["نویں ونڈو تے ونڄو", "ایہ ڈبہ بند کرو ایہ", "ایہ صفحہ محفوظ کرو ایہ"]


def test_lists_of_words_make_the_same_texts_each_time(tmp_path: Path) -> None:
    (tmp_path / "ps.txt").write_text("\n".join(f"کلمه{c}" for c in "ابتپجچ1"), encoding="utf-8")
    first = list(words(tmp_path, {"ps": "ps"}))
    assert first == list(words(tmp_path, {"ps": "ps"}))
    assert [len(text.split()) for text, _ in first] == [6]


def test_no_more_than_the_most_of_a_tag_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("en\tone\nen\ttwo\nen\tone\nfa\tسه\n", encoding="utf-8")
    source = Source("a", "a.tsv", "", "", noisy=False, columns=("tag", "text"), most=1)
    found = [(s.tag, s.text) for s in public(tmp_path, source, languages())]
    assert len(found) == 2
    assert found == [(s.tag, s.text) for s in public(tmp_path, source, languages())]
    wrong = Source("a", "a.tsv", "", "", noisy=False, columns=("tag", "text"), language="xx")
    with pytest.raises(ValueError, match="no language 'xx'"):
        list(public(tmp_path, wrong, languages()))


def test_views_are_pieces_of_the_text_and_one_disguise() -> None:
    random = Random(1)
    views = list(views_of(SENTENCE, random))
    assert views[0] == SENTENCE
    assert all(view in SENTENCE for view in views[:-1])
    assert [len(view) for view in views[1:-1]] == [40, 20, 20]
    assert len(views[-1]) <= max(DISGUISED)
    assert len(list(views_of("short", random))) == 2
    assert {len(cut(SENTENCE, 10, random)) for _ in range(20)} == {10}


def test_every_disguise_changes_something_sometimes() -> None:
    random = Random(2)
    assert len({disguised(SENTENCE, random) for _ in range(60)}) > 20


def test_names_are_put_between_words() -> None:
    names = names_in(["The mayor, Karl Racine, met Ann in Oslo.", "Nothing here"])
    assert names == ["Ann", "Karl", "Oslo", "Racine"]
    text = named(SENTENCE, names, Random(3))
    assert any(name in text for name in names)
    assert len(text) <= len(SENTENCE)
