"""Figures: each is what counting by hand gives, leads to its rows, and is for who may see it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from scipy.stats import binomtest

from ops.console.blind import Blind
from ops.console.console import Console
from ops.console.pages.team import Share

PAGES = ("/overview", "/team", "/agreement", "/agreement/rows", "/export", "/indicators")
START = datetime(2024, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def plain(markup: str) -> str:
    """What a page says, without marks and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def links(markup: str, path: str) -> list[tuple[str, dict[str, list[str]]]]:
    """The texts and queries of the links to a path."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', markup, re.DOTALL)
    parts = [(plain(words), urlsplit(unescape(href))) for href, words in found]
    return [(words, parse_qs(one.query)) for words, one in parts if one.path == path]


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("path", PAGES)
def test_moderators_see_no_figures(looks: Callable[[str], Any], path: str) -> None:
    assert looks("moderator").get(path).status_code == 403
    for role in ("lead", "auditor", "admin"):
        assert looks(role).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_warehouse_has_pages(lead: Any, path: str) -> None:
    for query in ("", "?days=all", "?days=x", "?to=", "?to=2024-02-29&days=14"):
        assert "nan" not in plain(lead.text(path + query)).lower().split()
    if path not in ("/export", "/indicators"):
        assert lead.get(f"{path}?to=0001-01-01").status_code == 422


# ---------------------------------------------------------------- what was flagged


@pytest.fixture
def random_flags(desk: Any) -> Any:
    rng = random.Random(5)
    for number in range(1, 161):
        days = rng.uniform(0, 40)
        language, channel = rng.choice(["ps", "ur"]), rng.choice([1, 2])
        many = rng.sample(["ttp", "us", "china"], rng.choice([1, 1, 2]))
        if rng.random() < 0.3:
            desk.flag(number, "solicits_donation", days=days, language=language, channel_no=channel)
        else:
            source = rng.choice(["iskp", "unknown"])
            for target in many:
                desk.flag(
                    number, source=source, target=target, days=days, language=language,
                    channel_no=channel,
                )  # fmt: skip
    for number in range(1, 161, 9):
        desk.store.connection.execute(
            "INSERT INTO base.standings VALUES ($number, 'superseded', NULL, NULL)",
            {"number": number},
        )
    desk.flags = [row for row in desk.flags if row["revision_no"] % 9 != 1]
    return desk


def test_flagged_by_day(random_flags: Any, console: Console) -> None:
    for days in (1, 3):
        since, until = START + 5 * DAY, START + 35 * DAY
        found = console.store.query(
            "review/stats_daily", since=since, until=until, days=days
        ).to_pylist()
        for kind in ("label", "language"):
            seen = {
                (int((row["sent_at"] - since) / (days * DAY)), row[kind], row["revision_no"])
                for row in random_flags.flags
                if since <= row["sent_at"] < until
            }
            counted = Counter((bucket, key) for bucket, key, _ in seen)
            said = {
                (row["bucket"], row[kind]): row["messages"]
                for row in found
                if row[kind] is not None
            }
            assert said == counted
            assert sum(counted.values()) > 50


def test_hostility_and_the_period_before(random_flags: Any, console: Console) -> None:
    since, until, before = START + 20 * DAY, START + 40 * DAY, START
    found = console.store.query(
        "review/stats_matrix", since=since, until=until, before=before, buckets=4
    ).to_pylist()
    seen = {
        (
            row["source"],
            row["target"],
            (row["sent_at"] - since) // (5 * DAY),
            row["revision_no"],
        )
        for row in random_flags.flags
        if row["target"] and before <= row["sent_at"] < until
    }
    counted = Counter(one[:3] for one in seen)
    said = {(row["source"], row["target"], row["bucket"]): row["messages"] for row in found}
    assert said == counted
    assert min(bucket for _, _, bucket in counted) == -4


def test_numbers_of_the_overview_lead_to_as_many_rows(random_flags: Any, lead: Any) -> None:
    random_flags.folded()
    page = lead.text("/overview?days=90")
    rows = [
        (int(words.replace(",", "")), query)
        for words, query in links(page, "/queue")
        if query.get("state") == ["all"] and words.isdigit()
    ]
    assert len(rows) > 30
    assert {"label", "language", "source", "channel"} <= {key for _, query in rows for key in query}
    for count, query in rows:
        listed = lead.get("/queue", params={key: value[0] for key, value in query.items()})
        assert listed.status_code == 200
        said = {int(n.replace(",", "")) for n in re.findall(r"\b[\d,]+\b", plain(listed.text))}
        assert count in said, query


def test_the_default_period_ends_with_the_newest_message(desk: Any, lead: Any) -> None:
    desk.flag(1, days=0)
    desk.flag(2, days=100.5)
    assert "11 Jul 2024 to 9 Aug 2024" in plain(lead.text("/overview"))
    assert "1 May 2024 to 9 Aug 2024" in plain(lead.text("/overview?days=all"))
    earlier = lead.text("/overview?days=14&to=2024-05-05")
    assert "22 Apr 2024 to 5 May 2024" in plain(earlier)
    assert [query["to"] for words, query in links(earlier, "/overview") if words == "Later"] == [
        ["2024-05-19"]
    ]


def test_names_of_channels_are_text(desk: Any, lead: Any) -> None:
    desk.flag(1, "solicits_donation")
    desk.flag(2, source='"><script>alert(1)</script>', target="<i>x</i>")
    page = lead.text("/overview")
    assert "&lt;b&gt;One&lt;/b&gt;" in page
    for raw in ("<b>One", "<script>alert", "<i>x"):
        assert raw not in page


def test_channels_by_solicitation(desk: Any, console: Console) -> None:
    for number in range(1, 7):
        desk.flag(number, "solicits_donation", days=number, channel_no=1 if number < 5 else 2)
    desk.flag(7, days=1)
    desk.decides(1, "confirm", "amina")
    desk.decides(2, "confirm", "amina")
    desk.decides(2, "reject", "lead", purpose="adjudication")
    desk.decides(3, "change", "amina", changed_label="hostile")
    first = desk.decides(4, "confirm", "amina")
    desk.decides(4, "undo", "amina", supersedes=first)
    desk.decides(5, "reject", "bilal", purpose="golden")
    for number, value, valid in ((1, "a", True), (2, "a", True), (3, "b", None), (5, "a", False)):
        desk._add(
            "indicators", revision_no=number, channel_no=1 if number < 5 else 2, message_id=number,
            sent_at=START + number * DAY, type="bitcoin", value=value, span_start=0, span_end=1,
            valid=valid, batch_no=0, model_version="m",
        )  # fmt: skip
    values = {"since": START, "until": START + 30 * DAY, "most": 9}
    one, two = console.store.query("review/stats_channels", **values).to_pylist()
    assert one == {
        "channel_key": "tg:1", "name": "<b>One</b>", "flagged": 4, "confirmed": 1, "rejected": 2,
        "indicators": 2, "valid": 1, "last_sent_at": START + 4 * DAY,
    }  # fmt: skip
    assert (two["flagged"], two["confirmed"], two["rejected"], two["valid"]) == (2, 0, 0, 0)
    [only] = console.store.query("review/stats_channels", **(values | {"most": 1})).to_pylist()
    assert only == one


def test_indicators_of_a_channel_and_where_else_they_are(desk: Any, lead: Any) -> None:
    for number in range(1, 5):
        desk.flag(number, "solicits_donation", days=number, channel_no=1 if number < 4 else 2)
    desk.folded()
    for number, value, valid in ((1, "a", True), (2, "a", True), (3, "<b>", None), (4, "a", True)):
        desk._add(
            "indicators", revision_no=number, channel_no=1 if number < 4 else 2, message_id=number,
            sent_at=START + number * DAY, type="bitcoin", value=value, span_start=0, span_end=1,
            valid=valid, batch_no=0, model_version="m",
        )  # fmt: skip
    rows = links(lead.text("/overview?days=30"), "/indicators")
    assert [words for words, _ in rows] == ["2", "1"]
    page = lead.text("/indicators?" + urlencode(rows[0][1], doseq=True))
    assert "2 indicators" in plain(page)
    assert "bitcoin a valid 2 3 2 03 May 2024" in plain(page)
    assert "bitcoin <b> none 1 1 1 04 May 2024" in plain(page)
    assert "<b></bdi>" not in page
    assert ["tg:1"] in [query.get("channel") for _, query in links(page, "/queue")]
    earlier = lead.text("/indicators?channel=tg:1&from=2024-05-02&to=2024-05-02")
    assert "bitcoin a valid 1 3 2 02 May 2024" in plain(earlier)
    assert "No payment indicator" in lead.text("/indicators?channel=nowhere&from=x&page=9")


def test_decisions_about_a_channel_lead_to_the_history(desk: Any, lead: Any) -> None:
    for number, judgement in ((1, "confirm"), (2, "reject"), (3, "reject")):
        desk.flag(number, "solicits_donation", days=number)
        desk.decides(number, judgement, "amina")
    desk.flag(4, "solicits_donation", days=2, channel_no=2)
    desk.decides(4, "reject", "amina")
    for words, query in links(lead.text("/overview?days=30"), "/history"):
        if "channel" in query:
            said = plain(lead.text("/history?" + urlencode(query, doseq=True)))
            assert f"{words} decision" in said, query


# ---------------------------------------------------------------- work


def test_todays_work(desk: Any, lead: Any, clock: Any) -> None:
    """It is nine o'clock, UTC: what is older than nine hours was not today."""
    desk.flag(1)
    for hours, judgement in ((1, "confirm"), (2, "reject"), (8.9, "reject"), (9.1, "confirm")):
        desk.decides(1, judgement, "amina", minutes=60 * (20 - hours))
    first = desk.decides(1, "skip", "amina", minutes=60 * 19)
    desk.decides(1, "undo", "amina", supersedes=first, minutes=60 * 19)
    desk.decides(1, "confirm", "amina", purpose="copy", copy_of=first, minutes=60 * 19)
    desk.decides(1, "confirm", "amina", minutes=60 * (20 - 25))
    page = lead.text("/overview")
    assert "3 decided today reject 2 · confirm 1" in plain(page)
    assert "4 decisions in the last 24 hours" in plain(page)
    today = {"from": ["2026-03-01"], "to": ["2026-03-01"]}
    assert ("3", today) in links(page, "/history")
    assert ("2", today | {"judgement": ["reject"]}) in links(page, "/history")
    hours = [
        (words, query)
        for words, query in links(page, "/history")
        if "T" in query.get("from", [""])[0]
    ]
    assert sum(int(words) for words, _ in hours) == 4 + 4  # those in a day, and each hour's
    for words, query in hours:
        counted = int(words) + sum(  # an undo has a row of its own, and what it took back
            2 for hour in ("2026-03-01T08",) if query["from"][0] <= hour <= query["to"][0]
        )
        said = plain(lead.text("/history?" + urlencode(query, doseq=True)))
        assert f"{counted} decision" in said, query


def test_states_of_the_queue(desk: Any, lead: Any, console: Console) -> None:
    for number in range(1, 6):
        desk.flag(number)
    desk.folded()
    console.store.connection.execute(
        "UPDATE base.items SET state = 'escalated' WHERE revision_no = 2"
    )
    console.store.connection.execute(
        "UPDATE base.items SET state = 'decided' WHERE revision_no = 3"
    )
    page = lead.text("/overview")
    assert ("3", {"state": ["waiting"]}) in links(page, "/queue")
    assert ("1", {"state": ["escalated"]}) in links(page, "/queue")
    assert "0 to adjudicate" in plain(page)


# ---------------------------------------------------------------- team


@pytest.mark.parametrize(("right", "of"), [(0, 1), (1, 1), (3, 10), (0, 40), (40, 40), (199, 200)])
def test_shares_have_wilsons_interval(right: int, of: int) -> None:
    share = Share.of_counts(right, of)
    low, high = binomtest(right, of).proportion_ci(method="wilson")
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high))


def test_how_moderators_fare(desk: Any, console: Console) -> None:
    for number in range(1, 9):
        desk.flag(number)
    # Amina is right, Bilal wrong, as a lead says.
    desk.decides(1, "confirm", "amina", seconds=2.0)
    desk.decides(1, "reject", "bilal", purpose="second", seconds=30.0)
    desk.decides(1, "confirm", "lead", purpose="adjudication")
    # The lead changes what Amina confirmed, and confirms what Bilal did.
    former = desk.decides(2, "confirm", "amina", seconds=4.0)
    desk.decides(2, "change", "lead", changed_target="us", supersedes=former)
    former = desk.decides(3, "reject", "bilal", seconds=10.0)
    desk.decides(3, "reject", "lead", supersedes=former)
    # Known: 2 is changed, 3 is not so. Her own word is no answer to hold her against.
    desk.decides(2, "change", "bilal", purpose="golden", changed_target="us")
    desk.decides(3, "confirm", "amina", purpose="golden", seconds=6.0)
    desk.decides(4, "confirm", "amina")
    desk.decides(4, "reject", "amina", purpose="golden", seconds=8.0)
    # Neither bulk nor copies have a pace; what was taken back was not done.
    desk.decides(5, "confirm", "amina", purpose="bulk", seconds=999.0)
    desk.decides(6, "confirm", "amina", purpose="copy", copy_of=former)
    undone = desk.decides(7, "reject", "amina")
    desk.decides(7, "undo", "amina", supersedes=undone)
    for judgement in ("unsure", "escalate", "skip"):
        desk.decides(8, judgement, "bilal", seconds=20.0)
    now = console.now()
    rows = {
        row["reviewer"]: row
        for row in console.store.query(
            "review/stats_team", since=now - DAY, until=now
        ).to_pylist()
    }  # fmt: skip
    amina, bilal, lead = rows["amina"], rows["bilal"], rows["lead"]
    assert (amina["decisions"], bilal["decisions"], lead["decisions"]) == (6, 6, 3)
    assert (amina["seconds"], bilal["seconds"]) == (6.0, 20.0)
    assert (amina["golden"], amina["golden_right"]) == (1, 0)
    assert (bilal["golden"], bilal["golden_right"]) == (1, 1)
    assert (amina["adjudicated"], amina["adjudicated_right"]) == (1, 1)
    assert (bilal["adjudicated"], bilal["adjudicated_right"]) == (1, 0)
    assert (amina["answers"], amina["overturned"]) == (4, 1)
    assert (bilal["answers"], bilal["overturned"]) == (2, 1)  # by the adjudication
    assert [bilal[name] for name in ("unsure", "escalated", "skipped")] == [1, 1, 1]
    assert (lead["adjudicated"], lead["overturned"]) == (0, 0)
    last = max(row["decided_at"] for row in desk.decisions if row["reviewer"] == "bilal")
    assert bilal["last_seen_at"] == last
    nobody = console.store.query("review/stats_team", since=now, until=now + DAY)
    assert nobody.num_rows == 0


def test_the_team_page(desk: Any, lead: Any) -> None:
    desk.flag(1)
    desk.decides(1, "confirm", "amina", seconds=2.5)
    desk.decides(1, "reject", "<b>x</b>", purpose="second")
    desk.decides(1, "confirm", "lead", purpose="adjudication")
    page = lead.text("/team")
    assert "<b>x" not in page
    assert "amina 1 2.5 1 none 100 % of 1 21 to 100 %" in plain(page)
    assert ("1", {"reviewer": ["amina"], "from": ["2026-01-31"], "to": ["2026-03-01"]}) in links(
        page, "/history"
    )
    assert 'id="adjudicated-title"' in page
    assert 'id="golden-title"' not in page


# ---------------------------------------------------------------- agreement


def test_what_counts_as_judged_blind(desk: Any, console: Console) -> None:
    for number in range(1, 9):
        desk.flag(number, severity=2)
    desk.decides(1, "confirm", "amina")
    desk.decides(1, "change", "bilal", purpose="second", changed_severity=3)
    desk.decides(1, "reject", "lead", purpose="adjudication")
    # A changed mind counts as it was at first; unsure is no judgement.
    desk.decides(2, "unsure", "amina")
    first = desk.decides(2, "reject", "amina")
    desk.decides(2, "confirm", "amina", supersedes=first)
    desk.decides(2, "confirm", "chaman", purpose="golden")
    # One alone; one in bulk; one taken back; one who saw what the other said; a copy.
    desk.decides(3, "confirm", "amina")
    desk.decides(4, "confirm", "amina")
    desk.decides(4, "confirm", "bilal", purpose="bulk")
    desk.decides(5, "confirm", "amina")
    undone = desk.decides(5, "reject", "bilal", purpose="second")
    desk.decides(5, "undo", "bilal", supersedes=undone)
    seen = desk.decides(6, "confirm", "amina")
    desk.decides(6, "reject", "bilal", supersedes=seen)
    desk.decides(7, "confirm", "amina")
    desk.decides(7, "confirm", "bilal", purpose="copy", copy_of=seen)
    now = console.now()
    values = {"since": now - DAY, "until": now, "label": None, "language": None}
    rows = console.store.query("review/stats_judgements", **values).to_pylist()
    assert [(row["reviewer"], row["judgement"], row["severity"]) for row in rows] == [
        ("amina", "confirm", 2), ("bilal", "change", 3), ("amina", "reject", None),
        ("chaman", "confirm", 2),
    ]  # fmt: skip
    assert len({row["item"] for row in rows}) == 2
    for narrowed in ({"label": "claims_attack"}, {"language": "ur"}):
        assert console.store.query("review/stats_judgements", **(values | narrowed)).num_rows == 0


def test_near_copies_are_judged_as_one_item(desk: Any, console: Console) -> None:
    desk.flag(1)
    desk.flag(2)
    for number in (1, 2):
        console.store.connection.execute(
            "INSERT INTO base.item_members SELECT 77, revision_no, channel_no, message_id, "
            "content_id FROM base.revisions WHERE revision_no = $number", {"number": number},
        )  # fmt: skip
    desk.decides(1, "confirm", "amina")
    desk.decides(2, "reject", "bilal", purpose="second")
    now = console.now()
    values = {"since": now - DAY, "until": now, "label": None, "language": None}
    rows = console.store.query("review/stats_judgements", **values).to_pylist()
    assert [row["item"] for row in rows] == [77, 77]


def test_the_page_of_agreement_and_its_rows(desk: Any, lead: Any) -> None:
    for number in range(1, 49):
        desk.flag(number, language="ps" if number % 2 else "ur")
        desk.decides(number, "confirm" if number % 3 else "reject", "amina")
        desk.decides(
            number, "confirm" if number % 4 else "reject", "<b>bilal</b>", purpose="second"
        )
    desk.folded()
    page = lead.text("/agreement")
    assert "<b>bilal" not in page
    agreed = sum((number % 3 > 0) == (number % 4 > 0) for number in range(1, 49))
    assert f"everything 48 {100 * agreed / 48:.0f} %" in plain(page)
    found = links(page, "/agreement/rows")
    assert [words for words, _ in found] == ["48", "48", "24", "24", "48"]
    for words, query in found:
        rows = lead.get("/agreement/rows", params=query)
        assert plain(rows.text).split("Judged by two ")[2].startswith(f"{words} flags")
    both = lead.text(
        "/agreement/rows?reviewer=amina&reviewer=%3Cb%3Ebilal%3C%2Fb%3E&only=disagreed"
    )
    assert "<b>bilal" not in both
    assert both.count(">no</span>") == 48 - agreed
    assert both.count(">yes</span>") == 0
    assert "0 flags" in plain(lead.text("/agreement/rows?reviewer=amina&reviewer=nobody"))


def test_a_period_is_bound(console: Console) -> None:
    class Request:
        class app:  # noqa: N801
            class state:  # noqa: N801
                pass

    Request.app.state.console = console  # type: ignore[attr-defined]
    asked = Blind(Request, days="14")  # type: ignore[arg-type]
    assert (asked.period.until - asked.period.since).days == 14
    assert asked.query == {"label": "", "language": "", "days": "14", "to": "2026-03-01"}
