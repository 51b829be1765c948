"""The way of a moderator through the queue, of two, and of a lead."""

from __future__ import annotations

import re

import pytest

from tests.console.office import Office, Page
from tests.console.reviewing import alone, flag

DOUBLE = {"severity": 3}


def test_review_decide_next_until_nothing_is_left(office: Office) -> None:
    channel = office.channel([flag(probability=0.6)], [flag(probability=0.9)], [flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    seen = []
    for judgement in ("confirm", "reject", "unsure"):
        assert page.item is not None
        seen.append(page.item)
        office.second()
        page = ada.decide(page, judgement)
        assert page.attribute("data-saved")[0].startswith(
            {"confirm": "Confirmed", "reject": "Rejected", "unsure": "Unsure"}[judgement]
        )
    assert seen == [office.item(channel, number) for number in (2, 3, 1)]
    assert page.item is None
    assert "Nothing that you may decide is left under this filter." in page.text
    assert [judgement for _, judgement, _ in office.said(channel)] == [
        "confirm",
        "reject",
        "unsure",
    ]
    assert office.state(channel, 1) == "waiting"
    assert ada.work(f"channel={channel}").item is None, "who was unsure is not asked again"


def test_each_flag_of_an_item_is_decided_on_its_own(office: Office) -> None:
    channel = office.channel([flag(severity=2), alone("solicits_donation")])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    assert page.flags == {"hostile:iskp>ttp": True, "solicits_donation": False}
    office.second()
    after = ada.decide(page, "confirm")
    assert after.item == page.item
    assert after.flags == {"solicits_donation": True}
    assert "You: Confirmed" in after.text
    assert after.form is not None
    assert page.form is not None
    assert after.form["act"] != page.form["act"]
    office.second()
    assert ada.decide(after, "reject").item is None
    assert office.state(channel) == "decided"
    assert office.said(channel) == [("ada", "confirm", "review"), ("ada", "reject", "review")]


def test_a_page_without_scripts_does_the_same(office: Office) -> None:
    channel = office.channel([flag()], [flag(probability=0.6)])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    assert "<html" in page.html
    answer = ada.decide(page, "confirm", htmx=False)
    assert answer.status == 303
    after = ada.look(answer.location)
    assert "<html" in after.html
    assert after.item == office.item(channel, 2)
    fragment = ada.look(f"/item/{after.item}", headers={"HX-Request": "true"})
    assert fragment.html.startswith('<div id="work"')
    assert "<html" not in fragment.html


def test_the_same_item_is_shown_until_it_is_decided(office: Office) -> None:
    channel = office.channel([flag()], [flag()])
    ada = office.browser("ada")
    first = ada.work(f"channel={channel}")
    assert ada.work(f"channel={channel}").item == first.item


def test_an_answer_that_was_lost_is_asked_for_again(office: Office) -> None:
    channel = office.channel([flag()], [flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    first = ada.decide(page, "confirm")
    again = ada.decide(page, "confirm")
    assert again.status == 200
    assert again.item == first.item != page.item
    assert office.said(channel) == [("ada", "confirm", "review")]


def test_two_moderators_never_have_the_same_item(office: Office) -> None:
    channel = office.channel(*([flag()] for _ in range(6)))
    ada, ben = office.browser("ada"), office.browser("ben")
    pages = {who: who.work(f"channel={channel}") for who in (ada, ben)}
    for _ in range(2):
        assert len({page.item for page in pages.values()}) == 2
        office.second()
        pages = {who: who.decide(page, "confirm") for who, page in pages.items()}
    held = pages[ada].item
    other = ben.look(f"/item/{held}")
    assert other.form is None
    assert "ada has it until" in other.text


def test_what_was_claimed_too_long_ago_goes_to_another(office: Office) -> None:
    channel = office.channel([flag()])
    ada, ben = office.browser("ada"), office.browser("ben")
    late = ada.work(f"channel={channel}")
    assert ben.work(f"channel={channel}").item is None
    office.clock.move(minutes=10)
    page = ben.work(f"channel={channel}")
    assert page.item == late.item
    refused = ada.decide(late, "confirm")
    assert refused.status == 409
    assert "Not saved: ben has it until" in refused.text
    assert office.said(channel) == []
    ben.decide(page, "reject")
    refused = ada.decide(late, "confirm")
    assert refused.status == 409
    assert "Not saved: it is decided" in refused.text
    assert office.said(channel) == [("ben", "reject", "review")]


def test_a_lead_who_comes_late_does_not_overrule_unseen(office: Office) -> None:
    """They may decide again what is decided; but not what they were shown as undecided."""
    channel = office.channel([flag()])
    lena, ben = office.lead(), office.browser("ben")
    late = lena.work(f"channel={channel}")
    office.clock.move(minutes=10)
    ben.decide(ben.work(f"channel={channel}"), "reject")
    office.second()
    refused = lena.decide(late, "confirm")
    assert refused.status == 409
    assert "decided meanwhile" in refused.text
    assert office.said(channel) == [("ben", "reject", "review")]
    office.clock.move(minutes=11)
    read = lena.look(f"/item/{late.item}")
    assert "it is decided" in read.text
    assert f"/item/{late.item}/decide" not in read.forms
    assert "has it until" not in office.lead("lars").look(f"/item/{late.item}").text
    lena.decide(lena.look(f"/item/{late.item}?again=yes"), "confirm")
    assert office.said(channel)[-1] == ("lena", "confirm", "adjudication")


def test_who_comes_late_to_a_free_item_still_decides_it(office: Office) -> None:
    channel = office.channel([flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    office.clock.move(minutes=30)
    assert ada.decide(page, "confirm").status == 200
    assert office.said(channel) == [("ada", "confirm", "review")]


def test_an_item_can_be_given_back(office: Office) -> None:
    channel = office.channel([flag(probability=0.9)], [flag(probability=0.6)])
    ada, ben = office.browser("ada"), office.browser("ben")
    page = ada.work(f"channel={channel}")
    after = ada.press(f"/item/{page.item}/release", back=f"channel={channel}")
    assert after.item == office.item(channel, 2)
    assert ben.work(f"channel={channel}").item == page.item
    assert office.said(channel) == []


def test_undo_at_once_and_later(office: Office) -> None:
    channel = office.channel([flag()], [flag(probability=0.6)])
    ada, ben = office.browser("ada"), office.browser("ben")
    page = ada.work(f"channel={channel}")
    office.second()
    after = ada.decide(page, "confirm")
    act = after.forms["/undo"]["act"]
    office.second()
    back = ada.press("/undo", act=act, back=f"channel={channel}")
    assert back.item == page.item
    assert back.form is not None
    assert "Taken back" in back.text
    assert office.state(channel) == "waiting"
    assert ada.press("/undo", act=act).status == 409
    office.second()
    later = ada.decide(back, "reject")
    history = ada.look("/history")
    assert history.text.count("Rejected") >= 1
    act = later.forms["/undo"]["act"]
    assert act in history.html
    refused = ben.press("/undo", act=act)
    assert refused.status == 409
    assert "There is nothing to take back" in refused.text
    office.second()
    answer = ada.press("/undo", htmx=False, act=act)
    assert answer.location == f"/item/{page.item}"
    assert ada.look(answer.location).form is not None
    assert [judgement for _, judgement, _ in office.said(channel)] == [
        "confirm",
        "undo",
        "reject",
        "undo",
    ]
    assert ada.press("/undo", act="no uuid").status == 422


def test_undo_of_what_is_gone_says_so_and_goes_on(office: Office) -> None:
    channel = office.channel([flag()])
    gus = office.browser("gus")
    gus.decide(gus.work(f"channel={channel}"), "confirm")
    from tests.console.reviewing import post

    office.bench.land(post(1, "calm now", channel=channel))
    office.second()
    page = gus.press("/undo", back=f"channel={channel}")
    assert page.status == 200
    assert "Taken back" in page.text
    history = gus.look("/history")
    assert "None" not in history.text
    assert not any("None" in str(link) for link in history.attribute("href"))


def leaks(html: str, *words: str) -> list[str]:
    return [word for word in words if word in html]


def around(page: Page, item_no: int, who: object) -> str:
    """Everything that a reviewer can read about an item before they decide."""
    parts = [page.html]
    for part in ("around", "revisions", "replies", "copies", "channel", "indicators", "history"):
        response = who.get(f"/item/{item_no}/{part}")  # type: ignore[attr-defined]
        assert response.status_code == 200, part
        parts.append(response.text)
    parts += [who.get(path).text for path in ("/queue", "/history")]  # type: ignore[attr-defined]
    return "".join(parts)


def rejected_by_one(office: Office, note: str) -> str:
    """A channel whose item wants two reviewers, of whom the first has rejected it."""
    channel = office.channel([flag(**DOUBLE)])
    first = office.browser("firstname")
    page = first.work(f"channel={channel}")
    office.second()
    first.decide(page, "reject", reason="Wrong language", note=note)
    return channel


def test_a_second_review_is_blind(office: Office) -> None:
    channel = rejected_by_one(office, "a note that tells")
    first, second = office.browser("firstname"), office.browser("secondname")
    assert office.state(channel) == "second"
    assert first.work(f"channel={channel}").item is None
    page = second.work(f"channel={channel}")
    assert page.item == office.item(channel)
    read = around(page, page.item or 0, second)
    read = re.sub(r"<option.*?</option>", "", read)  # what can be chosen is the same for all
    assert leaks(read, "firstname", "a note that tells", "Rejected", "Wrong language") == []
    office.second()
    second.decide(page, "reject")
    assert office.state(channel) == "decided"
    assert office.said(channel)[1] == ("secondname", "reject", "second")


def test_a_change_that_is_chosen_is_not_confirmed_away(office: Office) -> None:
    channel = office.channel([flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    office.second()
    refused = ada.decide(page, "confirm", changed_severity="3")
    assert refused.status == 422
    assert "a change is chosen" in refused.text
    assert office.said(channel) == []
    assert ada.decide(page, "change", changed_severity="3").status == 200


def test_what_is_severe_beside_an_item_is_not_shown_unasked(office: Office) -> None:
    channel = office.channel([flag(severity=1)], [flag(severity=3)])
    first = office.item(channel, 1)
    shown = office.browser("ada").get(f"/item/{first}/around").text
    assert shown.count("<summary>Severe: show it</summary>") == 1


def test_who_leads_is_asked_blind_too(office: Office) -> None:
    channel = rejected_by_one(office, "what a lead is not told")
    lead = office.lead("lydia")
    page = lead.work(f"channel={channel}")
    assert page.item == office.item(channel)
    read = re.sub(r"<option.*?</option>", "", around(page, page.item or 0, lead))
    assert leaks(read, "what a lead is not told") == []
    assert "Not shown before the second review" in lead.look("/history").text
    office.second()
    lead.decide(page, "confirm")
    assert office.state(channel) == "adjudication"
    assert "what a lead is not told" in lead.look(f"/item/{page.item}/history").text
    assert "what a lead is not told" in lead.look("/history").text


def test_an_undo_whose_answer_was_lost_takes_nothing_else_back(office: Office) -> None:
    channel = office.channel([flag()], [flag()])
    eve = office.browser("eve")
    for _ in range(2):
        page = eve.work(f"channel={channel}")
        office.second()
        eve.decide(page, "confirm")
    own = eve.look("/review").forms["/undo"]["own"]
    for _ in range(2):
        assert eve.press("/undo", own=own).status == 200
    assert [said[1] for said in office.said(channel)] == ["confirm", "confirm", "undo"]


def test_where_two_disagree_a_third_who_leads_decides(office: Office) -> None:
    channel = office.channel([flag(**DOUBLE)])
    lena, lars = office.lead("lena"), office.lead("lars")
    anna = office.browser("anna")
    page = lena.work(f"channel={channel}")
    office.second()
    lena.decide(page, "reject", reason="Negation", note="it is denied")
    office.second()
    anna.decide(anna.work(f"channel={channel}"), "confirm", note="it is said")
    assert office.state(channel) == "adjudication"
    cora = office.browser("cora")
    assert cora.work(f"channel={channel}").item is None
    assert "it lies with the leads" in cora.look(f"/item/{page.item}").text
    assert lena.work(f"channel={channel}").item is None, "she is one of the two"
    mine = lars.work(f"channel={channel}")
    assert mine.item == page.item
    for words in ("Rejected", "Confirmed", "Negation", "it is denied", "it is said"):
        assert words in mine.text
    assert leaks(mine.html, "lena", "anna") == []
    assert "Adjudication" in mine.text
    assert lena.look(f"/item/{page.item}").form is None, "lars has it"
    office.clock.move(minutes=10)
    opened = lena.look(f"/item/{page.item}")
    assert opened.form is not None, "on purpose she may"
    office.clock.move(minutes=10)
    office.second()
    lars.decide(lars.work(f"channel={channel}"), "confirm")
    assert office.state(channel) == "decided"
    assert office.said(channel)[-1] == ("lars", "confirm", "adjudication")


def test_two_who_are_unsure_hand_it_to_the_leads(office: Office) -> None:
    channel = office.channel([flag()])
    for name in ("ada", "ben"):
        office.second()
        who = office.browser(name)
        assert office.state(channel) == "waiting"
        who.decide(who.work(f"channel={channel}"), "unsure")
    assert office.state(channel) == "escalated"
    assert office.browser("cem").work(f"channel={channel}").item is None
    page = office.lead().work(f"channel={channel}")
    assert page.item == office.item(channel)
    office.lead().decide(page, "reject")
    assert office.state(channel) == "decided"


@pytest.mark.parametrize("reason", ["", "made up", "News or report"])
def test_escalating_demands_a_reason_of_the_list(office: Office, reason: str) -> None:
    channel = office.channel([flag()])
    ada = office.browser("ada")
    page = ada.work(f"channel={channel}")
    refused = ada.decide(page, "escalate", reason=reason)
    assert refused.status == 422
    assert "the policy asks for a reason to escalate: one of Threat to life" in refused.text
    assert office.said(channel) == []
    assert ada.decide(page, "escalate", reason="Legal hold").status == 200
    assert office.state(channel) == "escalated"
    assert office.bench.decisions()[-1]["reason"] == "Legal hold"


def test_rest_brings_calmer_items_first(office: Office) -> None:
    channel = office.channel(
        *([alone("claims_attack", 0.9, severity=3)] for _ in range(6)),
        [alone("claims_attack", 0.5)],
    )
    who = office.browser("tired")
    page = who.work(f"channel={channel}")
    for _ in range(5):
        assert page.item != office.item(channel, 7)
        office.second()
        page = who.decide(page, "confirm")
    assert page.item == office.item(channel, 7)
