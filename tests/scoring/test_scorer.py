"""The scorer's contract: a row for each message, whatever the message is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers import ngrams
from classifiers.evaluation import samples_of, table_of
from classifiers.modelfile import ModelFileError
from classifiers.scorer import Scorer
from warehouse.schemas import ANALYSES, SHOWS

ODD = [
    "",
    " ",
    "a",
    "ط",
    "\0",
    "TTP\0are apostates\0",
    "😀😀👍🏽👨‍👩‍👧",
    "https://example.org/a/b",
    "12345 67890",
    "\u202e\u2066TTP\u2069",
    "\u0301" * 500,
    "Правительство сообщило о новых правилах торговли на границе.",
    "الحكومة تعلن عن إجراءات جديدة في العاصمة صنعاء اليوم",
    "今天天气很好，我们去公园散步。",
    "TTP " * 5_000,
    "«" * 3_000,
    ". " * 5_000,
]


def table(texts: list[str | None], **columns: list[str | None]) -> pa.Table:
    data = {"text": texts, **columns}
    return pa.table({name: pa.array(values, pa.string()) for name, values in data.items()})


def test_one_row_for_each_message_in_order_whatever_it_is(scorer: Scorer) -> None:
    found = scorer.score(table([*ODD, None]))
    assert found.schema == ANALYSES
    assert found.num_rows == len(ODD) + 1
    found.validate(full=True)
    for text, row in zip([*ODD, ""], found.to_pylist(), strict=True):
        assert row["model_version"] == scorer.version
        labels = [item["label"] for item in row["scores"]]
        assert labels.count("solicits_donation") == labels.count("claims_attack") == 1
        for item in row["scores"]:
            assert (item["probability"] is None) == (item["abstained"] is not None)
            assert item["probability"] is None or 0 < item["probability"] < 1
            for span in item["evidence"]:
                assert 0 <= span["start"] < span["end"] <= len(text)


def test_a_megabyte_is_answered(scorer: Scorer) -> None:
    texts = ["ا" * 1_000_000, "TTP are apostates. " * 52_000, "a b " * 250_000]
    rows = scorer.score(table(texts)).to_pylist()
    assert len(rows) == 3
    assert "ttp" in {item["target"] for item in rows[1]["scores"]}


def test_no_rows_in_no_rows_out(scorer: Scorer) -> None:
    found = scorer.score(table([]))
    assert found.num_rows == 0
    assert found.schema == ANALYSES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no_text"),
        ("👍 https://example.org", "no_text"),
        ("Правительство сообщило о новых правилах на границе.", "language_out_of_scope"),
    ],
)
def test_abstains_with_a_reason_never_with_a_number(score: object, text: str, reason: str) -> None:
    row = score(text)  # type: ignore[operator]
    assert {item["label"] for item in row["scores"]} == {
        "hostile",
        "solicits_donation",
        "claims_attack",
    }
    for item in row["scores"]:
        assert (item["probability"], item["abstained"]) == (None, reason)
        assert item["status"] == "clear"


def test_batches_of_one_agree_with_one_batch(scorer: Scorer, held_out: list) -> None:
    rows = table_of(samples_of(held_out[:60]))
    whole = scorer.score(rows).to_pylist()
    single = [scorer.score(rows.slice(i, 1)).to_pylist()[0] for i in range(rows.num_rows)]
    assert single == whole


def test_slices_do_not_show(
    scorer: Scorer, held_out: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table_of(samples_of(held_out[:50]))
    whole = scorer.score(rows)
    monkeypatch.setattr(ngrams, "BLOCK_ROWS", 7)
    assert scorer.score(rows).equals(whole)


def test_record_batches_and_other_columns_are_taken(scorer: Scorer) -> None:
    batch = table(["TTP are apostates."]).append_column("views", pa.array([3])).to_batches()[0]
    assert scorer.score(batch).num_rows == 1


def test_threads_get_the_same_answers(held_out: list) -> None:
    scorer = Scorer.load()  # not yet loaded: the threads race for that as well
    rows = table_of(samples_of(held_out[:80]))
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(lambda _: scorer.score(rows), range(4))
    assert all(other.equals(first) for other in others)


def test_the_channel_s_name_gives_its_actor(scorer: Scorer) -> None:
    rows = scorer.score(
        table(
            ["The market opens on Sunday."] * 3,
            channel_actor=[None, "iskp", None],
            channel_name=["Umar Media", "Umar Media", "Kabul weather"],
            channel_username=[None, None, None],
        )
    ).to_pylist()
    assert [row["channel_actor"] for row in rows] == ["ttp", "iskp", None]


def test_an_unknown_actor_is_an_error_that_names_the_known(scorer: Scorer) -> None:
    with pytest.raises(ValueError, match=r"unknown channel_actor 'tpp'.*ttp"):
        scorer.score(table(["hello there"], channel_actor=["tpp"]))


def test_a_missing_model_says_what_to_do(tmp_path: object) -> None:
    with pytest.raises(ModelFileError, match="channelwatch train"):
        Scorer.load(tmp_path)  # type: ignore[arg-type]


PIECES = (
    "TTP ISKP the Taliban طالبان داعش خوارج ټي ټي پي are apostates مرتد not we send donate "
    'bitcoin \u200c \u202e #a_b « » " . ؟ \n 😀 👨‍👩‍👧 é ے t.t.p 5000 @some_bot'
)
WORDS = st.sampled_from(PIECES.split(" ")) | st.text(max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(WORDS, max_size=30).map(" ".join), min_size=1, max_size=5))
def test_any_text_gets_a_valid_answer(scorer: Scorer, texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    found = scorer.score(table(list(texts)))
    found.validate(full=True)
    for text, row in zip(texts, found.to_pylist(), strict=True):
        for item in row["scores"]:
            by_kind: dict[str, int] = {}
            for span in item["evidence"]:
                assert span["shows"] in SHOWS
                assert 0 <= span["start"] < span["end"] <= len(text)
                assert span["start"] >= by_kind.get(span["shows"], 0)
                by_kind[span["shows"]] = span["end"]
            if item["status"] == "flagged":
                assert item["evidence"]
