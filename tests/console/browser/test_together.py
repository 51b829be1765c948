"""Several reviewers at once: nobody gets what another has, and nobody's late word is kept."""

from __future__ import annotations

from collections.abc import Callable

from tests.console.browser.real import Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

BRIEF = "claim_minutes: 0.05\ndouble_review: {severity: 4}\n"
SECONDS = 3.0


def test_two_never_have_the_same_item(serve: Serve, visit: Visit) -> None:
    served = serve()
    ana, bilal = visit(served), visit(served)
    ana.sign_in("ana")
    bilal.sign_in("bilal")
    acts = {"ana": ana.ready(), "bilal": bilal.ready()}
    for turn in range(12):
        assert ana.item != bilal.item
        # Both press before either has an answer: what they get next is given out at once.
        ana.press("c")
        bilal.press("r" if turn % 3 else "k")
        acts = {"ana": ana.ready(after=acts["ana"]), "bilal": bilal.ready(after=acts["bilal"])}
    seen = ana.item
    page = bilal.go(f"/item/{seen}")
    assert "ana has it until" in page.locator("#work .notice").inner_text()
    assert not page.locator("#decide").count()
    twice = served.read(
        """SELECT i.item_no, d.label, d.target
           FROM decisions d JOIN flagged f USING (channel_key, message_id, content_id)
           JOIN items i USING (revision_no)
           WHERE d.copy_of IS NULL AND d.judgement IN ('confirm', 'reject') AND i.wanted = 1
           GROUP BY ALL HAVING count(DISTINCT d.act_id) > 1"""
    )
    assert not twice


def test_what_one_abandons_another_gets_and_a_late_word_is_refused(
    serve: Serve, visit: Visit
) -> None:
    served = serve(BRIEF)
    ana, bilal = visit(served), visit(served)
    page = ana.sign_in("ana")
    act, item = ana.ready(), ana.item
    other = bilal.sign_in("bilal")
    bilal.ready()
    assert bilal.item != item
    page.wait_for_timeout(1000 * SECONDS)
    bilal.go("/queue")
    other.get_by_role("link", name="Review the first").click()
    bilal.ready()
    if bilal.item != item:  # his own claim had not run out: he gives it back and gets hers
        other.get_by_role("button", name="Give back").click()
        other.locator(f'#work[data-item="{item}"][data-ready]').wait_for()
    assert bilal.item == item

    ana.press("n")
    page.keyboard.type("too late")
    ana.press("Escape")
    ana.expected = {409}
    other.evaluate("path => fetch(path).then(answer => answer.text())", f"/item/{item}")
    ana.press("c")  # within the seconds for which he has just got it again
    problem = page.locator("#problem:not([hidden])")
    problem.wait_for()
    assert "The decision was NOT saved." in problem.inner_text()
    assert "bilal has it until" in problem.inner_text()
    assert page.locator("#note-text").input_value() == "too late"
    assert ana.item == item

    act = bilal.ready()
    while bilal.item == item:
        bilal.press("r")
        act = bilal.ready(after=act)
    page.get_by_role("button", name="Try again").click()
    problem.get_by_text("it is decided").wait_for()
    said = served.read("SELECT DISTINCT reviewer, judgement FROM decisions")
    assert said == [{"reviewer": "bilal", "judgement": "reject"}]
