"""Decisions of moderators become examples: what is in force, what it teaches, where it lies."""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from classifiers.evaluation import Aimed, Answer, Score
from flows.pipeline import run_directly
from flows.reviewed import (
    ABSENT,
    CONTRADICTED,
    UNKNOWN,
    Learnt,
    Reviewed,
    as_judged,
    held_out,
    learn,
    split_of,
)
from flows.settings import Settings
from warehouse.store import Store, open_store

ACTORS = ("ttp", "iskp", "afghan_taliban")
TEXTS = {
    1: "the enemy is named here",
    2: "The ENEMY is named here!",
    3: "another enemy of somebody",
    4: "nothing of the kind",
    5: "an enemy in a reply",
}
#: Where the first eight families lie: they must never move, or what was held out is trained on.
PINNED = ["test", "train", "train", "test", "train", "test", "test", "train"]


@pytest.fixture
def fingerprints(quick_scorer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick scorer, with a fingerprint that case and signs do not change."""
    plain = quick_scorer.score

    def score(table: pa.Table) -> pa.RecordBatch:
        answers = plain(table)
        rows = answers.to_pylist()
        for row, text in zip(rows, table["text"].to_pylist(), strict=True):
            letters = "".join(sign for sign in text.lower() if sign.isalpha())
            row["fingerprint"] = zlib.crc32(letters.encode())
        return pa.RecordBatch.from_pylist(rows, schema=answers.schema)

    monkeypatch.setattr(quick_scorer, "score", score, raising=False)


class Panel:
    """Moderators at a warehouse, one decision a minute."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.minutes = 0

    def decides(
        self,
        message_id: int,
        judgement: str,
        *,
        by: str = "anna",
        label: str = "hostile",
        target: str | None = "ttp",
        supersedes: str | None = None,
        content_id: str | None = None,
        **changed: Any,
    ) -> str:
        self.minutes += 1
        found = self.store.connection.execute(
            "SELECT channel_key, content_id FROM messages WHERE message_id = $id",
            {"id": message_id},
        ).fetchone()
        row = {
            "decision_id": str(uuid.uuid4()),
            "channel_key": found[0] if found else "tg:0",
            "message_id": message_id,
            "content_id": content_id or (str(found[1]) if found else str(uuid.uuid4())),
            "label": label,
            "source": "unknown",
            "target": target,
            "judgement": judgement,
            "reviewer": by,
            "decided_at": datetime(2024, 5, 1, tzinfo=UTC) + timedelta(minutes=self.minutes),
            "supersedes": supersedes,
            "model_version": "quick",
            **changed,
        }
        names = ", ".join(row)
        values = ", ".join(f"${name}" for name in row)
        self.store.connection.execute(
            f"INSERT INTO base.decisions ({names}) VALUES ({values})", row
        )
        return str(row["decision_id"])

    def learnt(self) -> Learnt:
        return learn(self.store, ACTORS)

    def only(self) -> Reviewed:
        [example] = self.learnt().examples
        return example


@pytest.fixture
def panel(tmp_path: Path, export: Callable[..., Path], fingerprints: None) -> Iterator[Panel]:
    path = export(tmp_path / "in", TEXTS)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"id": 5,', '"id": 5, "reply_to_message_id": 4,'), encoding="utf-8"
    )
    warehouse = tmp_path / "w.duckdb"
    run_directly(Settings(sources=(path,), warehouse=warehouse))
    with open_store(warehouse) as store:
        yield Panel(store)


def test_confirmed_as_flagged_with_severity_and_frames(panel: Panel) -> None:
    panel.decides(1, "confirm")
    example = panel.only()
    assert example.text == TEXTS[1]
    assert example.judged == {"hostile:ttp"}
    assert example.hostile == (Aimed("ttp", "unknown", 1, ("other",)),)
    assert (example.language, example.reply_to_text) == ("en", None)


def test_rejected_is_known_and_not_true(panel: Panel) -> None:
    panel.decides(1, "reject")
    panel.decides(1, "confirm", label="claims_attack", target=None)
    example = panel.only()
    assert example.judged == {"hostile:ttp", "claims_attack"}
    assert (example.hostile, example.claims_attack) == ((), True)
    assert not example.solicits_donation


def test_changed_in_severity_alone(panel: Panel) -> None:
    panel.decides(1, "change", changed_severity=3)
    assert panel.only().judged == {"hostile:ttp"}
    assert panel.only().hostile == (Aimed("ttp", "unknown", 3, ("other",)),)


def test_what_it_was_changed_to_is_true_and_what_was_flagged_is_not(panel: Panel) -> None:
    panel.decides(1, "change", changed_target="iskp", changed_source="ttp")
    panel.decides(3, "change", changed_label="solicits_donation")
    first, second = panel.learnt().examples
    assert first.judged == {"hostile:ttp", "hostile:iskp"}
    assert first.hostile == (Aimed("iskp", "ttp", 1, ("other",)),)
    assert second.judged == {"hostile:ttp", "solicits_donation"}
    assert (second.hostile, second.solicits_donation) == ((), True)


def test_a_reply_brings_what_it_replies_to(panel: Panel) -> None:
    panel.decides(5, "confirm")
    assert panel.only().reply_to_text == TEXTS[4]


@pytest.mark.parametrize("judgement", ["unsure", "escalate", "skip"])
def test_no_verdict_teaches_nothing(panel: Panel, judgement: str) -> None:
    panel.decides(1, judgement)
    assert panel.learnt() == Learnt((), 0, {})


def test_undone_is_as_if_it_had_not_been(panel: Panel) -> None:
    first = panel.decides(1, "confirm")
    undo = panel.decides(1, "undo", supersedes=first)
    assert panel.learnt().examples == ()
    panel.decides(1, "undo", supersedes=undo)
    assert panel.only().hostile


def test_the_one_that_replaces_counts_until_it_is_undone(panel: Panel) -> None:
    first = panel.decides(1, "confirm")
    second = panel.decides(1, "reject", by="bilal", supersedes=first)
    assert panel.only().hostile == ()
    panel.decides(1, "undo", by="bilal", supersedes=second)
    assert panel.only().hostile


def test_replaced_by_no_verdict_is_no_longer_in_force(panel: Panel) -> None:
    first = panel.decides(1, "confirm")
    panel.decides(1, "unsure", supersedes=first)
    assert panel.learnt().decisions == 0


def test_a_contradiction_is_left_out_and_counted_until_somebody_adjudicates(panel: Panel) -> None:
    panel.decides(1, "confirm", by="anna")
    second = panel.decides(1, "reject", by="bilal")
    panel.decides(1, "confirm", label="claims_attack", target=None)
    found = panel.learnt()
    assert found.left_out == {CONTRADICTED: 1}
    assert [example.judged for example in found.examples] == [{"claims_attack"}]
    assert any(CONTRADICTED in line for line in found.told())
    # Carla replaces only one of the two, and says the same: that settles it.
    panel.decides(1, "reject", by="carla", supersedes=second)
    settled = panel.learnt()
    assert settled.left_out == {}
    assert settled.examples[0].judged == {"claims_attack", "hostile:ttp"}
    assert settled.examples[0].hostile == ()


def test_of_one_reviewer_the_latest_word_counts(panel: Panel) -> None:
    panel.decides(1, "confirm")
    panel.decides(1, "reject")
    assert panel.learnt().left_out == {}
    assert panel.only().hostile == ()


def test_near_copies_lie_in_one_family_and_others_do_not(panel: Panel) -> None:
    for number in (1, 2, 3):
        panel.decides(number, "confirm")
    first, copy, other = panel.learnt().examples
    assert (first.family, first.split) == (copy.family, copy.split)
    assert other.family != first.family


def test_what_cannot_be_used_is_counted(panel: Panel) -> None:
    panel.decides(1, "confirm", target="nobody_known")
    panel.decides(3, "confirm", content_id=str(uuid.UUID(int=1)))
    panel.decides(99, "reject")
    found = panel.learnt()
    assert (found.examples, found.decisions) == ((), 3)
    assert found.left_out == {UNKNOWN: 1, ABSENT: 2}


def test_the_same_decisions_have_the_same_hash_and_others_another(panel: Panel) -> None:
    panel.decides(1, "confirm")
    before = panel.learnt()
    assert before.sha256 == panel.learnt().sha256
    panel.decides(3, "reject")
    assert panel.learnt().sha256 != before.sha256


def test_families_are_parted_for_ever() -> None:
    assert [split_of(f"reviewed-{number:016x}") for number in range(8)] == PINNED
    found = Counter(split_of(f"reviewed-{number:016x}") for number in range(4_000))
    assert found["train"] / 4_000 == pytest.approx(0.70, abs=0.03)
    assert found["validation"] / 4_000 == pytest.approx(0.15, abs=0.03)
    assert found["test"] / 4_000 == pytest.approx(0.15, abs=0.03)


def test_what_is_held_out_is_measured_on_what_was_judged() -> None:
    judged = frozenset({"hostile:ttp", "claims_attack"})
    held = Reviewed("text", "en", None, None, "test", "f", judged, claims_attack=True)
    fitted = Reviewed("other", "en", None, None, "train", "g", judged)
    [(sample, known)] = held_out([held, fitted]).values()
    assert known == judged
    assert (sample.hostile, sample.claims_attack, sample.solicits_donation) == ((), True, None)
    answer = Answer(
        "en",
        {
            ("hostile", "ttp"): Score(0.9, True),
            ("hostile", "iskp"): Score(0.9, True),
            ("solicits_donation", None): Score(0.9, True),
            ("claims_attack", None): Score(0.9, True),
        },
    )
    heard = as_judged(answer, judged)
    assert set(heard.scores) == {("hostile", "ttp"), ("claims_attack", None)}


def test_answers_to_golden_items_teach_nothing(panel: Panel) -> None:
    panel.decides(1, "confirm", purpose="review")
    # Wrong, later, and even in the other's place: it says something about bela alone.
    panel.decides(1, "reject", by="bela", purpose="golden")
    panel.decides(2, "reject", by="bela", purpose="golden")
    assert panel.only().hostile == (Aimed("ttp", "unknown", 1, ("other",)),)
    assert panel.learnt().left_out == {}
    assert panel.learnt().decisions == 1


def test_a_copy_stays_with_what_it_is_a_copy_of(panel: Panel) -> None:
    """Message 3 has another fingerprint than message 1, and is decided as a near-copy of it."""
    first = panel.decides(1, "confirm", purpose="review")
    panel.decides(3, "confirm", purpose="copy", copy_of=first)
    one, other = panel.learnt().examples
    assert one.family == other.family
    assert one.split == other.split
    # A lead says the other thing of message 1, and with it of its copy.
    second = panel.decides(1, "reject", by="bela", purpose="second")
    panel.decides(3, "reject", by="bela", purpose="copy", copy_of=second)
    assert panel.learnt().left_out == {CONTRADICTED: 2}
    last = panel.decides(1, "reject", by="lead", purpose="adjudication")
    panel.decides(3, "reject", by="lead", purpose="copy", copy_of=last)
    assert [example.hostile for example in panel.learnt().examples] == [(), ()]
    assert panel.learnt().left_out == {}


def test_a_copy_is_in_force_as_long_as_its_original(panel: Panel) -> None:
    first = panel.decides(1, "confirm", purpose="review")
    panel.decides(3, "confirm", purpose="copy", copy_of=first)
    panel.decides(1, "reject", purpose="review", supersedes=first)
    assert panel.only().text == TEXTS[1]
    assert panel.only().hostile == ()
    assert panel.learnt().decisions == 1
