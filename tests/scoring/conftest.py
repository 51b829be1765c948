"""What the tests of scoring share: the committed model, and labelled messages it has not seen."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from classifiers.evaluation import samples_of, table_of
from classifiers.scorer import Scorer
from fixtures.examples import Example, examples


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.fixture(scope="session")
def held_out() -> list[Example]:
    return list(examples(41, 900, "test"))


@pytest.fixture(scope="session")
def answered(scorer: Scorer, held_out: list[Example]) -> list[dict[str, Any]]:
    return scorer.score(table_of(samples_of(held_out))).to_pylist()


@pytest.fixture(scope="session")
def score(scorer: Scorer) -> Any:
    """Score one text; returns its row."""

    def one(text: str, actor: str | None = None, reply: str | None = None) -> dict[str, Any]:
        table = pa.table(
            {
                "text": pa.array([text], pa.string()),
                "channel_actor": pa.array([actor], pa.string()),
                "reply_text": pa.array([reply], pa.string()),
            }
        )
        return scorer.score(table).to_pylist()[0]

    return one
