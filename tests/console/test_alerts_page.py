"""The pages of alerts: what they show, and who may answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from classifiers.knowledge import load
from ops.console import watching
from ops.console.accounts import Accounts
from ops.console.app import create_app
from ops.console.claims import Claims
from ops.console.console import Console
from ops.console.policy import read_policy
from ops.console.security.access import Access
from ops.console.security.limits import Limits
from tests.console.browsing import Browser, Clock
from warehouse.alerting import evaluating, record
from warehouse.alerting.evaluating import Look, evaluate
from warehouse.alerting.rule import Finding, Rule
from warehouse.store import Store, open_store

RULE = Rule(
    "indicator-elsewhere", "indicator_again", "critical", "Turned <up> elsewhere.", 7,
    routes=("team",),
)  # fmt: skip
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "w.duckdb", threads=1) as opened:
        yield opened


@pytest.fixture
def app(store: Store, accounts: Accounts, users: dict[str, str], clock: Clock) -> Iterator[FastAPI]:
    policy = read_policy()
    claims = Claims(accounts.path, policy.claim)
    console = Console(store, accounts, claims, policy, load(cues=False), now=clock)
    yield create_app(console, access=Access(port=8765), limits=Limits(clock=clock.seconds))
    claims.close()


@pytest.fixture
def alert(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> str:
    """An alert that holds, about a subject with a hostile name."""
    subject = {"type": "btc", "value": "bc1q", "name": HOSTILE, "channel": "tg:2",
               "first_name": None, "first_channel": "tg:1"}  # fmt: skip

    def look(_store: Store, rule: Rule, _now: Any) -> Look:
        found = Finding(rule, f"btc:{HOSTILE}", 3, 2.0, subject, {"channels": 2},
                        "state=all&channel=tg%3A2")  # fmt: skip
        return Look(rule, (found,), 0.1)

    monkeypatch.setattr(evaluating, "look", look)
    evaluate(store, [RULE], clock())
    found: str = record.listed(store, clock())[0]["alert_id"]
    return found


def browser(app: FastAPI, role: str) -> Browser:
    made = Browser(app)
    made.sign_in(role)
    return made


def test_everybody_reads_the_alerts(app: FastAPI, alert: str) -> None:
    for role in ("moderator", "lead", "auditor", "admin"):
        text = browser(app, role).get("/alerts").text
        assert "A payment indicator (btc) known from (no name) (tg:1)" in text
        assert 'href="/queue?state=all&amp;channel=tg%3A2"' in text
        assert f'href="/alerts/{alert}"' in text
        assert "<script>alert" not in text
        assert re.search(r'href="/alerts"[^>]*>Alerts <span class="badge warn">1<', text)
        page = browser(app, role).get(f"/alerts/{alert}").text
        assert ("Acknowledge</button>" in page) == (role in ("lead", "admin"))
        assert "<script>alert" not in page
        assert "ops/runbooks/indicator_again.md" in page
        assert "raised" in page


def test_open_alerts_are_measured_by_severity(
    app: FastAPI, alert: str, store: Store, clock: Clock
) -> None:
    def measured() -> dict[str, float]:
        answer = TestClient(app, client=("127.0.0.1", 4), base_url="http://127.0.0.1:8765")
        text = answer.get("/metrics").text
        found = re.findall(
            r'^channelwatch_alerts_open{severity="(\w+)"} (\S+)$', text, re.MULTILINE
        )
        return {severity: float(value) for severity, value in found}

    assert measured() == {"info": 0, "warning": 0, "critical": 1}
    record.acknowledge(store, alert, "lead", clock())
    app.state.watching._state = watching.Kept(app.state.watching._look, 0.0)
    assert measured() == {"info": 0, "warning": 0, "critical": 0}


@pytest.mark.parametrize("role", ["moderator", "auditor"])
def test_others_than_leads_change_nothing(
    app: FastAPI, alert: str, role: str, store: Store, clock: Clock
) -> None:
    there = browser(app, role)
    for path in (f"/alerts/{alert}/acknowledge", f"/alerts/{alert}/silence"):
        assert there.submit(path, why="x", hours="1").status_code == 403
    assert record.counted(store, clock())["open"] == 1


def test_a_lead_acknowledges(app: FastAPI, alert: str, store: Store, clock: Clock) -> None:
    there = browser(app, "lead")
    answer = there.submit(f"/alerts/{alert}/acknowledge", note="<b>mine</b>")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alert}")
    page = there.get(f"/alerts/{alert}").text
    assert "&lt;b&gt;mine" in page
    assert "acknowledged" in page
    assert record.counted(store, clock())["acknowledged"] == 1
    assert "No alert is in this state" in there.get("/alerts?state=open").text
    assert there.submit("/alerts/nothing/acknowledge").status_code == 404


def test_a_lead_silences_and_lifts(app: FastAPI, alert: str, store: Store, clock: Clock) -> None:
    there = browser(app, "lead")
    path = f"/alerts/{alert}/silence"
    assert there.submit(path, why=" ", hours="24").status_code == 422
    assert there.submit(path, why="known", hours="5").status_code == 422
    assert there.submit(path, why="known", hours="24").status_code == 303
    [silence] = record.silences(store, clock())
    assert silence["until"] == clock() + timedelta(days=1)
    assert (silence["rule"], silence["key"]) == (RULE.id, f"btc:{HOSTILE}")
    text = there.get("/alerts").text
    assert "known" in text
    assert "<script>alert" not in text
    assert there.submit(f"/alerts/silences/{silence['silence_id']}/lift").status_code == 303
    assert record.silences(store, clock()) == []
    assert there.submit(path, why="known", hours="1", scope="rule").status_code == 303
    assert [row["key"] for row in record.silences(store, clock())] == [None]


def test_what_is_over_is_out_of_the_way(
    app: FastAPI, alert: str, store: Store, clock: Clock
) -> None:
    clock.move(minutes=5)
    evaluate(store, [], clock())
    there = browser(app, "lead")
    assert "No alert is in this state" in there.get("/alerts").text
    assert alert in there.get("/alerts?state=resolved").text
    assert ">over<" in there.get(f"/alerts/{alert}").text
    assert alert not in there.get("/alerts?state=all&rule=other").text


def test_a_rule_that_could_not_be_evaluated_is_seen(
    app: FastAPI, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Look(replace(RULE, id="broken"), (), 0.0, "Binder <Error>")
    monkeypatch.setattr(evaluating, "look", lambda *_: broken)
    evaluate(store, [RULE], clock())
    text = browser(app, "auditor").get("/alerts").text
    assert "not evaluated" in text
    assert "Binder &lt;Error&gt;" in text
