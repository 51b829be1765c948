"""The day: a short one, whole."""

from __future__ import annotations

import msgspec
import pytest

from ops.campaigns.day.campaign import Day, run
from ops.campaigns.day.flatness import FEWEST

pytestmark = pytest.mark.slow


def test_a_short_day_leaves_its_books_in_order() -> None:
    outcome = run(Day(minutes=0.7, seed=3), lambda line: None)
    assert b'"trends"' in msgspec.json.encode(outcome.to_dict())
    # Nothing is settled after forty seconds: growth is seen, and judged by the long day alone.
    kept = [problem for each in outcome.kept for problem in each.problems]
    assert [*outcome.problems, *kept] == []
    assert {each.process for each in outcome.trends} == {
        "serve",
        "the console",
        "the Prefect server",
        "the schedules",
    }
    assert all(each.looks >= FEWEST for each in outcome.trends)
    assert outcome.confirmed
    assert outcome.rows["messages"] > 100
    assert {each.deployment: each.runs for each in outcome.kept}["watch"] >= 3
