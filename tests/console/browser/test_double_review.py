"""Two judge blind, they disagree, a lead adjudicates: three browsers."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.console.browser.real import Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

EVERY = "double_review: {share: 1}\nreasons: {reject: [Quotation or attribution]}\n"
PARTS = ("around", "replies", "copies", "revisions", "channel", "indicators", "history")


def everything(visitor: Visitor, item: int) -> dict[str, str]:
    """All that the console tells of an item, by part; tokens, times and claims left out."""
    found = {}
    for part in ("", *(f"/{name}" for name in PARTS)):
        page = visitor.go(f"/item/{item}{part}")
        text = page.locator("#work" if not part else "html").inner_html()
        text = re.sub(
            r'(name="(csrf|act|shown)" value|data-(until|shown)|datetime)="[^"]*"', "", text
        )
        found[part] = re.sub(r"\d\d:\d\d(:\d\d)? UTC|[\d,]+</strong> waiting", "", text)
    return found


def test_the_second_is_blind_and_a_lead_settles_what_they_disagree_on(
    serve: Serve, visit: Visit
) -> None:
    served = serve(EVERY)
    ana, bilal, lea = visit(served), visit(served), visit(served)
    bilal.sign_in("bilal")
    bilal.ready()
    first = bilal.item
    before = everything(bilal, first)
    bilal.page.get_by_role("button", name="Sign out")
    bilal.go(f"/item/{first}")
    bilal.page.get_by_role("button", name="Give back").click()
    bilal.page.locator(f'#work[data-ready]:not([data-item="{first}"])').wait_for()

    page = ana.sign_in("ana", f"/item/{first}")
    while ana.item == first and page.locator("#decide").count():
        act = ana.ready()
        ana.press("n")
        page.keyboard.type("the first one's note")
        ana.press("Escape", "c")
        page.locator(
            f'#work[data-ready] #decide > input[name="act"]:not([value="{act}"])'
        ).wait_for(state="attached")
    assert ana.item != first

    # The second sees the item as if nobody had ever said a word about it.
    after = everything(bilal, first)
    for part, text in after.items():
        assert "ana" not in re.findall(r"\w+", text)
        assert "first one" not in text
        if part:
            assert text == before[part], part
    assert not bilal.go("/history").locator("table").count()
    page = bilal.go(f"/item/{first}")
    assert page.locator(".badge", has_text="Second review").count() == 1
    while bilal.item == first and page.locator("#decide").count():
        act = bilal.ready()
        bilal.press("r")
        bilal.ready(after=act)

    page = lea.sign_in("lea", f"/item/{first}")
    act = lea.ready()
    assert "Adjudication" in page.locator(".item-facts").inner_text()
    told = page.locator(".outcomes").first.inner_text()
    assert "Confirmed" in told
    assert "Rejected" in told
    assert not {"ana", "bilal"} & set(re.findall(r"\w+", told))  # the matter is judged, not people
    while lea.item == first and page.locator("#decide").count():
        act = lea.ready()
        lea.press("r")
        lea.ready(after=act)
    found = served.read(
        """SELECT reviewer, judgement, purpose FROM decisions WHERE copy_of IS NULL
           GROUP BY ALL ORDER BY reviewer"""
    )
    assert [tuple(row.values()) for row in found] == [
        ("ana", "confirm", "review"),
        ("bilal", "reject", "second"),
        ("lea", "reject", "adjudication"),
    ]
    assert served.read("SELECT state FROM items WHERE item_no = ?", first) == [{"state": "decided"}]
