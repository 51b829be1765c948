"""Reviewing by keyboard alone, from the sign-in on, and every decision read back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

from tests.console.browser.real import PASSWORD, Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

ITEMS = 100
WORDS = {
    "c": "confirm", "r": "reject", "u": "unsure", "x": "escalate", "k": "skip", "e": "change",
}  # fmt: skip
#: As somebody works: mostly decided, now and then passed on.
PRESSED = "ccrcurccxrckcrce"
STANDING = """
    SELECT act_id::VARCHAR AS act, reviewer, judgement, label, source, target, reason, note,
        changed_severity, channel_key || '/' || message_id AS message, seconds
    FROM decisions WHERE copy_of IS NULL
"""


def test_a_hundred_items_without_a_mouse(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.go("/")
    page.locator("#name:focus").wait_for()
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")

    said: dict[str, dict[str, Any]] = {}
    items: list[int] = []
    act = ana.ready()
    for key in cycle(PRESSED):
        shown = page.evaluate(
            """() => ({
              item: Number(document.querySelector("#work").dataset.item),
              flag: document.querySelector("#decide [name=flag]:checked").value,
              severity: Number(document.querySelector("#decide .flag:has(:checked) .severity")
                ?.textContent.match(/\\d/)[0] ?? 0),
              message: document.querySelector("[data-part=facts] code").textContent,
            })"""
        )
        if shown["item"] not in items:
            if len(items) == ITEMS:
                break
            items.append(shown["item"])
        pressed = "c" if key == "e" and not shown["severity"] else key
        said[act] = shown | {"judgement": WORDS[pressed], "reason": None}
        if pressed == "x":  # the policy asks why
            ana.press("x")
            said[act]["reason"] = "Legal hold"
            ana.press("3")
        elif pressed == "e":
            ana.press("e", "Tab", "Tab", "Tab")
            said[act]["severity"] = 1 if shown["severity"] != 1 else 2
            ana.press(str(said[act]["severity"]), "Tab", "Enter")
        else:
            ana.press(pressed)
        act = ana.ready(after=act)

    found = served.read(STANDING)
    assert len(found) == len(said) == len({row["act"] for row in found})
    for row in found:
        mine = said[row["act"]]
        directed = f":{row['source']}>{row['target']}" if row["target"] else ""
        assert row["label"] + directed == mine["flag"]
        for name in ("judgement", "reason", "message"):
            assert row[name] == mine[name], (row, mine)
        assert row["changed_severity"] == (
            mine["severity"] if row["judgement"] == "change" else None
        )
        assert row["reviewer"] == "ana"
        assert row["seconds"] > 0
    assert {"confirm", "reject", "unsure", "escalate", "skip", "change"} == {
        row["judgement"] for row in found
    }


def test_a_reason_is_neither_chosen_unread_nor_dropped(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    ana.sign_in("ana", "/review")
    act = ana.ready()
    ana.press("x")
    ana.page.keyboard.press("Enter")  # it would choose the first, were that in focus
    ana.press("Escape")
    ana.press("n")
    ana.page.locator("#reason").select_option("Negation")
    ana.press("Escape")
    ana.press("u")
    ana.page.get_by_text("Why unsure?").wait_for()
    assert ana.ready() == act
    ana.page.get_by_role("button", name="No reason").click()
    ana.ready(after=act)
    (said,) = served.read(STANDING)
    assert (said["judgement"], said["reason"]) == ("unsure", None)


def test_keys_do_nothing_while_a_note_is_typed(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act, item = ana.ready(), ana.item
    note = "crux zek? 1/2 jog q s v"
    ana.press("n")
    page.keyboard.type(note)
    page.keyboard.press("Shift+Enter")
    assert page.locator("#note-text").input_value() == note + "\n"
    assert ana.ready() == act
    assert ana.item == item
    assert not page.locator("dialog[open]").count()
    ana.press("Escape", "r")
    ana.ready(after=act)
    (row,) = served.read(STANDING)
    assert (row["act"], row["judgement"], row["note"]) == (act, "reject", note)


def test_a_key_that_is_held_or_pressed_twice_decides_one_thing(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act = ana.ready()
    page.keyboard.down("c")
    for _ in range(10):
        page.keyboard.down("c")  # repeats
    page.keyboard.up("c")
    second = ana.ready(after=act)
    page.evaluate(
        """() => { for (let n = 0; n < 3; n += 1) document.dispatchEvent(
             new KeyboardEvent("keydown", { key: "r", code: "KeyR", bubbles: true })) }"""
    )
    ana.ready(after=second)
    found = served.read(STANDING)
    assert [(row["act"], row["judgement"]) for row in found] == [
        (act, "confirm"),
        (second, "reject"),
    ]


def test_keys_of_other_layouts_mean_the_same_key(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act = ana.ready()
    page.evaluate(
        """() => document.querySelector("#work").dispatchEvent(new KeyboardEvent(
             "keydown", { key: "ق", code: "KeyR", bubbles: true, cancelable: true }))"""
    )
    ana.ready(after=act)
    (row,) = served.read(STANDING)
    assert row["judgement"] == "reject"
