"""The whole console over a warehouse with a queue, and browsers that are signed in."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from classifiers.knowledge import load
from ops.console.accounts import Accounts
from ops.console.accounts.passwords import Passwords
from ops.console.app import create_app
from ops.console.claims import Claims
from ops.console.console import Console
from ops.console.policy import Policy, read_policy
from ops.console.security.access import Access
from tests.console.browsing import PASSWORD, QUICK, Browser, Clock
from tests.console.reviewing import Bench, Post, flag, post

knowledge = cache(lambda: load(cues=False))


class Page(HTMLParser):
    """A page or a part of one, as a browser reads it."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.html = response.text
        self.location = response.headers.get("location", "")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self._form = self.forms.setdefault(given.get("action") or "", {})
        if tag == "input" and self._form is not None and given.get("name"):
            if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                return
            self._form[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attribute(self, name: str) -> list[str]:
        return [str(given[name]) for _, given in self.tags if name in given]

    @property
    def item(self) -> int | None:
        """The item that it is about."""
        found = self.attribute("data-item")
        return int(found[0]) if found else None

    @property
    def form(self) -> dict[str, str] | None:
        """What the form that decides the item holds."""
        return self.forms.get(f"/item/{self.item}/decide")

    @property
    def flags(self) -> dict[str, bool]:
        """The flags of the item that can be chosen, and which is."""
        return {
            str(given["value"]): "checked" in given
            for tag, given in self.tags
            if tag == "input" and given.get("name") == "flag" and "disabled" not in given
        }


class Reviewer(Browser):
    """Somebody who is signed in and works through items."""

    name = ""

    def look(self, path: str, **more: Any) -> Page:
        return Page(self.get(path, **more))

    def work(self, query: str = "") -> Page:
        return self.look(f"/review?{query}" if query else "/review")

    def decide(
        self,
        page: Page,
        judgement: str,
        *,
        htmx: bool = True,
        **more: str,
    ) -> Page:
        assert page.form is not None, page.text
        form = page.form | {"judgement": judgement} | more
        headers = {"HX-Request": "true"} if htmx else {}
        return Page(self.post(f"/item/{page.item}/decide", data=form, headers=headers))

    def press(self, path: str, htmx: bool = True, **form: Any) -> Page:
        headers = {"HX-Request": "true"} if htmx else {}
        return Page(self.post(path, data={"csrf": self.csrf} | form, headers=headers))

    @property
    def csrf(self) -> str:
        if not hasattr(self, "_csrf"):
            self._csrf = self.token("/settings/password")
        return self._csrf


class Office:
    """A console and everybody at it. ``chance`` 0 asks for a golden item, 1 for none."""

    def __init__(self, folder: Path, **rules: Any) -> None:
        self.clock = Clock()
        policy = read_policy()
        self.policy: Policy = replace(policy, rules=replace(policy.rules, double_share=0, **rules))
        self.bench = Bench(folder / "w.duckdb", self.policy.rules, self.clock)
        self.accounts = Accounts(
            folder / "w.duckdb.console", now=self.clock, passwords=Passwords(QUICK)
        )
        self.chance = 1.0
        self.console = Console(
            self.bench.store,
            self.accounts,
            Claims(self.accounts.path, self.policy.claim),
            self.policy,
            knowledge(),
            now=self.clock,
            chance=lambda: self.chance,
        )
        self.app = create_app(self.console, access=Access(port=8765))
        self._browsers: dict[str, Reviewer] = {}
        self._numbers = count(1)

    def close(self) -> None:
        self.console.close()

    def browser(self, name: str, role: str = "moderator") -> Reviewer:
        """Somebody's browser, signed in."""
        if name not in self._browsers:
            self.accounts.users.add(name, role, PASSWORD)
            browser = Reviewer(self.app)
            assert browser.sign_in(name).status_code == 303
            browser.name = name
            self._browsers[name] = browser
        return self._browsers[name]

    def lead(self, name: str = "lena") -> Reviewer:
        return self.browser(name, "lead")

    def channel(self, *items: Any) -> str:
        """A new channel with these items, a list of scores or a post each; its key."""
        number = next(self._numbers)
        key = f"tg:{number}"
        posts: list[Post] = []
        for place, item in enumerate(items or ([flag()],), 1):
            if isinstance(item, tuple):
                item[0]["channel_key"] = key
                posts.append(item)
            else:
                print_ = (1000 * number + place) * 0x9E37_79B9_7F4A_7C15 % 2**64
                text = f"message {place} of channel {number}"
                posts.append(post(place, text, *item, print_=print_, channel=key))
        self.bench.land(*posts)
        return key

    def item(self, channel: str, message_id: int = 1) -> int:
        found = self.bench.item_of(message_id, channel)
        assert found is not None
        return found

    def state(self, channel: str, message_id: int = 1) -> str:
        return self.bench.state(self.item(channel, message_id))

    def said(self, channel: str) -> list[tuple[str, str, str]]:
        """Reviewer, judgement and purpose of what was written about a channel."""
        return [
            (row["reviewer"], row["judgement"], row["purpose"])
            for row in self.bench.decisions()
            if row["channel_key"] == channel and row["copy_of"] is None
        ]

    def second(self) -> None:
        self.clock.move(seconds=1)
