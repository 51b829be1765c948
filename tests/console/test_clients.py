"""The moderators of campaigns and benchmarks: they go on where a console is killed."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from ops.benchmarks.console.browser import Answer, Browser
from ops.benchmarks.console.moderators import Moderator

FORM = f'<input type="hidden" name="csrf" value="{"0" * 64}">'


def test_signing_in_begins_anew_where_the_console_went_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [
        ConnectionRefusedError(),
        Answer(200, FORM, {}, 0.0, 0.0),
        http.client.RemoteDisconnected(),  # in the middle: what was sent may have come or not
        Answer(200, FORM, {}, 0.0, 0.0),
        Answer(303, "", {}, 0.0, 0.0),
    ]

    def asked(*_: object) -> Answer:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(Browser, "_ask", asked)
    Moderator(1, "ada", 0, 0.0, None).sign_in()
    assert not answers
