"""Little is loaded at once, much in large pieces, and nothing waits for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import gathering
from warehouse.gathering import LITTLE, LONGEST, STILL, Gathering
from warehouse.inbox import Pending
from warehouse.loading import GROUP_BYTES


class Inbox:
    """Files of any size, and a clock that goes when it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 100.0
        self.waiting: list[Pending] = []
        self.gathering = Gathering(lambda: self.now)

    def comes(self, size: int) -> None:
        path = self.folder / f"{len(self.waiting):04}"
        with path.open("wb") as file:
            file.truncate(size)
        self.waiting.append(Pending(path.name, "messages", 0, path))

    def ready(self, after: float = 0.0) -> int:
        self.now += after
        files = self.gathering.ready(self.waiting)
        del self.waiting[:files]
        return files


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_an_empty_inbox_has_nothing_to_load(inbox: Inbox) -> None:
    assert inbox.ready() == 0


def test_little_is_loaded_at_once(inbox: Inbox) -> None:
    inbox.comes(LITTLE // 3)
    inbox.comes(LITTLE // 3)
    assert inbox.ready() == 2


def test_much_is_loaded_once_nothing_more_comes(inbox: Inbox) -> None:
    inbox.comes(2 * LITTLE)
    assert inbox.ready() == 0
    inbox.comes(2 * LITTLE)
    assert inbox.ready(STILL - 0.1) == 0
    assert inbox.ready(STILL - 0.1) == 0
    assert inbox.ready(0.2) == 2


def test_it_waits_no_longer_than_it_may_while_more_keeps_coming(inbox: Inbox) -> None:
    seconds = 0
    while not inbox.ready(1):
        inbox.comes(2 * LITTLE)
        seconds += 1
    assert seconds == LONGEST + 1  # the first look saw nothing
    inbox.comes(2 * LITTLE)
    assert inbox.ready(1) == 0, "what comes later waits anew"


def test_what_fills_a_transaction_is_loaded_and_the_rest_waits(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        inbox.comes(GROUP_BYTES // 4)
    assert inbox.ready() == 4
    assert inbox.ready() == 0
    monkeypatch.setattr(gathering, "LITTLE", 2)
    inbox.comes(2 * GROUP_BYTES)
    assert inbox.ready() == 1
    assert inbox.ready() == 1, "larger than one transaction should be, yet it cannot be parted"


def test_what_has_gone_since_the_look_weighs_nothing(inbox: Inbox) -> None:
    inbox.comes(2 * LITTLE)
    inbox.waiting[0].path.unlink()
    assert inbox.ready() == 1
