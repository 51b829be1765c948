"""The server dies, the answer is lost: nothing is lost from the page, nothing is written twice."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.console.browser.real import Served, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Route

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

ALL = """
    SELECT act_id::VARCHAR AS act, judgement, note, reviewer FROM decisions
    WHERE copy_of IS NULL ORDER BY decided_at
"""


def test_a_server_that_is_killed_loses_nothing_and_saves_it_once(
    serve: Serve, visit: Visit
) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    first = ana.ready()
    ana.press("c")
    act, item = ana.ready(after=first), ana.item
    ana.expected = {0}
    served.stop(signal.SIGKILL)
    ana.press("n")
    page.keyboard.type("typed before it was gone")
    ana.press("Escape", "r")
    problem = page.locator("#problem:not([hidden])")
    problem.wait_for()
    assert "The decision was NOT saved." in problem.inner_text()
    assert page.locator("#note-text").input_value() == "typed before it was gone"
    assert ana.item == item
    page.locator("[data-again]:focus").wait_for()
    ana.press("Enter")  # still gone
    page.get_by_text("The server did not answer.").wait_for()

    served.start()
    page.locator("[data-again]:focus").wait_for()
    ana.press("Enter")
    ana.ready(after=act)
    assert problem.count() == 0
    assert page.locator("#work .last").inner_text().count("Rejected") == 1
    assert served.read(ALL) == [
        {"act": first, "judgement": "confirm", "note": None, "reviewer": "ana"},
        {"act": act, "judgement": "reject", "note": "typed before it was gone", "reviewer": "ana"},
    ]


def test_an_answer_that_is_lost_after_saving_saves_nothing_twice(
    serve: Serve, visit: Visit
) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act = ana.ready()
    ana.expected = {0}

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/decide", lose, times=1)
    ana.press("c")
    page.locator("#problem:not([hidden])").wait_for()
    page.locator("[data-again]:focus").wait_for()
    ana.press("Enter")
    ana.ready(after=act)
    found = served.read(ALL)
    assert [(row["act"], row["judgement"]) for row in found] == [(act, "confirm")]


def test_a_session_that_ended_asks_to_sign_in_and_keeps_what_was_typed(
    serve: Serve, visit: Visit
) -> None:
    ana = visit(served := serve())
    page = ana.sign_in("ana")
    act = ana.ready()
    ana.press("n")
    page.keyboard.type("kept")
    ana.press("Escape")
    ana.context.clear_cookies()
    ana.expected = {401, 403}
    ana.press("r")
    page.locator("#problem:not([hidden])").wait_for()
    with ana.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (new tab)").click()
    door = opened.value
    door.get_by_label("Name").fill("ana")
    door.get_by_label("Password").fill("correct horse battery")
    door.get_by_role("button", name="Sign in").click()
    door.wait_for_url("**/review")
    assert page.locator("#note-text").input_value() == "kept"
    page.get_by_role("button", name="Try again").click()
    ana.ready(after=act)
    (row,) = served.read(ALL)
    assert (row["act"], row["judgement"], row["note"]) == (act, "reject", "kept")
