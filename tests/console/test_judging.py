"""The form of an item: what is read of it, and what is said of one that cannot be."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.console.office import Office, Page
from tests.console.reviewing import alone, flag, post

TEXT = "Some 😀 text of خوارج"


@pytest.fixture
def channel(office: Office) -> str:
    office.second()
    return office.channel(post(1, TEXT, flag(severity=2), print_=uuid4().int % 2**64))


def judge(office: Office, channel: str, judgement: str, **form: str) -> Page:
    who = office.browser("ada")
    return who.decide(who.work(f"channel={channel}"), judgement, **form)


def kept(office: Office, channel: str) -> dict[str, Any]:
    (row,) = [row for row in office.bench.decisions() if row["channel_key"] == channel]
    return row


def test_everything_that_was_given_is_kept(office: Office, channel: str) -> None:
    who = office.browser("ada")
    page = who.work(f"channel={channel}")
    office.clock.move(seconds=12.5)
    spans = [{"start": 5, "end": 6, "shows": "cue"}, {"start": 15, "end": 20, "shows": "target"}]
    who.decide(
        page,
        "change",
        changed_target="afghan_taliban",
        changed_severity="3",
        spans=json.dumps(spans),
        note="  a note\nof two lines, با حروف  ",
    )
    row = kept(office, channel)
    assert row["spans"] == spans
    assert TEXT[15:20] == "خوارج"
    assert row["note"] == "a note\nof two lines, با حروف"
    assert row["seconds"] == 12.5
    assert (row["changed_label"], row["changed_source"]) == (None, None)
    assert (row["changed_target"], row["changed_severity"]) == ("afghan_taliban", 3)
    assert (row["reviewer"], row["decided_at"]) == ("ada", office.clock())


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"changed_target": "ttq"}, "no target 'ttq'; did you mean 'ttp'?"),
        ({"changed_source": "nobody at all"}, "no source 'nobody at all'"),
        ({"changed_label": "hostil"}, "no label 'hostil'; did you mean 'hostile'?"),
        ({"changed_severity": "4"}, "severity '4' is none of 1, 2, 3"),
        ({"changed_target": "unknown"}, "a target is somebody"),
        ({}, "nothing is changed"),
        ({"changed_severity": "2"}, "nothing is changed"),
        ({"changed_target": "ttp", "changed_source": "iskp"}, "nothing is changed"),
    ],
)
def test_a_change_is_to_something_that_there_is(
    office: Office, channel: str, form: dict[str, str], says: str
) -> None:
    page = judge(office, channel, "change", **form)
    assert page.status == 422
    assert says in page.text
    assert office.said(channel) == []


def test_a_message_that_is_no_longer_the_one_that_was_shown(office: Office, channel: str) -> None:
    page = judge(office, channel, "confirm", content=str(uuid4()))
    assert page.status == 422
    assert "was edited while you read it" in page.text
    assert office.said(channel) == []


def test_a_label_that_is_aimed_at_nobody_takes_no_actors(office: Office, channel: str) -> None:
    page = judge(
        office,
        channel,
        "change",
        changed_label="solicits_donation",
        changed_target="ttp",
        changed_severity="3",
    )
    assert page.status == 200
    row = kept(office, channel)
    assert row["changed_label"] == "solicits_donation"
    assert row["changed_target"] is row["changed_source"] is row["changed_severity"] is None


def test_a_label_that_is_aimed_wants_a_target(office: Office) -> None:
    channel = office.channel([alone("claims_attack")])
    page = judge(office, channel, "change", changed_label="hostile")
    assert page.status == 422
    assert "who is it aimed at? choose a target" in page.text
    page = judge(office, channel, "change", changed_label="hostile", changed_target="ttp")
    assert page.status == 200


def test_a_flag_of_a_label_that_is_no_more_can_be_changed(office: Office) -> None:
    channel = office.channel([alone("of_an_older_model")])
    page = judge(office, channel, "change", changed_severity="3")
    assert page.status == 422
    assert "nothing is changed" in page.text
    assert judge(office, channel, "change", changed_label="claims_attack").status == 200


@pytest.mark.parametrize(
    ("spans", "says"),
    [
        ("nonsense", "the marked spans cannot be read"),
        ('{"start":0}', "the marked spans cannot be read"),
        ('[{"start":0,"end":"x","shows":"cue"}]', "the marked spans cannot be read"),
        ('[{"start":0,"end":1.5,"shows":"cue"}]', "the marked spans cannot be read"),
        ("[" * 5000, "the marked spans cannot be read"),
        ('[{"start":-1,"end":2,"shows":"cue"}]', "a span from -1 to 2 is outside the text of 20"),
        ('[{"start":3,"end":3,"shows":"cue"}]', "a span from 3 to 3 is outside the text of 20"),
        ('[{"start":0,"end":21,"shows":"cue"}]', "a span from 0 to 21 is outside the text of 20"),
        (json.dumps([{"start": 0, "end": 2**70, "shows": "cue"}]), "outside the text of 20"),
        ('[{"start":0,"end":1,"shows":"<b>"}]', "a span shows '<b>'; it shows one of target"),
        (json.dumps([{"start": 0, "end": 1, "shows": "cue"}] * 101), "101 spans are too many"),
    ],
)
def test_spans_lie_within_the_text(office: Office, channel: str, spans: str, says: str) -> None:
    page = judge(office, channel, "confirm", spans=spans)
    assert page.status in (422,), page.text
    assert says in page.text
    assert "<b>" not in page.html
    assert office.said(channel) == []


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"flag": "hostile:x>y"}, 422, "this flag is gone"),
        ({"flag": ""}, 422, "this flag is gone"),
        ({"judgement": "perhaps"}, 422, "no judgement 'perhaps'; there are confirm, reject"),
        ({"judgement": "undo"}, 422, "no judgement 'undo'"),
        ({"act": "1"}, 422, "the form has no act of its own"),
        ({"csrf": "0" * 64}, 403, "older than your sign-in"),
    ],
)
def test_a_form_that_is_not_ours(
    office: Office, channel: str, form: dict[str, str], status: int, says: str
) -> None:
    who = office.browser("ada")
    page = who.work(f"channel={channel}")
    assert page.form is not None
    answer = Page(
        who.post(
            f"/item/{page.item}/decide",
            data=page.form | {"judgement": "confirm"} | form,
            headers={"HX-Request": "true"},
        )
    )
    assert answer.status == status
    assert says in answer.text
    assert office.said(channel) == []


@pytest.mark.parametrize("shown", ["", "yesterday", "2026-01-01", "9999-12-31T00:00:00+00:00"])
def test_a_time_that_was_not_shown_is_not_made_up(office: Office, channel: str, shown: str) -> None:
    judge(office, channel, "confirm", shown=shown)
    assert kept(office, channel)["seconds"] == (0.0 if shown.startswith("9999") else None)


def test_what_is_written_is_bounded(office: Office, channel: str) -> None:
    judge(office, channel, "reject", note="n\x00" + "ن" * 5000, reason="r" * 5000)
    row = kept(office, channel)
    assert len(row["note"]) == 2000
    assert row["reason"] is None


def test_a_reason_belongs_to_its_judgement(office: Office, channel: str) -> None:
    refused = judge(office, channel, "unsure", reason="Negation")
    assert refused.status == 422
    assert "'Negation' is no reason to unsure" in refused.text
    assert office.said(channel) == []
    judge(office, channel, "confirm", reason="Negation")  # knows none
    assert kept(office, channel)["reason"] is None


def test_the_model_that_is_written_down_is_the_one_that_was_shown(office: Office) -> None:
    channel = office.channel([flag()])
    who = office.browser("ada")
    page = who.work(f"channel={channel}")
    text = f"message 1 of channel {channel[3:]}"
    office.bench.land(post(1, text, flag(), channel=channel), model="model-2", fold=False)
    refused = who.decide(page, "confirm")
    assert refused.status == 422
    assert "another model has scored the message" in refused.text
    assert office.said(channel) == []


def test_a_message_scored_anew_meanwhile_is_looked_at_again(office: Office) -> None:
    channel = office.channel([flag(severity=2)])
    who = office.browser("ada")
    page = who.work(f"channel={channel}")
    text = f"message 1 of channel {channel[3:]}"
    office.bench.land(post(1, text, flag(target="us"), channel=channel), model="model-2")
    answer = who.decide(page, "confirm")
    assert answer.status in (409, 422)
    assert "scored anew" in answer.text
    assert office.said(channel) == []
