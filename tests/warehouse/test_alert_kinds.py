"""Each kind of alert: where it must fire, and where it must not."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.alerting.evaluating import look
from warehouse.alerting.judging import surprise
from warehouse.alerting.kinds import COMMON, KindError, kinds, read
from warehouse.alerting.rule import Finding, Rule
from warehouse.review import folding
from warehouse.review.rules import Rules
from warehouse.sql import query
from warehouse.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Row = dict[str, Any]


def scatter(number: int) -> int:
    """A fingerprint far from every other one."""
    return int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:8], "big")


class Scene:
    """Writes messages through the inbox, and looks at them with a rule."""

    def __init__(self, store: Store, build: Any) -> None:
        self.store, self.build = store, build
        self.desk = build.Desk(store.inbox)
        self.files = self.numbers = 0

    def says(
        self,
        days_ago: float,
        *scores: Row,
        channel: str = "tg:1",
        text: str = "",
        indicators: Sequence[Row] = (),
        actor: str | None = None,
        language: str = "en",
        fingerprint: int | None = None,
        **more: Any,
    ) -> tuple[Row, Row]:
        """A message that was sent so many days before now, with its analysis."""
        self.numbers += 1
        message = self.build.message(
            self.numbers,
            text or f"text {self.numbers}",
            channel=channel,
            sent_at=NOW - timedelta(days=days_ago),
            **more,
        )
        analysis = self.build.analysis(
            *scores,
            indicators=indicators,
            channel_actor=actor,
            language=language,
            fingerprint=scatter(self.numbers) if fingerprint is None else fingerprint,
        )
        return message, analysis

    def load(self, *said: tuple[Row, Row]) -> None:
        """Load them as one file."""
        self.files += 1
        self.desk.file(
            f"file-{self.files}", [each[0] for each in said], analyses=[each[1] for each in said]
        )
        self.store.load_inbox()

    def hostile(self, source: str = "iskp", target: str = "ttp", probability: float = 0.9) -> Row:
        row: Row = self.build.score("hostile", probability, source=source, target=target)
        return row

    def solicits(self) -> Row:
        row: Row = self.build.score("solicits_donation", 0.9)
        return row

    def claims(self) -> Row:
        row: Row = self.build.score("claims_attack", 0.9)
        return row

    def find(
        self, kind: str, window: float = 7, now: datetime = NOW, **more: Any
    ) -> tuple[Finding, ...]:
        """What a rule of a kind finds."""
        limits = {name: more.pop(name) for name in ("labels", "channels") if name in more}
        rule = Rule("r", kind, "warning", "", window, parameters=more, **limits)
        found = look(self.store, rule, now)
        assert found.problem is None, found.problem
        return found.findings


@pytest.fixture
def scene(store: Store, build: Any) -> Scene:
    return Scene(store, build)


# ---------------------------------------------------------------- the files themselves


def test_every_kind_says_what_a_rule_may_set() -> None:
    assert set(kinds()) == {
        "burst", "channel_moved", "drift", "first_solicitation", "indicator_again", "queue_old",
        "rival_claims", "run_empty", "run_failed",
    }  # fmt: skip
    for name, kind in kinds().items():
        for parameter in kind.parameters.values():
            assert parameter.problem(parameter.default) is None, (name, parameter)
        [statement] = duckdb.extract_statements(query(kind.query))
        assert statement.named_parameters <= set(kind.parameters) | COMMON


def test_no_kind_sends_a_payment_indicator() -> None:
    assert "{value}" not in kinds()["indicator_again"].says


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "-- a: it is.\n-- $days: integer from 1, 7. So long.\n-- Says: x.\nSELECT 1",
        "-- a: it is.\n-- Says: x.\nSELECT $days",
        "-- a: it is.\n-- $days: whole, 7. So long.\n-- Says: x.\nSELECT $days",
        "-- a: it is.\n-- $now: text, none. Now.\n-- Says: x.\nSELECT $now",
        "-- a: it is.\nSELECT 1",
    ],
)
def test_a_file_that_does_not_declare_what_it_uses_is_refused(sql: str) -> None:
    with pytest.raises(KindError, match=r"alerts/a\.sql"):
        read("a", sql)


def test_an_empty_warehouse_gives_no_alert(scene: Scene) -> None:
    for kind in kinds():
        assert scene.find(kind) == ()
    assert scene.find("drift", of="scores") == ()


# ---------------------------------------------------------------- burst


def baseline(scene: Scene, a_day: int, **more: Any) -> list[tuple[Row, Row]]:
    return [
        scene.says(day + 0.1, scene.hostile(**more)) for day in range(1, 40) for _ in range(a_day)
    ]


def test_a_burst_is_one_against_its_own_baseline(scene: Scene) -> None:
    quiet = [scene.says(0.1, scene.hostile("aq", "isis")) for _ in range(2)]
    scene.load(*baseline(scene, 1), *baseline(scene, 1, source="aq", target="isis"), *quiet)
    assert scene.find("burst") == ()
    scene.load(*(scene.says(0.1, scene.hostile()) for _ in range(12)))
    [burst] = scene.find("burst")
    assert (burst.key, burst.count) == ("iskp>ttp", 12)
    assert burst.evidence["baseline_a_day"] == 1
    assert burst.evidence["expected"] < 0.01
    assert burst.subject["day"] == "2026-03-01"
    assert burst.link == (
        "state=all&label=hostile&source=iskp&target=ttp&from=2026-03-01&to=2026-03-01"
    )


def test_a_pair_that_is_always_loud_is_no_burst(scene: Scene) -> None:
    scene.load(*baseline(scene, 10), *(scene.says(0.1, scene.hostile()) for _ in range(14)))
    assert scene.find("burst") == ()


def test_without_enough_history_nothing_is_a_burst(scene: Scene) -> None:
    loud = [scene.says(0.1, scene.hostile()) for _ in range(30)]
    scene.load(scene.says(5, scene.hostile()), *loud)
    assert scene.find("burst") == ()
    assert scene.find("burst", history_days=3)


def test_what_is_not_flagged_or_old_or_elsewhere_is_no_burst(scene: Scene) -> None:
    clear = [scene.says(0.1, scene.hostile(probability=0.1)) for _ in range(30)]
    old = [scene.says(36, scene.hostile()) for _ in range(30)]
    scene.load(*baseline(scene, 1), *clear, *old)
    assert scene.find("burst") == ()
    scene.load(*(scene.says(0.1, scene.hostile()) for _ in range(12)))
    assert scene.find("burst", channels=("tg:9",)) == ()
    assert scene.find("burst", target="aq") == ()
    assert scene.find("burst", target="ttp", channels=("tg:1",))
    assert scene.find("burst", minimum=13) == ()


@given(
    st.integers(1, 400), st.integers(1, 60), st.lists(st.integers(0, 50), min_size=60, max_size=60)
)
def test_surprise_is_a_probability_that_falls(messages: int, days: int, counts: list[int]) -> None:
    counts = counts[:days]
    total, squares = sum(counts), sum(count**2 for count in counts)
    here = surprise(messages, days, total, squares)
    assert 0 <= here <= 1
    assert surprise(messages + 1, days, total, squares) <= here
    # Days that vary more surprise less, far out.
    wilder = surprise(10 * (total + 1), days, total, squares + 100 * total)
    assert wilder >= surprise(10 * (total + 1), days, total, squares)


def test_days_as_the_baseline_has_them_are_rarely_a_surprise() -> None:
    import numpy as np

    random = np.random.default_rng(5)
    rates = random.gamma(2.0, 2.0, 4000)
    days = random.poisson(rates[:, None], (4000, 29))
    tails = np.array(
        [surprise(max(int(row[28]), 1), 28, row[:28].sum(), (row[:28] ** 2).sum()) for row in days]
    )
    for level in (0.05, 0.01):
        assert (tails <= level).mean() < 1.3 * level


# ---------------------------------------------------------------- solicitations, indicators


def test_a_first_solicitation_is_the_channels_first(scene: Scene) -> None:
    scene.load(
        scene.says(30, scene.solicits(), channel="tg:old"),
        scene.says(1, scene.solicits(), channel="tg:old"),
        scene.says(2, scene.build.score("solicits_donation", 0.2), channel="tg:clear"),
        scene.says(2, scene.hostile(), channel="tg:other"),
        scene.says(2, scene.solicits(), channel="tg:new"),
        scene.says(1, scene.solicits(), channel="tg:new"),
    )
    [found] = scene.find("first_solicitation")
    assert (found.key, found.count) == ("tg:new", 2)
    assert found.subject["name"] == "name of tg:new"
    assert "channel=tg%3Anew" in str(found.link)
    assert scene.find("first_solicitation", window=1.5) == ()
    assert scene.find("first_solicitation", channels=("tg:old",)) == ()


def test_a_rejected_solicitation_is_none(scene: Scene) -> None:
    said = scene.says(2, scene.solicits(), channel="tg:new")
    scene.load(said)
    assert scene.find("first_solicitation")
    row = scene.store.rows("flagged", limit=1, status=None, label=None, target=None,
                           language=None, channel_key=None, run_id=None)[0]  # fmt: skip
    scene.store.connection.execute(
        "INSERT INTO base.decisions (decision_id, channel_key, message_id, content_id, label, "
        "source, target, judgement, reviewer, decided_at) "
        "VALUES (uuid(), $1, $2, $3, $4, $5, $6, 'reject', 'asma', now())",
        [row["channel_key"], row["message_id"], row["content_id"], row["label"], row["source"],
         row["target"]],
    )  # fmt: skip
    assert scene.find("first_solicitation") == ()


def indicator(value: str, **more: Any) -> Row:
    return {"type": "btc", "value": value, "start": 0, "end": 3, "valid": True} | more


def test_an_indicator_again_is_one_in_another_channel(scene: Scene) -> None:
    scene.load(
        scene.says(40, scene.solicits(), channel="tg:1", indicators=[indicator("a")]),
        scene.says(2, scene.solicits(), channel="tg:1", indicators=[indicator("a")]),
        scene.says(2, scene.solicits(), channel="tg:2", indicators=[indicator("b")]),
        scene.says(40, channel="tg:1", indicators=[indicator("c")]),
        scene.says(2, channel="tg:2", indicators=[indicator("c")]),
        scene.says(40, scene.solicits(), indicators=[indicator("d", valid=False)]),
        scene.says(2, scene.solicits(), channel="tg:2", indicators=[indicator("d", valid=False)]),
    )
    assert scene.find("indicator_again") == ()
    assert [one.key for one in scene.find("indicator_again", only_flagged=False)] == ["btc:c"]
    scene.load(scene.says(1, scene.solicits(), channel="tg:3", indicators=[indicator("a")]))
    [found] = scene.find("indicator_again")
    assert (found.key, found.measure) == ("btc:a", 2)
    assert (found.subject["first_channel"], found.subject["channel"]) == ("tg:1", "tg:3")
    assert found.link == "state=all&channel=tg%3A3&from=2026-02-28&to=2026-02-28"
    assert scene.find("indicator_again", channels_at_least=3) == ()
    assert scene.find("indicator_again", channels=("tg:1",)) == ()


# ---------------------------------------------------------------- channels


def moved(scene: Scene, *, silent_since: float, common: int, own: int = 4) -> None:
    """A channel of 30 messages, and a new one that carries some of them."""
    prints = [scatter(-1 - number) for number in range(30)]
    scene.load(
        *(
            scene.says(silent_since + 30 - number, channel="tg:old", fingerprint=prints[number])
            for number in range(30)
        ),
        *(
            scene.says(9 - number / 10, channel="tg:new", fingerprint=prints[number])
            for number in range(common)
        ),
        *(scene.says(2, channel="tg:new") for _ in range(own)),
    )


def test_a_channel_has_moved(scene: Scene) -> None:
    moved(scene, silent_since=10, common=8)
    [found] = scene.find("channel_moved", window=30)
    assert (found.key, found.count) == ("tg:old>tg:new", 8)
    assert found.evidence["share"] == pytest.approx(8 / 12, abs=0.001)
    assert found.link == "state=all&channel=tg%3Anew"
    assert scene.find("channel_moved", window=5) == ()
    assert scene.find("channel_moved", window=30, share=0.7) == ()
    assert scene.find("channel_moved", window=30, minimum=9) == ()


def test_a_channel_that_still_speaks_has_not_moved(scene: Scene) -> None:
    moved(scene, silent_since=1, common=8)
    assert scene.find("channel_moved", window=30) == ()


def test_a_channel_with_content_of_its_own_has_not_been_moved_to(scene: Scene) -> None:
    moved(scene, silent_since=10, common=8, own=40)
    assert scene.find("channel_moved", window=30) == ()


def test_what_everybody_forwards_shows_no_move(scene: Scene) -> None:
    moved(scene, silent_since=10, common=8)
    common = [scatter(-1 - number) for number in range(8)]
    scene.load(
        *(scene.says(50, channel=f"tg:{place}", fingerprint=each) for place in (7, 8)
          for each in common)
    )  # fmt: skip
    assert scene.find("channel_moved", window=30) == ()


# ---------------------------------------------------------------- claims

ONE = "Our fighters struck the convoy near Torkham gate, wounding 14 soldiers of the border force"
TWO = "By the grace of God the border force lost 14 men as we hit them at Torkham gate"
OTHER = "A checkpoint in the district of Nangarhar was taken on Friday and two vehicles burned"


def claim(scene: Scene, days_ago: float, actor: str | None, text: str, **more: Any) -> Any:
    return scene.says(
        days_ago, scene.claims(), channel=f"tg:{actor}", actor=actor, text=text, **more
    )


def test_rivals_claim_one_attack(scene: Scene) -> None:
    scene.load(
        claim(scene, 2, "iskp", ONE), claim(scene, 1.5, "ttp", TWO), claim(scene, 1, "jua", OTHER)
    )
    [found] = scene.find("rival_claims")
    assert found.subject["actors"] == ["iskp", "ttp"]
    assert found.count == 2
    assert found.evidence["words_shared"] >= 3
    assert found.evidence["numbers_shared"] == 1
    assert found.link == "state=all&label=claims_attack&from=2026-02-27&to=2026-02-28"
    assert scene.find("rival_claims", days=0.2) == ()
    assert scene.find("rival_claims", shared=8) == ()


def test_one_groups_two_channels_forwards_and_strangers_are_no_rivals(scene: Scene) -> None:
    scene.load(
        claim(scene, 2, "iskp", ONE),
        claim(scene, 1.9, "iskp", TWO),
        claim(scene, 1.5, "ttp", TWO, forwarded_from_name="iskp"),
        claim(scene, 1.5, None, TWO),
        scene.says(1.2, channel="tg:news", actor="jua", text=TWO),
    )
    assert scene.find("rival_claims") == ()


def test_the_same_words_of_another_claimant_are_a_rival_claim(scene: Scene) -> None:
    scene.load(
        claim(scene, 2, "iskp", "short", fingerprint=0b1011),
        claim(scene, 1, "ttp", "brief", fingerprint=0b1000),
    )
    [found] = scene.find("rival_claims")
    assert found.evidence["near_equal"]
    assert scene.find("rival_claims", near=1) == ()


# ---------------------------------------------------------------- queue and runs


def test_a_queue_is_old_or_long(scene: Scene) -> None:
    scene.load(*(scene.says(3, scene.hostile(), text=f"{each}") for each in "abc"))
    folding.fold(scene.store, Rules(), datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(hours=30)
    [found] = scene.find("queue_old", now=later, hours=24)
    assert (found.key, found.count) == ("queue", 3)
    assert found.measure == pytest.approx(1.25, abs=0.01)
    assert scene.find("queue_old", now=later, hours=31) == ()
    assert scene.find("queue_old", now=later, hours=31, items=2)
    assert scene.find("queue_old", now=later, hours=31, items=3) == ()
    assert scene.find("queue_old", now=later, hours=24, labels=("claims_attack",)) == ()
    [limited] = scene.find("queue_old", now=later, hours=24, labels=("hostile",))
    assert limited.link == "state=waiting&label=hostile"


COUNTS = {"read": 10, "landed": 8, "unchanged": 2, "quarantined": 0}


@pytest.mark.parametrize(
    ("state", "hours_ago", "counts", "problem"),
    [
        ("failed", 1, None, "failed"),
        ("started", 13, None, "stopped"),
        ("started", 1, None, None),
        ("finished", 1, COUNTS, None),
        ("finished", 1, COUNTS | {"landed": 7, "quarantined": 1}, "quarantine"),
        ("finished", 1, COUNTS | {"landed": 7}, "unbalanced"),
        ("failed", 24 * 8, None, None),
    ],
)
def test_a_run_that_ended_badly(
    scene: Scene, state: str, hours_ago: float, counts: Any, problem: str | None
) -> None:
    moment = NOW - timedelta(hours=hours_ago)
    scene.desk.run("started", time=moment, fingerprint="f")
    if state != "started":
        scene.desk.run(state, time=moment, counts=counts)
    scene.store.load_inbox()
    found = scene.find("run_failed")
    assert [one.subject["problem"] for one in found] == ([problem] if problem else [])


def test_a_run_that_failed_is_forgiven_when_the_same_ends_well(scene: Scene) -> None:
    scene.desk.run("started", time=NOW - timedelta(hours=3), fingerprint="f")
    scene.desk.run("failed", time=NOW - timedelta(hours=2))
    scene.store.load_inbox()
    assert scene.find("run_failed")
    scene.desk.run_id = "run-2"
    scene.desk.run("started", time=NOW - timedelta(hours=1), fingerprint="f")
    scene.desk.run("finished", time=NOW, counts=COUNTS)
    scene.store.load_inbox()
    assert scene.find("run_failed") == ()


def test_nothing_arrives(scene: Scene) -> None:
    said = scene.says(1)
    scene.load(said)
    later = datetime.now(UTC)
    assert scene.find("run_empty", now=later + timedelta(days=1)) == ()
    [found] = scene.find("run_empty", now=later + timedelta(days=4))
    assert found.measure == pytest.approx(2, abs=0.01)
    scene.load(said)  # the same again is nothing new
    assert scene.find("run_empty", now=later + timedelta(days=4))


# ---------------------------------------------------------------- drift


def spoken(scene: Scene, days_ago: float, **languages: int) -> list[tuple[Row, Row]]:
    return [
        scene.says(days_ago, language=language)
        for language, count in languages.items()
        for _ in range(count)
    ]


def test_languages_drift(scene: Scene) -> None:
    scene.load(*spoken(scene, 10, ps=60, ur=40), *spoken(scene, 3, ps=20, ur=80))
    [found] = scene.find("drift", minimum=50)
    p, q = (20.5 / 101, 80.5 / 101), (60.5 / 101, 40.5 / 101)
    index = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert found.measure == pytest.approx(index, abs=1e-4)
    assert found.key == "languages"
    assert scene.find("drift", minimum=101) == ()
    assert scene.find("drift", minimum=50, index=1.0) == ()
    assert scene.find("drift", minimum=50, channels=("tg:9",)) == ()


def test_the_same_mix_is_no_drift(scene: Scene) -> None:
    scene.load(*spoken(scene, 10, ps=60, ur=40), *spoken(scene, 3, ps=65, ur=35))
    assert scene.find("drift", minimum=50) == ()


def test_scores_drift(scene: Scene) -> None:
    before = [scene.says(10, scene.hostile(probability=0.55)) for _ in range(30)]
    now = [scene.says(3, scene.hostile(probability=0.95)) for _ in range(30)]
    asked = [scene.says(days, scene.solicits()) for days in (3, 10) for _ in range(10)]
    scene.load(*before, *now, *asked, *spoken(scene, 10, ps=60), *spoken(scene, 3, ps=60))
    [found] = scene.find("drift", of="scores", minimum=50)
    assert found.key == "hostile"
    assert scene.find("drift", of="scores", minimum=50, labels=("solicits_donation",)) == ()
    assert scene.find("drift", minimum=50) == ()


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_what_is_still_to_come_counts_nowhere(
    scene: Scene, kind: str, rows: Callable[..., Any]
) -> None:
    more = {"indicators": [indicator("a")], "actor": "iskp"}
    scene.load(
        *(scene.says(-2, scene.hostile(), scene.solicits(), scene.claims(), **more)
          for _ in range(30)),
        scene.says(-1, scene.solicits(), scene.claims(), channel="tg:2",
                   indicators=[indicator("a")], actor="ttp", text="text 1"),
    )  # fmt: skip
    assert scene.find(kind) == ()
    assert rows("SELECT count(*) AS n FROM flagged")[0]["n"] > 0
