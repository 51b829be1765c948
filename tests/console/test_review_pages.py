"""Hostile messages stay text, bad addresses are answered, auditors change nothing."""

from __future__ import annotations

from html.parser import HTMLParser
from uuid import uuid4

import pytest

from tests.console.office import Office, Page, Reviewer
from tests.console.reviewing import flag, post

PARTS = ("around", "replies", "revisions", "copies", "channel", "indicators", "history", "text")

# ---------------------------------------------------------------- hostile messages

#: One text that would be an element, an attribute or a link, if it were not text.
INJECTED = (
    '<script>hostile()</script>"\'><img src=x onerror=hostile()><a href="javascript:hostile()">'
    "</textarea></title></style>{{7*7}}{% raw %}<!--&lt;b&gt;<svg/onload=hostile()>"
)
HOSTILE = {
    "scripts": INJECTED,
    "bidi": "\u202e\u2067 txet \u202a" + "\u2066" * 500 + " پیغام",
    "marks": "a" + "\u0301" * 500_000,
    "link": "javascript:hostile() data:text/html,<script>hostile()</script> http://x.example/",
    "nul": "a\x00b\x1b[31m\r\x85\u2028c\x7f",
    "long": "خ " * 300_000,
    "lines": "\n" * 100_000,
    "tags": "<b>" * 100_000,
    "odd": "\ufffe\uffff\U000e0001\U0010ffff\ud7ff",
}


class Elements(HTMLParser):
    """Which elements with which attributes a page has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.links |= {
            str(value) for name, value in attrs if name in ("href", "src", "action", "formaction")
        }


def pages_of(who: Reviewer, item_no: int) -> dict[str, str]:
    found = {}
    for path in (f"/item/{item_no}", "/queue", *(f"/item/{item_no}/{part}" for part in PARTS)):
        response = who.get(path)
        assert response.status_code == 200, (path, response.text[:300])
        found[path.rpartition("/")[2]] = response.text
    return found


def land(office: Office, text: str, name: str, number: int = 1) -> str:
    """A message whose every field that its author writes is hostile."""
    return office.channel(
        post(
            number,
            text,
            flag(evidence=[{"start": 0, "end": min(len(text), 5), "shows": "cue"}]),
            print_=uuid4().int % 2**64,
            author_name=name,
            signature=name,
            forwarded_from_name=name,
            media_type="file",
            media_name=name,
            position=name,
            indicators=[
                {"type": "bitcoin", "value": name[:80], "start": 0, "end": 1, "valid": False}
            ],
        )
    )


@pytest.fixture(scope="module")
def plain(office: Office) -> set[tuple[str, str]]:
    """The elements and attributes that the templates themselves make."""
    who = office.lead()
    texts = ("One calm message.\u202e Of two words.\nAnd two lines. " + "a " * 3000, "b\u0301")
    found: set[tuple[str, str]] = set()
    for text in texts:
        channel = land(office, text, "calm name")
        for html in pages_of(who, office.item(channel)).values():
            found |= Elements(html).found
        for number in (2, 3):
            office.bench.land(post(number, text, flag(), channel=channel, reply_to_id=1))
        office.bench.land(post(1, text + " edited", flag(), channel=channel))
        for html in pages_of(who, office.item(channel)).values():
            found |= Elements(html).found
    return found


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_message_stays_text(
    office: Office, plain: set[tuple[str, str]], kind: str
) -> None:
    text = HOSTILE[kind]
    channel = land(office, text, HOSTILE[kind][:2000].replace("\x00", "") + INJECTED)
    who = office.lead()
    number = office.item(channel)
    for part, html in pages_of(who, number).items():
        elements = Elements(html)
        strange = elements.found - plain
        assert strange <= {("span", "data-length"), ("span", "data-sign")}, (part, strange)
        assert not [link for link in elements.links if not link.startswith(("/", "#"))], part
        assert "hostile()" not in "".join(elements.links)
        assert len(html) < 600_000, (part, len(html))
        assert "\x00" not in html, part
        assert "{{7*7}}" in html or "49" not in html or kind != "scripts"
    answer = who.decide(who.look(f"/item/{number}"), "confirm", note=INJECTED, back=f"text={kind}")
    assert answer.status == 200
    for path in ("/history", f"/item/{number}/history"):
        assert not {tag for tag, _ in Elements(who.get(path).text).found} & {"img", "svg"}


def test_a_hostile_name_of_a_channel_stays_text(
    office: Office, plain: set[tuple[str, str]]
) -> None:
    channel = land(office, "calm", "calm")
    office.bench.run("UPDATE base.channel_facts SET name = $name", name=INJECTED)
    for html in pages_of(office.lead(), office.item(channel)).values():
        assert Elements(html).found <= plain
    office.bench.run("UPDATE base.channel_facts SET name = 'a name'")


def test_a_hostile_key_of_a_channel_filters_as_any_other(office: Office) -> None:
    page = office.lead().look(f"/queue?channel={INJECTED}&label={INJECTED}&text={INJECTED}")
    assert page.status == 200
    assert "0 items" in page.text
    assert not [tag for tag, _ in page.tags if tag in ("img", "svg")]


# ---------------------------------------------------------------- bad addresses


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/item/0", 404),
        ("/item/999999", 404),
        ("/item/-1", 404),
        ("/item/x", 404),
        ("/item/1.5", 404),
        (f"/item/{2**63}", 404),
        (f"/item/{'9' * 400}", 404),
        ("/item/999999/text", 404),
        ("/item/999999/copies", 404),
        ("/item/999999/channel", 404),
        ("/item/999999/history", 404),
        ("/item/999999/around", 200),
        ("/item/999999/replies", 200),
        ("/item/999999/revisions", 200),
        ("/item/999999/indicators", 200),
        ("/item/1/nothing", 404),
        ("/queue?page=0", 200),
        ("/queue?page=-5", 200),
        (f"/queue?page={'9' * 5000}", 200),
        ("/queue?page=٣", 200),
        ("/queue?from=2026-02-30&to=yesterday", 200),
        ("/queue?from=9999-12-31&to=0001-01-01", 200),
        ("/queue?to=8999-12-31&from=1970-01-01", 200),
        ("/queue?state=open&label=&x=y&label=hostile&label=other", 200),
        ("/queue?text=%00%ff%ed%a0%80", 200),
        (f"/queue?text={'ا' * 3000}", 200),
        ("/review?channel=tg:none&from=x", 200),
        ("/review?text=%00", 200),
        ("/history?page=9999999", 200),
        ("/history?act=no&from=no&to=9999-12-31&reviewer=nobody&judgement=x", 200),
        ("/history?label=%00", 200),
    ],
)
def test_addresses_that_nobody_should_ask_for(office: Office, path: str, status: int) -> None:
    page = office.lead().look(path)
    assert page.status == status, page.text[:500]


@pytest.mark.parametrize("at", ["-5", "0", "9" * 30, "5", "x"])
def test_any_part_of_a_text_can_be_asked_for(office: Office, at: str) -> None:
    channel = land(office, "text " * 2000, "n")
    page = office.lead().look(f"/item/{office.item(channel)}/text?at={at}")
    assert page.status in (200, 422)


def test_forms_about_no_item(office: Office) -> None:
    who = office.browser("ada")
    form = {"act": str(uuid4()), "judgement": "confirm", "flag": "hostile"}
    assert who.press("/item/999999/decide", **form).status == 409
    assert who.press("/item/999999/release").status == 200
    assert who.press("/filters/999999/delete", htmx=False).status == 303
    assert who.press(f"/filters/{2**70}/delete", htmx=False).status == 404


# ---------------------------------------------------------------- auditors


def test_auditors_read_everything_and_change_nothing(office: Office) -> None:
    channel = office.channel([flag(severity=3)])
    number = office.item(channel)
    office.bench.decide(number, "reject", "somebody", note="a note")
    who = office.browser("ina", "auditor")
    page = who.look(f"/item/{number}")
    assert page.form is None
    assert "your role reads and changes nothing" in page.text
    assert office.console.claims.holder(number, office.clock()) is None
    for part in PARTS:
        assert who.get(f"/item/{number}/{part}").status_code == 200
    history = who.look(f"/item/{number}/history").text
    assert "somebody" in history
    assert "a note" in history
    assert "a note" in who.look("/history?reviewer=somebody").text
    before = office.bench.record()
    form = {
        "act": str(uuid4()),
        "judgement": "confirm",
        "flag": "hostile:iskp>ttp",
        "golden": "yes",
    }
    for path in (
        f"/item/{number}/decide",
        f"/item/{number}/release",
        f"/item/{number}/golden",
        "/undo",
        "/bulk/preview",
        "/bulk/decide",
    ):
        assert who.press(path, **form).status == 403, path
    assert who.get("/review").status_code == 403
    assert office.bench.record() == before
    assert office.bench.sql("SELECT * FROM base.golden") == []


def test_moderators_see_their_own_history_only(office: Office) -> None:
    channel = office.channel([flag(severity=2)])
    office.bench.decide(office.item(channel), "reject", "elsewho", note="not yours")
    page = office.browser("ada").look("/history?reviewer=elsewho")
    assert "not yours" not in page.text
    assert "elsewho" not in page.html
    lead = office.lead().look("/history?reviewer=elsewho")
    assert "not yours" in lead.text
    assert "1 decision," in lead.text
    assert Page(office.lead().get("/history?reviewer=elsewho&judgement=confirm")).text.count(
        "No decision is like that"
    )


def test_the_history_of_an_item_names_both_whom_a_lead_overruled(office: Office) -> None:
    channel = office.channel([flag(severity=3)])
    number = office.item(channel, 1)
    office.bench.decide(number, "confirm", "ada")
    office.bench.decide(number, "reject", "ben")
    assert office.state(channel, 1) == "adjudication"
    office.bench.decide(number, "confirm", "lena", purpose="adjudication")
    text = office.lead().look(f"/item/{number}/history").text
    (said,) = [line for line in text.splitlines() if ", replaces" in line]
    assert said.index("ada’s of") < said.index("ben’s of")
