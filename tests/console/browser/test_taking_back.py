"""Undo: right after, and later from the history."""

from __future__ import annotations

from collections.abc import Callable

from tests.console.browser.real import Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

ALL = """
    SELECT act_id::VARCHAR AS act, decision_id, supersedes, judgement, reviewer
    FROM decisions WHERE copy_of IS NULL ORDER BY decided_at, decision_id
"""


def test_undo_right_after_shows_the_item_again(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act, item = ana.ready(), ana.item
    ana.press("c")
    second = ana.ready(after=act)
    ana.press("z")
    again = ana.ready(after=second)
    assert ana.item == item
    assert "Taken back" in page.locator("#work .last").inner_text()
    ana.press("r")
    ana.ready(after=again)
    confirmed, undone, rejected = served.read(ALL)
    assert [row["judgement"] for row in (confirmed, undone, rejected)] == [
        "confirm",
        "undo",
        "reject",
    ]
    assert undone["supersedes"] == confirmed["decision_id"]
    assert (confirmed["act"], rejected["act"]) == (act, again)


def test_undo_from_the_history_of_one_decided_before_others(serve: Serve, visit: Visit) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act = ana.ready()
    acts, items = [act], [ana.item]
    for key in "rcc":
        ana.press(key)
        act = ana.ready(after=act)
        acts.append(act)
        items.append(ana.item)
    ana.go("/history")
    assert page.locator("table.history tbody tr").count() == 3
    row = page.locator("tr", has=page.locator(f'input[name="act"][value="{acts[0]}"]'))
    row.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    again = ana.ready()
    assert ana.item == items[0]
    page.reload()  # an address that can be loaded again, and takes nothing back twice
    assert ana.item == items[0]
    assert again
    ana.go("/history")
    assert page.locator("tr.undone").count() == 1
    assert not row.count()  # it cannot be taken back twice
    found = served.read(ALL)
    assert [one["judgement"] for one in found] == ["reject", "confirm", "confirm", "undo"]
    assert found[-1]["supersedes"] == found[0]["decision_id"]
    states = "SELECT state FROM items WHERE item_no = ?"
    assert served.read(states, items[0]) == [{"state": "waiting"}]
