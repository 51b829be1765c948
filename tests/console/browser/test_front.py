"""The pages of review in a real browser: keys, saving, marking, blur, narrow screens, axe.

The templates are shown with sample contexts by a small server that sends the console's content
security policy; any complaint of the browser's console fails a test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace as Names
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.browser import front_samples as samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = (Path(__file__).parents[1] / "axe" / "axe.min.js").read_text("utf-8")
PAGES = ("/review", "/empty", "/queue", "/history", "/bulk/preview")
READY = "#work[data-ready]"
LOOKS = {
    "light": samples.viewer(theme="light"),
    "dark": samples.viewer(theme="dark"),
    "muted, light": samples.viewer(theme="light", muted=True, text_size="large"),
    "blurred, dark": samples.viewer(theme="dark", blur="all", muted=True),
}


class Desk:
    """A server that takes decisions and answers each with the next item."""

    def __init__(self, looks: Names | None = None, **changes: Any) -> None:
        self.looks, self.changes = looks, changes
        self.forms: list[dict[str, str]] = []
        self.answer: samples.Answer | None = None
        self.routes = samples.pages(looks, **changes)
        for name in samples.fragments():
            self.routes[f"/item/4712/{name}"] = self.routes[f"/item/4711/{name}"]
        for path in ("/item/4711/decide", "/item/4712/decide", "/item/4711/release", "/undo"):
            self.routes[path] = self.take

    def take(self, form: dict[str, str]) -> samples.Answer:
        """Keep what was sent; the item after 4711 is 4712, and so is the one after that."""
        self.forms.append(form)
        if self.answer is not None:
            return self.answer
        work = samples.work(
            **self.changes | {"item": self.changes.get("item", {}) | {"item_no": 4712}}
        )
        work.act, work.last = "act-2", ("Confirmed: hostile ISKP → TTP", "act-1")
        return 200, samples.render("work.html", self.looks, work=work)


@pytest.fixture
def opened(page: Page) -> Iterator[Any]:
    """Opens a page of a desk; at the end its console must have said nothing."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    servers = []

    def open_(desk: Desk, path: str = "/review") -> Page:
        server = samples.served(desk.routes)
        servers.append(server)
        page.goto(server.__enter__() + path)
        return page

    open_.said = said  # type: ignore[attr-defined]
    yield open_
    for server in servers:
        server.__exit__(None, None, None)
    assert said == []


def next_item(page: Page) -> None:
    """Wait until the next item is there and takes keys."""
    page.wait_for_selector(f'{READY}[data-item="4712"]')


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; the policy forbids playwright's own way, which is eval."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {expression}")


# -- looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("look", LOOKS)
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
    pages = [samples.render("item.html", work=samples.work())]
    pages += [
        samples.render("queue.html", **samples.queue()),
        samples.render("history.html", **samples.history()),
    ]
    pages += [samples.render("bulk.html", **samples.bulk())]
    pages += [
        samples.render(f"fragments/{name}.html", **context)
        for name, context in samples.fragments().items()
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
    blurred = "e => [...document.querySelectorAll('.veil')].map(e => getComputedStyle(e).filter !== 'none')"
    assert all(page.evaluate(blurred))
    assert page.evaluate("document.querySelectorAll('.veil').length") > 3
    page.keyboard.press("v")
    assert not any(page.evaluate(blurred))
    page.keyboard.press("c")
    next_item(page)
    assert all(page.evaluate(blurred))


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
    html = samples.render("item.html", text, work=samples.work(text="long\n" * 40))
    html += samples.render("queue.html", **samples.queue())
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
        "csrf": "token-1", "token": "token-1", "act": samples.work().act, "shown": "", "back": "language=ur",
        "spans": "", "flag": "hostile:iskp>ttp", "judgement": "confirm", "changed_label": "", "changed_source": "",
        "changed_target": "", "changed_severity": "", "reason": "", "note": "cruel xkcd",
    }  # fmt: skip
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
    press = "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))"
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
    opened: Any, answer: samples.Answer, words: str
) -> None:
    desk = Desk()
    desk.routes["/settings"] = lambda form: (
        200,
        samples.render("queue.html", **samples.queue()).replace("token-1", "token-2"),
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
    with samples.served(desk.routes) as address:
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
