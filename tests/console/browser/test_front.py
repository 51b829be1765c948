"""The pages of review in a real browser: looks, axe, blur, narrow screens, keys.

The templates are shown with sample contexts by a small server that sends the console's content
security policy; any complaint of the browser's console fails a test.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.browser import front_desk
from tests.console.browser import front_samples as samples
from tests.console.browser.front_desk import READY, Desk, next_item, render, until

if TYPE_CHECKING:
    pass

opened = front_desk.opened_page
AXE = (Path(__file__).parents[1] / "axe" / "axe.min.js").read_text("utf-8")
PAGES = ("/review", "/empty", "/queue", "/history", "/history-narrowed", "/bulk/preview")
LOOKS = {
    "light": samples.viewer(theme="light"),
    "dark": samples.viewer(theme="dark"),
    "muted, light": samples.viewer(theme="light", muted=True, text_size="large"),
    "blurred, dark": samples.viewer(theme="dark", blur="all", muted=True),
}


# -- looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("look", "width"), [*((look, 1280) for look in LOOKS), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(opened: Any, path: str, look: str, width: int) -> None:
    page = opened(Desk(LOOKS[look], around=True), path)
    page.set_viewport_size({"width": width, "height": 800})
    if path == "/review":
        page.wait_for_selector(".chain")
        for key in ("o", "s", "n"):
            page.keyboard.press(key)
        until(page, "document.querySelectorAll('.part .chain').length >= 4")
        page.keyboard.press("Escape")
        page.keyboard.press("x")
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
    )
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_axe_finds_nothing_in_the_keys_and_the_banner(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.evaluate(AXE)
    assert (
        page.evaluate("axe.run('#help').then(result => result.violations.map(one => one.id))") == []
    )
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('problem').hidden = false")
    assert (
        page.evaluate("axe.run('#problem').then(result => result.violations.map(one => one.id))")
        == []
    )


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways_on_a_narrow_screen(opened: Any, path: str) -> None:
    page = opened(Desk(samples.viewer(text_size="larger"), around=True), path)
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    if path == "/review":
        for name in ("Confirm", "Reject", "Note"):
            box = page.get_by_role("button", name=name, exact=True).bounding_box()
            assert box["y"] + box["height"] <= 640
            assert box["height"] >= 44


def test_no_template_has_inline_style_or_script() -> None:
    pages = [render("item.html", work=samples.work())]
    pages += [
        render("queue.html", **samples.queue()),
        render("history.html", **samples.history()),
    ]
    pages += [render("bulk.html", **samples.bulk())]
    pages += [
        render(f"fragments/{name}.html", **context) for name, context in samples.fragments().items()
    ]
    for html in pages:
        tags = re.findall(r"<[a-z][^>]*>", html)
        assert [tag for tag in tags if re.search(r"\s(style|on\w+)\s*=", tag)] == []
        assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
        assert "<style" not in html


def test_a_hostile_message_is_only_text(opened: Any) -> None:
    page = opened(Desk(text=samples.HOSTILE, around=True))
    page.wait_for_selector(".chain")
    assert page.locator("#text p").first.text_content() == samples.HOSTILE
    assert page.locator(".work img, .work script, .work a[href^=javascript]").count() == 0


def test_a_text_is_blurred_until_revealed_and_so_is_the_next(opened: Any) -> None:
    desk = Desk(samples.viewer(blur="severe"), around=True)
    page = opened(desk)
    page.wait_for_selector(".chain .veil")
    blurred = """[...document.querySelectorAll('.veil')]
        .map(one => getComputedStyle(one).filter !== 'none')"""
    assert all(page.evaluate(blurred))
    assert page.evaluate("document.querySelectorAll('.veil').length") > 3
    page.keyboard.press("v")
    assert not any(page.evaluate(blurred))
    page.keyboard.press("c")
    next_item(page)
    assert all(page.evaluate(blurred))


def test_a_blurred_text_is_not_read_aloud_either(opened: Any) -> None:
    page = opened(Desk(samples.viewer(blur="severe")))
    spoken = "[...document.querySelectorAll('.veil')].filter(one => !one.closest('[aria-hidden]'))"
    assert page.evaluate(f"{spoken}.length") == 0
    page.keyboard.press("v")
    assert page.evaluate(f"{spoken}.length") > 1
    page.keyboard.press("c")
    next_item(page)
    assert page.evaluate(f"{spoken}.length") == 0


def test_a_passage_leads_to_its_place_in_a_folded_text(opened: Any) -> None:
    desk = Desk(text=f"{samples.PASHTO}\n" * 40 + samples.URDU)
    page = opened(desk)
    page.keyboard.press("m")
    last = page.locator("[data-passage]").last
    place = page.locator(f"#{last.get_attribute('data-passage')}")
    last.click()
    assert page.locator("#unfold").is_checked()
    box = place.bounding_box()
    assert 0 <= box["y"] < 720
    assert page.evaluate("getSelection().toString()") == place.text_content()
    assert "#" not in page.url


def test_what_was_revealed_stays_so_for_the_other_flags_of_the_item(opened: Any) -> None:
    desk = Desk(samples.viewer(blur="severe"))
    again = samples.work(last=("Confirmed", "act-1"))
    again.act = "act-2"
    desk.answer = (200, render("work.html", desk.looks, work=again))
    page = opened(desk)
    page.keyboard.press("v")
    page.keyboard.press("c")
    page.wait_for_selector(f"{READY}[data-saved]")
    assert page.locator("#reveal").is_checked()


@pytest.mark.parametrize(
    ("blur", "severe", "veiled"),
    [("off", True, False), ("severe", False, False), ("all", False, True)],
)
def test_what_is_blurred_is_the_moderators_choice(
    opened: Any, blur: str, severe: bool, veiled: bool
) -> None:
    page = opened(Desk(samples.viewer(blur=blur), item={"severe": severe}))
    assert (
        page.evaluate("getComputedStyle(document.getElementById('text')).filter") != "none"
    ) is veiled
    assert page.locator("label[for=reveal].button").is_visible() is veiled


def test_motion_is_left_out_where_it_is_not_wanted(opened: Any) -> None:
    page = opened(Desk())
    duration = "getComputedStyle(document.querySelector('.verdict')).transitionDuration"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(duration) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(duration) == "0s"


# -- keys -------------------------------------------------------------------------------------


def test_every_key_on_the_page_is_in_the_table_of_keys_and_the_other_way_round() -> None:
    text = samples.viewer(blur="all")
    html = render("item.html", text, work=samples.work(text=samples.URDU + "long\n" * 40))
    html += render("queue.html", **samples.queue())
    pressed = set(re.findall(r'data-key="([^"]+)"', html)) | {
        f"g {key}" for key in re.findall(r'data-go="(\w)"', html)
    }
    listed = set(re.findall(r'data-help="([^"]+)"', html))
    assert pressed | {"j", "ArrowUp", "o", "?", "Escape"} == listed


def test_a_key_sends_the_form_and_the_next_item_has_the_focus(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("n")
    page.keyboard.type("cruel xkcd")  # every letter of it is a key elsewhere
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    next_item(page)
    assert len(desk.forms) == 1
    sent = desk.forms[0]
    assert sent | {"shown": ""} == {
        "csrf": "token-1",
        "token": "token-1",
        "act": samples.work().act,
        "content": samples.work().message.content_id,
        "model": samples.work().message.model_version,
        "shown": "",
        "back": "language=ur",
        "spans": "",
        "flag": "hostile:iskp>ttp",
        "judgement": "confirm",
        "changed_label": "",
        "changed_source": "",
        "changed_target": "",
        "changed_severity": "",
        "reason": "",
        "note": "cruel xkcd",
    }
    assert page.evaluate("document.activeElement.id") == "work"
    assert (
        "Saved. Confirmed: hostile ISKP → TTP. Next: Directed hostility"
        in page.locator("#said").text_content()
    )
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(
    ("key", "judgement"), [("c", "confirm"), ("r", "reject"), ("u", "unsure"), ("k", "skip")]
)
def test_each_judgement_has_its_key(opened: Any, key: str, judgement: str) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press(key)
    next_item(page)
    assert [form["judgement"] for form in desk.forms] == [judgement]


def test_keys_count_where_they_lie_on_a_keyboard_without_latin_letters(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    press = """([key, code]) => document.body.dispatchEvent(
        new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))"""
    page.evaluate(press, ["ؤ", "KeyC"])
    next_item(page)
    page.evaluate(press, ["c", "KeyI"])  # a Latin layout of another order: the letter counts
    until(page, "() => document.getElementById('said').textContent.startsWith('Saved')")
    page.wait_for_selector(READY)
    assert [form["judgement"] for form in desk.forms] == ["confirm", "confirm"]


def test_keys_do_nothing_with_control_or_while_typing_or_choosing(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    for keys in ("Control+c", "Alt+r", "Meta+u"):
        page.keyboard.press(keys)
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.id") == "changed-label"
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert desk.forms == []


def test_a_key_pressed_twice_or_held_decides_once(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("c")
    page.keyboard.press("c")
    next_item(page)
    assert len(desk.forms) == 1
    page.keyboard.down("c")
    for _ in range(5):
        page.keyboard.down("c")
        page.wait_for_timeout(80)
    page.keyboard.up("c")
    page.wait_for_selector(READY)
    assert len(desk.forms) == 2


def test_a_reason_is_asked_for_where_it_is_demanded(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("x")
    assert page.locator("#why").is_visible()
    assert desk.forms == []
    page.keyboard.press("Escape")
    assert page.locator("#why").is_hidden()
    page.keyboard.press("x")
    page.keyboard.press("2")
    next_item(page)
    assert [(form["judgement"], form["reason"]) for form in desk.forms] == [
        ("escalate", "Legal hold")
    ]


def test_a_reason_of_another_judgement_does_not_go_with_it(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("n")
    page.select_option("#reason", label="Quotation")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    next_item(page)
    assert desk.forms[0]["reason"] == ""


def test_the_change_form_is_sent_with_what_was_chosen(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("e")
    page.select_option("#changed-target", "iskp")
    page.select_option("#changed-severity", "2")
    page.get_by_role("button", name="Save the change").click()
    next_item(page)
    sent = desk.forms[0]
    assert (
        sent["judgement"],
        sent["changed_target"],
        sent["changed_severity"],
        sent["changed_label"],
    ) == ("change", "iskp", "2", "")


def test_flags_are_chosen_by_keys_and_decided_on_their_own(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("j")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    next_item(page)
    assert desk.forms[0]["flag"] == "solicits_donation"


def test_going_to_the_queue_and_back_by_keys(opened: Any) -> None:
    page = opened(Desk())
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")
    page.keyboard.press("/")
    with page.expect_response("**/queue?*text=gr*"):
        page.keyboard.type("gr")
    page.wait_for_selector("#rows:not(.htmx-added, .htmx-swapping)")
    assert page.input_value("#f-text") == "gr"
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/review?language=ur")


def test_what_was_open_stays_open_with_the_next_item(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.locator('[data-part="channel"] summary').click()
    page.wait_for_selector('[data-part="channel"] .counts')
    page.keyboard.press("d")
    page.keyboard.press("c")
    next_item(page)
    page.wait_for_selector('[data-part="channel"] .counts')
    assert page.locator('[data-part="definition"]').get_attribute("open") is None
