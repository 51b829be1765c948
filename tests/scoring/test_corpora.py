"""Public corpora: halves never meet, labels are as the corpus says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from classifiers import corpora
from classifiers.evaluation import answers_of, measure, table_of
from classifiers.scorer import Scorer
from ops.benchmarks.options import Options
from ops.benchmarks.suites import public

HATECHECK = "\n".join(
    [
        "functionality\tcase_id\ttest_case\tlabel_gold\ttarget_ident\tdirection\ttempl_id",
        *(
            f"derog_neg_emote_h\t{i}\tI despise women, number {i}.\thateful\twomen\tgeneral\t{i}"
            for i in range(60)
        ),
        *(
            f"ident_pos_nh\t{i}\tI admire women, number {i}.\tnon-hateful\twomen\tgeneral\t{i}"
            for i in range(60, 120)
        ),
    ]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text").mkdir()
    (tmp_path / "language").mkdir()
    (tmp_path / "text" / "hatecheck_en.tsv").write_text(HATECHECK, encoding="utf-8")
    lines = [f"{tag}\tsentence {i}" for tag in ("en", "ps", "ru") for i in range(200)]
    (tmp_path / "language" / "ntrex.tsv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_halves_are_disjoint_and_whole_articles(folder: Path) -> None:
    train, held = (list(corpora.ntrex(folder, half)) for half in ("train", "held"))
    assert len(train) + len(held) == 400
    assert not {item.family for item in train} & {item.family for item in held}
    assert {item.language for item in train} == {"en", "ps"}


def test_groups_become_actors_and_keep_their_label(folder: Path) -> None:
    found = list(corpora.hatecheck(folder, "train"))
    assert found
    for item in found:
        assert "women" not in item.text
        assert bool(item.hostile) == ("despise" in item.text)


def test_missing_files_give_nothing(tmp_path: Path) -> None:
    assert not list(corpora.for_training(tmp_path))


@pytest.mark.skipif("CHANNELWATCH_DATA" not in os.environ, reason="CHANNELWATCH_DATA is not set")
def test_real_news_and_appeals_raise_few_flags(scorer: Scorer) -> None:
    folder = Path(os.environ["CHANNELWATCH_DATA"])
    samples = public.samples(Options(data=folder))
    rows = measure("public", samples, answers_of(scorer.score(table_of(samples)).to_pylist()))
    rates = {(row["slice"], row["metric"]): row["value"] for row in rows}
    assert rates["source=ntrex", "hostile.flag_rate"] <= 0.006
    assert rates["source=crisislex", "solicits_donation.flag_rate"] <= 0.02
