"""Marking spans by keyboard, in text that is read from the right and has emoji before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.console.browser.real import Served, Visitor, rows

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

ASTRAL = """
    SELECT i.item_no, any_value(f.text) AS text FROM flagged f JOIN items i USING (revision_no)
    WHERE f.language IN ('ps', 'ur', 'prs') AND regexp_matches(f.text, '^[\\x{1F300}-\\x{1FAFF}]')
    GROUP BY ALL HAVING count(*) = 1 ORDER BY i.item_no LIMIT 1
"""


def test_marked_words_are_code_points_of_the_raw_text(
    serve: Serve, visit: Visit, bundled: Path
) -> None:
    (item,) = rows(bundled, ASTRAL)
    text = item["text"]
    words = text.split("\n")[0].split()
    ana = visit(served := serve())
    page = ana.sign_in("ana", f"/item/{item['item_no']}")
    act = ana.ready()
    ana.press("s")
    ana.press("ArrowLeft", "ArrowLeft", "ArrowLeft")  # to the third word that is one
    ana.press("Shift+ArrowLeft")  # and one more
    chosen = page.evaluate("getSelection().toString()")
    assert len(chosen.split()) == 2
    assert chosen.split()[0] in words
    ana.press("2")
    assert "cue" in page.locator(".spans-list").inner_text()
    ana.press("ArrowLeft")
    other = page.evaluate("getSelection().toString()")
    ana.press("1", "Escape")
    assert page.locator("#spans").is_hidden()
    assert "2 marks" in page.locator(".your-marks").inner_text()
    ana.press("c")
    ana.ready(after=act)

    (row,) = served.read("SELECT spans, judgement FROM decisions WHERE copy_of IS NULL")
    assert row["judgement"] == "confirm"
    assert [span["shows"] for span in row["spans"]] == ["cue", "target"]
    for span, said in zip(row["spans"], (chosen, other), strict=True):
        assert text[span["start"] : span["end"]] == said
        assert span["start"] == text.index(said)
        # In UTF-16 it would be elsewhere: what was counted are code points.
        assert (
            text.encode("utf-16-le")[2 * span["start"] : 2 * span["end"]].decode(
                "utf-16-le", "replace"
            )
            != said
        )


def test_what_the_mouse_selects_and_marks_that_are_taken_over(
    serve: Serve, visit: Visit, bundled: Path
) -> None:
    (item,) = rows(
        bundled,
        """SELECT i.item_no, f.text, f.evidence FROM flagged f JOIN items i USING (revision_no)
           WHERE f.language = 'ur' AND len(f.evidence) > 1 AND f.revision_no IN
               (SELECT revision_no FROM flagged GROUP BY 1 HAVING count(*) = 1)
           ORDER BY i.item_no LIMIT 1""",
    )
    ana = visit(served := serve())
    page = ana.sign_in("ana", f"/item/{item['item_no']}")
    act = ana.ready()
    ana.press("s")
    page.get_by_role("button", name="Take over the marks shown").click()
    ana.press("Escape")
    ana.press("c")
    ana.ready(after=act)
    (row,) = served.read("SELECT spans FROM decisions WHERE copy_of IS NULL")
    taken = {(one["start"], one["end"], one["shows"]) for one in row["spans"]}
    assert taken == {(one["start"], one["end"], one["shows"]) for one in item["evidence"]}
