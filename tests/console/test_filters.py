"""The filter of a page, from its address and back, and filters that are kept."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ops.console.filters import MOST, NAMES, asked
from tests.console.office import Office
from tests.console.reviewing import alone, flag
from warehouse.review.finding import OPEN, STATES, Filter


def test_a_filter_is_read_from_the_address() -> None:
    found = asked(
        "label=hostile&language=ps&source=iskp&target=ttp&channel=tg:1&frame=other&route=cash"
        "&state=second&from=2026-03-01&to=2026-03-02&text=two+words&page=3"
    )
    assert found.filter == Filter(
        states=("second",),
        label="hostile",
        language="ps",
        source="iskp",
        target="ttp",
        channel="tg:1",
        frame="other",
        route="cash",
        start=datetime(2026, 3, 1, tzinfo=UTC),
        end=datetime(2026, 3, 3, tzinfo=UTC),
        text="two words",
    )
    assert asked(found.query) == found
    assert "page" not in found.query


def test_what_cannot_be_does_not_narrow() -> None:
    assert asked("from=x&to=2026-02-30&state=open&label=&text=+&other=1").filter == Filter()
    assert asked("state=all").filter == Filter(states=STATES)
    assert asked("").filter.states == OPEN


@given(st.dictionaries(st.sampled_from([*NAMES, "page", "x"]), st.text(max_size=300)))
def test_any_values_make_a_filter_that_is_read_again_the_same(values: dict[str, str]) -> None:
    found = asked(values)
    assert all(len(value) <= MOST for value in found.values.values() if value)
    assert set(found.values) == set(NAMES)
    if "\ud800" <= "".join(values.values() or "a") <= "\udfff":
        return
    assert asked(found.query).filter == found.filter


def test_filters_are_kept_for_each_user(office: Office) -> None:
    ada, ben = office.browser("ada"), office.browser("ben")
    answer = ada.post(
        "/filters",
        data={"csrf": ada.csrf, "name": " My <b>  one ", "label": "hostile", "state": "nonsense"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue?label=hostile")
    page = ada.look("/queue")
    assert "My <b> one" in page.text
    assert "/queue?label=hostile" in page.attribute("href")
    assert "My <b> one" not in ben.look("/queue").text
    (kept,) = office.accounts.filters.of("ada")
    ben.press(f"/filters/{kept.filter_id}/delete", htmx=False)
    assert len(office.accounts.filters.of("ada")) == 1
    ada.press(f"/filters/{kept.filter_id}/delete", htmx=False)
    assert office.accounts.filters.of("ada") == []


def test_a_filter_has_a_name(office: Office) -> None:
    page = office.browser("ada").press("/filters", htmx=False, name="  ", label="hostile")
    assert page.status == 422
    assert "The filter was not kept: the name of a filter has 1 to 80 characters" in page.text


def test_the_queue_shows_what_the_filter_finds(office: Office) -> None:
    channel = office.channel(
        [flag()], [alone("solicits_donation")], *([alone("claims_attack")] for _ in range(2))
    )
    who = office.browser("ada")
    page = who.look(f"/queue?channel={channel}")
    assert "4 items" in page.text
    page = who.look(f"/queue?channel={channel}&label=solicits_donation")
    assert "1 item" in page.text
    assert f"/item/{office.item(channel, 2)}" in page.attribute("href")
    assert f"/item/{office.item(channel, 1)}" not in page.attribute("href")
    review = [link for link in page.attribute("href") if link.startswith("/review?")]
    assert who.look(review[0]).item == office.item(channel, 2)
    assert "with ada" in who.look(f"/queue?channel={channel}").text


def test_pages_of_the_queue_hold_each_item_once(office: Office) -> None:
    channel = office.channel(*([flag()] for _ in range(51)))
    who = office.browser("ada")
    found: list[str] = []
    for number in (1, 2):
        page = who.look(f"/queue?channel={channel}&page={number}")
        assert f"page {number} of 2" in page.text
        found += {link for link in page.attribute("href") if link.startswith("/item/")}
    assert len(found) == len(set(found)) == 51
    assert who.look(f"/queue?channel={channel}&page=3").status == 200
