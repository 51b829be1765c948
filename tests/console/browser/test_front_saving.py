"""The pages of review in a real browser: what is saved or not, and marking spans.

The templates are shown with sample contexts by a small server that sends the console's content
security policy; any complaint of the browser's console fails a test.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.browser import front_desk
from tests.console.browser import front_samples as samples
from tests.console.browser.front_desk import READY, Answer, Desk, next_item, render, served, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

opened = front_desk.opened_page


# -- saving -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, "<p>Something went wrong here.</p>"), "Something went wrong here."),
        (
            (409, "<p><strong>Changed.</strong> Not saved: Bilal has it.</p>"),
            "Not saved: Bilal has it.",
        ),
        ((200, "<p>a page of somebody between</p>"), "not one of this server"),
        ((200, "", {"HX-Redirect": "/sign-in?next=/review"}), "You were signed out."),
        ((401, "", {"Content-Type": "text/plain"}), "signed out"),
    ],
)
def test_what_is_not_saved_is_said_and_kept_and_tried_again(
    opened: Any, answer: Answer, words: str
) -> None:
    desk = Desk()
    desk.routes["/settings"] = lambda form: (
        200,
        render("queue.html", **samples.queue()).replace("token-1", "token-2"),
    )
    page = opened(desk)
    desk.answer = answer
    page.keyboard.press("n")
    page.keyboard.type("kept")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.wait_for_selector("#problem:visible")
    assert "The decision was NOT saved." in page.locator("#problem").text_content()
    assert words in page.locator("#problem").text_content()
    assert page.locator("#problem a").is_visible() is ("signed out" in words)
    assert page.input_value("#note-text") == "kept"
    assert page.evaluate("document.activeElement.hasAttribute('data-again')")
    desk.answer = None
    page.keyboard.press("Enter")
    next_item(page)
    assert page.locator("#problem").is_hidden()
    first, second = desk.forms
    assert (second["act"], second["note"], second["token"]) == (first["act"], "kept", "token-2")
    opened.said.clear()  # the browser complains of the answer, as it should


def test_a_server_that_does_not_answer_is_said(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.route("**/decide", lambda route: route.abort())
    page.keyboard.press("c")
    page.wait_for_selector("#problem:visible")
    assert "The server did not answer." in page.locator("#problem").text_content()
    page.unroute("**/decide")
    page.locator("[data-again]").click()
    next_item(page)
    assert len(desk.forms) == 1
    opened.said.clear()


def test_being_offline_is_said(opened: Any) -> None:
    page = opened(Desk())
    page.context.set_offline(True)
    page.wait_for_selector("#offline:visible")
    page.context.set_offline(False)
    page.wait_for_selector("#offline", state="hidden")
    opened.said.clear()  # the browser complains of its icon


def test_a_part_that_cannot_be_loaded_says_so_and_is_tried_again(opened: Any) -> None:
    desk = Desk()
    record = desk.routes.pop("/item/4711/channel")
    page = opened(desk)
    page.locator('[data-part="channel"] summary').click()
    page.wait_for_selector('[data-part="channel"] .notice')
    desk.routes["/item/4711/channel"] = record
    page.locator('[data-part="channel"] .notice button').click()
    page.wait_for_selector('[data-part="channel"] .counts')
    opened.said.clear()


def test_undo_and_giving_back_are_forms_of_their_own(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("c")
    next_item(page)
    page.keyboard.press("z")
    until(page, "() => !document.querySelector('#work').dataset.saved === false")
    page.wait_for_selector(READY)
    assert [form.get("act") for form in desk.forms] == [samples.work().act, "act-1"]


def test_the_claim_runs_out_on_screen(opened: Any) -> None:
    page = opened(Desk())
    assert re.fullmatch(r"Yours for (9|10) min", page.locator(".claim").text_content())
    page.clock.install()
    page.reload()
    page.clock.fast_forward(601_000)
    page.wait_for_selector(".claim.soon")
    assert "run out" in page.locator(".claim").text_content()


def test_everything_works_without_scripts(browser: Browser) -> None:
    desk = Desk(samples.viewer(blur="severe"))
    context = browser.new_context(java_script_enabled=False)
    with served(desk.routes) as address:
        page = context.new_page()
        page.goto(address + "/review")
        veil = page.locator("#text")
        before = veil.evaluate("e => getComputedStyle(e).filter")
        page.keyboard.press("Tab")
        page.locator("#reveal").focus()
        page.keyboard.press("Space")
        assert before != "none"
        assert veil.evaluate("e => getComputedStyle(e).filter") == "none"
        page.locator("summary", has_text="Reason and note").click()
        page.locator("#note-text").fill("seen")
        page.get_by_role("button", name="Reject").click()
        page.wait_for_selector('#work[data-item="4712"]')
    context.close()
    assert [(form["judgement"], form["note"], form["csrf"]) for form in desk.forms] == [
        ("reject", "seen", "token-1")
    ]


# -- marking ----------------------------------------------------------------------------------


def spans(desk: Desk) -> list[tuple[str, str]]:
    """What was sent, as what it shows and the letters of the raw text."""
    text = desk.changes.get("text", samples.URDU)
    return [
        (one["shows"], text[one["start"] : one["end"]])
        for one in json.loads(desk.forms[-1]["spans"])
    ]


def test_words_are_marked_by_keyboard_in_either_direction(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    for key in (
        "s",
        "ArrowDown",
        "ArrowDown",
        "ArrowLeft",
        "1",
        "ArrowLeft",
        "Shift+ArrowLeft",
        "2",
    ):
        page.keyboard.press(key)
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight", "7", "Escape", "c"):
        page.keyboard.press(key)
    next_item(page)
    assert spans(desk) == [("target", "گروہ"), ("cue", "غیروں کا"), ("quote", "note: part")]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("👍🏽👩‍👩‍👧 first 𐍈𐍈 here", "here"),
        ("a\u202e\u200bb then \u2066word\u2069 end", "end"),
        ("e" + "\u0301" * 30 + " after", "after"),
        ("\n\n\n\n\n\nlast \u0000 line", "line"),
        ("one\r\ntwo\r\nthree", "three"),
    ],
)
def test_spans_are_code_points_of_the_raw_text_whatever_lies_before(
    opened: Any, raw: str, word: str
) -> None:
    desk = Desk(text=raw)
    page = opened(desk)
    page.keyboard.press("s")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    page.keyboard.press("c")
    next_item(page)
    assert spans(desk) == [("target", word)]


def test_what_follows_in_a_long_text_is_marked_in_places_of_the_whole(opened: Any) -> None:
    raw = samples.URDU * 90
    desk = Desk(text=raw)
    page = opened(desk)
    page.keyboard.press("f")
    page.get_by_role("link", name="Show more").click()
    page.locator("[data-text]").nth(1).wait_for()
    page.keyboard.press("s")
    last = page.locator("[data-text]").last.locator("p[data-start]").last
    last.dblclick(position={"x": 30, "y": 20})
    chosen = page.evaluate("String(getSelection())").strip()
    page.keyboard.press("1")
    page.keyboard.press("c")
    next_item(page)
    assert chosen
    assert spans(desk)[0][1].strip() == chosen
    assert json.loads(desk.forms[-1]["spans"])[0]["start"] > 4_000


def test_words_are_marked_with_the_mouse_and_taken_away(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("s")
    page.locator("#text mark.shows-cue").dblclick()
    page.get_by_role("button", name="2 cue").click()
    page.get_by_role("button", name="3 ask").click()
    page.get_by_role("button", name=re.compile("Remove the mark ask")).click()
    page.keyboard.press("c")
    next_item(page)
    assert spans(desk) == [("cue", "ایجنٹ")]


def test_the_marks_shown_can_be_taken_over_and_belong_to_their_flag(opened: Any) -> None:
    desk = Desk()
    page = opened(desk)
    page.keyboard.press("s")
    page.get_by_role("button", name="Take over the marks shown").click()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.input_value('#decide input[name="spans"]') == ""
    page.keyboard.press("ArrowUp")
    page.keyboard.press("c")
    next_item(page)
    assert spans(desk) == [("target", "گروہ"), ("cue", "ایجنٹ"), ("claim", "جھوٹ")]


def test_marks_are_drawn_over_the_letters_and_leave_the_text_alone(opened: Any) -> None:
    page = opened(Desk())
    before = page.locator("#text").inner_html()
    for key in ("s", "ArrowLeft", "1"):
        page.keyboard.press(key)
    drawn = page.evaluate("[...CSS.highlights.get('span-target')].map(String)")
    assert drawn == ["ان"]
    assert page.locator("#text").inner_html() == before
