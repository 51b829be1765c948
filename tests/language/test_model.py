"""The model's files, its training, its tables, and the second opinion."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers import modelfile
from classifiers.language import (
    channel_probability,
    detect,
    persian,
    second_opinion,
    table,
    training,
)
from classifiers.language import model as language_model
from classifiers.language.sources import Sample, read_sources
from classifiers.normalise import normalise

PHRASES = {
    "en": ["the road to the city is open", "we will meet at the market", "they said it was good"],
    "ur": ["شہر کا راستہ کھلا ہے", "ہم بازار میں ملیں گے", "انہوں نے کہا کہ یہ اچھا ہے"],
    "ps": ["د ښار لار خلاصه ده", "موږ به په بازار کې سره ووینو", "هغوی وویل چې دا ښه ده"],
}


@pytest.fixture
def phrase_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "phrases"
    folder.mkdir()
    for tag, texts in PHRASES.items():
        with (folder / f"{tag}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["family", "split", "act", "text", "severity", "frames", "routes"])
            for text in texts:
                rows.writerow([f"{tag}-a-01", "train", "news", text, "", "", ""])
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for end in ("json", "safetensors"):
        shutil.copy(modelfile.FOLDER / f"language.{end}", tmp_path)
    return tmp_path


def test_training_without_public_text_works_and_its_card_says_so(
    phrase_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PSEUDO_TEXTS", 1)
    cards = [training.train(tmp_path / name, phrase_folder=phrase_folder, bits=12) for name in "ab"]
    assert cards[0] == cards[1]  # the same data and seed, the same weights
    assert cards[0]["public_text"] is False
    assert "phrase tables alone" in cards[0]["note"]
    model = language_model.load(tmp_path / "a")
    assert set(model.classes) >= {"en", "ur", "ps", table.languages().class_of("mis")}
    found = detect(["we will meet in the city", "ښار ته لار خلاصه ده"], model=model)
    assert found.tag == ["en", "ps"]


def test_training_on_nothing_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fewer than two languages"):
        training.fit([Sample("one", "en", "here")], bits=8)


def test_noise_that_the_other_half_contradicts_is_left_out() -> None:
    samples = [
        Sample(f"{text} {n}", tag, "hatecheck") for n in range(20) for tag in PHRASES
        for text in PHRASES[tag]
    ]  # fmt: skip
    wrong = Sample(" ".join(PHRASES["en"]), "ur", "roman_urdu")
    right = Sample(" ".join(PHRASES["ps"]), "ps", "roman_urdu")
    rows = [*samples, wrong, right]
    judges = training.Judges(rows, seed=1, bits=12)
    doubted = judges.doubt(rows, [row.text for row in rows])
    assert doubted.tolist() == [False] * len(samples) + [True, False]
    piece = judges.doubt([right], [wrong.text])
    assert piece.tolist() == [True]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "language.safetensors").unlink(), "channelwatch train"),
        (lambda f: (f / "language.json").write_text("{"), "no JSON"),
        (lambda f: (f / "language.safetensors").write_bytes(b"x" * 99), "hash"),
    ],
)
def test_a_damaged_model_is_refused(copied: Path, damage: object, message: str) -> None:
    assert callable(damage)
    damage(copied)
    with pytest.raises(modelfile.ModelFileError, match=message):
        language_model.load(copied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ["en"]}, "do not fit together"),
        ({"format": 99}, "format 99"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    copied: Path, change: dict[str, object], message: str
) -> None:
    card = json.loads((copied / "language.json").read_text(encoding="utf-8"))
    (copied / "language.json").write_text(json.dumps(card | change), encoding="utf-8")
    with pytest.raises(modelfile.ModelFileError, match=message):
        language_model.load(copied)


def test_the_committed_model_is_small() -> None:
    assert (modelfile.FOLDER / "language.safetensors").stat().st_size < 4 << 20


def test_quantised_weights_are_close() -> None:
    weights = np.random.default_rng(1).normal(size=(3, 4096))
    packed, scale = language_model.quantise(weights)
    assert np.abs(packed * scale - weights.T).max() <= scale / 2 + 1e-9


def test_the_second_opinion_knows_pashto_and_always_says_the_same() -> None:
    texts = ["د کابل په ښار کې نن ډېر باران وشو او سړکونه له اوبو ډک شول", "", "12"]
    first = second_opinion.ask(texts)
    assert first[0] is not None
    assert first[0][0] == "ps"
    assert first[1:] == [None, None]
    assert second_opinion.ask(texts) == first


def test_the_second_opinion_decides_between_the_two_best_only() -> None:
    text = "salaam"
    plain = detect([text], second_opinion=lambda texts: [None] * len(texts))
    other = detect([text], second_opinion=lambda texts: [("ug", 1.0)] * len(texts))
    assert plain.tag == other.tag


def test_every_own_profile_belongs_to_a_language() -> None:
    codes = {language.second for language in table.languages().by_tag.values()}
    for path in second_opinion.FOLDER.glob("*.json"):
        profile = json.loads(path.read_text(encoding="utf-8"))
        assert path.stem in codes
        assert profile["name"] == path.stem
        assert len(profile["n_words"]) == 3
        assert max(map(len, profile["freq"])) <= 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tag: ps,", "tgg: ps,"), r"line \d+: a language needs"),
        (("name: Pashto,", "name: Pashto, sripts: x,"), "unknown key 'sripts'; 'scripts'"),
        (("[Arab], in_scope: true, second: ps", "[Arabic], in_scope: true"), "a list of Latn"),
        (("tag: ur,", "tag: ps,"), "twice"),
        (("odds: 0.3", "odds: 0"), "odds must be above 0"),
        (("model_class: azb", "model_class: ckb"), "'tr' and 'az' are one class and both Latn"),
        (("abstain_below: 0.5", "abstain_below: 5"), "abstain_below must be between 0 and 1"),
        (("fewest_letters: 2", "fewest_letters: 2.5"), "fewest_letters must be a whole number"),
    ],
)  # fmt: skip
def test_a_wrong_language_table_is_named(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = table.PATH.read_text(encoding="utf-8")
    assert change[0] in text
    wrong = tmp_path / "languages.yaml"
    wrong.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        table.load(wrong)


def test_an_unknown_tag_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'ps-Latn'"):
        table.languages().class_of("ps-latin")


def test_the_sources_are_described() -> None:
    assert {source.id for source in read_sources()} >= {"ntrex", "persoarabiclid", "roman_urdu"}
    assert all(source.licence and source.origin for source in read_sources())


def test_marker_words_are_found_in_any_spelling() -> None:
    assert persian.key_of("می‌گردد") == persian.key_of("ميگردد")
    words = dict(persian.read_markers())
    assert words["شفاخانه"] > 0 > words["بیمارستان"]
    keys, weights = persian.marker_table()
    assert np.count_nonzero(keys) == len({normalise(word).text for word in words})
    assert np.count_nonzero(weights) == np.count_nonzero(keys)


def test_evidence_for_dari_adds_up_over_a_channel() -> None:
    assert channel_probability([], prior=0.3) == pytest.approx(0.3)
    assert channel_probability([0.0] * 50) == pytest.approx(0.5)
    few, many = channel_probability([0.8] * 2), channel_probability([0.8] * 20)
    assert 0.5 < few < many < 1
    assert channel_probability([-3.0] * 20) < 0.01
    assert channel_probability([1e9]) < 0.9  # one message does not decide a channel


@pytest.mark.parametrize("row", ["a,b,x,0,n", "a,b,9,0,n", "a,b,,0,n"])
def test_a_wrong_marker_row_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"dari,iranian,dari_strength,iranian_strength,note\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: dari_strength"):
        list(persian.read_markers(path))
