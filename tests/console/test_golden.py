"""Questions with a known answer: nothing tells them from others, and they change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.office import Office, Page
from tests.console.reviewing import flag
from warehouse.review import golden


@pytest.fixture
def golden_office(office: Office) -> Iterator[Office]:
    """Every item that is given is a golden one where there is one."""
    office.chance = 0.0
    yield office
    office.chance = 1.0
    office.bench.run("DELETE FROM base.golden")


def marked(office: Office, *scores: Any) -> str:
    """A channel with one decided item that is marked, and one that waits."""
    channel = office.channel([flag(), *scores], [flag()])
    office.chance = 1.0
    lead = office.lead("marker")
    page = lead.look(f"/item/{office.item(channel)}")
    while page.form is not None and page.item == office.item(channel):
        office.second()
        page = lead.decide(page, "confirm", back=f"channel={channel}")
    lead.press(f"/item/{office.item(channel)}/release", back="channel=none")
    answer = lead.press(f"/item/{office.item(channel)}/golden", htmx=False, golden="yes")
    assert answer.status == 303
    office.chance = 0.0
    return channel


def bare(page: Page) -> str:
    """The page without what differs from any item to any other."""
    html = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "ACT", page.html)
    html = re.sub(r"<strong>\d+</strong> waiting", "WAITING", html)
    html = re.sub(rf"/item/{page.item}\b", "/item/N", html)
    html = re.sub(rf'data-item="{page.item}"', "", html)
    html = html.replace(f'<span class="number">{page.item}</span>', "N")
    html = re.sub(rf"Item {page.item}\b", "Item N", html)
    html = re.sub(r"message \d of channel \d+", "TEXT", html)
    html = re.sub(r"/\d+</code>", "/M</code>", html)
    html = re.sub(r'priority <b class="number">\d+</b>', "PRIORITY", html)
    html = re.sub(r"\d{4}-\d\d-\d\dT[\d:+.]+", "MOMENT", html)
    html = re.sub(r"<time .*?</time>", "TIME", html)
    html = re.sub(r"messages\[\d+\]", "POSITION", html)
    return html


def test_nothing_tells_it_from_another(golden_office: Office) -> None:
    channel = marked(golden_office)
    who = golden_office.browser("gina")
    page = who.work(f"channel={channel}")
    assert page.item == golden_office.item(channel, 1)
    parts = {name: who.look(f"/item/{page.item}/{name}").text for name in ("history", "channel")}
    golden_office.second()
    golden_office.chance = 1.0
    after = who.decide(page, "reject", note="mine")
    other = after if after.item else who.work(f"channel={channel}")
    assert other.item == golden_office.item(channel, 2)
    plain = who.work(f"channel={channel}")
    assert bare(page) == bare(plain)
    for name, text in parts.items():
        assert "Confirmed" not in text
        assert "marker" not in text
        assert name != "history" or text == who.look(f"/item/{plain.item}/{name}").text


def test_an_answer_is_kept_and_changes_nothing(golden_office: Office) -> None:
    channel = marked(golden_office)
    before = golden_office.bench.items()[golden_office.item(channel)]
    who = golden_office.browser("hans")
    golden_office.second()
    after = who.decide(who.work(f"channel={channel}"), "reject")
    assert after.attribute("data-saved")[0].startswith("Rejected")
    assert golden_office.said(channel)[-1] == ("hans", "reject", "golden")
    assert golden_office.bench.items()[golden_office.item(channel)] == before
    assert after.item != golden_office.item(channel), "it is asked once"
    history = who.look("/history")
    assert "golden" not in history.html
    assert "Golden" not in history.html


def test_each_flag_of_it_is_asked(golden_office: Office) -> None:
    channel = marked(golden_office, flag(target="afghan_taliban"))
    who = golden_office.browser("ines")
    page = who.work(f"channel={channel}")
    assert len(page.flags) == 2
    golden_office.second()
    page = who.decide(page, "reject")
    assert page.item == golden_office.item(channel)
    assert len(page.flags) == 1
    golden_office.second()
    page = who.decide(page, "confirm")
    assert page.item != golden_office.item(channel)
    assert [purpose for *_, purpose in golden_office.said(channel)[-2:]] == ["golden"] * 2


def test_it_stays_when_the_page_is_loaded_again(golden_office: Office) -> None:
    """As any other item does."""
    channel = marked(golden_office)
    who = golden_office.browser("jana")
    first = who.work(f"channel={channel}")
    assert first.item == golden_office.item(channel)
    golden_office.chance = 1.0
    assert who.work(f"channel={channel}").item == first.item


def test_it_is_within_the_filter(golden_office: Office) -> None:
    """A question from elsewhere would be known by that."""
    marked(golden_office)
    other = golden_office.channel([flag()])
    page = golden_office.browser("kim").work(f"channel={other}")
    assert page.item == golden_office.item(other)


def test_undo_asks_it_again(golden_office: Office) -> None:
    channel = marked(golden_office)
    who = golden_office.browser("lea")
    page = who.work(f"channel={channel}")
    golden_office.second()
    after = who.decide(page, "reject")
    golden_office.second()
    back = who.press("/undo", act=after.forms["/undo"]["act"], back=f"channel={channel}")
    assert back.item == page.item
    assert back.form is not None, back.text
    assert "decided" not in back.text.lower().replace("decisions", "")
    golden_office.second()
    who.decide(back, "confirm")
    assert [(said, why) for name, said, why in golden_office.said(channel) if name == "lea"] == [
        ("reject", "golden"),
        ("undo", "golden"),
        ("confirm", "golden"),
    ]


def test_whoever_decided_it_is_not_asked(golden_office: Office) -> None:
    channel = marked(golden_office)
    page = golden_office.lead("marker").work(f"channel={channel}")
    assert page.item == golden_office.item(channel, 2)


def test_marks_are_of_leads_and_can_be_taken_away(golden_office: Office) -> None:
    channel = marked(golden_office)
    number = golden_office.item(channel)
    who = golden_office.browser("mia")
    assert who.press(f"/item/{number}/golden", golden="no").status == 403
    assert "Golden" in golden_office.lead("marker").look(f"/item/{number}").text
    assert "Golden" not in who.look(f"/item/{number}").text
    golden_office.second()
    golden_office.lead("marker").press(f"/item/{number}/golden", htmx=False, golden="no")
    assert golden.next_for(golden_office.bench.store, "mia") == []
    page = who.work(f"channel={channel}")
    assert page.item == golden_office.item(channel, 2)


def test_who_marks_it_is_not_asked_it(golden_office: Office) -> None:
    channel = golden_office.channel([flag()])
    who, lead = golden_office.browser("mia"), golden_office.lead("marker")
    who.decide(who.work(f"channel={channel}"), "confirm")
    number = golden_office.item(channel)
    lead.look(f"/item/{number}?again=yes")  # holds it
    lead.press(f"/item/{number}/golden", htmx=False, golden="yes")
    page = lead.look(f"/item/{number}")
    assert "it is decided" in page.text
    assert "No longer golden" in page.text


def test_what_is_open_cannot_be_marked(golden_office: Office) -> None:
    channel = golden_office.channel([flag()])
    lead = golden_office.lead("marker")
    lead.press(f"/item/{golden_office.item(channel)}/golden", htmx=False, golden="yes")
    assert golden.next_for(golden_office.bench.store, "nina") == []
