"""Signing in and out, in a browser."""

from __future__ import annotations

from collections.abc import Callable

from tests.console.browser.real import PASSWORD, Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]


def test_the_wrong_password_the_right_one_and_out(serve: Serve, visit: Visit) -> None:
    ana = visit(serve())
    ana.expected = {403}
    page = ana.go("/queue?language=ps")
    assert "/sign-in?next=" in page.url
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    assert "do not go together" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Name").input_value() == "ana"
    assert page.get_by_label("Password").input_value() == ""
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?language=ps")
    assert page.get_by_label("Language").input_value() == "ps"
    assert not page.evaluate("document.cookie")  # no script reads the session

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.reload()
    assert "/sign-in" in page.url  # nothing was kept that the way back would show


def test_the_link_of_the_start_opens_once(serve: Serve, visit: Visit) -> None:
    served = serve(users=False)
    link = served.one_time_link()
    first, second = visit(served), visit(served)
    first.page.goto(link)
    first.page.wait_for_url("**/review")
    first.ready()
    assert first.page.get_by_role("link", name="Users").count() == 1
    assert "key=" not in first.page.url
    second.expected = {403}
    second.page.goto(link)
    assert "used already" in second.page.get_by_role("alert").inner_text()
    second.expected = set()
    assert "/sign-in" in second.go("/review").url
