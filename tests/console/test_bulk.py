"""Many items decided by one act: a preview and a count first, nothing beyond what was shown."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.console.office import Office, Page
from tests.console.reviewing import alone, flag, post


def preview(office: Office, channel: str, name: str = "lena") -> Page:
    lead = office.lead(name)
    return lead.press("/bulk/preview", htmx=False, scope="all", channel=channel)


def decide(office: Office, page: Page, judgement: str = "confirm", **form: str) -> Page:
    office.second()
    given = page.forms["/bulk/decide"] | {"judgement": judgement} | form
    lead = office.lead()
    return Page(lead.post("/bulk/decide", data=given))


def test_what_is_previewed_is_decided_with_all_copies(office: Office) -> None:
    channel = office.channel(
        post(1, "same", flag(severity=1), alone("solicits_donation"), print_=77),
        post(2, "same", flag(severity=1), alone("solicits_donation"), print_=77),
        [flag(severity=1)],
    )
    page = preview(office, channel)
    assert "Decide 2 items at once" in page.text
    assert "3messages with their copies" in page.text.replace(" ", "", 1) or "3" in page.text
    assert office.said(channel) == []
    answer = decide(office, page, "reject", count=" 2 ", reason="Negation", note="all of it")
    assert answer.status == 303
    assert office.state(channel, 1) == office.state(channel, 3) == "decided"
    said = office.said(channel)
    assert said == [("lena", "reject", "bulk")] * 3
    rows = [row for row in office.bench.decisions() if row["channel_key"] == channel]
    assert len(rows) == 5
    assert {row["reason"] for row in rows} == {"Negation"}
    assert len({str(row["act_id"]) for row in rows}) == 1
    office.second()
    lead = office.lead()
    lead.press("/undo", act=str(rows[0]["act_id"]))
    assert office.state(channel, 1) == office.state(channel, 3) == "waiting"


@pytest.mark.parametrize("scope", ["all", "chosen"])
def test_under_a_filter_of_flags_only_those_are_decided(office: Office, scope: str) -> None:
    channel = office.channel(
        [flag(severity=1), alone("solicits_donation")], [alone("solicits_donation")]
    )
    numbers = [str(office.item(channel, place)) for place in (1, 2)]
    page = office.lead().press(
        "/bulk/preview", htmx=False, scope=scope, item=numbers, channel=channel,
        label="solicits_donation",
    )  # fmt: skip
    assert "Decide 2 items at once" in page.text
    assert "Only flags whose label is" in page.text
    assert decide(office, page, count="2").status == 303
    rows = [row for row in office.bench.decisions() if row["channel_key"] == channel]
    assert [row["label"] for row in rows] == ["solicits_donation"] * 2
    assert (office.state(channel, 1), office.state(channel, 2)) == ("waiting", "decided")


def test_asked_twice_it_is_written_once(office: Office) -> None:
    channel = office.channel([flag(severity=1)])
    page = preview(office, channel)
    for _ in range(2):
        assert decide(office, page, count="1").status == 303
    assert len(office.said(channel)) == 1


def test_what_is_left_out_is_said_with_why(office: Office) -> None:
    channel = office.channel(
        [flag(severity=3)],  # wants two
        [flag(severity=1)],  # claimed
        [flag(severity=1)],  # escalated
        [flag(severity=1)],  # decided
        [flag(severity=1)],
    )
    ada = office.browser("ada")
    numbers = [office.item(channel, place) for place in range(1, 6)]
    ada.look(f"/item/{numbers[1]}")
    office.second()
    office.bench.decide(numbers[2], "escalate", "ben")
    office.bench.decide(numbers[3], "confirm", "ben")
    lead = office.lead()
    page = lead.press(
        "/bulk/preview", htmx=False, scope="chosen", item=[*map(str, numbers), "999999", "x", "-1"]
    )
    assert "Decide 1 item at once" in page.text
    for why in (
        "1 want two reviewers",
        "1 are with another reviewer",
        "1 lie with the leads",
        "1 are decided",
        "1 are gone",
    ):
        assert why in page.text, why


def test_at_most_so_many(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    channel = office.channel(*([flag(severity=1)] for _ in range(4)))
    monkeypatch.setattr(office.console, "policy", replace(office.policy, bulk_limit=3))
    page = preview(office, channel)
    assert "Decide 3 items at once" in page.text
    assert "1 are beyond the most that one act may decide" in page.text


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"count": "2"}, 422, "the count to type is 1"),
        ({"count": ""}, 422, "the count to type is 1"),
        ({"count": "1", "judgement": "change"}, 422, "say one of confirm, reject, escalate"),
        ({"count": "1", "judgement": "escalate"}, 422, "the policy asks for a reason"),
        ({"count": "1", "ticket": "made up"}, 409, "this preview is too old"),
        ({"count": "1", "act": ""}, 422, "the form has no act of its own"),
    ],
)
def test_what_cannot_be_decides_nothing(
    office: Office, form: dict[str, str], status: int, says: str
) -> None:
    channel = office.channel([flag(severity=1)])
    judgement = form.get("judgement", "confirm")
    page = decide(office, preview(office, channel), **{"judgement": judgement} | form)
    assert page.status == status
    assert "Nothing was decided" in page.text
    assert says in page.text
    assert office.said(channel) == []


def test_a_ticket_is_ones_own_and_not_for_ever(office: Office) -> None:
    channel = office.channel([flag(severity=1)])
    foreign = preview(office, channel, "lars")
    assert decide(office, foreign, count="1", csrf=office.lead().csrf).status == 409
    page = preview(office, channel)
    office.clock.move(minutes=30)
    assert decide(office, page, count="1").status == 409
    assert office.said(channel) == []


def test_what_was_decided_in_between_is_not_decided_again(office: Office) -> None:
    channel = office.channel([flag(severity=1)], [flag(severity=1)])
    page = preview(office, channel)
    office.bench.decide(office.item(channel, 1), "reject", "ben")
    assert decide(office, page, count="2").status == 303
    assert office.said(channel) == [("ben", "reject", "review"), ("lena", "confirm", "bulk")]


def test_what_was_edited_since_the_preview_is_left_out(office: Office) -> None:
    channel = office.channel(
        post(1, "as it was seen", flag(severity=1), print_=0b11110000 << 40), [flag(severity=1)]
    )
    page = preview(office, channel)
    office.bench.land(
        post(1, "as nobody saw it", flag(severity=1), print_=0b11110001 << 40, channel=channel)
    )
    assert decide(office, page, count="2").status == 303
    after = office.lead().look(f"/history?act={page.forms['/bulk/decide']['act']}")
    assert "show another text by now" in after.text
    assert office.said(channel) == [("lena", "confirm", "bulk")]
    assert office.state(channel, 1) == "waiting"


def test_nothing_is_chosen(office: Office) -> None:
    page = office.lead().press("/bulk/preview", htmx=False, scope="chosen")
    assert "Nothing of it can be decided together" in page.text


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, str(2**63)])
def test_numbers_that_no_item_has(office: Office, number: str) -> None:
    page = office.lead().press("/bulk/preview", htmx=False, scope="chosen", item=number)
    assert page.status in (200, 422)


@pytest.mark.parametrize("role", ["moderator", "auditor"])
def test_only_leads_decide_many(office: Office, role: str) -> None:
    channel = office.channel([flag(severity=1)])
    who = office.browser(f"{role}-of-bulk", role)
    assert who.press("/bulk/preview", scope="all", channel=channel).status == 403
    form = {"ticket": "x", "count": "1", "judgement": "confirm", "act": str(uuid4())}
    assert who.press("/bulk/decide", **form).status == 403


def test_who_has_an_item_on_the_screen_keeps_it(office: Office) -> None:
    channel = office.channel(*([flag(severity=1)] for _ in range(4)))
    page = preview(office, channel)
    taken, decided, expired, free = (office.item(channel, place) for place in range(1, 5))
    ada = office.browser("ada")
    ada.look(f"/item/{expired}")
    office.clock.move(minutes=15)
    ada.look(f"/item/{taken}")
    office.bench.decide(decided, "reject", "ben")
    for _ in range(2):  # the answer is the same when it was lost and is asked for again
        assert decide(office, page, "reject", count="4").status == 303
        after = office.lead().look(f"/history?act={page.forms['/bulk/decide']['act']}")
        assert "1 are with another reviewer" in after.text
        assert "1 are decided" in after.text
    assert office.state(channel, 1) == "waiting"
    assert office.state(channel, 3) == office.state(channel, 4) == "decided"
    claim = office.console.claims.holder(taken, office.clock())
    assert claim is not None
    assert claim.reviewer == "ada"
    assert office.console.claims.holder(free, office.clock()) is None


def test_while_it_is_decided_nobody_is_given_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.console import bulk

    channel = office.channel([flag(severity=1)])
    page = preview(office, channel)
    number = office.item(channel, 1)
    ada = office.browser("ada")
    seen: list[str] = []
    real = bulk.deciding.decide

    def meanwhile(*args: object, **values: object) -> int:
        seen.append(ada.look(f"/item/{number}").text)
        return real(*args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk.deciding, "decide", meanwhile)
    assert decide(office, page, count="1").status == 303
    assert "lena has it until" in seen[0]
    assert office.said(channel) == [("lena", "confirm", "bulk")]


def test_nothing_of_it_was_left(office: Office) -> None:
    channel = office.channel([flag(severity=1)])
    page = preview(office, channel)
    office.browser("ada").look(f"/item/{office.item(channel, 1)}")
    assert decide(office, page, count="1").status == 303
    after = office.lead().look(f"/history?act={page.forms['/bulk/decide']['act']}").text
    assert "Nothing was decided by this act" in after
    assert "1 are with another reviewer" in after
    assert office.said(channel) == []
