from __future__ import annotations

from collections import Counter

import pytest

from fixtures.compose import Setting, core, dress
from fixtures.examples import Example, examples
from fixtures.rng import substream
from fixtures.slots import CannotSayError
from fixtures.tables import LANGUAGES, load


@pytest.fixture(scope="module")
def many() -> list[Example]:
    return list(examples(3, 5000))


def test_the_same_seed_gives_the_same_examples() -> None:
    assert list(examples(5, 40)) == list(examples(5, 40))
    assert list(examples(5, 40))[:10] == list(examples(5, 10))
    assert list(examples(5, 20)) != list(examples(6, 20))


def test_split_language_and_disguise_can_be_chosen() -> None:
    found = list(examples(1, 300, split="test", languages=["ps", "ur"], obfuscated=0))
    assert {example.split for example in found} == {"test"}
    assert {e.language for e in found if not e.mixed} == {"ps", "ur"}
    assert not any(example.obfuscation for example in found)
    families = {row.family: row.split for row in load().rows()}
    assert all(families[example.family] == "test" for example in found)


@pytest.mark.parametrize("wrong", [{"split": "dev"}, {"languages": ["fr"]}])
def test_what_does_not_exist_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="use "):
        next(examples(1, 1, **wrong))  # type: ignore[arg-type]


def test_everything_is_covered(many: list[Example]) -> None:
    acts = {name for name, act in load().acts.items() if "piece" not in act.labels}
    assert {example.act for example in many} == acts
    assert {example.language for example in many} == set(LANGUAGES)
    targets = Counter(row.target for example in many for row in example.hostile)
    assert set(targets) == set(load().groups)
    assert min(targets, key=targets.__getitem__) == "shia_hazara"
    assert 0.3 < sum(bool(e.hostile) for e in many) / len(many) < 0.5
    assert 0.1 < sum(e.solicits_donation for e in many) / len(many) < 0.2
    assert 0.2 < sum(bool(e.obfuscation) for e in many) / len(many) < 0.3
    assert any(e.mixed for e in many)
    assert any(e.reply_to_text and e.solicits_donation for e in many)


def test_gold_keeps_the_codebook(many: list[Example]) -> None:
    groups = load().groups
    for example in many:
        labels = load().acts[example.act].labels
        assert ("hostile" in labels) <= bool(example.hostile)
        pairs = [(row.source, row.target) for row in example.hostile]
        assert len(set(pairs)) == len(pairs)
        for row in example.hostile:
            assert row.source != row.target
            assert sorted((row.source, row.target)) != ["afghan_taliban", "ttp"]
            assert example.channel_actor in (None, row.source)
            assert row.severity == 1 or "community" not in groups[row.target]
            assert row.frames
        if "neutral" in labels:
            assert not example.hostile
            assert not example.solicits_donation
            assert not example.claims_attack
        assert bool(example.routes) <= example.solicits_donation
        if example.review:
            assert not example.solicits_donation


def test_an_ask_without_beneficiary_depends_on_where_it_stands() -> None:
    for actor, solicits in (("ttp", True), ("pakistan_state", False), (None, False)):
        setting = Setting("en", "train", actor)
        message = core(substream(1), load(), "ask_unclear", setting)
        assert (message.solicits_donation, message.review) == (solicits, not solicits)


def test_the_author_counts_only_where_the_phrase_names_it() -> None:
    sources = Counter()
    for number in range(200):
        setting = Setting("en", "train", None, author="ttp")
        random = substream(number)
        try:
            message = core(random, load(), "reversed_active", setting)
        except CannotSayError:
            continue
        sources.update(row.source for row in message.hostile)
        plain = core(random, load(), "insult", setting)
        assert {row.source for row in plain.hostile} == {"unknown"}
    assert set(sources) == {"ttp"}


def test_an_epithet_is_resolved_by_the_speaker() -> None:
    named: dict[str, set[str]] = {}
    for speaker in ("pakistan_state", "afghan_taliban"):
        setting = Setting("en", "train", speaker)
        for number in range(300):
            try:
                message = core(substream(number), load(), "epithet_only", setting)
            except CannotSayError:
                continue
            if "Khawarij" in message.text and "Daesh" not in message.text:
                named.setdefault(speaker, set()).update(row.target for row in message.hostile)
    assert named["pakistan_state"] == {"ttp"}
    assert named["afghan_taliban"] <= {"iskp", "is_core"}
    assert "iskp" in named["afghan_taliban"]


def test_dressing_keeps_the_core_and_its_labels() -> None:
    tables = load()
    for number in range(300):
        setting = Setting("ur", "validation", "iskp")
        random = substream(number)
        bare = core(random, tables, "puppet", setting)
        worn = dress(random, tables, bare, setting)
        assert bare.text in worn.text
        assert {row.target for row in bare.hostile} <= {row.target for row in worn.hostile}
        assert worn.split == "validation"
